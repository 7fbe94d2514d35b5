"""Recordings of one test made one: parallel channels summed, cells of a BMS put on the tester's clock.

The result has the rows of the first recording, so that its row numbers stay evidence. A cell's voltage
is taken between two of its readings only where both lie in the same step as the row: across a step of
the current there is nothing between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from hwan.core import (
    UNKNOWN,
    AccuracyClass,
    Finding,
    Instrument,
    Recording,
    Scalar,
    TapAccuracy,
    Test,
    Unknown,
    cell_column,
    is_known,
)
from hwan.core.columns import RAW_PREFIX, WIDE_CELL
from hwan.health._analysis import gaps
from hwan.health._cells import Floats, answered, cell_columns
from hwan.health._clocks import EDGE_SHARE, Clock, clock_between
from hwan.health._noise import resolution
from hwan.health._signals import Signals, signals

VOLTAGE: Final = "voltage_volt"
TEMPERATURE: Final = "temperature_celsius"
UNCOVERED_SHARE: Final = 0.02
"""A log that is silent for more than this part of the test at either end is incomplete."""
TAIL_READINGS: Final = 5
RESOLUTION_ROWS: Final = 20_000
"""So many rows show the step by which a log's readings change."""
REACH: Final = 1.5
"""A reading speaks for rows of its step up to this many sampling intervals away, also into a gap."""


def joined(test: Test) -> tuple[Recording, ...]:
    """Return the recordings of a test: parallel channels as one, with the cells of its logs.

    Parameters
    ----------
    test
        Recordings of one battery. Logs belong to a test of one current path: one recording, or several
        channels in parallel.

    Returns
    -------
    tuple of Recording
        As they are where nothing is to be joined. A joined one has the rows, the id and the evidence of
        the first recording; what was joined, and by how much the clocks differed, are findings.
    """
    recordings = test.recordings
    if test.channels_in_parallel and len(recordings) > 1:
        recordings = (_summed(recordings),)
    if not test.cell_logs or not recordings:
        return recordings
    if len(recordings) > 1:
        several = Finding("cell_logs_of_several", "stop", "cell logs", {"recordings": len(recordings)})
        return (replace(recordings[0], findings=(*recordings[0].findings, several)), *recordings[1:])
    return (_with_cells(recordings[0], test.cell_logs),)


def _summed(channels: Sequence[Recording]) -> Recording:
    """Return the first channel with the current of all; its counters, which saw one share, are left out."""
    first, *others = channels
    base = signals(first)
    total, clocks = base.current_ampere.copy(), []
    for other in others:
        data = signals(other)
        clock = clock_between(base.time_second, base.current_ampere, data.time_second, _alike(base, data))
        clocks.append(clock)
        if clock:
            seconds, own = clock.to_test(data.time_second), data.current_ampere[:, None]
            total += _between(base, seconds, own, clock.half_width_second)[:, 0]
    current = np.full(int(base.row[-1]) + 1, np.nan)
    current[base.row] = total
    samples = first.samples.head(len(current)).with_columns(current_ampere=pl.Series(current))
    counters = [
        name for name in samples.collect_schema().names() if name.endswith(("_ah", "_wh")) and name[:4] != "raw_"
    ]
    found = [_channel_finding(other, clock) for other, clock in zip(others, clocks, strict=True)]
    findings = (*first.findings, *(each for other in others for each in other.findings), *found)
    instrument = _together([first, *(other for other, clock in zip(others, clocks, strict=True) if clock)])
    return replace(first, samples=samples.drop(counters), instrument=instrument, findings=findings)


def _alike(base: Signals, data: Signals) -> Floats:
    """Return the current of a channel as large as the first's: they need not share the load equally."""
    own, other = (float(np.quantile(np.abs(each.current_ampere), 0.9)) for each in (base, data))
    return data.current_ampere * (own / other) if other else data.current_ampere


def _together(channels: Sequence[Recording]) -> Instrument:
    """Return the first channel's instrument with the ranges and the offsets of current of all; gains are fractions."""
    instruments = [channel.instrument for channel in channels]
    ranges = [known for each in instruments if is_known(known := each.current_range_ampere)]
    classes = [stated for each in instruments if is_known(stated := each.accuracy)]
    current_range: float | Unknown = sum(ranges) if len(ranges) == len(channels) else UNKNOWN
    accuracy: AccuracyClass | Unknown = UNKNOWN
    if len(classes) == len(channels):
        gain = max(each.current_gain for each in classes)
        offset = sum(each.current_offset_ampere for each in classes)
        accuracy = replace(classes[0], current_gain=gain, current_offset_ampere=offset)
    return replace(instruments[0], current_range_ampere=current_range, accuracy=accuracy)


