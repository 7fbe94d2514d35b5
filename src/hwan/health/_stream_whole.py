"""A recording through the stream by the columns that the analysis in memory would take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from hwan.core import Recording
from hwan.health._signals import TEMPERATURES
from hwan.health._stream import Progress, StreamResult, resume_steps
from hwan.health._stream_pass import Pass
from hwan.health._stream_source import BASE, OPTIONAL, Plan, expect, plan_by, usable

_MORE_OF_STEPS: Final = (
    "sample_count", "mean_voltage_volt", "lowest_current_ampere", "highest_current_ampere", "throughput_ah",
    "throughput_wh", "cv_share", "resistance_10s_ohm",
)  # fmt: skip
_MORE_OF_CYCLES: Final = ("start_second", "end_second", "discharge_resistance_10s_ohm")


def stream_recording(recording: Recording, progress: Progress | None = None) -> StreamResult:
    """Return steps, cycles and throughput of a recording that need not fit into memory.

    As :func:`hwan.health.stream_steps`, of the same columns as :func:`hwan.health.steps`: a number or a
    counter of the tester counts where no row lacks it, a temperature where any row has it. To know that, those
    columns are read once before the pass. `progress` is called with the number of rows read so far.

    Raises
    ------
    hwan.core.ColumnProblem, hwan.core.NothingInside
        As :func:`hwan.health.stream_steps`.
    """
    source = recording.provenance.source_name
    expect(BASE, recording.samples, source)
    return resume_steps(Pass(_plan(recording.samples)), recording.samples, source, progress)


def _plan(samples: pl.LazyFrame) -> Plan:
    """Return the plan by what all usable rows have."""
    chosen = [name for name in samples.collect_schema().names() if name in OPTIONAL]
    if not chosen:
        return Plan()
    facts = samples.filter(usable()).select(_facts(chosen)).collect(engine="streaming").row(0, named=True)
    return plan_by(
        {name for name in chosen if facts[f"{name} whole"]}, {name for name in chosen if facts.get(f"{name} any")}
    )


def _facts(names: list[str]) -> Iterator[pl.Expr]:
    for name in names:
        number = pl.col(name).cast(pl.Float64).is_finite().fill_null(value=False)
        yield number.all().alias(f"{name} whole")
        if name in TEMPERATURES:
            yield number.any().alias(f"{name} any")


def steps_alone(result: StreamResult) -> pl.DataFrame:
    """Return the table of steps with the columns of :func:`hwan.health.steps` alone."""
    return result.steps.drop(_MORE_OF_STEPS)


def cycles_alone(result: StreamResult) -> pl.DataFrame:
    """Return the table of cycles with the columns of :func:`hwan.health.cycles` alone."""
    return result.cycles.drop(_MORE_OF_CYCLES)
