"""What a result database says about a test: who, which schedule, which channel, when, and its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hwan.core import UNKNOWN, Instrument, Unknown
from hwan.readers.arbin._jet import JetColumn
from hwan.readers.arbin._jetrows import Rows

Find = Callable[[str], Rows | None]

EPOCH_DAY: Final = 25_569.0
"""1970-01-01, counted in days since 1899-12-30 as Access does."""
_DAY_SECOND: Final = 86_400.0
_MICROSECOND_DIGITS: Final = 6
_LONGEST: Final = 1000
_MOST_EVENTS: Final = 100
_DATE: Final = 8


@dataclass(frozen=True, slots=True)
class Said:
    """Metadata, the channel and the start of one test."""

    metadata: dict[str, str] = field(default_factory=dict)
    instrument: Instrument = field(default_factory=lambda: Instrument(maker="Arbin"))
    started_at: datetime | Unknown = UNKNOWN
    last_event_second: float = 0.0


def seconds_of(days: NDArray[Any]) -> NDArray[np.float64]:
    """Return days of Access as seconds since 1970; a double of days resolves microseconds.

    >>> seconds_of(np.array([42587.6815162037]))[0]
    np.float64(1470414083.0)
    """
    return np.round((days.astype(np.float64) - EPOCH_DAY) * _DAY_SECOND, _MICROSECOND_DIGITS)


def said_of(find: Find, test: int) -> Said:
    """Return what the tables of a database say about a test; a table that cannot be read says nothing."""
    try:
        return _said(find, test)
    except (IndexError, ValueError, OverflowError):
        return Said()


def _said(find: Find, test: int) -> Said:
    rows = _of_test(find("Global_Table"), test)
    told = _told(rows, 0) if rows is not None else {}
    metadata = {f"global.{name}": value for name, value in told.items()}
    version = find("Version_Table")
    if version is not None and (schema := version.words("Version_Schema_Field", 0)):
        metadata["version.schema"] = schema[:_LONGEST]
    events, last = _events(find("Event_Table"), test)
    metadata |= events
    parts = (told.get("Serial_Number", ""), told.get("Channel_Index", ""))
    channel = f"{parts[0]} channel {parts[1]}".strip() if parts[1] else parts[0]
    start = rows.numbers("Start_DateTime") if rows is not None else None
    started = _moment(float(start[0])) if start is not None else None
    return Said(metadata, Instrument(id=channel or UNKNOWN, maker="Arbin"), started or UNKNOWN, last)


def _of_test(rows: Rows | None, test: int) -> Rows | None:
    tests = rows.numbers("Test_ID") if rows is not None else None
    if rows is None or tests is None or not (tests == test).any():
        return None
    return rows.kept(np.flatnonzero(tests == test))


def _told(rows: Rows, row: int) -> dict[str, str]:
    """Return the values of a row that say something, as text."""
    said: dict[str, str] = {}
    for column in rows.table.columns:
        values = rows.numbers(column.name)
        value = rows.words(column.name, row) if values is None else _written(values[row], date=_is_date(column))
        if value:
            said[column.name] = value[:_LONGEST]
    return said


def _is_date(column: JetColumn) -> bool:
    return column.kind == _DATE or "DateTime" in column.name


def _written(value: Any, *, date: bool) -> str:
    if date:
        moment = _moment(float(value))
        return moment.replace(tzinfo=None).isoformat() if moment else ""
    return "" if np.isnan(value) else str(value.item())


def _moment(days: float) -> datetime | None:
    """Return a date of Access, its clock taken as UTC; None for 0, NaN and dates that cannot be."""
    if not 0 < days < 2_000_000:
        return None
    return datetime(1899, 12, 30, tzinfo=UTC) + timedelta(seconds=round(days * _DAY_SECOND, 3))


def _events(rows: Rows | None, test: int) -> tuple[dict[str, str], float]:
    """Return the events of a test with their test time, such as a stop that a limit of safety forced, and the last."""
    rows = _of_test(rows, test)
    times = rows.numbers("Test_Time") if rows is not None else None
    if rows is None or times is None:
        return {}, 0.0
    words = [f"{times[row]:.3f} s: {rows.words('Event_Describe', row)}" for row in range(min(len(rows), _MOST_EVENTS))]
    return {f"event.{n}": word[:_LONGEST] for n, word in enumerate(words, 1)}, float(np.nan_to_num(times).max())
