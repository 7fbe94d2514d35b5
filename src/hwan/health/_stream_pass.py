"""The pass over a stream: a frozen state, advanced by rows.

Rows are worked on in blocks of fixed size, counted from the first row: however a record is cut into
chunks, the same blocks and so the same figures come out, bit by bit. The noise is learnt from the
first `LEARN_ROWS` rows; until they are there, rows only wait. Of a step that is still open its rows are
kept, up to `OPEN_ROWS`; a longer one is closed in parts that are joined at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.health._segments import changes, with_cycles
from hwan.health._signals import Floats, Ints
from hwan.health._stream_figures import Rows, Scales, despiked, figures, learnt
from hwan.health._stream_source import Plan

BLOCK_ROWS: Final = 1 << 16
LEARN_ROWS: Final = 1 << 19
"""From so many first rows of a stream the noise and the digits of its instrument are learnt."""
OPEN_ROWS: Final = 1 << 20
"""So many rows of an open step are kept; of a longer one CC and CV share are not told apart."""
MOST_PARTS: Final = 64
"""More chunks that wait are put together: a live test may hand on one row at a time."""
CONTEXT_ROWS: Final = 4
"""A border between steps is decided by so many rows before and after it."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Where a pass stands: after `seen` rows of the source.

    `waiting` rows were not worked on yet; `rows` are those of the open step, with `lead` rows before
    it, of which the first `decided` are known to begin no further step. `clock` is the last time as
    recorded and what was taken out where it went back, in s.
    """

    plan: Plan
    seen: int = 0
    clock: tuple[float, float] | None = None
    waiting: tuple[Rows, ...] = ()
    scales: Scales | None = None
    rows: Rows | None = None
    lead: int = 0
    decided: int = 0
    continues: bool = False
    done: tuple[Rows, ...] = ()


def advance(state: Pass, chunk: Rows, height: int) -> Pass:
    """Return the state after `chunk`, the usable ones of `height` rows of the source."""
    state = replace(state, seen=state.seen + height)
    if not len(chunk["row"]):
        return state
    time, clock = _forward(chunk["time"], state.clock)
    waiting = (*state.waiting, {**chunk, "time": time})
    if len(waiting) > MOST_PARTS:
        waiting = (_joined(waiting),)
    state = replace(state, clock=clock, waiting=waiting)
    if state.scales is None and _length(state.waiting) < LEARN_ROWS:
        return state
    return _worked(state)


def finished(state: Pass) -> Pass:
    """Return the state with every row worked on and the open step closed: nothing can follow."""
    state = _worked(state)
    last = _joined(state.waiting) if state.waiting else None
    return _block(replace(state, waiting=()), last, final=True)


def _forward(time: Floats, clock: tuple[float, float] | None) -> tuple[Floats, tuple[float, float]]:
    """Return the clock with each step back taken out, as the analysis of a whole record does."""
    last, taken = clock or (float(time[0]), 0.0)
    if not taken and time[0] >= last and not (time[1:] < time[:-1]).any():
        return time, (float(time[-1]), taken)
    back = np.minimum(np.diff(time, prepend=last), 0.0)
    out = np.cumsum(np.append(taken, back))[1:]
    forward: Floats = time - out
    return forward, (float(time[-1]), float(out[-1]))


def _length(parts: tuple[Rows, ...]) -> int:
    return sum(len(part["row"]) for part in parts)


def _joined(parts: tuple[Rows, ...]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _cut(rows: Rows, first: int, end: int | None = None) -> Rows:
    return {name: values[first:end] for name, values in rows.items()}


def _worked(state: Pass) -> Pass:
    """Return the state with all whole blocks worked on; learns the scales from the first rows."""
    if _length(state.waiting) < BLOCK_ROWS and state.scales is not None:
        return state
    waiting = _joined(state.waiting)
    if state.scales is None:
        state = replace(state, scales=learnt(_cut(waiting, 0, LEARN_ROWS)))
    whole = len(waiting["row"]) // BLOCK_ROWS * BLOCK_ROWS
    for first in range(0, whole, BLOCK_ROWS):
        state = _block(state, _cut(waiting, first, first + BLOCK_ROWS))
    rest = _cut(waiting, whole)
    return replace(state, waiting=(rest,) if len(rest["row"]) else ())


def _block(state: Pass, new: Rows | None, *, final: bool = False) -> Pass:
    """Return the state after one block, with the steps closed that ended in it."""
    assert state.scales is not None  # noqa: S101 - blocks come after the scales
    parts = tuple(each for each in (state.rows, None if new is None else {**new, "cleaned": new["current"]}) if each)
    rows = dict(_joined(parts))
    until = len(rows["row"]) - (0 if final else CONTEXT_ROWS)
    scales = _widened(state.scales, new)
    around = max(state.decided - CONTEXT_ROWS, 0)
    near = dict(_cut(rows, around))
    cleaned = despiked(near["current"], near["voltage"], scales.noise_ampere, scales.noise_volt)
    rows["cleaned"] = np.append(rows["cleaned"][: state.decided], cleaned[state.decided - around :])
    near["cleaned"] = rows["cleaned"][around:]
    scales = replace(scales, largest_cleaned_ampere=_largest(cleaned[: until - around], scales.largest_cleaned_ampere))
    borders = _borders(near, scales) + around
    borders = borders[(borders >= max(state.decided, state.lead + 1)) & (borders < until)]
    state = replace(state, scales=scales, rows=rows, decided=until)
    if final:
        return _closed(state, borders, len(rows["row"]))
    if len(borders):
        return _closed(state, borders[:-1], int(borders[-1]))
    if until - state.lead >= OPEN_ROWS:
        return _closed(state, borders, until - 1, whole=False)
    return state


def _widened(scales: Scales, new: Rows | None) -> Scales:
    if new is None:
        return scales
    return replace(scales, largest_ampere=_largest(new["current"], scales.largest_ampere))


def _largest(current: Floats, before: float) -> float:
    return max(before, float(current.max()), -float(current.min())) if len(current) else before


def _borders(rows: Rows, scales: Scales) -> Ints:
    """Return where a step begins: by the tester's numbers, else by current, voltage and cycle."""
    if "step" in rows:
        number = rows["step"]
        return np.flatnonzero(number[1:] != number[:-1]) + 1
    found = changes(rows["cleaned"], rows["voltage"], scales.rest_ampere, scales.response_volt)
    return with_cycles(found, rows.get("cycle"))


def _closed(state: Pass, borders: Ints, end: int, *, whole: bool = True) -> Pass:
    """Return the state with the rows up to `end` turned into figures; `borders` are the steps after the first."""
    assert state.scales is not None  # noqa: S101 - as above
    assert state.rows is not None  # noqa: S101
    first = max(state.lead - 1, 0)
    begins = np.append(state.lead, borders) - first
    run = _cut(state.rows, first, end)
    made = figures(run, begins, state.scales, whole=whole, continues=state.continues)
    kept = max(end - CONTEXT_ROWS, 0)
    return replace(
        state,
        rows=_cut(state.rows, kept),
        lead=end - kept,
        decided=state.decided - kept,
        continues=not whole,
        done=(*state.done, made),
    )
