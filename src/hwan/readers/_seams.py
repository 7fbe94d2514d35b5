"""The seam between two files of one test: rows that both have, the time between, and what counts on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from hwan.core import Recording, Scalar, UsageError

WALL: Final = "unix_time_second"
TEST: Final = "test_time_second"
SIGNALS: Final = ("voltage_volt", "current_ampere")
TICK_SECOND: Final = 1.0
"""Wall clocks are often written in whole seconds: so much earlier the next file may begin."""
RESTART_SECOND: Final = 60.0
"""A part whose test time begins later than this, and before the end of the part before, overlaps with it."""
REST_SHARE: Final = 0.005
REST_APART: Final = 0.1
"""Two voltages at rest further apart than this part are not of one battery."""
FLOW_APART: Final = 0.5
"""Under current, with hours between, one battery's voltage may differ by up to this part."""
IDENTITY: Final = re.compile(r"(?:^|\.)(?:barcode|cell_?id|battery_?id|serial(?:_?number)?)$", re.IGNORECASE)
AMOUNTS: Final = ("capacity_ah", "energy_wh")
FLOWS: Final = ("charging", "discharging", "net", "cumulative")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the test with its samples."""

    recording: Recording
    frame: pl.DataFrame

    @property
    def name(self) -> str:
        """The file's name, with the key where it has several recordings."""
        source = self.recording.provenance
        return f"{source.source_name}#{source.key}" if source.key else source.source_name

    def edge(self, name: str, row: int) -> float | None:
        """Return the first (0) or last (-1) value of a column, None where it is absent or empty."""
        if name not in self.frame.columns:
            return None
        column = self.frame[name].drop_nulls()
        return float(column[row]) if len(column) else None


@dataclass(frozen=True, slots=True)
class Seam:
    """How a part follows the one before.

    `repeated` of its first rows are the last of the part before; `gap_second` is None where no clock
    tells it; with `restarts` its test time began again.
    """

    repeated: int
    gap_second: float | None
    restarts: bool


def seam_between(before: Part, after: Part) -> Seam:
    """Return how `after` follows `before`, both as they were written.

    Raises
    ------
    UsageError
        They overlap, or cannot be of one battery.
    """
    _require_one_battery(before, after)
    repeated = _repeated(before.frame, after.frame)
    rest = Part(after.recording, after.frame.slice(repeated))
    if rest.frame.is_empty():
        raise UsageError("continued_same_twice", source=after.name, other=before.name)
    begin, end = rest.edge(TEST, 0) or 0.0, before.edge(TEST, -1) or 0.0
    wall = _wall_gap(before, rest)
    if begin >= end:
        return Seam(repeated, begin - end if wall is None else wall, restarts=False)
    if wall is None and begin > RESTART_SECOND:
        raise UsageError("continued_overlap", source=after.name, other=before.name, second=round(end - begin, 3))
    return Seam(repeated, wall, restarts=True)


def _wall_gap(before: Part, after: Part) -> float | None:
    end, begin = before.edge(WALL, -1), after.edge(WALL, 0)
    if begin is None or end is None:
        return None
    if begin < end - TICK_SECOND:
        raise UsageError("continued_overlap", source=after.name, other=before.name, second=round(end - begin, 3))
    return max(begin - end, 0.0)


def _repeated(before: pl.DataFrame, after: pl.DataFrame) -> int:
    """Return how many first rows of `after` are the last rows of `before`: the same times and signals."""
    names = [name for name in (WALL, TEST, *SIGNALS) if name in before.columns and name in after.columns]
    clock = names[0]
    places = before.select(pl.arg_where(pl.col(clock) == after[clock][0])).to_series()
    for place in places:
        count = before.height - int(place)
        if count <= after.height and before[names].tail(count).equals(after[names].head(count)):
            return count
    return 0


