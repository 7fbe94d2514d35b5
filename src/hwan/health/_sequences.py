"""Protocols recognised over the table of steps: GITT, ICI, HPPC, drive cycle, EIS; each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import ColumnProblem

REPEATS: Final = 5
"""So many times does a GITT or an ICI at least repeat itself."""
LEVELS: Final = 3
"""At so many states of charge, at least, are the pulse pairs of an HPPC."""
SAME_CURRENT: Final = 0.1
"""Currents that differ by no more than this part are one setting."""
INTERRUPTION_LONGEST_SECOND: Final = 60.0
INTERRUPTION_SHARE: Final = 0.2
"""An interruption lasts at most this part of the current before it."""
RELAXATION_SHORTEST_SECOND: Final = 300.0
"""A rest towards equilibrium lasts at least this, and as long as the current before it."""
DRIVE_SHORTEST_SECOND: Final = 60.0
DRIVE_STEPS: Final = 20
DRIVE_CURRENTS: Final = 5
"""A drive cycle written as steps: so many short steps in a row, of so many different currents."""
EIS_SPREAD_FRACTION: Final = 0.01
"""An excitation that is small enough to stay linear moves the voltage by no more than this part."""
EIS_BALANCE_FRACTION: Final = 0.1
"""...with a current that goes as far up as down, within this part of its range."""
_NEEDED: Final = (
    "step_number", "kind", "direction", "first_row", "last_row", "start_second", "end_second", "duration_second",
    "mean_current_ampere", "charge_ah", "lowest_voltage_volt", "highest_voltage_volt",
)  # fmt: skip
_SCHEMA: Final = {
    "protocol": pl.String, "reason": pl.String, "direction": pl.String, "repeats": pl.Int64,
    "first_step": pl.Int64, "last_step": pl.Int64, "first_row": pl.Int64, "last_row": pl.Int64,
    "start_second": pl.Float64, "end_second": pl.Float64,
}  # fmt: skip


def sequences(steps: pl.DataFrame) -> pl.DataFrame:
    """Return the ranges of steps that are a known protocol.

    Looks at the steps only, not at what the tester called them, and names no range of which it is
    not sure: ordinary cycling has no label.

    Parameters
    ----------
    steps
        As :func:`hwan.health.steps` or ``stream_steps`` gives it. EIS is recognised by the lowest and
        highest current, which only the latter has.

    Returns
    -------
    polars.DataFrame
        One row per range, in order, none overlapping: ``protocol`` (gitt, ici, hppc, drive_cycle, eis),
        ``reason``, ``direction`` (charge, discharge, none), ``repeats`` (current and rest of a GITT or ICI,
        pulse pairs, steps), first and last step number and row, both included, start and end in s.

    Raises
    ------
    hwan.core.ColumnProblem
        When a column of the table of steps is missing.

    Notes
    -----
    GITT: at least 5 times the same current for a while and a rest of at least 5 min that is no shorter.
    ICI: at least 5 times the same current, each interrupted for at most 60 s and a fifth of its duration.
    HPPC: pulses of opposite direction around a rest, at 3 or more states of charge with a longer constant
    current between them. Drive cycle: a current that varies for at least 60 s, or 20 short steps of 5 or
    more currents. EIS: a current around zero that moves the voltage by no more than 1 %.

    Examples
    --------
    >>> from hwan.health import steps
    >>> from hwan.synthetic import cell_test
    >>> sequences(steps(cell_test(7).recording)).height
    0
    """
    missing = ", ".join(name for name in _NEEDED if name not in steps.columns)
    if missing:
        raise ColumnProblem("steps_column_missing", missing=missing, found=", ".join(steps.columns))
    units = _units(steps)
    found: list[_Range] = []
    for search in (_pulse_pairs, _repeated, _small_excitations, _varying):
        found += [each for each in search(units) if not any(each.overlaps(other) for other in found)]
    rows = [_row(steps, each) for each in sorted(found, key=lambda each: each.first)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A step, or rests that follow each other; positions in the table."""

    first: int
    last: int
    kind: str
    direction: str
    ampere: float
    second: float
    charge_ah: float
    spread: float
    balance: float | None

    @property
    def flows(self) -> bool:
        return self.kind in ("cc", "pulse")


@dataclass(frozen=True, slots=True)
class _Range:
    protocol: str
    reason: str
    direction: str
    repeats: int
    first: int
    last: int

    def overlaps(self, other: _Range) -> bool:
        return self.first <= other.last and other.first <= self.last


def _units(steps: pl.DataFrame) -> list[_Unit]:
    units: list[_Unit] = []
    for place, row in enumerate(steps.iter_rows(named=True)):
        unit = _unit(place, row)
        if units and unit.kind == units[-1].kind == "rest":
            before = units.pop()
            unit = _Unit(before.first, place, "rest", "none", 0.0, before.second + unit.second, 0.0, 0.0, None)
        units.append(unit)
    return units


def _unit(place: int, row: dict[str, Any]) -> _Unit:
    highest = abs(row["highest_voltage_volt"])
    spread = (row["highest_voltage_volt"] - row["lowest_voltage_volt"]) / highest if highest else np.inf
    low, high = row.get("lowest_current_ampere"), row.get("highest_current_ampere")
    balance = None if low is None or high is None or high <= low else abs(high + low) / (high - low)
    return _Unit(
        place,
        place,
        row["kind"],
        row["direction"],
        row["mean_current_ampere"],
        row["duration_second"],
        row["charge_ah"],
        spread,
        balance,
    )


