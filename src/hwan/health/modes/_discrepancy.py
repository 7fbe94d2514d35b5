"""Half-cell tables that are not quite this cell's: a smooth error of each, of the stated size, fitted along.

The error of a table is a sum of half waves over its domain, e(t) = Σ ck sin(πkt) + dk cos(πkt) with t from 0 to 1 and
k = 1 … `WAVES`, and a share of its own distance from its mean. The coefficients are normal draws, those of the waves
with variances falling as 1/k, which sum to the table's stated mean square: offsets, tilts, stretched and displaced
features, another reference or amplitude are all close to such a sum. Fitted with these priors
the coefficients take up what the tables cannot explain, and their uncertainty widens that of the capacities
(Kennedy and O'Hagan 2001, doi:10.1111/1467-9868.00294). A cell and its fresh state share the tables, hence one error
for both: most of it cancels in what was lost.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from hwan.health.modes._kernel import PARAMETERS, Floats, Points, Rows, Table, look_up
from hwan.health.modes._machine import machine_erring

WAVES: Final = 8
EACH: Final = 2 * WAVES + 1
ERRORS: Final = 2 * EACH
"""Coefficients of both tables: sines, cosines, amplitude of the negative, then of the positive; prior variance one."""
SIZE: Final = PARAMETERS + ERRORS
NUMBER: Final = np.arange(1, WAVES + 1)
AMPLITUDE: Final = 0.5
"""Standard deviation of the error in proportion to the table's own potential, of a table with an error of 1."""
PRIOR: Final = np.sqrt((1 - AMPLITUDE**2) / NUMBER / np.sum(1 / NUMBER))
"""Standard deviation of each wave."""


class Errors(NamedTuple):
    """Root mean square error of each table, V."""

    negative_volt: float
    positive_volt: float


def equations(
    own: Floats, shared: Floats, curve: Rows, points: Points, negative: Table, positive: Table, errors: Errors
) -> tuple[Floats, Floats]:
    """Return residuals (m, points) and derivatives (m, points, SIZE), in V.

    `own` are the parameters of each curve (m, 5), `shared` the coefficients of the tables' errors (m, ERRORS).
    """
    loop = machine_erring()
    if loop is None:
        return _equations(own, shared, curve, points, negative, positive, errors)
    residual = np.zeros((len(own), points.z.shape[1]))
    jacobian = np.zeros((*residual.shape, SIZE))
    sizes = np.outer(errors, PRIOR)
    middles, gains = zip(
        *(own_amplitude(*each) for each in zip((negative, positive), errors, strict=True)), strict=True
    )
    own, shared = np.ascontiguousarray(own), np.ascontiguousarray(shared)
    loop(
        own, shared, curve, *points, *negative, *positive, sizes, np.array(middles), np.array(gains), residual, jacobian
    )
    return residual, jacobian


def _equations(
    own: Floats, shared: Floats, curve: Rows, points: Points, negative: Table, positive: Table, errors: Errors
) -> tuple[Floats, Floats]:
    z = points.z[curve]
    x0, wx, y0, wy, share = (column[:, None] for column in own.T)
    x, y = x0 + wx * z, y0 - wy * z
    un, un_slope, un_share = look_up(negative, x, share)
    up, up_slope, _ = look_up(positive, y, np.zeros_like(share))
    n_wave, n_tilt = waves(negative, x, un, un_slope, errors.negative_volt)
    p_wave, p_tilt = waves(positive, y, up, up_slope, errors.positive_volt)
    n_error, p_error = shared[:, :EACH, None], shared[:, EACH:, None]
    un, un_slope = un + (n_wave @ n_error)[..., 0], un_slope + (n_tilt @ n_error)[..., 0]
    up, up_slope = up + (p_wave @ p_error)[..., 0], up_slope + (p_tilt @ p_error)[..., 0]
    steep = np.stack((-un_slope, -un_slope * z, up_slope, -up_slope * z, -un_share), axis=-1)
    real = np.arange(z.shape[1])[None, :] < points.number[curve][:, None]
    jacobian = np.concatenate((steep, -n_wave, p_wave), axis=-1)
    residual = up - un - points.voltage_volt[curve]
    return np.where(real, residual, 0.0), np.where(real[:, :, None], jacobian, 0.0)


def waves(table: Table, at: Floats, potential_volt: Floats, slope: Floats, error_volt: float) -> tuple[Floats, Floats]:
    """Return waves and amplitude at stoichiometries, of the prior's size, and their slopes: (..., EACH) each, V."""
    width = table.step * (table.potential_volt.shape[1] - 1)
    phase = np.pi * np.clip((at - table.low) / width, 0, 1)[..., None] * NUMBER
    sine, cosine = error_volt * PRIOR * np.sin(phase), error_volt * PRIOR * np.cos(phase)
    turn = np.pi * NUMBER / width
    middle, gain = own_amplitude(table, error_volt)
    own, own_slope = gain * (potential_volt - middle)[..., None], gain * slope[..., None]
    tilts = np.concatenate((cosine * turn, -sine * turn, own_slope), -1)
    return np.concatenate((sine, cosine, own), -1), tilts


def own_amplitude(table: Table, error_volt: float) -> tuple[float, float]:
    """Return a table's middle, V, and the part of its distance from it that is one standard deviation."""
    middle = float(table.potential_volt.mean())
    return middle, AMPLITUDE * error_volt / float(table.potential_volt.std())
