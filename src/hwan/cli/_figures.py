"""Figures as a terminal shows them: with their interval, and no more digits than it deserves."""

from __future__ import annotations

from hwan.core import Measurement


def with_interval(measured: Measurement) -> str:
    """Return value, 90 % interval and unit, with as many decimals as the interval's width deserves."""
    small = abs(measured.value) < 0.1 and measured.unit != "1"
    scale, unit = (1000, f"m{measured.unit}") if small else (1, measured.unit)
    low, high = (bound * scale for bound in measured.interval)
    decimals = _decimals(high - low)
    value, first, last = (f"{each:,.{decimals}f}" for each in (measured.value * scale, low, high))
    return f"{value} [{first}, {last}] {unit_sign(unit)}".rstrip()


def unit_sign(unit: str) -> str:
    """Return a unit as it is written on screen."""
    return "" if unit == "1" else unit.replace("ohm", "Ω")


def _decimals(width: float) -> int:
    return next((digits for digits in range(9) if width * 10**digits >= 10), 9) if width > 0 else 4
