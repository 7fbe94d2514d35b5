"""hwan steps, hwan cycles: in memory, or in one bounded pass where a recording is large or still grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer
from rich.console import Console

from hwan.cli import _lazy
from hwan.cli import _options as option
from hwan.cli._frames import print_frames
from hwan.cli._outcome import document, print_document, print_failures
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._report import check_place
from hwan.cli._state import load_state, save_state
from hwan.cli._tables import ui
from hwan.cli._work import Done, RowBar, over
from hwan.core import Recording, UsageError
from hwan.health import StreamResult, cycles, resume_steps, steps, stream_recording
from hwan.health._stream_whole import cycles_alone, steps_alone

Found = tuple[Recording, pl.DataFrame]
METHODS: Final[dict[str, Callable[[Recording], pl.DataFrame]]] = {"steps": steps, "cycles": cycles}
STREAMED: Final[dict[str, Callable[[StreamResult], pl.DataFrame]]] = {"steps": steps_alone, "cycles": cycles_alone}

StateFile = Annotated[
    Path | None,
    typer.Option("--state", help="Go on with FILE, a test that still runs, where this file says; made or renewed."),
]


def list_frames(
    context: typer.Context,
    files: option.Files,
    continued: option.Continued = False,
    state: StateFile = None,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Print the table that the command is named after."""
    name = str(context.info_name)
    making = Making(name, Wanted.of(key, mapping, continued=continued), state)
    done = making.over(files, lang.value)
    if json:
        parts = [{"provenance": recording.provenance, name: _rows(frame)} for recording, frame in done.results]
        print_document(document(f"hwan.{name}/1", done.failures, recordings=parts))
    else:
        print_frames(name, done.results, lang.value)
        making.print_state(lang.value)
        print_failures(done.failures)
    return done.exit_code()


def _rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Return the rows as plain values; what is null is left out."""
    return [{name: value for name, value in row.items() if value is not None} for row in frame.rows(named=True)]


@dataclass(slots=True)
class Making:
    """How the table `name` is made of each recording; `read` are the rows known before and after a pass."""

    name: str
    wanted: Wanted
    state: Path | None
    bar: RowBar = field(default_factory=RowBar)
    read: tuple[int, int] | None = None

    def over(self, files: Sequence[Path], language: str) -> Done[Found]:
        """Make the table of every recording of every file."""
        groups = self.wanted.groups(files)
        if self.state:
            check_place(self.state, files)
        if self.state and len(groups) > 1:
            raise UsageError("state_of_which", count=len(groups), state=str(self.state))
        return over(groups, self._grown if self.state else self._made, name_of, language, self.bar)

    def _made(self, group: Sequence[Path]) -> list[Found]:
        large = self._large(group)
        if large is not None:
            tell = self.bar.rows(_lazy.rows_of(group[0]))
            return [(large, STREAMED[self.name](stream_recording(large, tell)))]
        return [(each, METHODS[self.name](each)) for each in self.wanted.recordings(group)]

    def _large(self, group: Sequence[Path]) -> Recording | None:
        """Return the recording of a Parquet file too large for memory, None for any other."""
        if not self.wanted.plain or _lazy.rows_of(group[0]) <= _lazy.LARGE_ROWS:
            return None
        return _lazy.stored(group[0]) or _lazy.scanned(group[0])

    def _grown(self, group: Sequence[Path]) -> list[Found]:
        """Go on with the one recording of a group, from the state where there is one."""
        assert self.state  # noqa: S101 - asked before
        state = load_state(self.state)
        seen = state.known.rows if state else 0
        lazy = _lazy.scanned(group[0], seen) if self.wanted.plain and not _lazy.stored(group[0]) else None
        recording = lazy or self.wanted.recording(group)
        tell = self.bar.rows(_lazy.rows_of(group[0]) if lazy else None)
        if state:
            state.require_same(recording, self.state)
            new, source = recording.samples.slice(seen), recording.provenance.source_name
            result = resume_steps(state.stand, new, source, tell)
        else:
            result = stream_recording(recording, tell)
        save_state(self.state, recording, result)
        self.read = (seen, result.state.seen)
        return [(recording, STREAMED[self.name](result))]

    def print_state(self, language: str) -> None:
        """Say on stderr how many rows were read."""
        if self.read:
            before, now = self.read
            said = ui("state_saved", language, state=self.state, rows=f"{now:,}", new=f"{now - before:,}")
            Console(stderr=True).print(said, markup=False, soft_wrap=True, style="dim")
