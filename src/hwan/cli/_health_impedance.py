"""``hwan health impedance``: the gate, relaxation times and an equivalent circuit of the spectra of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._health_page import Page, Points, print_refusal, write_health_page, write_points
from hwan.cli._outcome import DONE, REFUSED, document, print_document, print_failures
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._work import over
from hwan.core import Measurement, Recording, Refusal, is_known, text, to_plain

if TYPE_CHECKING:
    import polars as pl

    from hwan.health.impedance import Circuit, CircuitFit, Gate, RelaxationTimes
    from hwan.report._health._impedance import Examined

SCHEMA: Final = "hwan.health.impedance/1"
AUTO: Final = "auto"
NONE: Final = "none"
CircuitOption = Annotated[
    str, typer.Option("--circuit", help="Notation, as L0-R0-p(R1,CPE1)-W1; auto: R with 0 to 3 arcs, L, W; or none.")
]
Despite = Annotated[
    bool, typer.Option("--despite-gate", help="Relaxation times also of a spectrum that fails the Kramers-Kronig test.")
]


def analyse_impedance(
    files: option.Files,
    circuit: CircuitOption = AUTO,
    despite_gate: Despite = False,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Kramers-Kronig test, relaxation times and equivalent circuit of every impedance spectrum."""
    wanted, language, inputs = Wanted.of(key, mapping), lang.value, (*files, mapping)
    asked = _circuit(circuit)
    found = over(
        wanted.groups(files),
        lambda group: [each for one in wanted.recordings(group) for each in _examined(one, asked, despite_gate)],
        name_of,
        language,
    )
    if csv:
        found.attempt(lambda: write_points(csv, points(found.results), inputs), str(csv), language)
    if report:
        found.attempt(lambda: _write_page(report, found.results, language, inputs), str(report), language)
    if json:
        print_document(document(SCHEMA, found.failures, spectra=[_plain(each) for each in found.results]))
    else:
        for each in found.results:
            _print(each, language)
        print_failures(found.failures)
    return found.exit_code(*(REFUSED if each.refusals else DONE for each in found.results))


def _circuit(named: str) -> str | Circuit | None:
    """Return what is fitted; a notation is read before any file is."""
    from hwan.health.impedance import circuit_of

    if named in {AUTO, NONE}:
        return named if named == AUTO else None
    return circuit_of(named)


def _examined(recording: Recording, circuit: str | Circuit | None, despite_gate: bool) -> Iterator[Examined]:
    from hwan.health.impedance import fit_circuit, kramers_kronig, relaxation_times, spectra_of
    from hwan.report._health._impedance import Examined

    for spectrum in spectra_of(recording):
        times = relaxation_times(spectrum, despite_gate=despite_gate)
        fit = fit_circuit(spectrum, circuit) if circuit is not None else None
        yield Examined(spectrum, kramers_kronig(spectrum), times, fit)


def points(found: Sequence[Examined]) -> pl.DataFrame:
    """Return one row per point of each spectrum: measured, misfit of the gate over the modulus, and the circuit's."""
    import polars as pl

    return pl.concat([_points(each) for each in found] or [pl.DataFrame()], how="diagonal")


def _points(each: Examined) -> pl.DataFrame:
    import polars as pl

    spectrum = each.spectrum
    columns: dict[str, Any] = {
        "frequency_hertz": spectrum.frequency_hertz,
        "real_impedance_ohm": spectrum.impedance_ohm.real,
        "imaginary_impedance_ohm": spectrum.impedance_ohm.imag,
    }
    if not isinstance(each.gate, Refusal):
        columns["kramers_kronig_real_misfit"] = each.gate.misfit.real
        columns["kramers_kronig_imaginary_misfit"] = each.gate.misfit.imag
        columns["outlier"] = each.gate.outlier
    if each.fit is not None and not isinstance(each.fit, Refusal):
        columns["circuit_real_ohm"] = each.fit.fitted_ohm.real
        columns["circuit_imaginary_ohm"] = each.fit.fitted_ohm.imag
    return pl.DataFrame(columns).select(pl.lit(spectrum.name).alias("spectrum"), pl.all())


def _plain(each: Examined) -> dict[str, Any]:
    """Return a spectrum for the document; a refused part is absent and stands among the refusals."""
    spectrum = each.spectrum
    plain: dict[str, Any] = {
        "name": spectrum.name,
        "points": len(spectrum),
        "lowest_frequency_hertz": float(spectrum.frequency_hertz[-1]),
        "highest_frequency_hertz": float(spectrum.frequency_hertz[0]),
        "cycle": spectrum.cycle,
        "voltage_volt": spectrum.voltage_volt,
        "conditions": spectrum.conditions,
        "evidence": spectrum.evidence,
    }
    if not isinstance(each.gate, Refusal):
        plain["kramers_kronig"] = _plain_gate(each.gate)
    if not isinstance(each.times, Refusal):
        plain["relaxation_times"] = _plain_times(each.times)
    if each.fit is not None and not isinstance(each.fit, Refusal):
        plain["equivalent_circuit"] = _plain_fit(each.fit)
    told = {name: to_plain(value) for name, value in plain.items()}
    return {**told, "refusals": to_plain(each.refusals), "findings": to_plain(each.findings)}


