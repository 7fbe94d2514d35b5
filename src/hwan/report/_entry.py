"""What the page is made from: one entry per battery, and the files that could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from hwan import core


@dataclass(frozen=True, slots=True)
class Entry:
    """One battery on the page.

    Parameters
    ----------
    assessment
        Everything said about the battery.
    samples
        The recording in BDF columns, or None when no curve is to be drawn.
    steps, cycles
        The frames of steps and cycles, or None.
    truth
        Known truth of a synthetic battery by quantity, in the unit of the measurement. A resistance
        names its pulse, ``dc_resistance discharge 10.0``: without it, several times have no one truth.
    notes
        Labels in plain words, for example ``measured`` or ``model-made``.
    ruleset
        The rules behind the grade: their sources, class labels and safety items are shown when given.
    prices_sha256
        Hash of the price list behind the route.
    recordings
        The recordings behind the assessment, the one of `samples` last: a certificate states their
        instruments and dates.
    rapid_models
        Id and SHA-256 of the rapid models whose answers stand in the assessment.
    """

    assessment: core.Assessment
    samples: pl.DataFrame | None = None
    steps: pl.DataFrame | None = None
    cycles: pl.DataFrame | None = None
    truth: Mapping[str, float] | None = field(default=None)
    notes: tuple[str, ...] = ()
    ruleset: core.Ruleset | None = None
    prices_sha256: str = ""
    recordings: tuple[core.Recording, ...] = ()
    rapid_models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that gave no assessment, and why, in the reader's language."""

    source: str
    code: str
    message: str
