"""Is the record physically possible, and is its scale proven? Findings that may stop a grade.

A file can agree with itself and be wrong: current with the sign of another convention, milliampere
labelled ampere. Two independent witnesses exist, the voltage and the rating; the tester's counter is
a third where it was counted in another unit than the current column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import BatteryType, Finding, Scalar, is_known
from hwan.health._analysis import Analysis, gaps, unseen_share
from hwan.health._cells import TAP_LEAST, TAP_MOST, Cells, DoubtedCells
from hwan.health._counter import AGREEMENT, SECONDS_PER_HOUR, CounterCheck
from hwan.health._discharge import discharges
from hwan.health._resistance import charge_course

SIGN_SHARE: Final = 0.8
"""Share of the voltage's movement that must contradict the current before its sign is in doubt."""
FEWEST_VOTES: Final = 2
RATING_MOST: Final = 1.5
"""No battery gives this many times its rated capacity: the scale is wrong, or the rating."""
RATING_LEAST: Final = 0.05
"""A test that moved less than this part of the rating proves nothing about the scale."""
VOLTAGE_MARGIN: Final = 0.02
"""A stated upper voltage exceeded by this fraction is not the voltage to which this battery is charged."""
PREFIX_TOLERANCE: Final = 0.1
WITNESS_TOLERANCE: Final = 0.02
"""Counter and integral further apart than this contradict each other: one of them is wrong."""
GAP_SHARE: Final = 0.005
"""More of the charge than this in gaps without a counter refuses the grade."""
SOC_MARGIN: Final = 0.05
"""A state of charge further than this outside 0 to 1 proves that the capacity test was none."""


def plausibility_of(analysis: Analysis, kind: BatteryType) -> tuple[Finding, ...]:
    """Return what contradicts physics, the rating or the type's window, and whether the scale is proven."""
    checks = (_sign, _counter, _scale, _window, _taps, _missing_samples, _impossible_charge)
    return tuple(finding for check in checks for finding in check(analysis, kind))


def _sign(analysis: Analysis, _: BatteryType) -> Iterator[Finding]:
    """Voltage must move with the current: at its steps, and in the course of each charge or discharge."""
    current, voltage = analysis.data.current_ampere, analysis.data.voltage_volt
    steps = analysis.steps
    first, last = steps["first_sample"].to_numpy(), steps["last_sample"].to_numpy()
    jump = (current[first[1:]] - current[last[:-1]]) * (voltage[first[1:]] - voltage[last[:-1]])
    active = (steps["direction"] != "none").to_numpy()
    drift = (current[last] * (voltage[last] - voltage[first]))[active]
    votes = np.sign(np.concatenate((jump, drift)))
    votes = votes[votes != 0]
    against = int((votes < 0).sum())
    if len(votes) >= FEWEST_VOTES and against >= SIGN_SHARE * len(votes):
        values: dict[str, Scalar] = {"against": against, "of": len(votes)}
        yield Finding("current_sign_against_voltage", "stop", "column current_ampere", values)


def _counter(analysis: Analysis, _: BatteryType) -> Iterator[Finding]:
    for name, check in (("capacity", analysis.table.capacity_counter), ("energy", analysis.table.energy_counter)):
        if check is not None and not check.proven:
            prefix = name == "capacity" and _is_prefix(check.ratio)
            code = "current_scale_against_counter" if prefix else "counter_disagrees"
            values: dict[str, Scalar] = {"counter": name, "ratio": _short(check.ratio), "allowed": AGREEMENT}
            apart = abs(check.ratio - 1) > WITNESS_TOLERANCE + unseen_share(analysis)
            far = prefix or (apart and (name == "capacity" or _agrees(analysis.table.capacity_counter)))
            yield Finding(code, "stop" if far else "warning", f"{name} counter", values)


def _is_prefix(ratio: float) -> bool:
    """Return whether a ratio is a power of 1000, or of 3600 (As against Ah)."""
    if not 0 < ratio < np.inf:
        return False
    return any(abs(ratio / factor - 1) < PREFIX_TOLERANCE for factor in (1e3, 1e-3, 1e6, 1e-6, 3600, 1 / 3600))


def _short(value: float) -> float:
    return float(f"{min(value, 1e9):.4g}")


def _scale(analysis: Analysis, kind: BatteryType) -> Iterator[Finding]:
    """Prove the scale of the current: by a counter that agrees, or by a rating that fits."""
    charge = analysis.steps["charge_ah"].to_numpy()
    moved, rated = float(np.abs(charge).max()), kind.rated_capacity_ah
    swing = float(np.ptp(np.append(0.0, np.cumsum(charge))))
    if moved == 0.0:
        return
    if is_known(rated) and moved > RATING_MOST * rated:
        values = {"moved_ah": _short(moved), "rated_ah": rated, "ratio": _short(moved / rated)}
        yield Finding("current_scale_against_rating", "stop", "column current_ampere", values)
    elif not (is_known(rated) and swing >= RATING_LEAST * rated) and not _same_unit(analysis.table.capacity_counter):
        yield Finding("scale_unverified", "stop", "column current_ampere", {"moved_ah": _short(swing)})


