"""The sweeps of a recording: where the frequency jumps back a new spectrum begins."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from hwan.core import (
    SPECTRUM,
    UNKNOWN,
    ColumnProblem,
    Conditions,
    Evidence,
    NothingInside,
    Recording,
    Unknown,
    is_known,
)
from hwan.health._signals import TEMPERATURES, Floats, Ints
from hwan.health.impedance._spectrum import LEAST_POINTS, SAME_FREQUENCY, Spectrum

MEASURED_AGAIN_DECADES: Final = 0.5
"""One step back of less than this, after which the sweep goes on as before, is a point measured again."""
POLAR: Final = {"absolute_impedance_ohm", "phase_degree"}
_MODULUS, _ANGLE = pl.col("absolute_impedance_ohm"), pl.col("phase_degree").radians()
_POLAR: Final = ((_MODULUS * _ANGLE.cos()).alias(SPECTRUM[1]), (_MODULUS * _ANGLE.sin()).alias(SPECTRUM[2]))
_CONDITIONS: Final = ("voltage_volt", "cycle_count", *TEMPERATURES)


def spectra_of(recording: Recording) -> tuple[Spectrum, ...]:
    """Return the spectra of a recording, one per sweep, in the order of the source.

    A sweep may go up or down. Rows without a frequency or an impedance (the rest before a spectrum, a direct-current
    step) are passed over. Sweeps of fewer than five points are no spectra; if there is nothing else, this raises.

    Raises
    ------
    ColumnProblem
        When the frequency is missing, or both real and imaginary part and modulus and phase are.
    NothingInside
        When no sweep has five points.
    """
    frame = _measured(recording)
    source = recording.provenance.source_name
    frequency = frame["frequency_hertz"].to_numpy()
    starts = sweep_starts(frequency)
    bounds = [*starts, len(frequency)]
    sweeps = [frame[first:last] for first, last in pairwise(bounds)]
    parts = [sweep for sweep in sweeps if _distinct(sweep["frequency_hertz"].to_numpy()) >= LEAST_POINTS]
    if not parts:
        raise NothingInside("spectrum_points_missing", source=source, points=len(frame), least=LEAST_POINTS)
    many = len(parts) > 1
    return tuple(
        _spectrum(recording, part, f"{source} #{number}" if many else source)
        for number, part in enumerate(parts, start=1)
    )


def sweep_starts(frequency_hertz: Floats) -> Ints:
    """Return at which point each sweep begins.

    Parameters
    ----------
    frequency_hertz
        Positive, in the order of the measurement.

    Examples
    --------
    >>> sweep_starts(np.array([100.0, 10.0, 1.0, 100.0, 10.0, 1.0])).tolist()
    [0, 3]
    >>> sweep_starts(np.array([100.0, 10.0, 12.0, 5.0, 1.0, 0.1])).tolist()  # one point measured again
    [0]
    """
    step = np.diff(np.log10(frequency_hertz))
    starts, direction = [0], 0.0
    for place, change in enumerate(step):
        following = next((float(each) for each in step[place + 1 :] if each), 0.0)
        if change == 0 or change * direction > 0:
            continue
        if direction == 0:
            direction = change
        elif change * following > 0 or abs(change) >= MEASURED_AGAIN_DECADES:
            starts.append(place + 1)
            direction = following or change
    return np.array(starts, dtype=np.int64)


def _distinct(frequency: Floats) -> int:
    """Return how many frequencies a sweep has, those measured twice counted once."""
    return len(frequency) and 1 + int(np.count_nonzero(np.diff(np.sort(np.log(frequency))) > SAME_FREQUENCY))


def _measured(recording: Recording) -> pl.DataFrame:
    """Return row number and values of the rows that hold an impedance, its parts from modulus and phase if need be."""
    names = set(recording.samples.collect_schema().names())
    parts = _POLAR if names >= POLAR and not set(SPECTRUM[1:]) <= names else ()
    missing = [name for name in SPECTRUM[: 1 if parts else None] if name not in names]
    if missing:
        raise ColumnProblem(
            "spectrum_columns_missing",
            source=recording.provenance.source_name,
            missing=", ".join(missing),
            found=", ".join(sorted(names)),
        )
    extra = [name for name in _CONDITIONS if name in names]
    number = (pl.col(name).cast(pl.Float64) for name in (*SPECTRUM, *extra))
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in SPECTRUM)
    there = finite & (pl.col(SPECTRUM[0]) > 0) & ((pl.col(SPECTRUM[1]) != 0) | (pl.col(SPECTRUM[2]) != 0))
    samples = recording.samples.with_columns(*parts).select(*number).with_row_index("row")
    return samples.filter(there.fill_null(value=False)).collect()


def _spectrum(recording: Recording, part: pl.DataFrame, name: str) -> Spectrum:
    real, imaginary = part["real_impedance_ohm"].to_numpy(), part["imaginary_impedance_ohm"].to_numpy()
    evidence = Evidence(recording.id, int(part["row"][0]), int(part["row"][-1]))
    return Spectrum(
        part["frequency_hertz"].to_numpy(),
        real + 1j * imaginary,
        name,
        conditions=_conditions(part),
        evidence=(evidence,),
        cycle=_cycle(part),
        voltage_volt=_mean(part, "voltage_volt"),
    )


def _conditions(part: pl.DataFrame) -> Conditions:
    for name in TEMPERATURES:
        if is_known(celsius := _mean(part, name)):
            return Conditions(temperature_celsius=celsius, temperature_place=name.removesuffix("_celsius"))
    return Conditions()


def _cycle(part: pl.DataFrame) -> int | Unknown:
    cycle = _mean(part, "cycle_count")
    return UNKNOWN if isinstance(cycle, Unknown) else round(cycle)


def _mean(part: pl.DataFrame, name: str) -> float | Unknown:
    values = part[name].drop_nulls().drop_nans() if name in part.columns else pl.Series()
    return float(values.to_numpy().mean()) if len(values) else UNKNOWN