def _channel_finding(channel: Recording, clock: Clock | None) -> Finding:
    name = channel.provenance.source_name
    if clock is None:
        return Finding("channel_not_aligned", "stop", name, {"channel": name})
    return Finding("channels_summed", "note", name, {"channel": name, "offset_second": round(clock.offset_second, 2)})


def _with_cells(tester: Recording, logs: Sequence[Recording]) -> Recording:
    """Return the tester's recording with a column for each cell of the logs, counted through."""
    base = signals(tester)
    columns: dict[str, pl.Series] = {}
    findings: list[Finding] = []
    first_cell = 1
    for log in logs:
        data = signals(log)
        clock = clock_between(base.time_second, base.current_ampere, data.time_second, data.current_ampere)
        findings += [*log.findings, _log_finding(log, data, clock, first_cell)]
        if clock:
            findings += _uncovered(log, base, clock.to_test(data.time_second))
            findings += _no_answer(log, first_cell)
            columns |= _columns(base, data, log, clock, first_cell)
        first_cell += _cell_count(log)
    findings = [*tester.findings, *findings]
    if not columns:
        return replace(tester, findings=tuple(findings))
    rows = int(base.row[-1]) + 1
    own = {name: f"{RAW_PREFIX}{name}" for name, _, _ in _wide(tester.samples.collect_schema().names())}
    samples = (
        tester.samples.head(rows)
        .rename(own)
        .with_columns(
            pl.Series(name, _at_rows(base, values.to_numpy(), rows)).fill_nan(None) for name, values in columns.items()
        )
    )
    instrument = replace(tester.instrument, taps=_coarsest(logs))
    return replace(tester, samples=samples, instrument=instrument, findings=tuple(findings))


def _no_answer(log: Recording, first_cell: int) -> Iterator[Finding]:
    """Find readings that no cell can have: joined, they would lie between their neighbours and be seen no more."""
    found = cell_columns(log.samples, set(log.samples.collect_schema().names()))
    if found and found.no_answer:
        numbers = ", ".join(str(first_cell + number - 1) for number in found.no_answer)
        values: dict[str, Scalar] = {"cells": numbers, "count": sum(found.no_answer.values())}
        yield Finding("cell_without_answer", "warning", log.provenance.source_name, values)


def _at_rows(base: Signals, values: Floats, rows: int) -> Floats:
    """Return values of samples at the rows of the source, NaN in rows that are no sample."""
    spread = np.full(rows, np.nan)
    spread[base.row] = values
    return spread


def _uncovered(log: Recording, base: Signals, seconds: Floats) -> Iterator[Finding]:
    """Find where the tester worked and the log was silent."""
    before, after = float(seconds[0] - base.time_second[0]), float(base.time_second[-1] - seconds[-1])
    if max(before, after) > UNCOVERED_SHARE * float(np.ptp(base.time_second)):
        name = log.provenance.source_name
        values: dict[str, Scalar] = {
            "log": name,
            "before_second": max(round(before), 0),
            "after_second": max(round(after), 0),
        }
        yield Finding("cell_log_incomplete", "stop", name, values)


def _log_finding(log: Recording, data: Signals, clock: Clock | None, first_cell: int) -> Finding:
    name = log.provenance.source_name
    if clock is None:
        return Finding("cell_log_not_aligned", "stop", name, {"log": name, "first_cell": first_cell})
    values: dict[str, Scalar] = {
        "log": name,
        "first_cell": first_cell,
        "offset_second": round(clock.offset_second, 2),
        "drift_ppm": round(1e6 * clock.drift, 1),
        "half_width_second": round(clock.half_width_second, 3),
        "interval_second": round(float(np.median(np.diff(data.time_second))), 3),
        "resolution_volt": _resolution(log),
    }
    return Finding("cell_log_joined", "note", name, values)


def _resolution(log: Recording) -> float:
    """Return the smallest change of the log's first cell voltage in V, 0 without one."""
    names = [name for name, _, kind in _wide(log.samples.collect_schema().names()) if kind == VOLTAGE]
    volts = log.samples.select(pl.col(names[:1]).cast(pl.Float64).head(RESOLUTION_ROWS)).collect().to_numpy()
    return round(resolution(volts[np.isfinite(volts)]), 9)


