"""Arbin's result database, .res: an Access (Jet) file, read without Access, its drivers or mdbtools.

Channel_Normal_Table holds the samples of one test or several, in any order of pages; Global_Table says
what each test was; Auxiliary_Table holds the readings of auxiliary channels. `DateTime` counts days
since 1899-12-30 on a clock without a time zone; it is taken as UTC, with a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import REQUIRED, ColumnProblem, DamagedFile, Finding, HwanError, Mark, NothingInside
from hwan.readers._arrange import arrange
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._detail import detail_of
from hwan.readers.arbin._auxiliary import columns_of, sensors_of
from hwan.readers.arbin._jet import CATALOGUE_PAGE, SIGNATURE, Bytes, Database, open_database, table_at
from hwan.readers.arbin._jetrows import MOST_WRITTEN_ROWS, Rows, rows_of
from hwan.readers.arbin._packed import GZIP_MARK, content_of, start_of
from hwan.readers.arbin._said import said_of, seconds_of
from hwan.readers.arbin._samples import targets_of, with_scopes, with_steps

_SAMPLES: Final = "Channel_Normal_Table"
_SENSORS: Final = "Auxiliary_Table"
_SENSOR_NAMES: Final = "Aux_Global_Data_Table"
_READ: Final = (_SAMPLES, _SENSORS, _SENSOR_NAMES, "Global_Table", "Version_Table", "Event_Table")
_TABLE: Final = 1
_PAGE_OF_ID: Final = 0xFFFFFF
_MOST_TESTS: Final = 4096
_TEST: Final = "Test_ID"
_POINT: Final = "Data_Point"
_CLOCK: Final = "DateTime"
_LEAST_GAP_SECOND: Final = 60.0


@dataclass(frozen=True, slots=True)
class ArbinRes:
    """Reads Arbin's result databases, packed with gzip or not; every test is a recording."""

    name: str = "arbin-res"
    version: str = "2"
    title: str = "Arbin .res"
    suffixes: tuple[str, ...] = (".res", ".res.gz")
    proof: Proof = "another reader"

    def recognise(self, path: Path, head: bytes) -> Recognition:
        """Ask for an Access database with Arbin's table of samples."""
        start = start_of(head)
        if not start.startswith(SIGNATURE):
            got = head[:8].hex(" ")
            return Recognition(self.name, "no", "signature_missing", {"expected": "Standard Jet DB", "got": got})
        content = content_of(path)
        try:
            tables = Tables.of(content, path.name).pages
        except HwanError:
            named = any(re.search(_SAMPLES.encode(encoding), content.data) for encoding in ("ascii", "utf-16-le"))
            return Recognition(self.name, "likely" if named else "no", "jet_unreadable")
        listed = ", ".join(name for name in tables if not name.startswith("MSys"))[:200]
        if _SAMPLES not in tables:
            return Recognition(self.name, "no", "jet_of_others", {"tables": listed})
        code = "arbin_tables_packed" if head.startswith(GZIP_MARK) else "arbin_tables"
        return Recognition(self.name, "certain", code, {"table": _SAMPLES})

    def keys(self, path: Path) -> tuple[str, ...]:
        """Return the numbers of the tests inside."""
        tables = Tables.of(content_of(path), path.name)
        with _damage(path.name):
            return tuple(str(test) for test in _tests(tables.rows(_SAMPLES), path.name))

    def read(self, path: Path, key: str = "") -> RawRecording:
        """Read one test.

        Raises
        ------
        DamagedFile
            The database is damaged, cut short beyond use, encrypted, or no result file.
        NothingInside
            It has no samples, or none of the test `key`.
        """
        tables = Tables.of(content_of(path), path.name)
        with _damage(path.name):
            return _recording(tables, key, path.name)


ARBIN_RES: Final = ArbinRes()


@contextmanager
def _damage(source: str) -> Iterator[None]:
    """Turn what damaged bytes raise into the one error that says so."""
    try:
        with np.errstate(all="ignore"):  # damaged numbers are NaN, infinite or too large; the door tells them
            yield
    except HwanError:
        raise
    except (IndexError, ValueError, OverflowError, TypeError, pl.exceptions.PolarsError) as error:
        raise DamagedFile("tester_file_unreadable", source=source, detail=detail_of(error)) from error


@dataclass(frozen=True, slots=True)
class Tables:
    """A database and the page that defines each of its tables."""

    database: Database
    pages: Mapping[str, int]
    source: str

    @classmethod
    def of(cls, content: Bytes, source: str) -> Tables:
        """Open the bytes of a database and read its catalogue."""
        with _damage(source):
            database = open_database(content)
            listed = rows_of(database, table_at(database, CATALOGUE_PAGE, "MSysObjects"))
            ids, kinds = listed.numbers("Id"), listed.numbers("Type")
            if ids is None or kinds is None:
                raise ValueError("catalogue without Id or Type")
            chosen = np.flatnonzero(kinds == _TABLE)[:MOST_WRITTEN_ROWS]
            pages = {listed.words("Name", row): int(ids[row]) & _PAGE_OF_ID for row in chosen.tolist()}
            return cls(database, pages, source)

    def rows(self, name: str) -> Rows:
        """Return the rows of a table."""
        if name not in self.pages:
            tables = ", ".join(self.pages)[:500]
            raise DamagedFile("database_table_absent", source=self.source, table=name, tables=tables)
        return rows_of(self.database, table_at(self.database, self.pages[name], name))

    def declared_rows(self, name: str) -> int:
        """Return how many rows a table declares."""
        return self.database.number(self.database.page_start(self.pages[name]) + self.database.layout.declared_at, 4)

    def rows_if_any(self, name: str) -> Rows | None:
        """Return the rows of a table that need not be there, or be readable; None when there are none."""
        try:
            found = self.rows(name) if name in self.pages else None
        except (DamagedFile, IndexError, ValueError, OverflowError):
            return None
        return found if found is not None and len(found) else None


