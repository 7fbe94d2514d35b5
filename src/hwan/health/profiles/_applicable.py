"""What a profile refuses: a method without a validated model, or a voltage that is not one cell's."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hwan.core import Refusal, Scalar, Unknown, UnknownName
from hwan.health.profiles._load import profile
from hwan.health.profiles._profile import METHODS, Profile

TAILS = (0.005, 0.995)
"""Shares of the samples between which a voltage is judged: a spike makes no module."""


WANT_OF_TABLES = ("profile_no_half_cells", "profile_chemistry_unknown")
"""Reasons that do not hold where the caller brings half-cells."""


def applicable(chemistry: Profile | str, method: str, *, own_half_cells: bool = False) -> Refusal | None:
    """Return why a method does not answer for a chemistry, and what would lift it; None where it does.

    Parameters
    ----------
    chemistry
        A profile, a chemistry's id, or the path of a profile's file.
    method
        One of :data:`METHODS`.
    own_half_cells
        Whether the caller brings both half-cells: then the want of open tables is no reason to refuse ``modes``.

    Raises
    ------
    UnknownName
        When there is no such method or chemistry.

    Examples
    --------
    >>> applicable("lfp", "modes") is None, applicable("li-s", "modes").code
    (True, 'profile_dissolved_phase')
    """
    found = profile(chemistry) if isinstance(chemistry, str) else chemistry
    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    entry = found.of(method)
    if entry.status != "refused" or (own_half_cells and method == "modes" and entry.reason in WANT_OF_TABLES):
        return None
    code = str(entry.reason)
    return Refusal(f"method_{method}", code, ("validated model",), entry.lifted_by, {"chemistry": found.id})


def cell_voltage_refusal(chemistry: Profile | str, voltage_volt: ArrayLike, quantity: str) -> Refusal | None:
    """Return a refusal when voltages that are said to be one cell's cannot be; None when they can.

    Judged are the 0.5 % and 99.5 % quantiles, against the widest window of the chemistry: a deep discharge or an
    overcharge passes, two cells in series do not.

    Parameters
    ----------
    chemistry
        A profile, a chemistry's id, or the path of a profile's file.
    voltage_volt
        Samples of one recording, any shape, V; NaN is left out.
    quantity
        What was to be evaluated, for the refusal.

    Examples
    --------
    >>> refusal = cell_voltage_refusal("lfp", [38.0, 39.6, 41.2], "incremental_capacity")
    >>> refusal.code, refusal.values["cells"]
    ('voltage_of_many_cells', 13)
    """
    found = profile(chemistry) if isinstance(chemistry, str) else chemistry
    told = np.asarray(voltage_volt, dtype=np.float64).ravel()
    told = told[np.isfinite(told)]
    if not len(told):
        return None
    low, high = (float(value) for value in np.quantile(told, TAILS))
    window = found.window
    values: dict[str, Scalar] = {"chemistry": found.id, "low": low, "high": high}
    if high > window.highest_volt:
        values |= {"highest": window.highest_volt, "cells": round(float(np.median(told)) / _middle(found))}
        return Refusal(quantity, "voltage_of_many_cells", ("cell voltage",), "cell_columns", values)
    if low < window.lowest_volt:
        values |= {"lowest": window.lowest_volt}
        return Refusal(quantity, "voltage_below_cell", ("cell voltage",), "state_the_chemistry", values)
    return None


def _middle(found: Profile) -> float:
    window = found.window
    if isinstance(window.lower_volt, Unknown) or isinstance(window.upper_volt, Unknown):
        return (window.lowest_volt + window.highest_volt) / 2
    return (window.lower_volt + window.upper_volt) / 2