def _cell_count(log: Recording) -> int:
    """Return the highest cell number of a log: an absent cell still has its number."""
    names = log.samples.collect_schema().names()
    numbers = [int(found[1]) for name in names if (found := WIDE_CELL.fullmatch(name.removeprefix("raw_")))]
    return max(numbers, default=0)


def _columns(base: Signals, data: Signals, log: Recording, clock: Clock, first_cell: int) -> dict[str, pl.Series]:
    """Return the log's cell columns at the tester's samples, numbered from `first_cell`."""
    wanted = list(_wide(log.samples.collect_schema().names()))
    frame = log.samples.select(
        answered(number).alias(name) if kind == VOLTAGE else pl.col(name).cast(pl.Float64)
        for name, number, kind in wanted
    ).collect()
    seconds = clock.to_test(data.time_second)
    values = _between(base, seconds, frame.to_numpy()[data.row], clock.half_width_second)
    return {
        cell_column(first_cell + number - 1, VOLTAGE if kind == VOLTAGE else TEMPERATURE): pl.Series(values[:, column])
        for column, (_, number, kind) in enumerate(wanted)
    }


def _wide(names: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    for name in names:
        if found := WIDE_CELL.fullmatch(name):
            yield name, int(found[1]), found[2]


def _between(base: Signals, seconds: Floats, values: Floats, doubt_second: float) -> Floats:
    """Return values (readings, columns) at the samples of `base`, step by step; NaN where a step has none.

    A reading nearer to a step's end than the clocks are known may be of the other step: it is not used, and
    those beside it reach so much further.
    """
    found = np.full((len(base), values.shape[1]), np.nan)
    later = np.append(True, np.diff(np.maximum.accumulate(seconds)) > 0)
    seconds, values = seconds[later], values[later]
    usual = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    reach = REACH * usual + doubt_second
    for first, last in _stretches(base):
        times = base.time_second[first : last + 1]
        begin, end = np.searchsorted(seconds, (times[0] + doubt_second, times[-1] - doubt_second))
        if end > begin:
            found[first : last + 1] = _within(times, seconds[begin:end], values[begin:end], reach)
    return found


def _stretches(base: Signals) -> Iterator[tuple[int, int]]:
    """Yield first and last sample of each step, by the tester's numbers or else by the edges of its current."""
    if base.step is not None:
        edge = np.diff(base.step) != 0
    else:
        edge = np.abs(np.diff(base.current_ampere)) > EDGE_SHARE * float(np.abs(base.current_ampere).max())
    starts = np.append(0, np.flatnonzero(edge) + 1)
    ends = np.append(starts[1:], len(base)) - 1
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def _within(times: Floats, seconds: Floats, values: Floats, reach: float) -> Floats:
    """Interpolate readings of one step linearly, and continue them by `reach` beyond the first and the last.

    Beyond the last a line through `TAIL_READINGS` goes on: through two it would double their noise.
    """
    if len(seconds) == 1:
        return np.where((np.abs(times - seconds[0]) <= reach)[:, None], values[:1], np.nan)
    right = np.clip(np.searchsorted(seconds, times), 1, len(seconds) - 1)
    share = (times - seconds[right - 1]) / (seconds[right] - seconds[right - 1])
    found = values[right - 1] + share[:, None] * (values[right] - values[right - 1])
    exact = share == 1  # a reading stands for itself, whatever is missing before it
    found[exact] = values[right[exact]]
    beyond = times > seconds[-1]
    if beyond.any() and len(seconds) > 2:
        tail = slice(-TAIL_READINGS, None)
        slope, end = np.polyfit(seconds[tail] - seconds[-1], values[tail], 1)
        found[beyond] = end + np.outer(times[beyond] - seconds[-1], slope)
    nearest = np.minimum(np.abs(times - seconds[right - 1]), np.abs(seconds[right] - times))
    outside = (times < seconds[0]) | (times > seconds[-1])
    far = (outside | gaps(np.diff(seconds))[right - 1]) & (nearest > reach)
    return np.where(far[:, None], np.nan, found)


def _coarsest(logs: Sequence[Recording]) -> TapAccuracy | Unknown:
    """Return the widest limits of the logs' taps; unknown where one log states none."""
    taps = [log.instrument.taps for log in logs]
    known = [each for each in taps if is_known(each)]
    return max(known, key=lambda each: each.voltage_offset_volt) if len(known) == len(taps) and known else UNKNOWN
