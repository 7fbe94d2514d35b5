"""One slow charge or discharge of a cell, checked and brought to one form: charge and voltage that rise together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import hypot, sqrt
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from hwan.core import UNKNOWN, BadDefinition, Evidence, Unknown, is_known
from hwan.health._noise import noise, resolution

Floats = npt.NDArray[np.float64]
Run = Literal["charge", "discharge"]
LEAST_POINTS: Final = 40
MOST_POINTS: Final = 1_000
"""More than these say nothing new: of longer curves so many are picked, evenly in charge."""
LEAST_RISE_VOLT: Final = 0.02
MOST_AH: Final = 1_500.0
"""No single cell holds more; a figure above it is in mAh."""
AGAINST: Final = 0.05
"""Share of a curve's charge that may run backwards before it is no single run."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Voltage over charge of one cell during one slow charge or discharge.

    Parameters
    ----------
    charge_ah
        Charge that has flowed, Ah, shape (n,), from any zero: rising, or falling where it is counted
        negative in a discharge. A discharge counted upward is recognised by its falling voltage.
    voltage_volt
        Voltage of the cell, V, shape (n,).
    rate_per_hour
        Current over the rated capacity, 1/h: 0.04 is C/25. Unknown is taken for slow enough, with a finding.
    direction
        What was done, where that is known; a voltage that goes the other way is then an error.
    current_ampere
        Mean current, A, positive charging; for :func:`without_drop`.
    temperature_celsius
        Of the cell, where it is known; stands in the conditions of every figure.
    name, evidence
        What errors call the curve, and the rows of a recording that it came from.
    corrected
        Whether the voltage drop of the current was taken out (:func:`without_drop`, :func:`averaged`).
    """

    charge_ah: Floats = field(repr=False)
    voltage_volt: Floats = field(repr=False)
    rate_per_hour: float | Unknown = UNKNOWN
    direction: Run | Unknown = UNKNOWN
    temperature_celsius: float | Unknown = UNKNOWN
    current_ampere: float | Unknown = UNKNOWN
    corrected: bool = False
    name: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A curve as the fit takes it: charge from 0 upward, voltage rising with it, and the noise of its voltage."""

    charge_ah: Floats
    voltage_volt: Floats
    noise_volt: float
    direction: Run


def prepared(curve: Curve) -> Prepared:
    """Check a curve and turn it so that it charges.

    Raises
    ------
    BadDefinition
        Names what is wrong with it: shapes, numbers, too few points, voltage that stands still or goes against
        the stated direction, a charge that no cell holds.
    """
    charge, voltage = np.asarray(curve.charge_ah, np.float64), np.asarray(curve.voltage_volt, np.float64)
    where = curve.name or "curve"
    _check_numbers(charge, voltage, where)
    counted_up, rises = charge[-1] > charge[0], _rises(voltage, where)
    if rises and not counted_up:
        raise BadDefinition("modes_sign", source=where)
    direction: Run = "charge" if rises else "discharge"
    if is_known(curve.direction) and curve.direction != direction:
        raise BadDefinition("modes_direction", source=where, stated=str(curve.direction), found=direction)
    if not rises:
        charge, voltage = (charge[-1] - charge if counted_up else charge - charge[-1])[::-1], voltage[::-1]
    charge = charge - charge[0]
    _check_order(charge, where)
    if charge[-1] > MOST_AH:
        raise BadDefinition("modes_charge_too_large", source=where, got=float(charge[-1]), most=MOST_AH)
    noise_volt = hypot(noise(voltage), _rounding(voltage))
    return Prepared(*_thinned(charge, voltage), noise_volt, direction)


def without_drop(curve: Curve, resistance_ohm: float) -> Curve:
    """Return the curve with the voltage drop of its current taken out: V - I·R, positive current charging.

    The resistance is that of the whole run, not of a short pulse: a pulse's leaves out diffusion.

    Raises
    ------
    BadDefinition
        When the resistance is not above 0, or the curve's current is not known.
    """
    if not resistance_ohm > 0 or not is_known(curve.current_ampere):
        raise BadDefinition("modes_resistance_negative", got=float(resistance_ohm))
    voltage = np.asarray(curve.voltage_volt, np.float64) - curve.current_ampere * resistance_ohm
    return replace(curve, voltage_volt=voltage, corrected=True)


def averaged(charge: Curve, discharge: Curve) -> Curve:
    """Return the mean of a charge and a discharge over the same window, at equal charge counted from empty.

    Assumes that both began and ended at the same cut-offs; their lengths in Ah may differ by the coulombic
    efficiency, up to 3 %, and are scaled to the charge's.

    Raises
    ------
    BadDefinition
        When one of them goes the wrong way, or their charges differ by more.
    """
    up, down = prepared(replace(charge, direction="charge")), prepared(replace(discharge, direction="discharge"))
    ratio = float(down.charge_ah[-1] / up.charge_ah[-1])
    if abs(ratio - 1) > 0.03:
        raise BadDefinition("modes_average_apart", source=charge.name or "curve", ratio=ratio)
    other = np.interp(up.charge_ah, down.charge_ah / ratio, down.voltage_volt)
    evidence = (*charge.evidence, *discharge.evidence)
    mean = (up.voltage_volt + other) / 2
    return replace(charge, charge_ah=up.charge_ah, voltage_volt=mean, corrected=True, evidence=evidence)


def _check_numbers(charge: Floats, voltage: Floats, where: str) -> None:
    if charge.ndim != 1 or charge.shape != voltage.shape:
        raise BadDefinition("modes_shape", source=where, charge=str(charge.shape), voltage=str(voltage.shape))
    if len(charge) < LEAST_POINTS:
        raise BadDefinition("modes_too_few_points", source=where, got=len(charge), least=LEAST_POINTS)
    wrong = ~(np.isfinite(charge) & np.isfinite(voltage))
    if wrong.any():
        raise BadDefinition("modes_not_finite", source=where, count=int(wrong.sum()), first=int(wrong.argmax()) + 1)


def _rises(voltage: Floats, where: str) -> bool:
    """Return whether the voltage rises from the first tenth of the curve to the last."""
    part = max(1, len(voltage) // 10)
    rise = float(voltage[-part:].sum() - voltage[:part].sum()) / part
    if abs(rise) < LEAST_RISE_VOLT:
        raise BadDefinition("modes_voltage_stands", source=where, got=abs(rise), least=LEAST_RISE_VOLT)
    return rise > 0


def _check_order(charge: Floats, where: str) -> None:
    steps = np.diff(charge)
    back = -float(steps[steps < 0].sum())
    if charge[-1] <= 0 or back > AGAINST * charge[-1]:
        raise BadDefinition("modes_charge_turns", source=where, back=float(back))


def _rounding(voltage: Floats) -> float:
    """Return the standard deviation of the rounding where most neighbours repeat, so that noise() misses it."""
    repeats = len(voltage) - np.count_nonzero(np.diff(voltage))
    return resolution(voltage) / sqrt(12) if repeats > 0.2 * len(voltage) else 0.0


def _thinned(charge: Floats, voltage: Floats) -> tuple[Floats, Floats]:
    if len(charge) <= MOST_POINTS:
        return charge, voltage
    wanted = np.linspace(0, charge[-1], MOST_POINTS)
    place = np.unique(np.clip(np.searchsorted(charge, wanted), 0, len(charge) - 1))
    return charge[place], voltage[place]