def _require_one_battery(before: Part, after: Part) -> None:
    one, other = (_identity(part) for part in (before, after))
    for key in one.keys() & other.keys():
        if one[key] != other[key]:
            values: dict[str, Scalar] = {"got": other[key], "expected": one[key], "key": key}
            raise UsageError("continued_other_battery", source=after.name, other=before.name, **values)
    end, begin = before.edge("voltage_volt", -1), after.edge("voltage_volt", 0)
    allowed = FLOW_APART if _flows(before, -1) or _flows(after, 0) else REST_APART
    if end is not None and begin is not None and abs(end - begin) > allowed * max(abs(end), abs(begin)):
        volts = {"end_volt": round(end, 4), "begin_volt": round(begin, 4)}
        raise UsageError("continued_voltage_apart", source=after.name, other=before.name, **volts)


def _identity(part: Part) -> dict[str, str]:
    return {key: value for key, value in part.recording.metadata.items() if IDENTITY.search(key)}


def _flows(part: Part, row: int) -> bool:
    largest = part.frame["current_ampere"].abs().max()
    return abs(part.edge("current_ampere", row) or 0.0) > REST_SHARE * float(largest or 0.0)  # type: ignore[arg-type]


def under_current(before: Part, after: Part) -> bool:
    """Return whether current flows on both sides of a seam."""
    return _flows(before, -1) and _flows(after, 0)


def counted_on(before: Part, joined: Part, after: Part) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows of `after` with every counter going on that its scope says, and the columns it touched.

    `before` is the part before as it was written, `joined` as it was joined. Counters of the test go on over
    every seam, those of a cycle or step where the seam lies inside it. The operator's reset of a schedule
    counter is its own, and cycle numbers are the tester's: both stay.
    """
    frame, touched = after.frame, []
    for scope, number in (("", None), ("cycle_", "cycle_count"), ("step_", _step_number(after))):
        if scope and (number is None or not _inside(before, after, number, scope)):
            continue
        for amount in AMOUNTS:
            names = [name for flow in FLOWS if (name := f"{scope}{flow}_{amount}") in frame.columns]
            began_again = _restarts(before, after, names)
            for name in names:
                added = (joined.edge(name, -1) or 0.0) - (0.0 if began_again else before.edge(name, -1) or 0.0)
                if added:
                    frame = frame.with_columns(_added(added, name, number))
                    touched.append(name)
    steps = _steps_before(before, joined, after)
    if steps:
        frame = frame.with_columns(pl.col("step_count") + steps)
        touched.append("step_count")
    return frame, touched


def _steps_before(before: Part, joined: Part, after: Part) -> int:
    """Return what to add to the numbers of executed steps, of which each has its own."""
    last, first = joined.edge("step_count", -1), after.edge("step_count", 0)
    if last is None or first is None:
        return 0
    if _falls(before, after, "step_count"):
        return int(last) - int(first) + 1
    return int(last) - int(before.edge("step_count", -1) or 0.0)


def _step_number(part: Part) -> str | None:
    return next((name for name in ("step_count", "step_id") if name in part.frame.columns), None)


def _inside(before: Part, after: Part, number: str, scope: str) -> bool:
    """Return whether the seam lies inside a cycle or a step: the same number, and a step time that goes on."""
    if before.edge(number, -1) != after.edge(number, 0):
        return False
    return scope != "step_" or not _falls(before, after, "step_time_second")


def _falls(before: Part, after: Part, name: str) -> bool:
    last, first = before.edge(name, -1), after.edge(name, 0)
    return last is not None and first is not None and first < last


def _restarts(before: Part, after: Part, names: list[str]) -> bool:
    """Return whether counters begin nearer to zero than to where they ended."""
    first = [after.edge(name, 0) or 0.0 for name in names]
    last = [before.edge(name, -1) or 0.0 for name in names]
    return sum(map(abs, first)) < sum(abs(one - other) for one, other in zip(first, last, strict=True))


def _added(amount: float, name: str, number: str | None) -> pl.Expr:
    value = pl.col(name) + amount
    if number is None:
        return value
    # The number of a step or cycle may return in a loop: only its first run of rows is meant.
    first = (pl.col(number) != pl.col(number).first()).cum_sum() == 0
    return pl.when(first).then(value).otherwise(pl.col(name)).alias(name)


def headings(part: Part) -> set[str]:
    """Return the columns that every part must have: all but ``raw_*`` and temperatures, which may have died."""
    return {name for name in part.frame.columns if not (name.startswith("raw_") or name.endswith("_celsius"))}
