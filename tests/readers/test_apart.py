"""Rows read to where they stay: the same sheet as cut from the whole text, and nothing where the whole must be seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwan.core import DamagedFile
from hwan.readers._apart import rows_apart
from hwan.readers._table import Dialect, Sheet, sheet_of, utf8_of

Write = Callable[[str, str | bytes], Path]
HEAD = "above\nTest Time / s,Voltage / V,Current / A\n"
ROWS = "".join(f"{row}.25,3.{row % 9999:04d},1.0\n" for row in range(20_000))


def _cut(data: bytes) -> Sheet:
    return sheet_of("a.csv", data, 1, Dialect())


@pytest.mark.parametrize("rows", [ROWS, "\n" + ROWS, ROWS.replace("\n", "\r\n"), ROWS + "9.5,3.", ROWS + "\nEnde µ"])
def test_the_sheet_is_that_of_the_whole_text(write: Write, rows: str) -> None:
    path = write("a.csv", (HEAD + rows).encode())
    assert rows_apart(path, _cut) == _cut(utf8_of(path))


@pytest.mark.parametrize(
    "content",
    [
        (HEAD + ROWS[:100]).encode(),
        b"\xef\xbb\xbf" + (HEAD + ROWS).encode(),
        (HEAD + ROWS).encode("utf-16"),
        (HEAD + ROWS + "\nEnde µ").encode("latin-1"),
        (HEAD + ROWS).replace("\n", "\r\r\n").encode(),
        (HEAD + ROWS).replace("\n", "\r").encode(),
    ],
    ids=["small", "mark", "sixteen bit", "latin", "line ends of two bytes too many", "line ends of old Macs"],
)
def test_other_texts_are_looked_at_as_a_whole(write: Write, content: bytes) -> None:
    assert rows_apart(write("a.csv", content), _cut) is None


def test_headings_that_are_not_at_the_start_leave_it_to_the_whole(write: Write) -> None:
    def refuse(_data: bytes) -> Sheet:
        raise DamagedFile("headings_empty", source="a.csv")

    path = write("a.csv", (HEAD + ROWS).encode())
    assert rows_apart(path, refuse) is None
    assert rows_apart(path, lambda _: None) is None
