"""A control chart of check cells: whether the test of today still answers as the one that was calibrated.

A check cell has a known capacity and is tested again and again. One point far off, or many on one side, says
that temperature, rest, contact or the cell itself is no longer what it was when the model was calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Signal = Literal["in_control", "beyond_limit", "two_of_three", "one_side"]
ACTION_SIGMA: Final = 3.0
WARNING_SIGMA: Final = 2.0
RUN: Final = 8
"""So many points on one side of the reference in a row (Western Electric rules: Statistical Quality Control
Handbook, 1956)."""


@dataclass(frozen=True, slots=True)
class ControlChart:
    """Points of check cells in the order of time, arrays of shape (points,).

    `difference` is predicted minus reference state of health (1), `score` the same over the standard
    deviation that the calibration leaves between a cell and its prediction, `signals` what each point says.
    """

    difference: Floats
    score: Floats
    signals: tuple[Signal, ...]

    @property
    def signal(self) -> Signal:
        """What the last point says; ``in_control`` without points."""
        return self.signals[-1] if self.signals else "in_control"


def control_chart(predicted: ArrayLike, reference: ArrayLike, sigma: float) -> ControlChart:
    """Return the chart of check cells.

    Parameters
    ----------
    predicted, reference
        State of health by the rapid test and by the full one, shape (points,), in the order of time.
    sigma
        Standard deviation of the prediction of a cell, same unit.

    Raises
    ------
    ValueError
        When both have not the same length, or sigma is not above zero.
    """
    given, known = np.asarray(predicted, dtype=float), np.asarray(reference, dtype=float)
    if given.shape != known.shape or not sigma > 0:
        message = f"one reference for each prediction and a sigma above 0: {given.shape}, {known.shape}, {sigma}"
        raise ValueError(message)
    score = (given - known) / sigma
    return ControlChart(given - known, score, tuple(_signal(score[: place + 1]) for place in range(len(score))))


def _signal(score: Floats) -> Signal:
    if abs(score[-1]) > ACTION_SIGMA:
        return "beyond_limit"
    side = np.sign(score)
    if (np.abs(score[-3:]) > WARNING_SIGMA).sum() >= 2 and abs(
        side[-3:][np.abs(score[-3:]) > WARNING_SIGMA].sum()
    ) >= 2:
        return "two_of_three"
    return "one_side" if len(score) >= RUN and abs(side[-RUN:].sum()) == RUN else "in_control"
