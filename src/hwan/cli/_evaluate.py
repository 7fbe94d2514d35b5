"""Evaluation of batteries: files in, assessments and what the report needs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwan.assess import evaluate
from hwan.cli._battery import Known, Request, Stated, known
from hwan.cli._outcome import DONE, REFUSED
from hwan.cli._work import Done, over
from hwan.core import Assessment, HwanError, Recording, Test
from hwan.health import joined


@dataclass(frozen=True, slots=True)
class Job:
    """One battery to evaluate.

    Parameters
    ----------
    name
        The battery's id.
    source
        What a failure is told by.
    files
        The tester's files, oldest first.
    about
        What is known of the battery, or stated and still to be loaded, or why nothing can be done.
    """

    name: str
    source: str
    files: tuple[Path, ...]
    about: Known | Stated | HwanError

    def known(self) -> Known:
        """Return what is known of the battery; raise what is wrong with it."""
        if isinstance(self.about, HwanError):
            raise self.about
        return known(self.about) if isinstance(self.about, Stated) else self.about

    def inputs(self) -> tuple[Path | None, ...]:
        """Return every file of the battery, which no output may replace."""
        about = self.about
        own = (about.sheet, about.bms, about.instrument, *about.cell_logs) if isinstance(about, Stated) else ()
        return (*self.files, *own)


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment, the files of its photos, and for a page the last recording, to be drawn, and all of them."""

    assessment: Assessment
    photos: tuple[Path, ...] = ()
    last: Recording | None = None
    recordings: tuple[Recording, ...] = ()

    @property
    def exit_code(self) -> int:
        """4 when the grade needs more evidence, else 0."""
        return DONE if self.assessment.grade.status == "graded" else REFUSED


def jobs_of(files: Sequence[Path], battery: Known, *, same_battery: bool = False) -> tuple[Job, ...]:
    """Return one job per file, or one of all files."""
    groups = [tuple(files)] if same_battery else [(path,) for path in files]
    return tuple(Job(group[0].name, ", ".join(map(str, group)), group, battery) for group in groups)


def evaluate_jobs(jobs: Sequence[Job], asked: Request, language: str, *, keep: bool = True) -> Done[Assessed]:
    """Evaluate batteries, one after another; `keep` samples only where they will be drawn.

    Where they say together that their rapid tests were not like the calibrated ones, all are evaluated again.
    """
    done = _evaluated(jobs, asked, language, keep=keep)
    again = of_series(asked, done)
    return done if again is asked else _evaluated(jobs, again, language, keep=keep)


def _evaluated(jobs: Sequence[Job], asked: Request, language: str, *, keep: bool) -> Done[Assessed]:
    def work(job: Job) -> tuple[Assessed]:
        return (replace(evaluate_job(job, asked, keep=keep), recordings=()),)

    return over(jobs, work, lambda job: job.source, language)


def of_series(asked: Request, done: Done[Assessed]) -> Request:
    """Return what is asked of a series, the same where nothing speaks against rapid answers."""
    if asked.rapid is None:
        return asked
    wanted = asked.rapid.of_series([each.assessment for each in done.results])
    return replace(asked, rapid=wanted) if wanted.shifted else asked


def evaluate_job(job: Job, asked: Request, *, keep: bool = True) -> Assessed:
    """Evaluate one battery; what is drawn of joined channels and logs is what was evaluated."""
    about = job.known()
    test = asked.test(job.files, about)
    assessment = assess(test, about, asked, job.name)
    done = Assessed(assessment, about.readings.files)
    return replace(done, last=joined(test)[-1], recordings=test.recordings) if keep else done


def assess(test: Test, about: Known, asked: Request, name: str) -> Assessment:
    """Evaluate the recordings of one battery called `name`."""
    wanted = asked.rapid
    found = evaluate(
        [test],
        about.battery(name),
        observations=about.readings.observations,
        bms=about.readings.bms,
        attachments=about.readings.attachments,
        ruleset=asked.ruleset,
        prices=asked.prices,
        rapid=wanted.of(about.kind, about.batch) if wanted else None,
    )
    return wanted.beside(found) if wanted else found