def _row(steps: pl.DataFrame, found: _Range) -> tuple[str | int | float, ...]:
    ends = [steps[name][found.first] for name in ("step_number", "first_row", "start_second")]
    lasts = [steps[name][found.last] for name in ("step_number", "last_row", "end_second")]
    told = (found.protocol, found.reason, found.direction, found.repeats)
    return (*told, *(each for pair in zip(ends, lasts, strict=True) for each in pair))


def _pulse_pairs(units: Sequence[_Unit]) -> Iterator[_Range]:
    """Yield HPPC: pulse pairs, level after level in one direction."""
    pairs = [place for place in range(len(units) - 2) if _is_pair(units[place : place + 3])]
    levels: list[int] = []
    way = ""
    for place in pairs:
        taken = _level_way(units, levels[-1], place) if levels else ""
        if levels and (not taken or (way and taken != way)):
            yield from _hppc(units, levels, way)
            levels, taken = [], ""
        way = taken
        levels.append(place)
    yield from _hppc(units, levels, way)


def _is_pair(part: Sequence[_Unit]) -> bool:
    first, rest, second = part
    return (
        first.kind == second.kind == "pulse"
        and rest.kind == "rest"
        and {first.direction, second.direction} == {"charge", "discharge"}
    )


def _level_way(units: Sequence[_Unit], pair: int, following: int) -> str:
    """Return in which direction the level was changed between two pairs; empty where it was not, or by more."""
    between = units[pair + 3 : following]
    moves = [unit for unit in between if unit.kind not in ("rest", "cv")]
    pulsed = max(abs(units[place].charge_ah) for place in (pair, pair + 2))
    ways = {unit.direction for unit in moves}
    if len(ways) != 1 or not all(unit.flows for unit in moves):
        return ""
    return ways.pop() if sum(abs(unit.charge_ah) for unit in moves) > pulsed else ""


def _hppc(units: Sequence[_Unit], levels: Sequence[int], way: str) -> Iterator[_Range]:
    if len(levels) < LEVELS:
        return
    after = levels[-1] + 3
    last = after if after < len(units) and units[after].kind == "rest" else after - 1
    first = max(levels[0] - 1, 0)
    yield _Range("hppc", "pulse_pairs_at_levels", way, len(levels), units[first].first, units[last].last)


def _repeated(units: Sequence[_Unit]) -> Iterator[_Range]:
    """Yield GITT and ICI: the same current again and again with rests between."""
    run: list[int] = []
    for place, unit in enumerate(units):
        goes_on = run and place - run[-1] == 2 and units[place - 1].kind == "rest" and _same(units[run[0]], unit)
        if unit.flows and not goes_on:
            yield from _named(units, run)
            run = []
        if unit.flows:
            run.append(place)
    yield from _named(units, run)


def _same(one: _Unit, other: _Unit) -> bool:
    return other.flows and abs(one.ampere - other.ampere) <= SAME_CURRENT * abs(one.ampere)


def _named(units: Sequence[_Unit], run: Sequence[int]) -> Iterator[_Range]:
    if len(run) < REPEATS:
        return
    flow = float(np.median([units[place].second for place in run]))
    rest = float(np.median([units[place + 1].second for place in run[:-1]]))
    last = run[-1] + 1 if run[-1] + 1 < len(units) and units[run[-1] + 1].kind == "rest" else run[-1]
    span = (units[run[0]].direction, len(run), units[run[0]].first, units[last].last)
    if rest <= min(INTERRUPTION_LONGEST_SECOND, INTERRUPTION_SHARE * flow):
        yield _Range("ici", "current_interrupted", *span)
    elif rest >= max(RELAXATION_SHORTEST_SECOND, flow):
        yield _Range("gitt", "current_and_relaxation", *span)


def _small_excitations(units: Sequence[_Unit]) -> Iterator[_Range]:
    """Yield EIS: a varying current around zero that hardly moves the voltage."""
    for unit in units:
        balanced = unit.balance is not None and unit.balance <= EIS_BALANCE_FRACTION
        if unit.kind == "other" and unit.direction == "none" and balanced and unit.spread <= EIS_SPREAD_FRACTION:
            yield _Range("eis", "small_alternating_current", "none", 1, unit.first, unit.last)


def _varying(units: Sequence[_Unit]) -> Iterator[_Range]:
    """Yield drive cycles: one step whose current varies, or many short steps of many currents."""
    for unit in units:
        if unit.kind == "other" and unit.second >= DRIVE_SHORTEST_SECOND:
            yield _Range("drive_cycle", "current_varies", unit.direction, 1, unit.first, unit.last)
    long = [-1, *(place for place, unit in enumerate(units) if unit.second >= DRIVE_SHORTEST_SECOND), len(units)]
    for before, after in pairwise(long):
        part = units[before + 1 : after]
        if len(part) >= DRIVE_STEPS and _currents(part) >= DRIVE_CURRENTS:
            ways = {unit.direction for unit in part} - {"none"}
            way = ways.pop() if len(ways) == 1 else "none"
            yield _Range("drive_cycle", "many_currents", way, len(part), part[0].first, part[-1].last)


def _currents(units: Sequence[_Unit]) -> int:
    """Return how many different currents flow, told apart by `SAME_CURRENT` of the largest."""
    amperes = np.array([unit.ampere for unit in units if unit.kind != "rest"])
    largest = float(np.abs(amperes).max(initial=0.0))
    return len(np.unique(np.round(amperes / (SAME_CURRENT * largest)))) if largest else 0
