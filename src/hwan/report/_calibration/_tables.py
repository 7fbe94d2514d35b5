"""The tables of a calibration: what it is of, its bounds, what it decides, the least covered cells, the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from hwan import core
from hwan.health.rapid import ControlChart, Deferral, PulseProtocol, RapidModel, least_cells, minutes_per_battery
from hwan.report._calibration._deferral import questions
from hwan.report._calibration._entry import Calibration
from hwan.report._calibration._figures import coverage_of_cells
from hwan.report._numbers import ABSENT, fixed, plain
from hwan.report._tables import TONES, Cell, Section, Table, table
from hwan.report._words import Words

HUNDRED: Final = 100
MOST_CELLS: Final = 10
MOST_CHECKS: Final = 50
_SIGNALS: Final = {
    "in_control": "passed",
    "beyond_limit": "failed",
    "two_of_three": "uncertain",
    "one_side": "uncertain",
}


def calibration_sections(entry: Calibration, chart: ControlChart | None, words: Words) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    model = entry.found.model
    named = (
        ("calibration_section_decides", [_decided(entry, words)], "calibration_decides_note"),
        ("calibration_section_bounds", [_bounds(model, words)], "calibration_bounds_note"),
        ("calibration_section_cells", [_least_covered(entry, words)], ""),
        ("calibration_section_checks", [_checks(entry, chart, words)], "calibration_checks_note"),
        ("section_findings", [_findings(entry, words)], ""),
        ("calibration_section_model", [_model(model, words)], ""),
    )
    told = (Section(words.ui(title), _kept(tables), words.ui(note) if note else "") for title, tables, note in named)
    return tuple(section for section in told if section.tables)


def _kept(tables: Iterable[Table | None]) -> tuple[Table, ...]:
    return tuple(each for each in tables if each is not None)


def _decided(entry: Calibration, words: Words) -> Table | None:
    labels = (
        words.ui("calibration_question"), f"#{words.ui('calibration_decided')}", f"#{words.ui('calibration_wrong')}",
        f"#{words.ui('calibration_wrong_cells')}", f"#{words.ui('calibration_upper')}",
        words.ui("calibration_minutes"),
    )  # fmt: skip
    rows = [_decided_row(each.label, each.decided(1.0), entry.minutes) for each in questions(entry, words)]
    if entry.minutes:
        whole = HUNDRED * entry.minutes["full"]
        rows.append((Cell(words.ui("calibration_full_only")), *[Cell(ABSENT)] * 4, Cell(fixed(whole, 0), share=1.0)))
    return table(words.ui("calibration_table_decides"), labels, rows)


def _decided_row(label: str, found: Deferral, minutes: dict[str, float] | None) -> tuple[Cell, ...]:
    spent = Cell(ABSENT)
    if minutes:
        total = HUNDRED * minutes_per_battery(found, minutes)
        spent = Cell(fixed(total, 0), share=min(1.0, total / (HUNDRED * minutes["full"])))
    return (
        Cell(label),
        Cell(core.format_percent(found.decided)),
        Cell(core.format_percent(found.wrong, 2) if found.decided_rows else ABSENT),
        Cell(f"{found.wrong_cells} / {found.decided_cells}"),
        Cell(core.format_percent(found.upper) if found.decided_cells else ABSENT),
        spent,
    )


def _bounds(model: RapidModel, words: Words) -> Table | None:
    labels = (
        words.ui("calibration_probability"), f"#{words.ui('calibration_mean_half_width')}",
        f"#{words.ui('calibration_needed')}", words.ui("calibration_shown"),
    )  # fmt: skip
    claim = model.bound(0.9).bound
    rows = [
        (
            Cell(core.format_percent(each.probability, 0)),
            Cell(fixed(100 * model.card["half_width"] * each.bound / claim, 2)),
            Cell(str(least_cells(each.probability))),
            Cell(
                words.ui("calibration_is_shown" if each.shown else "calibration_is_assumed"),
                tone="passed" if each.shown else "uncertain",
            ),
        )
        for each in model.bounds
    ]
    return table(words.ui("calibration_table_bounds"), labels, rows)


def _least_covered(entry: Calibration, words: Words) -> Table | None:
    cells, error = entry.table.cells, entry.found.predicted - entry.table.state_of_health
    labels = (
        words.ui("column_cell"), f"#{words.ui('calibration_rows')}", words.ui("calibration_covered"),
        f"#{words.ui('calibration_mean_error')}",
    )  # fmt: skip
    rows = [
        (
            Cell(name),
            Cell(str(count)),
            Cell(core.format_percent(share, 0), share=share),
            Cell(f"{100 * float(error[cells == name].mean()):+.1f}"),
        )
        for name, count, share in coverage_of_cells(entry)[:MOST_CELLS]
    ]
    return table(words.ui("calibration_table_cells", count=len(rows)), labels, rows)


def _checks(entry: Calibration, chart: ControlChart | None, words: Words) -> Table | None:
    labels = (
        words.ui("calibration_date"), words.ui("column_cell"), f"#{words.ui('calibration_predicted')}",
        f"#{words.ui('calibration_reference')}", f"#{words.ui('calibration_difference')}",
        words.ui("calibration_signal"),
    )  # fmt: skip
    signals = chart.signals if chart else ()
    pairs = list(zip(entry.checks, signals, strict=True)) if chart else []
    rows = [
        (
            Cell(f"{each.at:%Y-%m-%d}"),
            Cell(each.cell or ABSENT),
            Cell(core.format_percent(each.predicted)),
            Cell(core.format_percent(each.reference)),
            Cell(f"{100 * (each.predicted - each.reference):+.1f}"),
            Cell(words.ui(f"signal_{signal}"), tone=_SIGNALS[signal]),
        )
        for each, signal in reversed(pairs[-MOST_CHECKS:])
    ]
    hidden = len(pairs) - len(rows)
    note = words.ui("rows_left_out", count=hidden) if hidden else ""
    return table(words.ui("calibration_table_checks"), labels, rows, note=note)


def _findings(entry: Calibration, words: Words) -> Table | None:
    rows = [
        (
            Cell(words.ui(f"severity_{each.severity}"), tone=TONES[each.severity]),
            Cell(words.say("finding", each.code, each.values)),
        )
        for each in entry.table.findings
    ]
    return table(words.ui("table_findings"), (words.ui("column_severity"), words.ui("column_finding")), rows)


def _model(model: RapidModel, words: Words) -> Table | None:
    labels = (words.ui("calibration_about"), words.ui("column_value"))
    return table(words.ui("calibration_table_model"), labels, [(Cell(a), Cell(b)) for a, b in _facts(model, words)])


def _facts(model: RapidModel, words: Words) -> Iterator[tuple[str, str]]:
    own, origin, reference = model.population, model.origin, model.reference
    yield words.ui("calibration_id"), model.id
    yield "sha256", model.sha256 or ABSENT
    yield words.ui("calibration_population"), " · ".join(filter(None, (population(model, words), own.description)))
    yield words.ui("calibration_batches"), ", ".join(own.batches) or words.ui("calibration_any_batch")
    yield words.ui("calibration_protocol"), protocol_words(model, words)
    ends = (reference.lower_cutoff_volt, reference.upper_cutoff_volt)
    volts = "–".join(plain(end) for end in ends if core.is_known(end))
    said = (
        f"{plain(reference.rate_per_hour)}C",
        f"{plain(reference.temperature_celsius)} °C",
        f"{volts} V" if volts else "",
    )
    yield words.ui("calibration_predicts"), " · ".join(filter(None, said))
    low, high = plain(model.temperature_low_celsius), plain(model.temperature_high_celsius)
    yield words.ui("calibration_temperatures"), f"{low}–{high} °C"
    yield words.ui("calibration_healths"), f"{100 * model.health_low:.1f}–{100 * model.health_high:.1f} %"
    yield words.ui("calibration_source"), origin.source or ABSENT
    yield words.ui("calibration_licence"), origin.licence or ABSENT
    yield words.ui("calibration_made"), core.format_date(origin.calibrated_on, words.language)


def population(model: RapidModel, words: Words) -> str:
    """Return which batteries a model is of."""
    return f"{words.chemistry(model.population.chemistry)} · {plain(model.population.rated_capacity_ah)} Ah"


def protocol_words(model: RapidModel, words: Words) -> str:
    """Return the rapid test in words."""
    protocol = model.protocol
    if isinstance(protocol, PulseProtocol):
        rates = ", ".join(f"{each:+g}C" for each in protocol.rates_per_hour)
        return words.ui(
            "calibration_pulses", width=plain(protocol.width_second), rest=plain(protocol.rest_second), rates=rates
        )
    volts = ", ".join(plain(each) for each in protocol.voltages_volt)
    way = words.name(protocol.direction)
    return words.ui("calibration_partial", direction=way, rate=plain(protocol.rate_per_hour), voltages=volts)
