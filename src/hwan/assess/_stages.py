"""Test stages of a centre as data: minutes with all handling, what each gives, how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from hwan.core import UNKNOWN, BadDefinition, Unknown, load_definition

FOLDER: Final = Path(__file__).parent / "stages"
LAST: Final = "full"


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes that a stage takes, handling included: a pulse of seconds is a test of half an hour."""

    connect: float
    soak: float
    set_charge: float
    rest: float
    test: float
    disconnect: float

    @property
    def total(self) -> float:
        """All of them together."""
        return float(sum(getattr(self, each.name) for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Stage:
    """One test: `half_width_points` is half its 90 % interval of the state of health, in points of the rating.

    A stage that is not `validated`, or whose half-width nobody knows, decides nothing.
    """

    id: str
    gives: str
    minutes: Minutes
    half_width_points: float | Unknown
    validated: bool
    source: str


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of one centre in their order, the full test among them."""

    id: str
    issuer: str
    title: Mapping[str, str]
    stages: tuple[Stage, ...]
    sha256: str = ""

    def named(self, name: str) -> Stage:
        """Return the stage of that id; KeyError where there is none."""
        return {each.id: each for each in self.stages}[name]


def load_stages(name_or_path: str | Path) -> Stages:
    """Return the stages with this id, or those in a file of the user's own.

    Raises
    ------
    hwan.core.UnknownName, hwan.core.BadDefinition
        When there are none of that id; when the file does not fit, or has no stage ``full`` of known half-width.

    Examples
    --------
    >>> load_stages("house-stages/1").named("full").minutes.total
    488.0
    """
    found, source, sha256 = load_definition("stages", name_or_path, FOLDER, Stages)
    last = [each for each in found.stages if each.id == LAST]
    if not last or last[0].half_width_points is UNKNOWN:
        raise BadDefinition("stages_without_full", source=source)
    return Stages(found.id, found.issuer, found.title, found.stages, sha256)
