"""Differential voltage of many curves, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl
from numpy.typing import ArrayLike

from hwan.core import BadDefinition, Refusal
from hwan.health.ica._checks import oriented
from hwan.health.ica._differential import DifferentialVoltage, of_curve
from hwan.health.ica._result import UNSTATED, Circumstances

CURVES: Final = ("charge_ah", "differential_voltage_volt_per_ah", "error_volt_per_ah")
FIGURES: Final = ("window_ah", "noise_volt")
SCHEMA: Final[dict[str, Any]] = {
    **dict.fromkeys(CURVES, pl.List(pl.Float64)), **dict.fromkeys(FIGURES, pl.Float64), "refusal_code": pl.String,
}  # fmt: skip


def differential_voltages(
    voltages_volt: Iterable[ArrayLike],
    charges_ah: Iterable[ArrayLike],
    *,
    window_ah: float | None = None,
    chemistry: str = "unknown",
) -> pl.DataFrame:
    """Return :func:`differential_voltage` of many curves, one row each; a row is the figures of one curve alone.

    Parameters
    ----------
    voltages_volt, charges_ah
        One array each per curve, lengths as they are; or arrays of shape (curves, samples).
    window_ah
        Of all curves, so that they can be compared; by default each has its own best one.
    chemistry
        Of all of them.

    Returns
    -------
    polars.DataFrame
        Lists ``charge_ah``, ``differential_voltage_volt_per_ah``, ``error_volt_per_ah``; ``window_ah``,
        ``noise_volt``; ``refusal_code``, null where it answers.

    Raises
    ------
    BadDefinition, UnknownName
        As for one curve; the error names the curve.

    Examples
    --------
    >>> import numpy as np
    >>> charge = np.linspace(0, 2, 1000)
    >>> found = differential_voltages([3.2 + 0.3 * charge, np.full(1000, 3.2)], [charge, charge])
    >>> found["refusal_code"].to_list()
    [None, 'ica_constant_voltage']
    """
    voltages, charges = list(voltages_volt), list(charges_ah)
    if len(voltages) != len(charges):
        values = {"voltage": f"{len(voltages)}", "charge": f"{len(charges)}"}
        raise BadDefinition("ica_curve_malformed", ("ica_shapes_differ", values), where="")
    pairs = enumerate(zip(voltages, charges, strict=True))
    known = Circumstances(UNSTATED)
    found = (
        of_curve(oriented(volt, charge, f" {place}"), window_ah, chemistry, known) for place, (volt, charge) in pairs
    )
    return pl.DataFrame([_row(each) for each in found], schema=SCHEMA)


def _row(found: DifferentialVoltage | Refusal) -> dict[str, Any]:
    if isinstance(found, Refusal):
        return {**dict.fromkeys((*CURVES, *FIGURES)), "refusal_code": found.code}
    lists = {name: getattr(found, name).tolist() for name in CURVES}
    return {**lists, **{name: getattr(found, name) for name in FIGURES}, "refusal_code": None}
