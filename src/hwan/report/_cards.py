"""The headline figures that stand at the top of an article."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure: what it is, the figure, and what stands below."""

    label: str
    value: str
    unit: str
    below: tuple[str, ...] = ()
    tone: str = "accent"
