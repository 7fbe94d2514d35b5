"""What a BDF file cannot carry of a recording: found before it is written, and told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from hwan.core import COLUMNS, Finding, UsageError
from hwan.core.columns import WIDE_CELL

# What 'hwan read' takes in a CSV for a cell without a value.
_WORDS_OF_NOTHING: Final = ("NA", "N/A", "null", "None")
_LARGEST_EXACT: Final = 2**53
_LEAST_MAGNITUDE: Final = -_LARGEST_EXACT
_ALL: Final = "columns"
Schema = dict[str, pl.DataType]


def refuse_types(schema: Schema, form: str, source: str) -> None:
    """Raise for a column whose type the format has no cell for.

    Raises
    ------
    UsageError
        Names the column and its type.
    """
    for name, dtype in schema.items():
        unfit = dtype == pl.Object or (form == "csv" and (dtype.is_nested() or dtype == pl.Binary))
        if unfit:
            raise UsageError("export_type_unwritable", source=source, column=name, dtype=str(dtype), form=form)


def not_carried(samples: pl.LazyFrame, form: str) -> tuple[int, tuple[Finding, ...]]:
    """Return how many rows there are, and what a reader of the file will not get back as it was; one pass."""
    schema: Schema = dict(samples.collect_schema())
    facts = samples.select(_questions(schema, form)).collect(engine="streaming").row(0, named=True)
    found = [*_of_bdf(schema, facts), *(_of_csv(schema, facts) if form == "csv" else ())]
    return int(facts["rows"]), tuple(found)


def _questions(schema: Schema, form: str) -> list[pl.Expr]:
    asked = [pl.len().alias("rows")]
    asked += [pl.col(name).is_finite().all().alias(f"finite {name}") for name in _measured(schema)]
    if form != "csv":
        return asked
    asked.append(pl.all_horizontal(pl.all().is_null()).sum().alias("empty rows"))
    asked += [pl.col(name).is_not_null().any().alias(f"filled {name}") for name in schema]
    for name in _texts(schema):
        text = pl.col(name)
        number = text.str.strip_chars().cast(pl.Float64, strict=False)
        asked.append(text.is_in(_WORDS_OF_NOTHING).any().alias(f"word {name}"))
        asked.append((number.is_not_null() | text.is_null()).all().alias(f"numbers {name}"))
    asked += [(pl.col(name).is_between(_LEAST_MAGNITUDE, _LARGEST_EXACT)).all().alias(f"exact {name}")
              for name, dtype in schema.items() if dtype.is_integer()]  # fmt: skip
    return asked


def _measured(schema: Schema) -> list[str]:
    return [
        name for name, dtype in schema.items() if dtype.is_float() and (name in COLUMNS or WIDE_CELL.fullmatch(name))
    ]


def _texts(schema: Schema) -> list[str]:
    return [name for name, dtype in schema.items() if dtype == pl.String]


def _of_bdf(schema: Schema, facts: dict[str, Any]) -> Iterator[Finding]:
    beyond = [name for name in schema if name not in COLUMNS]
    endless = [name for name in _measured(schema) if not facts[f"finite {name}"]]
    if beyond:
        yield Finding("export_beyond_bdf", "note", _ALL, _named(beyond))
    if endless:
        yield Finding("export_not_finite", "note", _ALL, _named(endless))


def _of_csv(schema: Schema, facts: dict[str, Any]) -> Iterator[Finding]:
    """Yield what a text without types changes: values stay, some types and a few words do not."""
    texts = _texts(schema)
    single = [name for name, dtype in schema.items() if dtype == pl.Float32]
    large = [name for name, dtype in schema.items() if dtype.is_integer() and not facts[f"exact {name}"]]
    whole = [name for name, dtype in schema.items() if dtype.is_integer() and name not in COLUMNS]
    as_text = [name for name, dtype in schema.items() if not _comes_back(name, dtype, facts)]
    words = [name for name in texts if facts[f"word {name}"]]
    numbers = [name for name in texts if facts[f"numbers {name}"] and facts[f"filled {name}"] and name not in COLUMNS]
    if single:
        yield Finding("export_single_precision", "note", _ALL, _named(single))
    if large:
        yield Finding("export_number_too_large", "warning", _ALL, _named(large))
    if whole:
        yield Finding("export_whole_numbers", "note", _ALL, _named(whole))
    if as_text:
        yield Finding("export_type_as_text", "note", _ALL, _named(as_text))
    if words:
        yield Finding("export_word_of_nothing", "warning", _ALL, _named(words))
    if numbers:
        yield Finding("export_text_of_numbers", "warning", _ALL, _named(numbers))
    if facts["empty rows"]:
        yield Finding("export_empty_rows", "warning", "rows", {"count": int(facts["empty rows"])})


def _comes_back(name: str, dtype: pl.DataType, facts: dict[str, Any]) -> bool:
    """Return whether a column is read as what it is; numbers of a raw column are known by its cells alone."""
    declared = name in COLUMNS or WIDE_CELL.fullmatch(name)
    return dtype == pl.String or (dtype.is_numeric() and bool(declared or facts[f"filled {name}"]))


def _named(columns: list[str]) -> dict[str, str | int | float | bool]:
    return {"columns": ", ".join(columns)[:1000], "count": len(columns)}
