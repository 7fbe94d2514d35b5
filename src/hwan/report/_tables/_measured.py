"""Tables of what was measured: figures, error budgets, truth beside estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from hwan import core
from hwan.report._numbers import ABSENT, bounds_of, decimals_for, fixed, plain, scale_of, shown, with_unit
from hwan.report._tables._table import Cell, Table, table
from hwan.report._words import Words

DISCHARGE_PULSE: Final = " discharge "  # in a key of truths, before the time of the pulse in seconds
MOST_ROWS: Final = 200
_UNITS: Final = {
    "capacity": "Ah", "discharged_charge": "Ah", "energy": "Wh", "discharged_energy": "Wh", "dc_resistance": "ohm",
    "state_of_health_capacity": "1", "state_of_health_energy": "1", "coulombic_efficiency": "1",
    "energy_efficiency": "1",
}  # fmt: skip
HEADLINES: Final = (
    "state_of_health_capacity", "state_of_health_energy", "capacity", "discharged_charge", "energy",
    "discharged_energy",
)  # fmt: skip


def headline(assessment: core.Assessment) -> core.Measurement | None:
    """Return the figure that says most about the battery."""
    found = {each.quantity: each for each in reversed(assessment.measurements)}
    first = next((found[quantity] for quantity in HEADLINES if quantity in found), None)
    return first or next(iter(assessment.measurements), None)


def measurements(assessment: core.Assessment, words: Words) -> Iterable[Table | None]:
    """Return the table of figures, and that of pulse resistances, folded when long."""
    pulses = [each for each in assessment.measurements if each.quantity == "dc_resistance"]
    others = [each for each in assessment.measurements if each.quantity != "dc_resistance"]
    yield _measurement_table(words.ui("table_measurements"), others, words, folded=False)
    yield _measurement_table(words.ui("table_resistances"), pulses, words, folded=True)


def _measurement_table(title: str, entries: list[core.Measurement], words: Words, *, folded: bool) -> Table | None:
    labels = (
        words.ui("column_quantity"), f"#{words.ui('column_value')}", f"#{words.ui('column_interval')}",
        words.ui("column_conditions"), words.ui("column_method"), words.ui("column_evidence"),
    )  # fmt: skip
    rows = [_measurement_row(each, words) for each in entries[:MOST_ROWS]]
    hidden = len(entries) - len(rows)
    note = words.ui("rows_left_out", count=hidden) if hidden else ""
    return table(title, labels, rows, note=note, folded=folded)


def _measurement_row(each: core.Measurement, words: Words) -> tuple[Cell, ...]:
    written = shown(each.value, bounds_of(each), each.unit)
    rows = [f"{evidence.recording_id[:8]} · {evidence.first_row:,}–{evidence.last_row:,}" for evidence in each.evidence]
    return (
        Cell(words.name(each.quantity)),
        Cell(f"{written.value} {written.unit}"),
        Cell(words.interval(written)),
        Cell(" · ".join(conditions(each.conditions, words)) or ABSENT),
        Cell(f"{words.say('method', each.method)} (v{each.method_version})", validation(each.validation, words)),
        Cell(rows[0] if rows else ABSENT, words.ui("more", count=len(rows) - 1) if len(rows) > 1 else "", code=True),
    )


def validation(status: core.Validation, words: Words) -> str:
    """Say whether a method was proven, and on how many cells."""
    code = "validation_validated_cells" if status.status == "validated" and status.cells else ""
    return words.ui(code or f"validation_{status.status}", cells=status.cells)


def conditions(given: core.Conditions, words: Words) -> Iterable[str]:
    """Yield the known conditions, most telling first."""
    if core.is_known(given.pulse_time_second):
        yield words.ui("condition_pulse", time=plain(given.pulse_time_second))
    if core.is_known(given.direction):
        yield words.name(given.direction)
    if core.is_known(given.state_of_charge):
        yield words.ui("condition_charge", percent=round(given.state_of_charge * 100))
    yield from _circumstances(given)
    if core.is_known(given.rest_before_second):
        yield words.ui("condition_rest", time=plain(given.rest_before_second))
    if given.replaced_modules:
        yield words.ui("condition_replaced", modules=", ".join(str(each) for each in given.replaced_modules))
    if core.is_known(given.denominator):
        part = given.denominator
        value = with_unit(part.value, part.unit)
        whose = words.name(part.whose)
        yield words.ui("condition_denominator", quantity=words.name(part.quantity), value=value, whose=whose)


def _circumstances(given: core.Conditions) -> Iterable[str]:
    if core.is_known(given.temperature_celsius):
        yield with_unit(given.temperature_celsius, "degC")
    if core.is_known(given.rate_per_hour):
        yield f"{plain(abs(given.rate_per_hour), 3)}C"
    if core.is_known(given.current_ampere):
        yield with_unit(abs(given.current_ampere), "A")
    low, high = given.lower_cutoff_volt, given.upper_cutoff_volt
    cutoffs = [plain(end) for end in (low, high) if core.is_known(end)]
    if cutoffs:
        yield f"{'–'.join(cutoffs)} V"


def budgets(assessment: core.Assessment, words: Words) -> Iterable[Table | None]:
    """Return one error budget per headline figure that states its components."""
    for quantity in HEADLINES:
        for each in assessment.measurements:
            if each.quantity == quantity and each.components:
                yield _budget(each, words)


def _budget(each: core.Measurement, words: Words) -> Table | None:
    scale = scale_of(each.unit, each.value)
    variances = [_variance(component) for component in each.components]
    total = sum(variances) or 1.0
    pairs = sorted(zip(each.components, variances, strict=True), key=lambda pair: -pair[1])
    decimals = decimals_for(max(abs(component.effect) for component in each.components) * scale.factor / 10)
    labels = (
        words.ui("column_component"), f"#{words.ui('column_effect')} / {scale.symbol}",
        words.ui("column_share"), words.ui("column_distribution"), words.ui("column_source"),
    )  # fmt: skip
    rows = [
        (
            Cell(words.name(component.name), words.ui("shared_draw") if component.shared_key else ""),
            Cell(fixed(component.effect * scale.factor, decimals)),
            Cell(core.format_percent(variance / total, 0), share=variance / total),
            words.ui(f"distribution_{component.distribution}"),
            Cell(words.name(component.source)),
        )
        for component, variance in pairs
    ]
    title = words.ui("table_budget", quantity=words.name(each.quantity))
    return table(title, labels, rows)


def _variance(component: core.ErrorComponent) -> float:
    return component.effect**2 / (3 if component.distribution == "uniform" else 1)


def truths(assessment: core.Assessment, truth: Mapping[str, float] | None, words: Words) -> Table | None:
    """Return the table of known truth beside the estimate; synthetic batteries only."""
    labels = (
        words.ui("column_quantity"), f"#{words.ui('column_truth')}", f"#{words.ui('column_estimate')}",
        f"#{words.ui('column_interval')}", words.ui("column_inside"),
    )  # fmt: skip
    rows = []
    for key, value in (truth or {}).items():
        quantity, _, pulse = key.partition(DISCHARGE_PULSE)
        found = [each for each in assessment.measurements if each.quantity == quantity and _is_pulse(each, pulse)]
        rows.append(_truth_row(quantity, value, found, words))
    return table(words.ui("table_truth"), labels, rows, note=words.ui("truth_note"))


def _is_pulse(each: core.Measurement, seconds: str) -> bool:
    given = each.conditions
    return not seconds or (given.direction == "discharge" and str(given.pulse_time_second) == seconds)


def _truth_row(quantity: str, value: float, found: list[core.Measurement], words: Words) -> tuple[Cell, ...]:
    """Judge only what is one and the same quantity: several conditions have no single truth."""
    name = Cell(words.name(quantity))
    if len(found) != 1:
        why = words.ui("several_conditions" if found else "no_estimate")
        known = with_unit(value, _UNITS[quantity]) if quantity in _UNITS else plain(value)
        return name, Cell(known), Cell(ABSENT), Cell(ABSENT), Cell(why, tone="neutral")
    each = found[0]
    scale, bounds = scale_of(each.unit, each.value), bounds_of(each)
    written = shown(each.value, bounds, each.unit)
    decimals = decimals_for((bounds[1] - bounds[0]) * scale.factor) if bounds else 3
    truth = Cell(f"{fixed(value * scale.factor, decimals)} {scale.symbol}")
    estimate = Cell(f"{written.value} {written.unit}")
    return name, truth, estimate, Cell(words.interval(written)), _inside(value, bounds, words)


def _inside(value: float, bounds: tuple[float, float] | None, words: Words) -> Cell:
    if bounds is None:
        return Cell(ABSENT)
    within = bounds[0] <= value <= bounds[1]
    return Cell(words.ui("inside" if within else "outside"), tone="passed" if within else "failed")