def _same_unit(check: CounterCheck | None) -> bool:
    """Return whether a counter shows the scale: one that is a few per cent off is no value, and yet a witness."""
    return check is not None and (check.proven or abs(check.ratio - 1) < PREFIX_TOLERANCE)


def _window(analysis: Analysis, kind: BatteryType) -> Iterator[Finding]:
    """Voltages far outside the type's window: millivolt labelled volt, a module taken for a cell."""
    upper, lower = kind.upper_voltage_volt, kind.lower_voltage_volt
    highest, lowest = float(analysis.data.voltage_volt.max()), float(analysis.data.voltage_volt.min())
    values: dict[str, Scalar] = {"lowest_volt": _short(lowest), "highest_volt": _short(highest)}
    if is_known(upper) and highest > (1 + VOLTAGE_MARGIN) * upper:
        yield Finding("voltage_above_window", "stop", "column voltage_volt", values | {"limit_volt": upper})
    if is_known(upper) and is_known(lower) and highest < lower:
        yield Finding("voltage_below_window", "stop", "column voltage_volt", values | {"limit_volt": lower})


def _taps(analysis: Analysis, _: BatteryType) -> Iterator[Finding]:
    """Cell columns that are not all cells, or not working ones, cannot say when a cell met its limit."""
    cells = analysis.data.cells
    if isinstance(cells, DoubtedCells):
        values: dict[str, Scalar] = {
            "count": cells.count,
            "share": cells.share,
            "lowest": cells.lowest,
            "highest": cells.highest,
        }
        broken = cells.lowest < TAP_LEAST or cells.highest > TAP_MOST
        code = "cell_tap_implausible" if broken else "cell_taps_incomplete"
        yield Finding(code, "stop" if broken else "warning", "cell columns", values)
    elif cells is not None:
        yield from _unseen_cells(cells)


def _unseen_cells(cells: Cells) -> Iterator[Finding]:
    """Find cells that nobody saw: one may have been the first at its limit. A silent reading only costs its row."""
    groups = {"cell_column_stuck": cells.stuck, "cell_unseen": sorted(set(cells.unseen) - set(cells.stuck))}
    for code, numbers in groups.items():
        if numbers:
            values: dict[str, Scalar] = {"cells": ", ".join(map(str, numbers)), "count": len(numbers)}
            yield Finding(code, "stop", "cell columns", values)
    if cells.no_answer:
        silent = ", ".join(map(str, cells.no_answer))
        readings: dict[str, Scalar] = {"cells": silent, "count": sum(cells.no_answer.values())}
        yield Finding("cell_without_answer", "warning", "cell columns", readings)


def _missing_samples(analysis: Analysis, _: BatteryType) -> Iterator[Finding]:
    """Find gaps in which current may have flowed or not, where no counter tells."""
    if _agrees(analysis.table.capacity_counter):
        return
    time, current = analysis.data.time_second, np.abs(analysis.data.current_ampere[1:])
    interval = np.diff(time)
    missing = float(current @ np.where(gaps(interval), interval, 0.0)) / SECONDS_PER_HOUR
    moved = float(np.abs(analysis.steps["charge_ah"].to_numpy()).max())
    if missing > 0 and moved > 0:
        values: dict[str, Scalar] = {
            "missing_ah": _short(missing),
            "share": missing / moved,
            "longest_second": float(interval.max()),
        }
        yield Finding(
            "samples_missing", "stop" if missing > GAP_SHARE * moved else "warning", "column test_time_second", values
        )


def _agrees(check: CounterCheck | None) -> bool:
    return check is not None and check.proven


def _impossible_charge(analysis: Analysis, kind: BatteryType) -> Iterator[Finding]:
    """Since the last full charge the state of charge must stay between empty and full."""
    tests = [found for found in discharges(analysis, kind) if not found.lacking and found.charged_by]
    if not tests:
        return
    run, charged_by = tests[-1].run, tests[-1].charged_by
    course = charge_course(analysis)
    since = course[charged_by.first_sample if charged_by else 0 :]
    lowest, highest = (float((each - course[run.last_sample]) / -run.charge_ah) for each in (since.min(), since.max()))
    if lowest < -SOC_MARGIN or highest > 1 + SOC_MARGIN:
        yield Finding("state_of_charge_impossible", "stop", "capacity test", {"lowest": lowest, "highest": highest})
