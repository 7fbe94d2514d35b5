"""A pack from the test of its string: which cells limit it, what it holds mended, which cells stand out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.core import (
    UNKNOWN,
    BatteryType,
    CellFigure,
    CellVerdict,
    Evidence,
    Finding,
    Measurement,
    Refusal,
    Scalar,
    Unknown,
    is_known,
)
from hwan.health._accuracy import taps_of
from hwan.health._analysis import Analysis
from hwan.health._balance import NOT_OBSERVED, ToGo, after_interventions
from hwan.health._capacity import capacity_of, energy_of
from hwan.health._cells import Cells, Floats
from hwan.health._events import Events, events_of
from hwan.health._lags import Lags, lags, of_own_size
from hwan.health._verdicts import verdicts_of

OUTLIER: Final = 4.0
"""A cell so many robust standard deviations from many others is no longer one of them; from few, more:"""
OUTLIER_OF_FEW: Final = 8.0
"""...times 1 + this/cells. So one pack of normal cells in a thousand has one, of 12 cells as of 48."""
LEAST_CELLS: Final = 8
"""Of fewer cells the spread is not known."""
_MAD_TO_SIGMA: Final = 1.4826


@dataclass(frozen=True, slots=True)
class PackResults:
    """What was found of a pack's cells; all empty where the record shows no cells."""

    verdicts: tuple[CellVerdict, ...] = ()
    cells: tuple[CellFigure, ...] = ()
    cell_evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()


def pack_of(analysis: Analysis, kind: BatteryType) -> PackResults:
    """Return verdicts and figures of the cells of a pack from one recording.

    Assumes the cells in series as columns, each a cell or a group of parallel cells. Capacity after
    balancing or replacing needs a capacity test with rests after the charge and after the discharge.

    Parameters
    ----------
    analysis
        The recording, with its cell columns.
    kind
        States the cut-offs, the cells in series and the cells per module.

    Returns
    -------
    PackResults
        Verdicts with candidates and margins; a figure of each cell; capacity (Ah) and energy (Wh) after
        each intervention or why not; cells that stand out as findings.
    """
    cells = analysis.data.cells
    if not isinstance(cells, Cells) or len(cells.numbers) < 2:
        return PackResults()
    events = events_of(analysis, cells, kind)
    answers = verdicts_of(analysis, cells, events)
    both = _both_lags(analysis, events)
    mended = tuple(_mended(analysis, kind, cells, events, both))
    figures = tuple(_figures(analysis, kind, cells, events, both))
    return PackResults(
        verdicts=tuple(each for each in answers if isinstance(each, CellVerdict)),
        cells=figures,
        cell_evidence=dict(_evidence(analysis, kind, events, both)),
        measurements=tuple(each for each in mended if isinstance(each, Measurement)),
        refusals=tuple(each for each in (*answers, *mended) if isinstance(each, Refusal)),
        findings=tuple(_findings(kind, cells, events, both)),
    )


Both = tuple[Lags, Lags]


def _both_lags(analysis: Analysis, events: Events) -> Both | None:
    """Return what each cell missed to full and had left when empty; None where a rest or a curve is missing."""
    test, full, empty = events.test, events.full, events.empty
    if test is None or test.charged_by is None or full is None or empty is None:
        return None
    if events.rest_full is None or events.rest_empty is None:
        return None
    taps = taps_of(analysis.recording)
    # The same current drops the same voltage in charge and discharge; only the discharge shows it.
    drops = events.rest_empty.volts - empty.volts
    first_full, first_empty = int(np.nanargmax(full.volts)), int(np.nanargmin(empty.volts))
    missing = lags(analysis, test.charged_by, full, events.rest_full, taps, float(drops[first_full]))
    left = lags(analysis, test.run, empty, events.rest_empty, taps, float(drops[first_empty]))
    return of_own_size(-test.run.charge_ah, missing, left) if missing and left else None


def _mended(
    analysis: Analysis, kind: BatteryType, cells: Cells, events: Events, both: Both | None
) -> Iterator[Measurement | Refusal]:
    capacity, energy = capacity_of(analysis, kind), energy_of(analysis, kind)
    if both is None or isinstance(capacity, Refusal) or events.test is None:
        yield NOT_OBSERVED
        return
    run = events.test.run
    volts = analysis.data.voltage_volt[[run.first_sample, run.last_sample]]
    known = energy if isinstance(energy, Measurement) else None
    rows = (*capacity.evidence, *_grounds(analysis, events))
    for each in after_interventions(kind, cells, ToGo.of(*both), capacity, known, volts):
        yield replace(each, evidence=rows) if isinstance(each, Measurement) else each


def _grounds(analysis: Analysis, events: Events) -> Iterator[Evidence]:
    """Yield the charge and both rests that place the cells, beside the discharge between them."""
    charge = events.test.charged_by if events.test else None
    for each in (charge, events.rest_full, events.rest_empty):
        if each is not None:
            yield from analysis.evidence(each.first_sample, each.last_sample)


