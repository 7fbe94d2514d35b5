"""Interval arithmetic on (low, central, high), in which nothing is assumed to cancel."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple, Protocol


class _Ends(Protocol):
    @property
    def low(self) -> float: ...
    @property
    def central(self) -> float: ...
    @property
    def high(self) -> float: ...


class Range(NamedTuple):
    """A figure and the ends of its interval."""

    low: float
    central: float
    high: float

    @classmethod
    def of(cls, ends: _Ends) -> Range:
        """Return the range of anything that has the three figures."""
        return cls(ends.low, ends.central, ends.high)

    def times(self, other: Range) -> Range:
        """Return the product: of the four products of ends, the least and the greatest."""
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(min(corners), self.central * other.central, max(corners))

    def scaled(self, factor: float) -> Range:
        """Return the range times a factor without an interval."""
        return self.times(Range(factor, factor, factor))

    def paid(self) -> Range:
        """Return a cost as the holder sees it: negative, its high end the worst."""
        return Range(-self.high, -self.central, -self.low)


def total(ranges: Iterable[Range]) -> Range:
    """Return the sum; exactly rounded, so that the order of the terms cannot matter."""
    listed = list(ranges)
    return Range(*(math.fsum(ends) for ends in zip(*listed, strict=True))) if listed else Range(0.0, 0.0, 0.0)
