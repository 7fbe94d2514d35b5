"""What an incremental capacity analysis gives: the curve, its bandwidth, its peaks with their errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np

from hwan.core import Conditions, ErrorComponent, Evidence, Measurement, Quantile, Validation
from hwan.health._signals import Floats
from hwan.health._uncertainty import PROBABILITIES, Figure
from hwan.health.ica import _analysed as place

VERSION: Final = "2"
UNSTATED: Final = Conditions()
VALIDATION: Final = Validation("synthetic", 0, "simulated curves of 3,000 samples, 1 mV noise and 1 mV resolution")
OWN: Final = "the record itself"
NORMAL: Final = tuple(NormalDist().inv_cdf(each) for each in PROBABILITIES)
Estimator = Literal["density", "regression"]
ESTIMATORS: Final[tuple[Estimator, Estimator]] = ("density", "regression")


@dataclass(frozen=True, slots=True)
class Peak:
    """One peak: its voltage in V, its height in Ah/V, its charge in Ah, and the bandwidth in V that it was seen with.

    The charge is that between the two voltages at half of the height, or the valley where the curve does not fall
    so far. Heights at different bandwidths must not be compared.
    """

    position: Measurement
    height: Measurement
    area: Measurement
    bandwidth_volt: float


@dataclass(frozen=True, slots=True)
class IncrementalCapacity:
    """dQ/dV of one charge or discharge, always positive, over rising voltage.

    Parameters
    ----------
    voltage_volt, incremental_capacity_ah_per_volt, relative_error
        The curve and its relative standard error by noise, one entry per point.
    estimator
        ``density`` or ``regression``: the one whose expected error was smaller. A regression is drawn towards the
        density where that errs less.
    bandwidth_volt
        Width of the Gaussian that the density was smoothed with; of a regression its like at the highest peak.
    window_ah
        Charge over which a regression smooths; None for a density.
    expected_error
        Root of the mean squared error to be expected over the root of the mean squared curve, bias included.
    noise_volt, resolution_volt
        Measured on the record.
    noise_samples
        Over how many samples the noise hangs together; 1 where each has its own (white noise).
    charge_ah
        Charge of the whole curve.
    cycle_number, step_number
        Where it stands in its recording, 0 without one.
    """

    voltage_volt: Floats
    incremental_capacity_ah_per_volt: Floats
    relative_error: Floats
    estimator: Estimator
    bandwidth_volt: float
    window_ah: float | None
    expected_error: float
    noise_volt: float
    resolution_volt: float
    charge_ah: float
    peaks: tuple[Peak, ...]
    conditions: Conditions = UNSTATED
    evidence: tuple[Evidence, ...] = ()
    cycle_number: int = 0
    step_number: int = 0
    noise_samples: float = 1.0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside the samples: conditions, evidence, and the tester's own errors."""

    conditions: Conditions = UNSTATED
    evidence: tuple[Evidence, ...] = ()
    voltage_gain: float = 0.0
    voltage_offset_volt: float = 0.0
    current_gain: float = 0.0
    source: str = ""
    key: str = ""
    cycle_number: int = 0
    step_number: int = 0


def answer(told: Floats, peaks: Floats, curve: Floats, charge_ah: float, known: Circumstances) -> IncrementalCapacity:
    """Return the result of what the loops wrote."""
    size = int(told[place.PLACES])
    estimator = ESTIMATORS[int(told[place.ESTIMATOR])]
    rows = peaks[: int(told[place.PEAKS])]
    return IncrementalCapacity(
        voltage_volt=curve[0, :size].copy(),
        incremental_capacity_ah_per_volt=curve[1, :size].copy(),
        relative_error=curve[2, :size].copy(),
        estimator=estimator,
        bandwidth_volt=bandwidth(told, rows),
        window_ah=float(told[place.WINDOW]) or None,
        expected_error=float(told[place.ERROR]),
        noise_volt=float(told[place.NOISE]),
        resolution_volt=float(told[place.RESOLUTION]),
        charge_ah=charge_ah,
        peaks=tuple(_peak(row, f"ica.{estimator}", known) for row in rows),
        conditions=known.conditions,
        evidence=known.evidence,
        cycle_number=known.cycle_number,
        step_number=known.step_number,
        noise_samples=float(told[place.TOGETHER]),
    )


def bandwidth(told: Floats, rows: Floats) -> float:
    """Return the bandwidth in V of a curve; of a regression that of its highest peak."""
    if int(told[place.ESTIMATOR]) == place.REGRESSION and len(rows):
        return float(rows[np.argmax(rows[:, 2]), 6])
    return float(told[place.BANDWIDTH])


def _peak(row: Floats, method: str, known: Circumstances) -> Peak:
    volt, volt_error, height, relative, area, area_error, width = (float(each) for each in row)
    return Peak(
        position=_measurement("ica_peak_voltage", volt, "V", volt_error, method, known),
        height=_measurement("ica_peak_height", height, "Ah/V", height * relative, method, known),
        area=_measurement("ica_peak_charge", area, "Ah", area_error, method, known),
        bandwidth_volt=width,
    )


def _measurement(
    quantity: str, value: float, unit: str, error: float, method: str, known: Circumstances
) -> Measurement:
    parts = (ErrorComponent("noise", error, "normal", OWN), *_shared(quantity, value, known))
    return Measurement(
        quantity=quantity,
        value=value,
        unit=unit,
        quantiles=Figure(value, parts).quantiles() if len(parts) > 1 else normal_quantiles(value, error),
        conditions=known.conditions,
        method=method,
        method_version=VERSION,
        components=parts,
        evidence=known.evidence,
        validation=VALIDATION,
    )


def _shared(quantity: str, value: float, known: Circumstances) -> Iterator[ErrorComponent]:
    """Yield what the tester errs by: its voltage moves a peak, its current makes it larger."""
    if not known.key:
        return
    if quantity == "ica_peak_voltage":
        effects = {"voltage_gain": known.voltage_gain * value, "voltage_offset": known.voltage_offset_volt}
    else:
        effects = {"current_gain": known.current_gain * value}
    for name, effect in effects.items():
        yield ErrorComponent(name, effect, "uniform", known.source, f"{known.key} {name}")


def normal_quantiles(value: float, error: float) -> tuple[Quantile, ...]:
    """Return the quantiles of a normal draw."""
    return tuple(Quantile(p, value + z * error) for p, z in zip(PROBABILITIES, NORMAL, strict=True))
