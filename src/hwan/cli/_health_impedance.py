"""``hwan health impedance``: the gate, relaxation times and an equivalent circuit of the spectra of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._chemistry import chemistry_or_file
from hwan.cli._health_page import Outputs, Page, Points, print_findings, print_refusals, refused_for, say
from hwan.cli._outcome import DONE, REFUSED, document
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._work import over
from hwan.core import Recording, Refusal, text, to_plain

if TYPE_CHECKING:
    import polars as pl

    from hwan.health.impedance import Circuit, CircuitFit, Gate, RelaxationTimes
    from hwan.report import HealthChapter
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
    chemistry: option.Chemistry = "unknown",
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Kramers-Kronig test, relaxation times and equivalent circuit of every impedance spectrum."""
    outputs = Outputs(csv, report, lang.value, (*files, mapping, chemistry))
    wanted, asked = Wanted.of(key, mapping), _circuit(circuit)
    refusal = refused_for(chemistry_or_file(chemistry), "impedance")
    found = over(
        wanted.groups(files),
        lambda group: [
            each for one in wanted.recordings(group) for each in _examined(one, asked, despite_gate, refusal)
        ],
        name_of,
        outputs.language,
    )
    outputs.write(
        found, lambda: points(found.results), "impedance_title", lambda: _chapters(found.results, outputs.language)
    )  # fmt: skip
    content = document(SCHEMA, found.failures, spectra=[_plain(each) for each in found.results]) if json else None
    outputs.tell(found, content, lambda: _print_all(found.results, outputs.language), chemistry, "impedance")
    return found.exit_code(*(DONE if _answered(each, despite_gate) else REFUSED for each in found.results))


def _answered(each: Examined, despite_gate: bool) -> bool:
    """Return whether the spectrum is that of one steady battery and something of it was told."""
    passed = not isinstance(each.gate, Refusal) and (each.gate.passed or despite_gate)
    return passed and not (isinstance(each.times, Refusal) and isinstance(each.fit, Refusal | None))


def _circuit(named: str) -> str | Circuit | None:
    """Return what is fitted; a notation is read before any file is."""
    from hwan.health.impedance import circuit_of

    if named in {AUTO, NONE}:
        return named if named == AUTO else None
    return circuit_of(named)


def _examined(
    recording: Recording, circuit: str | Circuit | None, despite_gate: bool, refusal: Refusal | None
) -> Iterator[Examined]:
    from hwan.health.impedance import fit_circuit, kramers_kronig, relaxation_times, spectra_of
    from hwan.report._health._impedance import Examined

    source = recording.provenance.source_name
    for spectrum in spectra_of(recording):
        if refusal:
            yield Examined(spectrum, refusal, refusal, refusal, source)
            continue
        times = relaxation_times(spectrum, despite_gate=despite_gate)
        fit = fit_circuit(spectrum, circuit) if circuit is not None else None
        yield Examined(spectrum, kramers_kronig(spectrum), times, fit, source)


def points(found: Sequence[Examined]) -> pl.DataFrame:
    """Return one row per point of each spectrum: measured, misfit of the gate over the modulus, and the circuit's."""
    import polars as pl

    names = ("source", "spectrum", "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return pl.concat([_points(each) for each in found], how="diagonal") if found else empty


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
    return pl.DataFrame(columns).select(
        pl.lit(each.source).alias("source"), pl.lit(spectrum.name).alias("spectrum"), pl.all()
    )


def _plain(each: Examined) -> dict[str, Any]:
    """Return a spectrum for the document; a refused part is absent and stands among the refusals."""
    spectrum = each.spectrum
    plain: dict[str, Any] = {
        "source": each.source,
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


def _chapters(found: Sequence[Examined], language: str) -> list[HealthChapter]:
    from hwan.report._health._impedance import impedance_chapter
    from hwan.report._words import Words

    words = Words(language)
    return [impedance_chapter(each, words, f"z{number}") for number, each in enumerate(found, 1)]


# On the screen ---------------------------------------------------------------------------------------


def _print_all(found: Sequence[Examined], language: str) -> None:
    for each in found:
        _print(each, language)


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
    print_findings(console, each.findings, language)
    print_refusals("", each.refusals, language)


def _line(console: Console, code: str, language: str, **values: object) -> None:
    say(console, text("screen", code, language, values))


def _print_gate(console: Console, gate: Gate, language: str) -> None:
    low, high = gate.drift.interval
    _line(
        console, f"impedance_gate_{'passed' if gate.passed else 'failed'}", language,
        noise=_percent(gate.noise.value, ""), drift=_percent(gate.drift.value), low=f"{100 * low:+.2f}",
        high=_percent(high), least=_percent(gate.least_drift_seen, ""),
    )  # fmt: skip


def _percent(fraction: float, sign: str = "+") -> str:
    return f"{100 * fraction:{sign}.2f} %"


def _times_table(times: RelaxationTimes, language: str) -> Table:
    """Return series resistance and total polarisation, then the peaks from fast to slow."""
    from hwan.report._health._impedance import written

    made = _table("impedance_column_process", "impedance_column_time", "impedance_column_resistance", language=language)
    for figure in (times.series_resistance, times.total_polarisation):
        made.add_row(text("name", figure.quantity, language), "", written(figure))
    for number, peak in enumerate(times.peaks, 1):
        name = text(
            "screen", "impedance_peak", language, {"number": number, "frequency": f"{peak.frequency_hertz:.3g}"}
        )
        made.add_row(name, written(peak.time_constant), written(peak.resistance))
    return made


def _fit_table(fit: CircuitFit, language: str) -> Table:
    from hwan.report._health._impedance import written

    made = _table("impedance_column_parameter", "impedance_column_value", language=language)
    for name, figure in fit.measurements.items():
        made.add_row(name, written(figure))
    return made


def _table(*headings: str, language: str) -> Table:
    made = Table(header_style="bold", show_edge=False, pad_edge=False)
    for place, heading in enumerate(headings):
        made.add_column(text("screen", heading, language), justify="right" if place else "left")
    return made
