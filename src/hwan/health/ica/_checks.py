"""A curve as it is handed in: what it must be, and the one order that every method here computes on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hwan.core import BadDefinition, Problem, Refusal, chemistry_named
from hwan.health._signals import Floats
from hwan.health.profiles import profile

QUANTITY: Final = "incremental_capacity"
LEAST_SAMPLES: Final = 40
MOST_SAMPLES: Final = 20_000_000
BACKWARDS: Final = 0.01
"""A charge that turns back by more than this part of the whole is more than one charge or discharge."""
CELL_WINDOW_VOLT: Final = {
    "lfp": (1.5, 4.0), "nmc111": (2.0, 4.8), "nmc532": (2.0, 4.8), "nmc622": (2.0, 4.8), "nmc811": (2.0, 4.8),
    "nca": (2.0, 4.8), "lmo": (2.0, 4.8), "lco": (2.0, 4.8), "lto": (0.8, 3.2), "na-ion": (0.8, 4.6),
    "li-s": (1.0, 3.2), "solid-state": (0.5, 5.0), "unknown": (0.0, 5.0),
}  # fmt: skip
"""Voltages that one cell of a chemistry can have, wide enough for abuse: beyond, it is a module or other chemistry."""
SLOW_CHARGE: Final = "ica_slow_charge"
ONE_CELL: Final = "ica_one_cell"
QUIET: Final = "ica_quiet_voltmeter"


def oriented(voltage_volt: ArrayLike, charge_ah: ArrayLike, where: str = "") -> tuple[Floats, Floats]:
    """Return charge in Ah from 0 and voltage in V, both rising, whichever way they were recorded.

    Raises
    ------
    BadDefinition
        When they are no curve: other shapes, values that are no numbers, a charge that turns back.
    """
    voltage, charge = _floats(voltage_volt), _floats(charge_ah)
    problems = _problems(voltage, charge)
    if problems:
        raise BadDefinition("ica_curve_malformed", *problems, where=where)
    if len(charge) < 2:
        return charge, voltage
    if charge[0] != 0 or charge[-1] < 0:
        charge = charge - charge[0] if charge[-1] >= charge[0] else charge[0] - charge
    falls = charge[1:] < charge[:-1]
    back = float(-np.minimum(np.diff(charge), 0.0).sum()) if falls.any() else 0.0
    if back > BACKWARDS * charge[-1]:
        values: dict[str, str | float] = {"got": back, "expected": BACKWARDS * float(charge[-1])}
        raise BadDefinition("ica_curve_malformed", ("ica_charge_turns_back", values), where=where)
    charge = np.maximum.accumulate(charge) if back else charge
    part = max(1, len(voltage) // 10)
    if voltage[-part:].sum() < voltage[:part].sum():
        charge, voltage = charge[-1] - charge[::-1], voltage[::-1]
    return np.ascontiguousarray(charge), np.ascontiguousarray(voltage)


def _floats(values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadDefinition("ica_curve_malformed", ("ica_no_numbers", {}), where="") from error


def _problems(voltage: Floats, charge: Floats) -> tuple[Problem, ...]:
    if voltage.ndim != 1 or voltage.shape != charge.shape:
        shapes: dict[str, str | float] = {"voltage": str(voltage.shape), "charge": str(charge.shape)}
        return (("ica_shapes_differ", shapes),)
    if len(voltage) > MOST_SAMPLES:
        return (("ica_too_many_samples", {"got": len(voltage), "most": MOST_SAMPLES}),)
    if np.isfinite(voltage.sum() + charge.sum()):
        return ()
    wrong = ~np.isfinite(voltage) | ~np.isfinite(charge)
    return (("ica_not_finite", {"row": int(np.argmax(wrong)), "count": int(wrong.sum())}),) if wrong.any() else ()


def cell_window(chemistry: str) -> tuple[float, float]:
    """Return the voltages that one cell can have, of a chemistry or of the profile in a file of the user's own.

    Raises
    ------
    UnknownName
        When hwan does not know the chemistry.
    """
    if Path(chemistry).is_file():
        own = profile(chemistry).window
        return own.lowest_volt, own.highest_volt
    return CELL_WINDOW_VOLT[chemistry_named(chemistry)]


def refused(
    charge: Floats, voltage: Floats, window: tuple[float, float], chemistry: str, quantity: str = QUANTITY
) -> Refusal | None:
    """Return why a curve as :func:`oriented` gives it cannot be answered by its samples alone, or None."""
    low, high = window
    if len(voltage) < LEAST_SAMPLES:
        values: dict[str, str | float] = {"got": len(voltage), "least": LEAST_SAMPLES}
        return Refusal(quantity, "ica_too_few_samples", ("samples",), SLOW_CHARGE, values)
    lowest, highest = (float(each) for each in (voltage.min(), voltage.max()))
    if highest > high or lowest < low:
        values = {"low": lowest, "high": highest, "least": low, "most": high, "chemistry": chemistry}
        return Refusal(quantity, "ica_outside_cell_window", ("voltage of one cell",), ONE_CELL, values)
    if highest <= lowest:
        return Refusal(quantity, "ica_constant_voltage", ("change of voltage",), SLOW_CHARGE, {"volt": lowest})
    if charge[-1] <= 0:
        return Refusal(quantity, "ica_no_charge", ("charge",), SLOW_CHARGE)
    return None


def no_span(span_volt: float, bandwidth_volt: float, quantity: str = QUANTITY) -> Refusal:
    """Return the refusal of a curve that noise and resolution hide."""
    values: dict[str, str | float] = {"span": 1e3 * span_volt, "bandwidth": 1e3 * bandwidth_volt}
    return Refusal(quantity, "ica_span_too_small", ("change of voltage",), SLOW_CHARGE, values)


def hidden(error: float, most: float, noise_volt: float, resolution_volt: float) -> Refusal:
    """Return the refusal of a curve whose peaks are narrower than noise and resolution let see."""
    values: dict[str, str | float] = {"error": 1e2 * error, "most": 1e2 * most}
    values |= {"noise": 1e3 * noise_volt, "resolution": 1e3 * resolution_volt}
    return Refusal(QUANTITY, "ica_hidden", ("narrow peaks",), QUIET, values)
