"""What may stand in each column of a table of batteries, and how a cell becomes a value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import inf, isfinite
from pathlib import Path
from typing import Any, Final

from hwan.core import CHEMISTRIES, OBSERVED, Quantity, Scalar
from hwan.core.converter import written

MOST_FILES: Final = 1_000
"""Files of one battery; a glob that finds more means more than one battery."""
MOST_LETTERS: Final = 200


class CellProblem(Exception):
    """A cell that cannot be: a code of kind ``problem``, and the values of its sentence."""

    def __init__(self, code: str, got: str, **values: Scalar) -> None:
        super().__init__(code)
        self.code = code
        self.values: Mapping[str, Scalar] = {"got": written(got), **values}


Value = Callable[[str, Path], Any]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: how a cell becomes its value, with the folder of the table, and its Korean headings."""

    value: Value
    korean: tuple[str, ...]


def _text(cell: str, _: Path) -> str:
    if len(cell) > MOST_LETTERS:
        raise CellProblem("cell_too_long", cell, most=MOST_LETTERS)
    return cell


def _number(quantity: Quantity) -> Value:
    def value(cell: str, _: Path) -> float:
        number = _plain(cell)
        if not quantity.holds(number):
            raise CellProblem("out_of_range", cell, expected=quantity.expected)
        return number

    return value


def _positive(cell: str, _: Path) -> float:
    number = _plain(cell)
    if number <= 0:
        raise CellProblem("not_above_zero", cell)
    return number


def _plain(cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = inf
    if not isfinite(number) or "_" in cell:
        raise CellProblem("no_plain_number", cell)
    return number


def _count(cell: str, _: Path) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", cell) or not int(cell):
        raise CellProblem("no_count", cell)
    return int(cell)


def _one_of(*words: str) -> Value:
    def value(cell: str, _: Path) -> str:
        word = cell.lower()
        if word not in words:
            raise CellProblem("not_one_of", cell, expected=", ".join(words))
        return word

    return value


TRUE: Final = ("yes", "true", "1", "y", "예", "o")
FALSE: Final = ("no", "false", "0", "n", "아니요", "아니오", "x")


def _truth(cell: str, _: Path) -> bool:
    word = cell.lower()
    if word not in (*TRUE, *FALSE):
        raise CellProblem("not_one_of", cell, expected="yes, no")
    return word in TRUE


def _file(cell: str, folder: Path) -> Path:
    path = folder / cell
    if not _is_file(path):
        raise CellProblem("no_such_file", cell, folder=str(folder))
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or one that no file has
        return False


def _files(cell: str, folder: Path) -> tuple[Path, ...]:
    """Return files that are named, and those that globs find in the order of their numbers."""
    found = [path for part in cell.split(";") if part.strip() for path in _found(part.strip(), folder)]
    if len(found) > MOST_FILES:
        raise CellProblem("too_many_files", cell, most=MOST_FILES)
    if len(set(found)) < len(found):
        raise CellProblem("file_twice", cell, path=str(Counter(found).most_common(1)[0][0]))
    return tuple(found)


def _found(part: str, folder: Path) -> list[Path]:
    if _is_file(folder / part):
        return [folder / part]
    found = sorted(islice(_globbed(part, folder), MOST_FILES + 1), key=_in_number_order)
    if not found:
        raise CellProblem("no_such_file", part, folder=str(folder))
    return found


def _globbed(part: str, folder: Path) -> Iterator[Path]:
    anchor = Path(part).anchor
    pattern = part.removeprefix(anchor)
    try:
        yield from (path for path in (Path(anchor) if anchor else folder).glob(pattern) if _is_file(path))
    except (OSError, ValueError, NotImplementedError, IndexError):  # no pattern that files can be found by
        return


def _in_number_order(path: Path) -> list[tuple[int, str]]:
    """Sort ``test 2`` before ``test 10``, as they were measured."""
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"([0-9]+)", str(path))]


VOLT: Final = Quantity("V", 0)
COLUMNS: Final[Mapping[str, TableColumn]] = {
    "battery": TableColumn(_text, ("배터리", "배터리번호", "배터리id")),
    "files": TableColumn(_files, ("파일", "시험파일")),
    "cell_logs": TableColumn(_files, ("셀로그", "셀전압로그")),
    "chemistry": TableColumn(_one_of(*CHEMISTRIES), ("화학조성", "화학계")),
    "rated_capacity_ah": TableColumn(_positive, ("정격용량", "정격용량ah")),
    "rated_energy_wh": TableColumn(_positive, ("정격에너지", "정격에너지wh")),
    "level": TableColumn(_one_of("cell", "module", "pack"), ("단위", "구분")),
    "upper_voltage_volt": TableColumn(_number(VOLT), ("상한전압", "상한전압v")),
    "lower_voltage_volt": TableColumn(_number(VOLT), ("하한전압", "하한전압v")),
    "series_count": TableColumn(_count, ("직렬수", "직렬")),
    "parallel_count": TableColumn(_count, ("병렬수", "병렬")),
    "cells_per_module": TableColumn(_count, ("모듈당셀수",)),
    "mass_kg": TableColumn(_positive, ("질량", "질량kg", "무게", "무게kg")),
    "maker": TableColumn(_text, ("제조사",)),
    "model": TableColumn(_text, ("모델", "모델명")),
    "temperature_celsius": TableColumn(
        _number(OBSERVED["ambient_temperature"]), ("온도", "온도℃", "온도°c", "시험온도")
    ),
    "sheet": TableColumn(_file, ("점검표",)),
    "bms": TableColumn(_file, ("bms파일",)),
    "instrument": TableColumn(_file, ("시험기",)),
    "channels_in_parallel": TableColumn(_truth, ("채널병렬", "병렬채널")),
    "batch": TableColumn(_text, ("생산배치", "배치", "로트")),
}
"""The columns of a table; of a Korean heading spaces and brackets do not count: ``정격 용량(Ah)``."""
_KOREAN: Final = {heading: name for name, column in COLUMNS.items() for heading in column.korean}


def column_named(heading: str) -> str | None:
    """Return the column that a heading names.

    >>> column_named("Files"), column_named("정격 용량 (Ah)"), column_named("colour")
    ('files', 'rated_capacity_ah', None)
    """
    word = heading.strip().lower()
    if word in COLUMNS:
        return word
    return _KOREAN.get(re.sub(r"[\s()\[\]_]", "", word))


def letters(index: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0.

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    rest, last = divmod(index, 26)
    return (letters(rest - 1) if rest else "") + chr(ord("A") + last)
