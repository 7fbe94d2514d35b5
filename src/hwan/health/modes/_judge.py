"""Which figures may be told: what speaks against a curve, against all its losses, or against one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hwan.core import is_known
from hwan.health.modes._curve import Curve, Prepared
from hwan.health.modes._estimate import ODD, WORST, Estimates
from hwan.health.modes._kernel import Floats

SLOWEST_NEEDED: Final = 0.055
"""C/20 and a tenth more: above it the voltage is no open-circuit voltage."""
CORRECTED_LIMIT: Final = 0.22
"""C/5 and a tenth more: above it no one resistance takes out what the current does."""
WIDEST: Final = 0.03
"""Half-width of the 90 % interval of a loss, up to which it is told."""
WIDEST_RELATIVE: Final = 0.05
"""The same of a capacity, as part of it."""
END_SHARE: Final = 0.03
END_RISE_VOLT: Final = 0.04
"""A curve sees an end where its voltage moves so much over the last 3 % of its charge."""
NARROW: Final = 0.42
"""A window of less than this part of the whole charge has several readings that tables with an error all fit.

The same where the negative, of a fresh curve or of one without, moved by less.
"""
MOST_GAIN: Final = 0.02
"""An electrode that seems to have grown by more is a wrong minimum, or the fresh curve is another cell's."""
ON_PLATEAU: Final = (0, 2, 3, 5)
"""Losses and capacities that rest on where the positive stands: lithium inventory and positive electrode."""
TESTS: Final = {
    "modes_rate_above_limit": "modes_slow_full_charge",
    "modes_residual_too_large": "modes_half_cells",
    "modes_features_unknown": "modes_half_cells",
    "modes_tables_do_not_fit": "modes_half_cells",
    "modes_at_bound": "modes_slow_full_charge",
    "modes_no_fresh_curve": "modes_fresh_curve",
    "modes_reference_unfit": "modes_fresh_curve",
    "modes_plateau_without_ends": "modes_slow_full_charge",
    "modes_window_narrow": "modes_slow_full_charge",
    "modes_window_unexplained": "modes_slow_full_charge",
    "modes_gain": "modes_fresh_curve",
    "modes_interval_too_wide": "modes_slow_full_charge",
    "modes_no_silicon": "modes_state_silicon",
}
"""Which test lifts each refusal."""
Codes = npt.NDArray[np.object_]


def rate_refused(curve: Curve) -> bool:
    """Return whether a curve was measured too fast for what it is to say."""
    limit = CORRECTED_LIMIT if curve.corrected else SLOWEST_NEEDED
    return bool(is_known(curve.rate_per_hour) and curve.rate_per_hour > limit)


def sees_both_ends(curve: Prepared) -> bool:
    """Return whether the voltage of a curve turns at both its ends, as at its cut-offs."""
    z = curve.charge_ah / curve.charge_ah[-1]
    low, near_low, near_high, high = np.interp((0, END_SHARE, 1 - END_SHARE, 1), z, curve.voltage_volt)
    return bool(near_low - low >= END_RISE_VOLT and high - near_high >= END_RISE_VOLT)


def curve_codes(found: Estimates) -> Codes:
    """Return what speaks against the whole fit of each curve, shape (n,); None where nothing does."""
    codes: Codes = np.full(len(found.residual_volt), None, dtype=object)
    codes[found.at_bound] = "modes_at_bound"
    codes[found.features > ODD] = "modes_features_unknown"
    codes[found.table_ratio > WORST] = "modes_tables_do_not_fit"
    codes[~(found.residual_volt <= found.limit_volt)] = "modes_residual_too_large"
    return codes


class Kinds(NamedTuple):
    """Whether the positive has a plateau, the tables are exact, a share of silicon is fitted; the whole charge, Ah.

    `whole_ah` is what a fresh curve moved, or the rated capacity; 0 where neither is known.
    """

    plateau: bool
    exact: bool
    silicon: bool
    whole_ah: float


def figure_codes(
    found: Estimates, low: Floats, high: Floats, curves: Sequence[Prepared], kinds: Kinds, fresh_spread: float
) -> Codes:
    """Return what speaks against each figure, shape (n, 7); None where nothing does."""
    codes: Codes = np.full(low.shape, None, dtype=object)
    value = found.mean[:, 0]
    widest = np.array([WIDEST] * 3 + [0.0] * 3 + [WIDEST_RELATIVE])
    allowed = np.broadcast_to(widest, low.shape).copy()
    allowed[:, 3:6] = WIDEST_RELATIVE * value[:, 3:6]
    codes[~((high - low) / 2 <= allowed)] = "modes_interval_too_wide"
    if not kinds.exact:
        narrow = np.array([each.charge_ah[-1] < NARROW * kinds.whole_ah for each in curves])
        moved = found.parameters[:, 1] if found.reference is None else found.reference.parameters[:, 1].min()
        narrow |= moved < NARROW
        codes[narrow, :6] = "modes_window_narrow"
        codes[found.unexplained & ~narrow, :6] = "modes_window_unexplained"
    blind = _blind(curves, kinds)
    gains = ((value[:, :3] < -MOST_GAIN - 2 * fresh_spread) & ~blind[:, :3]).any(axis=1)
    codes[gains, :3] = "modes_gain"
    codes[blind] = "modes_plateau_without_ends"
    if found.reference is None:
        codes[:, :3] = "modes_no_fresh_curve"
    elif found.reference_bad:
        codes[:, :3] = "modes_reference_unfit"
    if not kinds.silicon:
        codes[:, 6] = "modes_no_silicon"
    return codes


def _blind(curves: Sequence[Prepared], kinds: Kinds) -> npt.NDArray[np.bool_]:
    """Return which figures a plateau hides, shape (n, 7)."""
    hidden = np.zeros((len(curves), 7), dtype=np.bool_)
    if kinds.plateau:
        unseen = np.array([not sees_both_ends(each) for each in curves])
        # With exact tables the plateau's slight slope still tells the inventory; a table's error drowns it.
        for place in (2, 5) if kinds.exact else ON_PLATEAU:
            hidden[unseen, place] = True
    return hidden
