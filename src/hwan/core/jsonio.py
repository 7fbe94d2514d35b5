"""JSON and TOML for every noun: out, and back to an equal object.

cattrs reads the types of the dataclasses; the only rule of ours is the value 'unknown'.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache, reduce
from operator import or_
from pathlib import Path
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn

from hwan.core.errors import BadDefinition
from hwan.core.unknown import UNKNOWN, Unknown

T = TypeVar("T")
MOST_BYTES: Final = 1_000_000
"""No definition is larger; a larger file is the wrong file."""


def to_plain(noun: Any) -> Any:
    """Return `noun` as dicts, lists, strings, numbers: what JSON can hold."""
    return _converter().unstructure(noun)


def from_plain(kind: type[T], plain: Any) -> T:
    """Return a `kind` made from what :func:`to_plain` gave.

    Raises
    ------
    cattrs.errors.BaseValidationError
        When a field is missing, unknown to `kind`, or of another type.
    """
    return _converter().structure(plain, kind)


def to_json(noun: Any, indent: int | None = None) -> str:
    """Return `noun` as one JSON document; NaN and infinity are refused with a ValueError."""
    return json.dumps(to_plain(noun), ensure_ascii=False, allow_nan=False, indent=indent)


def from_json(kind: type[T], document: str) -> T:
    """Return a `kind` from the document that :func:`to_json` wrote."""
    return from_plain(kind, json.loads(document))


def read_toml(path: Path, kind: type[T]) -> T:
    """Read a definition of the user's own (ruleset, prices, mapping, sheet) as a `kind`.

    Raises
    ------
    BadDefinition
        Names the file and each field that does not fit.
    """
    return parse_toml(bounded_text(path), kind, str(path))


def parse_toml(document: str, kind: type[T], source: str) -> T:
    """Parse a TOML `document` that stood at `source` as a `kind`; errors as in :func:`read_toml`."""
    try:
        return from_plain(kind, tomllib.loads(document))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadDefinition("definition_not_toml", source=source, detail=str(error)) from error
    except BaseValidationError as error:
        detail = "; ".join(transform_error(error, path=""))
        raise BadDefinition("definition_malformed", source=source, detail=detail) from error


def bounded_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """Return the text of a definition file, after looking at its size."""
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise BadDefinition("definition_too_large", source=str(path), got_bytes=size, most_bytes=most_bytes)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadDefinition("definition_unreadable", source=str(path), detail=str(error)) from error


@cache
def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook_factory(_is_dataclass_type, lambda kind: _strict(kind, converter))
    converter.register_structure_hook_factory(_may_be_unknown, lambda kind: _known_or_unknown(kind, converter))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _listed(kind, converter))
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(bool, _exactly(bool))
    converter.register_structure_hook(str, _exactly(str))
    converter.register_structure_hook_func(lambda kind: kind == str | int | float | bool, lambda value, _: value)
    converter.register_structure_hook_func(lambda kind: kind == float | bool, lambda value, _: value)
    for kind in (date, datetime):
        converter.register_structure_hook(kind, _moment)
        converter.register_unstructure_hook(kind, lambda moment: moment.isoformat())
    return converter


def _is_dataclass_type(kind: Any) -> bool:
    return isinstance(kind, type) and is_dataclass(kind)


def _strict(kind: type[T], converter: Converter) -> Any:
    return make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)


def _may_be_unknown(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and Unknown in get_args(kind)


def _known_or_unknown(kind: Any, converter: Converter) -> Any:
    rest: Any = reduce(or_, (arm for arm in get_args(kind) if arm is not Unknown))

    def structure(value: Any, _: Any) -> Any:
        return UNKNOWN if value in ("unknown", UNKNOWN) else converter.structure(value, rest)

    return structure


def _number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {value!r}")
    return float(value)


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected a whole number, got {value!r}")
    return value


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _listed(kind: Any, converter: Converter) -> Any:
    """Return a hook that takes lists only: a string is no list of letters."""
    item = get_args(kind)[0]

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise TypeError(f"expected a list, got {value!r}")
        return tuple(converter.structure(each, item) for each in value)

    return structure


def _exactly(kind: type) -> Any:
    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"expected {kind.__name__}, got {value!r}")
        return value

    return structure


def _moment(value: Any, kind: type) -> Any:
    return kind.fromisoformat(value) if isinstance(value, str) else value  # type: ignore[attr-defined]
