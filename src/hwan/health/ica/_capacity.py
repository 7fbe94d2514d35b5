"""Incremental capacity of one curve, and of many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from hwan.core import BadDefinition, Conditions, Refusal
from hwan.health._signals import Floats
from hwan.health.ica import _analysed as place
from hwan.health.ica._checks import cell_window, hidden, no_span, oriented, refused
from hwan.health.ica._density import MOST_PLACES
from hwan.health.ica._machine import machine
from hwan.health.ica._peaks import MOST_PEAKS
from hwan.health.ica._result import ESTIMATORS, NORMAL, UNSTATED, Circumstances, IncrementalCapacity, answer

BLOCK: Final = 32
"""Curves that are laid behind each other at a time: so many stay in the cache of the processor."""
FEW: Final = 64
LARGE_SAMPLES: Final = 500_000
"""Below so many curves, and samples, the loops run as they are: to compile them takes longer."""
WIDE: Final = NORMAL[6]
"""Standard deviations to either end of the 90 % interval."""
_ASPECTS: Final = {"volt": (0, 1), "ah_per_volt": (2, 3), "ah": (4, 5)}


def incremental_capacity(
    voltage_volt: ArrayLike, charge_ah: ArrayLike, *, chemistry: str = "unknown", conditions: Conditions = UNSTATED
) -> IncrementalCapacity | Refusal:
    """Return dQ/dV of one slow charge or discharge of one cell, with its peaks and their 90 % intervals.

    Assumes one run in one direction, slow enough that the voltage follows the charge (C/10 and slower show the
    electrodes; faster ones are moved and flattened by resistance and diffusion). Voltages may be noisy and out of
    order, samples uneven; charge and discharge of the same curve give the same answer.

    Two estimators are computed. The *density* of charge over voltage is smoothed by a kernel that takes out the blur
    by noise and by itself up to the sixth power of its width; its bandwidth is at least two steps of the voltmeter and
    1.5 standard deviations of the noise, both measured on the curve (samples whose noise hangs together count as one),
    and is widened while the error expected (bias by comparing bandwidths, variance by the noise) becomes smaller. The
    *regression* takes the voltage as a rising function of charge whose slope is smooth in its logarithm, with the
    penalty that makes the record likeliest; what a penalty four times as large takes away is given back. The one with
    the smaller expected error is the answer, the density when its error is clearly smaller; a regression is drawn
    towards the density where that errs less, as on a plateau that rises by little more than noise.

    Parameters
    ----------
    voltage_volt, charge_ah
        Shape (samples,), of one cell. The charge is counted from anywhere, in either direction.
    chemistry
        One that hwan knows: outside the voltages that its cells can have the curve is refused.
    conditions
        Handed on to the figures.

    Returns
    -------
    IncrementalCapacity or Refusal
        Refused: fewer than 30 samples, a constant voltage, less than two bandwidths of span, voltages that no
        single cell has, peaks that noise and resolution hide (an error near that of the curve itself is
        expected).

    Raises
    ------
    BadDefinition
        Shapes that differ, values that are not finite, a charge that turns back by more than 1 %.
    UnknownName
        An unknown chemistry.

    Notes
    -----
    Shown on simulated curves only. Peaks narrower in voltage than the noise are known to some ten per cent; their
    interval says so. Sources: Dubarry and Liaw 2009, doi:10.1016/j.jpowsour.2009.05.036; Delaigle and Gijbels 2004,
    doi:10.1016/j.csda.2003.08.006 (bandwidth under noise); Wood 2011, doi:10.1111/j.1467-9868.2010.00749.x (penalty).

    Examples
    --------
    >>> volt = np.linspace(3.0, 4.2, 2400)
    >>> charge = 0.5 * volt + 1.0 / (1 + np.exp((3.7 - volt) / 0.02))
    >>> found = incremental_capacity(volt, charge)
    >>> round(found.peaks[0].position.value, 3), round(found.peaks[0].height.value, 1)
    (3.7, 13.0)
    """
    curve = oriented(voltage_volt, charge_ah)
    return of_curves([curve], [Circumstances(conditions)], chemistry)[0]


def incremental_capacities(
    voltages_volt: Iterable[ArrayLike], charges_ah: Iterable[ArrayLike], *, chemistry: str = "unknown"
) -> pl.DataFrame:
    """Return :func:`incremental_capacity` of many curves, one row each, without their curves.

    Parameters
    ----------
    voltages_volt, charges_ah
        One array each per curve, lengths as they are; or arrays of shape (curves, samples).
    chemistry
        Of all of them.

    Returns
    -------
    polars.DataFrame
        ``estimator``, ``bandwidth_volt``, ``window_ah``, ``expected_error``, ``noise_volt``, ``noise_samples``,
        ``resolution_volt``, ``charge_ah``, ``peak_count``; of the highest peak ``peak_volt``, ``peak_ah_per_volt``,
        ``peak_ah`` with ``_low`` and ``_high`` of the 90 % interval; ``peaks``, a list of all with the same fields and
        ``bandwidth_volt``; ``refusal_code``, null where it answers.

    Raises
    ------
    BadDefinition, UnknownName
        As for one curve; the error names the curve.
    """
    voltages, charges = list(voltages_volt), list(charges_ah)
    if len(voltages) != len(charges):
        values = {"voltage": f"{len(voltages)}", "charge": f"{len(charges)}"}
        raise BadDefinition("ica_curve_malformed", ("ica_shapes_differ", values), where="")
    pairs = enumerate(zip(voltages, charges, strict=True))
    curves = [oriented(volt, charge, f" {number}") for number, (volt, charge) in pairs]
    return Run(curves, chemistry).table()


_PEAK: Final[dict[str, Any]] = {
    f"peak_{name}{end}": pl.Float64 for name in _ASPECTS for end in ("", "_low", "_high")
}  # fmt: skip
SCHEMA: Final[dict[str, Any]] = {
    "estimator": pl.String, "bandwidth_volt": pl.Float64, "window_ah": pl.Float64, "expected_error": pl.Float64,
    "noise_volt": pl.Float64, "noise_samples": pl.Float64, "resolution_volt": pl.Float64, "charge_ah": pl.Float64,
    "peak_count": pl.Int64,
    **_PEAK, "peaks": pl.List(pl.Struct({**_PEAK, "bandwidth_volt": pl.Float64})), "refusal_code": pl.String,
}  # fmt: skip


@dataclass(init=False, slots=True)
class Run:
    """Curves that were gone through; what the loops told of each."""

    curves: Sequence[tuple[Floats, Floats]]
    refusals: list[Refusal | None]
    told: Floats
    peaks: Floats
    curve: Floats

    def __init__(self, curves: Sequence[tuple[Floats, Floats]], chemistry: str, *, many: bool = False) -> None:
        self.curves = curves
        window = cell_window(chemistry)
        self.refusals = [refused(charge, voltage, window, chemistry) for charge, voltage in curves]
        self.told = np.zeros((len(curves), place.COLUMNS))
        self.peaks = np.zeros((len(curves), MOST_PEAKS, place.PEAK_COLUMNS))
        self.curve = np.zeros((3, MOST_PLACES))
        chosen = [number for number, refusal in enumerate(self.refusals) if refusal is None]
        samples = sum(len(curves[number][0]) for number in chosen)
        large = many or len(chosen) >= FEW or samples >= LARGE_SAMPLES
        loops = machine() if large else place.all_analysed
        for first in range(0, len(chosen), BLOCK):
            self._go(chosen[first : first + BLOCK], loops)
        for number in chosen:
            self.refusals[number] = _refusal(self.told[number])

    def _go(self, chosen: Sequence[int], loops: Callable[..., None]) -> None:
        curves = [self.curves[number] for number in chosen]
        ends = np.concatenate(([0], np.cumsum([len(charge) for charge, _ in curves])))
        charge, voltage = (np.concatenate([each[side] for each in curves]) for side in (0, 1))
        told, peaks = self.told[chosen], self.peaks[chosen]
        work = np.zeros((place.ROWS, MOST_PLACES))
        loops(charge, voltage, ends, self.curve, work, told, peaks)
        self.told[chosen], self.peaks[chosen] = told, peaks

    def table(self) -> pl.DataFrame:
        """Return one row for each curve."""
        told, count = self.told, len(self.curves)
        listed = self._listed()
        highest = listed.sort("peak_ah_per_volt", descending=True).unique("curve", keep="first", maintain_order=True)
        lists = listed.group_by("curve").agg(pl.struct(*_PEAK, "bandwidth_volt").alias("peaks"), pl.len().alias("n"))
        own = highest.rename({"bandwidth_volt": "at_peak"})
        frame = pl.DataFrame({
            "curve": np.arange(count), "estimator": [ESTIMATORS[int(each)] for each in told[:, place.ESTIMATOR]],
            "bandwidth": told[:, place.BANDWIDTH], "window_ah": told[:, place.WINDOW],
            "expected_error": told[:, place.ERROR], "noise_volt": told[:, place.NOISE],
            "noise_samples": told[:, place.TOGETHER], "resolution_volt": told[:, place.RESOLUTION],
            "charge_ah": [float(charge[-1]) if len(charge) else 0.0 for charge, _ in self.curves],
            "refusal_code": [None if each is None else each.code for each in self.refusals],
        }, schema_overrides={"refusal_code": pl.String, "estimator": pl.String, "charge_ah": pl.Float64})  # fmt: skip
        frame = frame.join(own, on="curve", how="left").join(lists, on="curve", how="left").sort("curve")
        regressed = (pl.col("estimator") == ESTIMATORS[place.REGRESSION]) & pl.col("at_peak").is_not_null()
        frame = frame.with_columns(
            bandwidth_volt=pl.when(regressed).then("at_peak").otherwise("bandwidth"),
            window_ah=pl.when(pl.col("window_ah") > 0).then("window_ah"),
            peak_count=pl.col("n").fill_null(0).cast(pl.Int64),
            peaks=pl.col("peaks").fill_null([]),
        )
        answered = pl.col("refusal_code").is_null()
        return frame.select(
            *(pl.when(answered).then(pl.col(name)).alias(name) for name in SCHEMA if name != "refusal_code"),
            "refusal_code",
        ).cast(SCHEMA)  # type: ignore[arg-type]

    def _listed(self) -> pl.DataFrame:
        """Return all peaks of all curves, with the ends of their intervals; the error of a height is relative."""
        curve, number = np.nonzero(np.arange(MOST_PEAKS) < self.told[:, place.PEAKS, None])
        rows = self.peaks[curve, number]
        columns: dict[str, Any] = {"curve": curve}
        for name, (value, error) in _ASPECTS.items():
            half = WIDE * rows[:, error] * (rows[:, value] if name == "ah_per_volt" else 1.0)
            columns |= {f"peak_{name}": rows[:, value]}
            columns |= {f"peak_{name}_low": rows[:, value] - half, f"peak_{name}_high": rows[:, value] + half}
        return pl.DataFrame({**columns, "bandwidth_volt": rows[:, 6]})


def _refusal(told: Floats) -> Refusal | None:
    """Return why the loops gave no answer, or None where they did."""
    if told[place.STATUS] == place.NO_SPAN:
        return no_span(float(told[place.SPAN]), float(told[place.BANDWIDTH]))
    if told[place.STATUS] == place.HIDDEN:
        error, noise, resolution = (float(told[each]) for each in (place.ERROR, place.NOISE, place.RESOLUTION))
        most = place.MOST_ERROR[int(told[place.ESTIMATOR])]
        return hidden(error, most, noise, resolution)
    return None


def of_curves(
    curves: Sequence[tuple[Floats, Floats]], known: Sequence[Circumstances], chemistry: str
) -> list[IncrementalCapacity | Refusal]:
    """Return the full result of each curve as :func:`oriented` gives it."""
    many = len(curves) >= FEW
    found: list[IncrementalCapacity | Refusal] = []
    for (charge, voltage), circumstances in zip(curves, known, strict=True):
        run = Run([(charge, voltage)], chemistry, many=many)
        refusal = run.refusals[0]
        whole = float(charge[-1]) if len(charge) else 0.0
        found.append(refusal or answer(run.told[0], run.peaks[0], run.curve, whole, circumstances))
    return found
