"""Export to the Battery Data Format: a recording as files that other tools read, and its metadata beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from hwan.core import Finding, Recording, UnknownName, UsageError
from hwan.store._export_check import not_carried, refuse_types
from hwan.store._export_document import SUFFIX, WrittenFile, document, entries_in, entry_of, origin_in
from hwan.store._export_files import made, write_files
from hwan.store._export_labels import sample_headings, table_headings
from hwan.store._export_names import FORMS, TABLES, free_stem, named, with_suffix

Form = Literal["csv", "parquet"]


@dataclass(frozen=True, slots=True)
class Exported:
    """A recording that was exported.

    Parameters
    ----------
    files
        Samples and tables, with their hashes; `metadata` is the path of the document beside them.
    rows, columns
        Shape of the samples.
    """

    recording_id: str
    source: str
    key: str
    files: tuple[WrittenFile, ...]
    metadata: str
    rows: int
    columns: int


def export_bdf(
    recording: Recording,
    folder: Path | str,
    *,
    form: Form = "parquet",
    institution: str = "",
    cell: str = "",
    tables: Mapping[str, pl.DataFrame] | None = None,
    overwrite: bool = False,
) -> Exported:
    """Write a recording as ``Institution__Cell__YYYYMMDD_XXX.bdf.csv`` or ``.bdf.parquet``, metadata beside it.

    Row 1 holds the preferred labels of BDF 1.3.0, units are BDF's, positive current charges. Samples are
    streamed: the memory needed does not grow with the rows of a lazy scan. Every file is written beside
    its place and then renamed: killed at any moment, no file is half there.

    Parameters
    ----------
    recording
        Its samples are written in their order; nothing is rounded, filtered or resampled.
    folder
        Made when it is not there.
    institution, cell
        First and second part of the name. Where they are not given they are taken from a source that is
        named in this way; else the institution is ``unknown`` and the cell's place holds the source's name.
    tables
        What :func:`hwan.steps` and :func:`hwan.cycles` gave, under ``steps`` and ``cycles``, written as
        ``.steps.bdf.parquet`` and ``.cycles.bdf.parquet`` (or csv).
    overwrite
        Replace the earlier export of the same source. Another source's files are never replaced: the
        running number XXX steps over them.

    Raises
    ------
    UsageError
        The export is there already, the folder cannot be written, or a column's type has no place in CSV.
    UnknownName
        `form` or the name of a table does not exist.

    References
    ----------
    Battery Data Format, ontology 1.3.0.
    """
    tables = dict(tables or {})
    _check(recording, form, tables)
    rows, findings = not_carried(recording.samples, form)
    said = named(recording, institution, cell)
    stem = free_stem(made(Path(folder)), said, recording)
    _refuse_earlier_reading(with_suffix(stem, SUFFIX), recording, overwrite)
    job = _Job(recording, tables, said, rows, findings, with_suffix(stem, SUFFIX))
    written = write_files(stem, form, job.frames(), job.metadata, overwrite=overwrite)
    origin, columns = recording.provenance, len(recording.samples.collect_schema())
    metadata = str(job.beside)
    return Exported(
        origin.recording_id, origin.source_name, origin.key, tuple(map(job.told, written)), metadata, rows, columns
    )


def _check(recording: Recording, form: str, tables: Mapping[str, pl.DataFrame]) -> None:
    if form not in FORMS:
        raise UnknownName("export_format", form, FORMS)
    for name in tables:
        if name not in TABLES:
            raise UnknownName("export_table", name, TABLES)
    for schema in (recording.samples.collect_schema(), *(each.schema for each in tables.values())):
        refuse_types(dict(schema), form, recording.provenance.source_name)


def _refuse_earlier_reading(beside: Path, recording: Recording, overwrite: bool) -> None:
    """Raise where the metadata speak of the same source as another version of the reader read it."""
    earlier = origin_in(beside)
    if earlier and earlier.get("recording_id") != recording.id and not overwrite:
        raise UsageError("export_exists", path=str(beside))


@dataclass(frozen=True, slots=True)
class _Job:
    """One recording on its way out; `beside` is the place of its metadata."""

    recording: Recording
    tables: Mapping[str, pl.DataFrame]
    said: Mapping[str, str]
    rows: int
    not_carried: tuple[Finding, ...]
    beside: Path

    def frames(self) -> dict[str, pl.LazyFrame]:
        """Return samples and tables under their headings."""
        frames = {"samples": self.recording.samples, **{name: each.lazy() for name, each in self.tables.items()}}
        return {holds: frame.rename(self._headings(holds)) for holds, frame in frames.items()}

    def told(self, file: WrittenFile) -> WrittenFile:
        """Return a file with what it does not carry."""
        return replace(file, not_carried=self.not_carried) if file.holds == "samples" else file

    def metadata(self, files: Sequence[WrittenFile]) -> bytes:
        """Return the document: these files, and those of an earlier export that they do not replace."""
        entries = [entry_of(self.told(each), self._headings(each.holds), self._schema(each.holds)) for each in files]
        names = {each["path"] for each in entries}
        same = (origin_in(self.beside) or {}).get("recording_id") == self.recording.id
        kept = [each for each in entries_in(self.beside) if same and each["path"] not in names]
        return document(self.recording, self.said, self.rows, [*entries, *kept])

    def _schema(self, holds: str) -> Mapping[str, pl.DataType]:
        return self.recording.samples.collect_schema() if holds == "samples" else self.tables[holds].schema

    def _headings(self, holds: str) -> dict[str, str]:
        schema = self._schema(holds)
        return sample_headings(list(schema)) if holds == "samples" else table_headings(holds, schema)
