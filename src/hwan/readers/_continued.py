"""One test that its tester split over several files, joined into one recording.

Rows are numbered through, from the first row of the first part. A finding tells where each part begins,
so that a row of evidence leads back to its file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from hwan.core import Finding, Mark, Provenance, Recording, Scalar, Severity, UsageError, is_known, recording_id
from hwan.readers._physics_samples import short
from hwan.readers._seams import TEST, WALL, Part, Seam, counted_on, headings, seam_between, under_current

READER: Final = "continued"
VERSION: Final = "1"
GAP_SECOND: Final = 60.0


def continued(recordings: Sequence[Recording]) -> Recording:
    """Join recordings of one test of one battery that was split over several files.

    The parts are ordered by the wall clock where all have one, else as given. A test time that begins
    again goes on by the wall clock; without one directly after the part before, with a finding that the
    gap is unknown. Rows at a seam that both parts have are taken once. Counters of the test go on where
    they began again, those of a cycle or step when the seam lies inside it; schedule counters, whose
    resets are the operator's, and cycle numbers stay as written. What was changed carries a mark of
    kind ``derived``. Rows are numbered through; the findings tell each part's first row.

    Parameters
    ----------
    recordings
        At least two, with the same columns (``raw_*`` and temperatures may differ).

    Raises
    ------
    UsageError
        Fewer than two, the same twice, other columns, overlapping times, or what cannot be one battery.
    """
    if len(recordings) < 2:
        raise UsageError("continued_needs_two", got=len(recordings))
    parts = _ordered([Part(recording, recording.samples.collect()) for recording in recordings])
    _require_alike(parts)
    joined = _Joined()
    for part in parts:
        joined.append(part)
    return _recording(parts, joined)


@dataclass(slots=True)
class _Joined:
    """The parts so far: rows, findings, marks; of the part before, how it was `written` and how `joined`."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    written: Part | None = None
    joined: Part | None = None
    rows: int = 0

    def append(self, part: Part) -> None:
        """Add a part after the others."""
        changed: list[str] = []
        kept, repeated = part, 0
        if self.written is not None and self.joined is not None:
            seam = seam_between(self.written, part)
            repeated = seam.repeated
            kept, changed = _going_on(self.written, self.joined, Part(part.recording, part.frame.slice(repeated)), seam)
            self.findings += _told(self.written, part, seam, changed)
        where: dict[str, Scalar] = {"source": part.name, "first_row": self.rows + 1, "part": len(self.frames) + 1}
        self.findings.append(Finding("continued_part", "note", f"rows {self.rows + 1}", where))
        self.findings += [replace(each, where=f"{part.name}: {each.where}") for each in part.recording.findings]
        self.marks += _moved(part.recording.marks, self.rows - repeated, self.rows)
        end = self.rows + kept.frame.height - 1
        self.marks += [Mark(name, "derived", self.rows, end) for name in changed]
        self.frames.append(kept.frame)
        self.written, self.joined, self.rows = part, kept, end + 1


def _going_on(before: Part, joined: Part, after: Part, seam: Seam) -> tuple[Part, list[str]]:
    """Return the part with its counters and its test time going on, and the columns that were changed."""
    frame, changed = counted_on(before, joined, after)
    end, begin = joined.edge(TEST, -1) or 0.0, after.edge(TEST, 0) or 0.0
    shift = end + (seam.gap_second or 0.0) - begin if seam.restarts else end - (before.edge(TEST, -1) or 0.0)
    if shift:
        frame, changed = frame.with_columns(pl.col(TEST) + shift), [TEST, *changed]
    return Part(after.recording, frame), changed


def _ordered(parts: list[Part]) -> list[Part]:
    begins = [part.edge(WALL, 0) for part in parts]
    if any(begin is None for begin in begins):
        return parts
    return [part for _, part in sorted(zip(begins, parts, strict=True), key=lambda pair: pair[0] or 0.0)]


def _require_alike(parts: list[Part]) -> None:
    first = parts[0]
    seen = {first.recording.id: first.name}
    for part in parts[1:]:
        if part.recording.id in seen:
            raise UsageError("continued_same_twice", source=part.name, other=seen[part.recording.id])
        seen[part.recording.id] = part.name
        apart = headings(first) ^ headings(part)
        if apart:
            raise UsageError(
                "continued_headings_differ", source=part.name, other=first.name, columns=", ".join(sorted(apart))
            )


def _told(before: Part, after: Part, seam: Seam, changed: list[str]) -> Iterator[Finding]:
    """Yield what was found and done at a seam; each sentence names the part that begins there."""
    source: dict[str, Scalar] = {"source": after.name}
    if seam.repeated:
        yield Finding("continued_rows_repeated", "note", after.name, source | {"count": seam.repeated})
    if seam.gap_second is None:
        yield Finding("continued_gap_unknown", "warning", after.name, source)
    elif seam.gap_second > GAP_SECOND:
        severity: Severity = "warning" if under_current(before, after) else "note"
        yield Finding("continued_gap", severity, after.name, source | {"gap_second": short(seam.gap_second)})
    if changed:
        yield Finding("continued_counters", "note", after.name, source | {"columns": ", ".join(changed)})
    first, last = after.edge("cycle_count", 0), before.edge("cycle_count", -1)
    if first is not None and last is not None and first < last:
        yield Finding("continued_cycles_restart", "warning", after.name, source | {"first": first, "last": last})
    was, got = (part.recording.instrument.id for part in (before, after))
    if is_known(was) and is_known(got) and was != got:
        yield Finding("continued_other_channel", "warning", after.name, source | {"was": was, "got": got})


def _moved(marks: Sequence[Mark], by: int, least: int) -> Iterator[Mark]:
    """Yield the marks of a part with rows of the joined recording; those of rows taken out are gone."""
    for mark in marks:
        if mark.last_row + by >= least:
            yield replace(mark, first_row=max(mark.first_row + by, least), last_row=mark.last_row + by)


def _recording(parts: list[Part], joined: _Joined) -> Recording:
    first = parts[0].recording
    return replace(
        first,
        provenance=_provenance([part.recording.provenance for part in parts]),
        samples=pl.concat(joined.frames, how="diagonal_relaxed").lazy(),
        findings=tuple(joined.findings),
        marks=tuple(joined.marks),
    )


def _provenance(parts: list[Provenance]) -> Provenance:
    """Return a provenance that the same parts in the same order have everywhere."""
    sha256 = hashlib.sha256("\x1f".join(part.recording_id for part in parts).encode()).hexdigest()
    return Provenance(
        recording_id=recording_id(sha256, READER, VERSION, "", ""),
        source_name=" + ".join(part.source_name for part in parts),
        source_sha256=sha256,
        source_bytes=sum(part.source_bytes for part in parts),
        reader=READER,
        reader_version=VERSION,
    )