def _tests(rows: Rows, source: str) -> list[int]:
    tests = _needed(rows, _TEST, source)
    if not len(tests):
        raise NothingInside("test_without_samples", source=source)
    found = np.unique(tests)
    if len(found) > _MOST_TESTS:
        raise ValueError(f"{len(found)} tests")
    return [int(test) for test in found]


def _needed(rows: Rows, name: str, source: str) -> NDArray[Any]:
    values = rows.numbers(name)
    if values is None:
        found = ", ".join(column.name for column in rows.table.columns)[:1000]
        raise ColumnProblem("columns_missing", source=source, missing=name, found=found)
    return values


def _recording(tables: Tables, key: str, source: str) -> RawRecording:
    everything = tables.rows(_SAMPLES)
    tests = _tests(everything, source)
    test = int(key) if key.lstrip("-").isdigit() else tests[0]
    if test not in tests:
        listed = ", ".join(map(str, tests))
        raise DamagedFile("arbin_test_absent", source=source, test=key, tests=listed[:500])
    rows = everything if len(tests) == 1 else everything.kept(_needed(everything, _TEST, source) == test)
    rows, ordered = _in_order(rows, _needed(rows, _POINT, source))
    frame, findings, marks = _frame(rows, source)
    auxiliary, more = _auxiliary(tables, test, rows, frame)
    said = said_of(tables.rows_if_any, test)
    early = _ended_early(frame["test_time_second"], said.last_event_second)
    found = (*_completeness(everything), *early, *ordered, *findings, *more, *_unread(tables))
    whole = frame.with_columns(auxiliary)
    return RawRecording(whole, said.metadata, found, said.instrument, said.started_at, marks=marks)


def _completeness(rows: Rows) -> list[Finding]:
    """Compare with the number of rows that the table declares: pages may be missing or damaged."""
    declared = rows.table.declared_rows
    if len(rows) >= declared and not rows.lost:
        return []
    values = {"got": len(rows), "expected": max(declared, len(rows) + rows.lost)}
    return [Finding("fewer_rows_than_declared", "stop", "file", values)]


def _unread(tables: Tables) -> list[Finding]:
    """Tell the tables with rows that were not read: summaries of the tester, and data of other devices."""
    names = [
        name
        for name in tables.pages
        if name not in _READ and not name.startswith("MSys") and tables.declared_rows(name)
    ]
    return [Finding("tables_not_read", "note", "file", {"tables": ", ".join(names)[:500]})] if names else []


def _ended_early(time: pl.Series, last_event_second: float) -> list[Finding]:
    """Compare the last sample with the last event: a test that was cut or thinned goes on without samples."""
    last, interval = time.max(), time.diff().max()
    if not isinstance(last, float) or not isinstance(interval, float):
        return []
    if last_event_second - last <= max(_LEAST_GAP_SECOND, 2 * interval):
        return []
    values = {"last_second": round(last, 1), "event_second": round(last_event_second, 1)}
    return [Finding("samples_end_before_test", "warning", "file", values)]


def _in_order(rows: Rows, points: NDArray[Any]) -> tuple[Rows, list[Finding]]:
    """Put rows in the order of their data points; pages are filled in any order."""
    falls = int((points[1:] < points[:-1]).sum())
    if not falls:
        return rows, []
    return rows.kept(np.argsort(points, kind="stable")), [
        Finding("rows_put_in_order", "note", "file", {"column": _POINT, "falls": falls})
    ]


def _frame(rows: Rows, source: str) -> tuple[pl.DataFrame, list[Finding], tuple[Mark, ...]]:
    names = [column.name for column in rows.table.columns if column.name != _TEST]
    series = [one for name in names if (one := _series(rows, name)) is not None]
    targets, raw = targets_of([one.name for one in series])
    missing = [name for name in REQUIRED if name not in {target.name for target in targets}]
    if missing:
        found = ", ".join(one.name for one in series)[:1000]
        raise ColumnProblem("columns_missing", source=source, missing=", ".join(missing), found=found)
    frame, findings = arrange(pl.DataFrame(series), targets)
    frame, of_steps, marks = with_steps(frame)
    frame, of_scope = with_scopes(frame)
    if raw:
        findings.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]}))
    if "unix_time_second" in frame.columns:
        findings.append(Finding("clock_without_zone", "note", "column unix_time_second", {"heading": _CLOCK}))
    return frame, [*findings, *of_steps, *of_scope], marks


def _series(rows: Rows, name: str) -> pl.Series | None:
    values = rows.numbers(name)
    if values is None:
        return None
    wide = seconds_of(values) if name == _CLOCK else values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
    return pl.Series(name, wide, nan_to_null=True)


def _auxiliary(tables: Tables, test: int, rows: Rows, frame: pl.DataFrame) -> tuple[list[pl.Series], list[Finding]]:
    """Return the columns of auxiliary channels; what cannot be assigned is a finding, and no reason to stop reading."""
    found = tables.rows_if_any(_SENSORS)
    if found is None:
        return [], []
    lost = Finding("auxiliary_data_lost", "stop", "file")
    try:
        points = _needed(rows, _POINT, tables.source)
        sensors, unplaced = sensors_of(found, tables.rows_if_any(_SENSOR_NAMES), test, points)
    except (IndexError, ValueError, OverflowError):
        return [], [lost]
    columns, findings = columns_of(sensors, frame["voltage_volt"].fill_null(np.nan).to_numpy())
    short = unplaced or found.lost or len(found) < found.table.declared_rows
    return columns, [*findings, lost] if short else findings