def _evidence(
    analysis: Analysis, kind: BatteryType, events: Events, both: Both | None
) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """Yield the rows behind each column of the cells' figures that has any."""
    columns = (
        ("end_of_charge_volt", events.full),
        ("rest_volt", events.rest_full),
        ("end_of_discharge_volt", events.empty),
    )
    for column, readings in columns:
        if readings is not None:
            yield column, analysis.evidence(readings.first_sample, readings.last_sample)
    if events.pulse is not None:
        yield "resistance_ohm", analysis.evidence(events.pulse.before.first_sample, events.pulse.during.last_sample)
    capacity = capacity_of(analysis, kind)
    if isinstance(capacity, Measurement):
        yield "capacity_low_ah", capacity.evidence
        if both is not None:
            placed = (*capacity.evidence, *_grounds(analysis, events))
            yield "capacity_ah", placed
            yield "capacity_high_ah", placed


def _figures(
    analysis: Analysis, kind: BatteryType, cells: Cells, events: Events, both: Both | None
) -> Iterator[CellFigure]:
    capacity = capacity_of(analysis, kind)
    held = capacity.value if isinstance(capacity, Measurement) else None
    for position, number in enumerate(cells.numbers):
        low, central, high = _capacities(held, both, position)
        yield CellFigure(
            cell=number,
            end_of_charge_volt=_at(events.full.volts if events.full else None, position),
            rest_volt=_at(events.rest_full.volts if events.rest_full else None, position),
            end_of_discharge_volt=_at(events.empty.volts if events.empty else None, position),
            resistance_ohm=_at(events.pulse.resistance_ohm if events.pulse else None, position),
            capacity_low_ah=low,
            capacity_ah=central,
            capacity_high_ah=high,
        )


def _at(values: Floats | None, position: int) -> float | Unknown:
    return UNKNOWN if values is None or not np.isfinite(values[position]) else float(values[position])


Bound = float | Unknown


def _capacities(held: float | None, both: Both | None, position: int) -> tuple[Bound, Bound, Bound]:
    """Return what a cell gave, where it lies by the curves, and the most it can hold, in Ah."""
    if held is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    if both is None:
        return held, UNKNOWN, UNKNOWN
    central = held + sum(float(each.central_ah[position]) for each in both)
    high = held + sum(float(each.high_ah[position]) for each in both)
    return held, central if np.isfinite(central) else UNKNOWN, high if np.isfinite(high) else UNKNOWN


def _findings(kind: BatteryType, cells: Cells, events: Events, both: Both | None) -> Iterator[Finding]:
    if is_known(kind.parallel_count) and kind.parallel_count > 1:
        yield Finding("cell_columns_are_groups", "note", "cell columns", {"parallel": kind.parallel_count})
    if events.pulse is not None:
        resistance = events.pulse.resistance_ohm
        share = 1 / float(np.nanmedian(resistance))
        yield from _outliers("cell_resistance_stands_out", cells, (resistance, resistance), share)
    if both is not None:
        missing, left = both
        # Of each cell the bound that makes it least remarkable: what is not known does not stand out.
        low, high = missing.low_ah + left.low_ah, missing.high_ah + left.high_ah
        emptier = (left.high_ah < np.median(left.low_ah)) & (missing.low_ah > np.median(missing.low_ah))
        known = _best_known(missing, left)
        yield from _outliers("cell_capacity_stands_out", cells, (-high, -low), 1.0)
        both_ends = missing.low_ah - left.high_ah, (missing.central_ah - left.central_ah)[known]
        one_end = -left.high_ah, -left.central_ah  # a plateau hides what is missing to full
        found = [
            tuple(_outliers("cell_charge_stands_out", cells, (np.where(emptier, own, -np.inf), usual), 1.0))
            for own, usual in (both_ends, one_end)
        ]
        yield from found[0] or found[1]


def _best_known(missing: Lags, left: Lags) -> NDArray[np.int64]:
    """Return the positions of the half of the cells with the narrowest bounds: they show the usual spread."""
    with np.errstate(invalid="ignore"):
        width = missing.high_ah - missing.low_ah + left.high_ah - left.low_ah
    order = np.argsort(np.where(np.isfinite(width), width, np.inf), kind="stable")
    return np.sort(order[: (len(order) + 1) // 2])


def _outliers(code: str, cells: Cells, values: tuple[Floats, Floats], scale: float) -> Iterator[Finding]:
    """Yield cells whose first value is far above the median of the second; `scale` times their distance is told."""
    own, others = values[0], values[1][np.isfinite(values[1])]
    if len(own) < LEAST_CELLS or len(others) < LEAST_CELLS / 2:
        return
    middle = float(np.median(others))
    sigma = _MAD_TO_SIGMA * float(np.median(np.abs(others - middle)))
    most = OUTLIER * (1 + OUTLIER_OF_FEW / len(own))
    own = np.where(np.isfinite(own), own, middle)
    for position in np.flatnonzero(own - middle > most * sigma) if sigma else ():
        distance = float(own[position]) - middle
        told: dict[str, Scalar] = {
            "cell": cells.numbers[position],
            "difference": round(scale * distance, 6),
            "sigmas": round(distance / sigma, 1),
        }
        yield Finding(code, "warning", f"cell {cells.numbers[position]}", told)