def _plain_gate(gate: Gate) -> dict[str, Any]:
    names = ("passed", "noise", "drift", "least_drift_seen", "drift_probability", "structure_probability",
             "low_frequency_loop")  # fmt: skip
    listed = {name: getattr(gate, name).tolist() for name in ("failing_hertz", "outlier_hertz")}
    return {**{name: getattr(gate, name) for name in names}, **listed}


def _plain_times(times: RelaxationTimes) -> dict[str, Any]:
    names = ("total_polarisation", "series_resistance", "warburg_coefficient", "inductance_henry", "beyond_sweep",
             "peaks")  # fmt: skip
    curves = ("tau_second", "gamma_ohm", "gamma_low_ohm", "gamma_high_ohm")
    listed = {name: getattr(times, name).tolist() for name in curves}
    slow = {"capacitance_farad": times.capacitance_farad} if times.capacitance_farad < float("inf") else {}
    return {**{name: getattr(times, name) for name in names}, **slow, **listed}


def _plain_fit(fit: CircuitFit) -> dict[str, Any]:
    return {
        "circuit": fit.circuit.text,
        "parameters": dict(fit.measurements),
        "noise": fit.noise,
        "agreeing_starts": fit.agreeing_starts,
        "starts": fit.starts,
    }


def _write_page(path: Path, found: Sequence[Examined], language: str, inputs: Iterable[Path | None]) -> None:
    from hwan.report._health._impedance import impedance_chapter
    from hwan.report._words import Words

    words = Words(language)
    chapters = [impedance_chapter(each, words, f"z{number}") for number, each in enumerate(found, 1)]
    write_health_page(path, "impedance_title", chapters, (), language, inputs=inputs)


# On the screen ---------------------------------------------------------------------------------------


def _print(each: Examined, language: str) -> None:
    spectrum, console = each.spectrum, Console(highlight=False)
    console.print(f"\n{spectrum.name}", style="bold", markup=False)
    values = {"points": len(spectrum), "low": f"{spectrum.frequency_hertz[-1]:.4g}",
              "high": f"{spectrum.frequency_hertz[0]:.4g}"}  # fmt: skip
    _line(console, "impedance_spectrum", language, **values)
    if not isinstance(each.gate, Refusal):
        _print_gate(console, each.gate, language)
    if not isinstance(each.times, Refusal):
        console.print(Padding(_times_table(each.times, language), (0, 0, 0, 2), expand=False))
    if each.fit is not None and not isinstance(each.fit, Refusal):
        _line(console, "impedance_circuit", language, circuit=each.fit.circuit.text)
        console.print(Padding(_fit_table(each.fit, language), (0, 0, 0, 2), expand=False))
    for finding in each.findings:
        told = text("finding", finding.code, language, finding.values)
        console.print(f"  ! {told}", style="yellow", markup=False, soft_wrap=True)
    for refusal in each.refusals:
        print_refusal(spectrum.name, refusal, language)


def _line(console: Console, code: str, language: str, **values: object) -> None:
    console.print(f"  {text('screen', code, language, values)}", markup=False, soft_wrap=True)


def _print_gate(console: Console, gate: Gate, language: str) -> None:
    low, high = gate.drift.interval
    _line(
        console, f"impedance_gate_{'passed' if gate.passed else 'failed'}", language, noise=f"{gate.noise.value:.2%}",
        drift=f"{gate.drift.value:+.2%}", low=f"{low:+.2%}", high=f"{high:+.2%}", least=f"{gate.least_drift_seen:.1%}",
    )  # fmt: skip


def _times_table(times: RelaxationTimes, language: str) -> Table:
    """Return series resistance and total polarisation, then the peaks from fast to slow."""
    made = _table("impedance_column_process", "impedance_column_time", "impedance_column_resistance", language=language)
    for figure in (times.series_resistance, times.total_polarisation):
        made.add_row(text("name", figure.quantity, language), "", _bounds(figure))
    for number, peak in enumerate(times.peaks, 1):
        name = text(
            "screen", "impedance_peak", language, {"number": number, "frequency": f"{peak.frequency_hertz:.3g}"}
        )
        made.add_row(name, _bounds(peak.time_constant), _bounds(peak.resistance))
    return made


def _fit_table(fit: CircuitFit, language: str) -> Table:
    made = _table("impedance_column_parameter", "impedance_column_value", language=language)
    for name, figure in fit.measurements.items():
        made.add_row(name, _bounds(figure))
    return made


def _table(*headings: str, language: str) -> Table:
    made = Table(header_style="bold", show_edge=False, pad_edge=False)
    for place, heading in enumerate(headings):
        made.add_column(text("screen", heading, language), justify="right" if place else "left")
    return made


def _bounds(figure: Measurement) -> str:
    low, high = figure.interval
    unit = "" if figure.unit == "1" or not is_known(figure.unit) else f" {figure.unit}"
    return f"{figure.value:.4g} [{low:.3g}, {high:.3g}]{unit}"
