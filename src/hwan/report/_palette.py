"""Colours by role, for light and dark; distinguishable by colour-blind readers and never the only sign.

Figures are painted in the light colours; each is then replaced by its CSS variable, so that the page's
scheme (light, dark, print) also colours the figures.
"""

from __future__ import annotations

from typing import Final

COLOURS: Final = {
    "ink": ("#18212b", "#e8ecf1"),
    "muted": ("#566270", "#a3afbd"),
    "rule": ("#c9d0d8", "#3d4854"),
    "grid": ("#e6eaee", "#2a333d"),
    "paper": ("#ffffff", "#151b22"),
    "ground": ("#f4f6f8", "#0e1318"),
    "panel": ("#f8fafb", "#1b232b"),
    "accent": ("#0b5c7a", "#6cc3e0"),
    "voltage": ("#0b62b0", "#63b0f5"),
    "current": ("#c04a00", "#f59a5c"),
    "charge": ("#0b63b1", "#64b1f6"),
    "discharge": ("#bf4b01", "#f69b5d"),
    "passed": ("#0a7355", "#4cc9a0"),
    "failed": ("#b3241c", "#ff8d80"),
    "uncertain": ("#8a5a00", "#f0bd4f"),
    "neutral": ("#6b7682", "#98a4b1"),
    "passed-soft": ("#e3f3ed", "#12332a"),
    "failed-soft": ("#fbe8e6", "#3e1d1b"),
    "uncertain-soft": ("#fbf1da", "#3a2e12"),
    "neutral-soft": ("#eceff2", "#27303a"),
    "step-rest": ("#e9ecef", "#2b343e"),
    "step-cc": ("#dbe9f8", "#1a334d"),
    "step-cv": ("#e6e0f5", "#312a4d"),
    "step-pulse": ("#fbe9c4", "#4a3a14"),
    "step-other": ("#f3f5f6", "#20282f"),
    "term-1": ("#0072b2", "#4aa8de"),
    "term-2": ("#e69f00", "#f0b73c"),
    "term-3": ("#009e73", "#35c49b"),
    "term-4": ("#cc79a7", "#e09cc2"),
    "term-5": ("#56b4e9", "#8fd0f5"),
    "term-6": ("#d55e00", "#f08a3e"),
    "term-7": ("#7a6cc4", "#a99df0"),
    "term-8": ("#98a2ad", "#7b8793"),
}  # fmt: skip
TERMS: Final = tuple(role for role in COLOURS if role.startswith("term-"))


def light(role: str) -> str:
    """Return the colour in which figures are painted."""
    return COLOURS[role][0]


def variables(column: int) -> str:
    """Return the CSS declarations of the light (0) or dark (1) scheme."""
    return ";".join(f"--{role}:{pair[column]}" for role, pair in COLOURS.items())


def recoloured(style: str) -> str:
    """Return a style declaration with our colours as CSS variables."""
    for colour, role in _ROLES.items():
        if colour in style:
            style = style.replace(colour, f"var(--{role})")
    return style


_ROLES: Final = {pair[0]: role for role, pair in COLOURS.items()}
