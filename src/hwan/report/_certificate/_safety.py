"""Hand readings, what the BMS claims, and the weakest cells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hwan import core
from hwan.report._certificate._parts import Section, left_out, outside, table, unstated
from hwan.report._certificate._results import rows_of
from hwan.report._entry import Entry
from hwan.report._figures import SIGNS
from hwan.report._numbers import ABSENT, bounds_of, fixed, scale_of, shown, with_unit
from hwan.report._tables import TONES, Cell, limit_words
from hwan.report._words import Words

MOST_READINGS: Final = 16
MOST_CELLS: Final = 5
MOST_CANDIDATES: Final = 6
READING_HEADS: Final = (
    ("certificate_reading", 2.3), ("column_value", 0), ("column_limit", 0), ("column_verdict", 1.75),
    ("certificate_observer", 1.4), ("certificate_when", 2.6), ("certificate_with", 1.6),
)  # fmt: skip
BMS_HEADS: Final = (
    ("certificate_claim", 1.5), ("certificate_claimed", -1), ("certificate_measured", -1),
    ("certificate_difference", -1),
)  # fmt: skip
VERDICT_HEADS: Final = (
    ("certificate_question", 2.4), ("certificate_cell", 0), ("certificate_margin", -1), ("column_interval", -1.5),
    ("certificate_decided", 3), ("certificate_rows", 1.4),
)  # fmt: skip
CELL_HEADS: Final = (
    ("certificate_cell", 0.8), ("certificate_end_of_charge", -1.1), ("certificate_rest", -1),
    ("certificate_end_of_discharge", -1.2), ("certificate_resistance", -1), ("certificate_capacity", -1),
    ("certificate_capacity_range", -1.7),
)  # fmt: skip
CELL_COLUMNS: Final = (
    "end_of_charge_volt", "rest_volt", "end_of_discharge_volt", "resistance_ohm", "capacity_ah", "capacity_high_ah",
)  # fmt: skip
_DECIMALS: Final = {"V": 3, "Ah": 2, "mΩ": 3, "Ω": 3}


def readings(entry: Entry, words: Words) -> Section:
    """Return every hand reading with who took it and when, and the safety items that nobody took."""
    rows = [*_gates(entry, words), *_other_readings(entry, words)]
    title = words.ui("certificate_safety")
    if not rows:
        return Section(title, (unstated(words),))
    note = left_out(words, len(rows) - MOST_READINGS) or words.ui("safety_note")
    return Section(title, (table(words, "", READING_HEADS, rows[:MOST_READINGS], note),))


def _gates(entry: Entry, words: Words) -> Iterable[tuple[Cell, ...]]:
    known = _safety_limits(entry)
    for each in entry.assessment.grade.outcomes:
        if each.rule_id in known:
            yield _reading_row(_judged(entry, each), each, known[each.rule_id], words)


def _other_readings(entry: Entry, words: Words) -> Iterable[tuple[Cell, ...]]:
    gates = _safety_limits(entry)
    judged = [_judged(entry, each) for each in entry.assessment.grade.outcomes if each.rule_id in gates]
    for each in entry.assessment.observations:
        if each not in judged:
            yield _reading_row(each, None, None, words)


def _safety_limits(entry: Entry) -> dict[str, core.Limit]:
    rules = entry.ruleset.rules if entry.ruleset else ()
    return {rule.id: rule for rule in rules if isinstance(rule, core.Limit) and rule.safety}


def _judged(entry: Entry, outcome: core.RuleOutcome) -> core.Observation | None:
    """Return the reading that a rule was held against; None when the test itself gave the figure."""
    read = [each for each in entry.assessment.observations if each.quantity == outcome.quantity]
    return next((each for each in reversed(read) if each.value == outcome.value), None)


def _reading_row(
    read: core.Observation | None, outcome: core.RuleOutcome | None, rule: core.Rule | None, words: Words
) -> tuple[Cell, ...]:
    observed = read or core.Observation("", core.UNKNOWN)
    value = read.value if read else (outcome.value if outcome else core.UNKNOWN)
    unit = read.unit if read else (outcome.unit if outcome else "1")
    quantity = read.quantity if read else (outcome.quantity if outcome else "")
    when = observed.observed_at
    return (
        Cell(words.name(quantity)),
        _value(value, unit, words),
        Cell(_limit(outcome, rule, words)),
        _outcome(outcome, words),
        _told(_observer(read, outcome, words), words),
        _told(words.moment(when) if core.is_known(when) else core.UNKNOWN, words),
        _told(observed.instrument_id, words),
    )


def _observer(read: core.Observation | None, outcome: core.RuleOutcome | None, words: Words) -> str | core.Unknown:
    if read is None and outcome is not None and core.is_known(outcome.value):
        return words.ui("certificate_from_test")
    return read.observer if read else core.UNKNOWN


def _limit(outcome: core.RuleOutcome | None, rule: core.Rule | None, words: Words) -> str:
    if isinstance(rule, core.Limit) and rule.bound == "is_true":
        return words.ui("certificate_passed")
    return limit_words(outcome, rule, words) if outcome else ABSENT


def _value(value: float | bool | core.Unknown, unit: str, words: Words) -> Cell:
    if not core.is_known(value):
        return Cell(words.ui("certificate_not_stated"), tone="neutral")
    if isinstance(value, bool):
        return Cell(words.ui("certificate_passed" if value else "certificate_failed"))
    return Cell(with_unit(value, unit))


def _outcome(outcome: core.RuleOutcome | None, words: Words) -> Cell:
    if outcome is None:
        return Cell(words.ui("certificate_no_limit"), tone="neutral")
    return Cell(f"{SIGNS[outcome.verdict]} {words.ui('verdict_' + outcome.verdict)}", tone=TONES[outcome.verdict])


def _told(text: str | core.Unknown, words: Words) -> Cell:
    return Cell(outside(text)) if core.is_known(text) else Cell(words.ui("certificate_not_stated"), tone="neutral")


def bms(entry: Entry, words: Words) -> Iterable[Section]:
    """Return what the BMS claims, beside what was measured."""
    claims = entry.assessment.bms
    title = words.ui("certificate_bms")
    if not core.is_known(claims):
        yield Section(title, (unstated(words),))
        return
    rows = [row for row in _claims(entry, claims, words) if row]
    when = words.moment(claims.read_at) if core.is_known(claims.read_at) else words.ui("certificate_not_stated")
    note = words.ui("certificate_bms_note", when=when)
    yield Section(title, (table(words, "", BMS_HEADS, rows, note),), together=True)


def _claims(entry: Entry, claims: core.BmsSnapshot, words: Words) -> Iterable[tuple[Cell, ...] | None]:
    measured = next((m for m in reversed(entry.assessment.measurements) if m.quantity == _HEALTH), None)
    for name, unit in _CLAIMS:
        claimed = getattr(claims, name)
        if core.is_known(claimed):
            beside = measured if name == "state_of_health" else None
            yield _claim(words.ui(f"certificate_{name}"), float(claimed), unit, beside, words)


def _claim(label: str, claimed: float, unit: str, measured: core.Measurement | None, words: Words) -> tuple[Cell, ...]:
    if measured is None:
        return Cell(label), Cell(with_unit(claimed, unit)), Cell(words.ui("certificate_not_measured")), Cell(ABSENT)
    written = shown(measured.value, bounds_of(measured), measured.unit)
    points = 100 * (claimed - measured.value)
    difference = Cell(f"{points:+.1f} {words.ui('points')}", tone="uncertain" if abs(points) > _APART else "")
    beside = Cell(f"{written.value} {written.unit}", words.interval(written) if written.bounded else "")
    return Cell(label), Cell(with_unit(claimed, unit)), beside, difference


_HEALTH: Final = "state_of_health_capacity"
_APART: Final = 5.0
_CLAIMS: Final = (
    ("state_of_health", "1"), ("state_of_charge", "1"), ("charge_throughput_ah", "Ah"),
    ("energy_throughput_wh", "Wh"), ("minimum_cell_voltage_volt", "V"), ("maximum_cell_voltage_volt", "V"),
)  # fmt: skip


def cells(entry: Entry, words: Words) -> Iterable[Section]:
    """Return the cells that limit the pack, and the figures of the few weakest."""
    verdicts, figures = entry.assessment.cell_verdicts, entry.assessment.cells
    blocks = []
    if verdicts:
        blocks.append(table(words, "", VERDICT_HEADS, [_verdict_row(each, words) for each in verdicts]))
    if figures:
        rows = [_cell_row(each) for each in weakest(entry.assessment)]
        note = words.ui("certificate_cells_note", shown=len(rows), count=len(figures))
        blocks.append(table(words, "", CELL_HEADS, [*rows, _cell_evidence(entry.assessment, words)], note))
    if blocks:
        yield Section(words.ui("certificate_cells"), tuple(blocks))


def _verdict_row(each: core.CellVerdict, words: Words) -> tuple[Cell, ...]:
    written = shown(each.margin.value, bounds_of(each.margin), each.margin.unit)
    others = ", ".join(str(one) for one in each.candidates[:MOST_CANDIDATES])
    others += " …" if len(each.candidates) > MOST_CANDIDATES else ""
    likely = words.ui("certificate_cell_probability", percent=core.format_probability(each.probability))
    unsettled = Cell(words.ui("certificate_not_decided", cells=others), likely, tone="uncertain")
    return (
        Cell(words.ui(f"certificate_{each.question}")),
        Cell(str(each.cell)),
        Cell(f"{written.value} {written.unit}"),
        Cell(f"{written.low} – {written.high}" if written.bounded else ABSENT),
        Cell(words.ui("certificate_is_decided"), likely, tone="passed") if each.decided else unsettled,
        rows_of(each.margin.evidence, words),
    )


def weakest(assessment: core.Assessment) -> list[core.CellFigure]:
    """Return the cells that the verdicts name, then those lowest at the end of discharge."""
    named = dict.fromkeys(each.cell for each in assessment.cell_verdicts)
    known = {each.cell: each for each in assessment.cells}
    lowest = sorted(assessment.cells, key=lambda each: core.known_or(each.end_of_discharge_volt, float("inf")))
    order = dict.fromkeys([*(cell for cell in named if cell in known), *(each.cell for each in lowest)])
    return [known[cell] for cell in order][:MOST_CELLS]


def _cell_row(each: core.CellFigure) -> tuple[Cell, ...]:
    low, high = (_figure(end, "Ah") for end in (each.capacity_low_ah, each.capacity_high_ah))
    return (
        Cell(str(each.cell)),
        Cell(_figure(each.end_of_charge_volt, "V")),
        Cell(_figure(each.rest_volt, "V")),
        Cell(_figure(each.end_of_discharge_volt, "V")),
        Cell(_figure(each.resistance_ohm, "ohm")),
        Cell(_figure(each.capacity_ah, "Ah")),
        Cell(f"{low} – {high}"),
    )


def _cell_evidence(assessment: core.Assessment, words: Words) -> tuple[Cell, ...]:
    """Return the rows behind each column of the cells."""
    found = {"capacity_high_ah": assessment.cell_evidence.get("capacity_low_ah", ()), **assessment.cell_evidence}
    behind = (rows_of(found[each], words) if found.get(each) else Cell(ABSENT) for each in CELL_COLUMNS)
    return Cell(words.ui("certificate_rows")), *behind


def _figure(value: float | core.Unknown, unit: str) -> str:
    """Return a figure of a cell, with as many decimals as its neighbours in the column."""
    if not core.is_known(value):
        return ABSENT
    scale = scale_of(unit, value)
    decimals = _DECIMALS.get(scale.symbol)
    return with_unit(value, unit) if decimals is None else f"{fixed(value * scale.factor, decimals)} {scale.symbol}"
