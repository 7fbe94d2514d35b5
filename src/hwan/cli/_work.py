"""Work over several sources: progress on stderr, one broken file stops nobody, Ctrl-C keeps what is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from hwan.cli._outcome import Failure, worst

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Source = TypeVar("Source")
Result = TypeVar("Result")


@dataclass(slots=True)
class Done(Generic[Result]):
    """Results and failures of a run, in order."""

    results: list[Result] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def attempt(self, work: Callable[[], object], name: str, language: str) -> bool:
        """Do one more thing and return whether it was done; when it fails, the results stay."""
        try:
            work()
        except (Exception, KeyboardInterrupt) as error:
            self.failures.append(Failure.of(error, name, language))
            return False
        return True

    def exit_code(self, *codes: int) -> int:
        """Return the most severe code among the failures and `codes`."""
        return worst([*(failure.exit_code for failure in self.failures), *codes])


@dataclass(slots=True)
class RowBar:
    """A second bar, for the rows of the source that is worked on."""

    shown: Progress | None = None
    task: TaskID | None = None

    def rows(self, total: int | None) -> Callable[[int], None]:
        """Return what is told how many of `total` rows were read."""
        if self.shown is None:
            return lambda _: None
        if self.task is not None:
            self.shown.remove_task(self.task)
        progress, self.task = self.shown, self.shown.add_task("", total=total)
        return partial(_update, progress, self.task)


def _update(progress: Progress, task: TaskID, rows: int) -> None:
    progress.update(task, completed=rows)


def over(
    sources: Sequence[Source],
    work: Callable[[Source], Sequence[Result]],
    name: Callable[[Source], str],
    language: str,
    bar: RowBar | None = None,
) -> Done[Result]:
    """Do `work` on each source; what was done when somebody presses Ctrl-C is kept.

    `bar` lets the work show how far it is within a source.
    """
    done: Done[Result] = Done()
    current = ""
    try:
        with _bar() as progress:
            task = progress.add_task("", total=len(sources)) if progress else None
            if bar:
                bar.shown = progress
            for source in sources:
                current = name(source)
                if progress and task is not None:
                    progress.update(task, description=current)
                _do(work, source, current, done, language)
                if progress and task is not None:
                    progress.advance(task)
    except KeyboardInterrupt as error:
        done.failures.append(Failure.of(error, current, language))
    return done


def _do(
    work: Callable[[Source], Sequence[Result]], source: Source, name: str, done: Done[Result], language: str
) -> None:
    try:
        done.results.extend(work(source))
    except Exception as error:
        done.failures.append(Failure.of(error, name, language))


def _bar() -> AbstractContextManager[Progress | None]:
    """Return a bar for a terminal, or where one is asked for; elsewhere its library need not be loaded."""
    asked = any(os.environ.get(name) for name in ("FORCE_COLOR", "TTY_COMPATIBLE"))
    return _progress() if asked or (sys.stderr and sys.stderr.isatty()) else nullcontext()


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
