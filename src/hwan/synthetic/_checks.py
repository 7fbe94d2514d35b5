"""Checks of arguments, with one sentence for all."""

from __future__ import annotations

from hwan.core import UsageError


def positive(name: str, value: float) -> None:
    """Raise a UsageError unless `value` is above zero."""
    if not value > 0:
        raise UsageError("synthetic_parameter", name=name, expected="> 0", got=value)


def at_least(name: str, value: float, least: float) -> None:
    """Raise a UsageError unless `value` is `least` or more."""
    if not value >= least:
        raise UsageError("synthetic_parameter", name=name, expected=f">= {least}", got=value)


def at_most(name: str, value: float, most: float) -> None:
    """Raise a UsageError unless `value` is `most` or less."""
    if not value <= most:
        raise UsageError("synthetic_parameter", name=name, expected=f"<= {most}", got=value)
