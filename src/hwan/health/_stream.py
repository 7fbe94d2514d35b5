"""Steps, cycles and throughput of records larger than memory, in one pass, and of a test that still runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from hwan.core import NothingInside
from hwan.health._stream_pass import Pass, advance, finished
from hwan.health._stream_source import Samples, opened, rows_of
from hwan.health._stream_tables import cycle_frame, step_frame, throughput_frame

Progress = Callable[[int], None]
"""Told how many rows were read so far."""


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What a pass over samples found; `state` goes on with the rows that follow (:func:`resume_steps`)."""

    steps: pl.DataFrame
    cycles: pl.DataFrame
    throughput: pl.DataFrame
    state: Pass


def stream_steps(samples: Samples, source: str = "samples", progress: Progress | None = None) -> StreamResult:
    """Return steps, cycles and throughput of samples that need not fit into memory.

    The samples are read once, from the first row to the last. Steps and cycles are those of
    :func:`hwan.health.steps` and :func:`hwan.health.cycles`; where a record is longer than 524,288 rows,
    the noise and the digits of the instrument are learnt from so many first rows.

    Parameters
    ----------
    samples
        A lazy frame (``pl.scan_parquet(...)``, or the samples of a stored recording), a frame, or
        frames one after the other. Columns as in docs/columns.md; only those needed are read. The
        first 1000 rows show which of the optional columns have values.
    source
        What errors call the samples.
    progress
        Called with the number of rows read so far.

    Returns
    -------
    StreamResult
        ``steps``: as :func:`hwan.health.steps`, and ``sample_count``, mean voltage in V, lowest and highest
        current in A, throughput (charged plus discharged) in Ah and Wh, ``cv_share`` (of a CV step:
        its part of the charge of the CCCV), ``resistance_10s_ohm`` 10 s after a current began from rest.
        ``cycles``: as :func:`hwan.health.cycles`, and start and end in s and the median resistance of the
        discharges from rest. ``throughput``: per cycle, what flowed in and out from the first row to
        the cycle's end. ``state``: goes on with the rows that follow. docs/tables.md has all columns.

    Raises
    ------
    hwan.core.ColumnProblem
        Without time, voltage or current; or where another column that the first rows showed has no
        number later on.
    hwan.core.NothingInside
        Without a row that has all three.

    Notes
    -----
    What a stream cannot give: cell voltages, intervals of uncertainty, cut-offs, state of health; the
    resistance is without interval and takes the middle between two samples as the moment when the
    current began, whatever step time the tester wrote. A step longer than a million rows is not divided
    into its CC and CV share. For all these load the rows in question: each step names its first and last.

    Examples
    --------
    >>> import polars as pl
    >>> time = pl.DataFrame({"test_time_second": [0.0, 1800.0, 3600.0, 3601.0, 7201.0]})
    >>> made = time.with_columns(voltage_volt=pl.lit(3.7), current_ampere=pl.Series([2.0, 2.0, 2.0, 0.0, 0.0]))
    >>> stream_steps(made.lazy()).steps.select("kind", "charge_ah", "sample_count").rows()
    [('cc', 2.0, 3), ('rest', 0.0, 2)]
    """
    return _passed(samples, source, None, progress)


def resume_steps(
    state: Pass, samples: Samples, source: str = "samples", progress: Progress | None = None
) -> StreamResult:
    """Return steps, cycles and throughput of a test that has grown by `samples`.

    The result is that of :func:`stream_steps` over all rows, bit by bit; the rows before are not read
    again. To know which rows are new, `state.seen` says how many were read.

    Parameters
    ----------
    state
        As :func:`stream_steps` or this function returned it, or :func:`state_from_bytes`.
    samples
        The rows that follow, with the same columns; errors as in :func:`stream_steps`.
    source
        What errors call the samples.
    progress
        As in :func:`stream_steps`; the rows before count too.
    """
    return _passed(samples, source, state, progress)


def _passed(samples: Samples, source: str, state: Pass | None, progress: Progress | None) -> StreamResult:
    plan, frames = opened(samples, source, state.plan if state else None)
    state = state or Pass(plan)
    for frame in frames:
        state = advance(state, rows_of(frame, plan, state.seen, source), frame.height)
        if progress:
            progress(state.seen)
    return _result(state, source)


def _result(state: Pass, source: str) -> StreamResult:
    if state.clock is None:
        raise NothingInside("rows_missing", source=source)
    steps = step_frame(finished(state))
    return StreamResult(steps, cycle_frame(steps), throughput_frame(steps), state)
