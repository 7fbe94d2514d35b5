"""Evaluation of files: recordings in, assessments and what the report needs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwan.assess import evaluate
from hwan.cli._battery import Request
from hwan.cli._outcome import DONE, REFUSED
from hwan.cli._work import Done, over
from hwan.core import Assessment, Recording


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment, and the last recording behind it where a page will draw it."""

    assessment: Assessment
    last: Recording | None

    @property
    def exit_code(self) -> int:
        """4 when the grade needs more evidence, else 0."""
        return DONE if self.assessment.grade.status == "graded" else REFUSED


def evaluate_files(
    files: Sequence[Path], asked: Request, language: str, *, same_battery: bool = False, keep: bool = True
) -> Done[Assessed]:
    """Evaluate files: one battery each, or all of one battery; `keep` samples only where they will be drawn."""
    groups = [tuple(files)] if same_battery else [(path,) for path in files]

    def work(group: tuple[Path, ...]) -> tuple[Assessed]:
        recordings = asked.recordings(group)
        return (Assessed(assess(recordings, asked, group[0].name), recordings[-1] if keep else None),)

    return over(groups, work, lambda group: ", ".join(str(path) for path in group), language)


def assess(recordings: tuple[Recording, ...], asked: Request, name: str) -> Assessment:
    """Evaluate the recordings of one battery called `name`."""
    return evaluate(
        recordings,
        asked.battery(name),
        observations=asked.observations,
        bms=asked.bms,
        ruleset=asked.ruleset,
        prices=asked.prices,
    )
