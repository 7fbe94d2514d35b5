"""JSON and TOML for every noun: out, and back to an equal object.

The rules by which a plain value becomes a noun are in :mod:`hwan.core.converter`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from cattrs.errors import BaseValidationError

from hwan.core.converter import Unfit, converter
from hwan.core.errors import BadDefinition
from hwan.core.malformed import problems

T = TypeVar("T")
MOST_BYTES: Final = 1_000_000
"""No definition is larger; a larger file is the wrong file."""
BYTE_ORDER_MARK: Final = "\ufeff"
"""Some editors begin a UTF-8 file with it; it is no part of the text."""


def to_plain(noun: Any) -> Any:
    """Return `noun` as dicts, lists, strings, numbers: what JSON can hold."""
    return converter().unstructure(noun)


def from_plain(kind: type[T], plain: Any) -> T:
    """Return a `kind` made from what :func:`to_plain` gave.

    Raises
    ------
    cattrs.errors.BaseValidationError
        When a field is missing, unknown to `kind`, or of another type.
    """
    return converter().structure(plain, kind)


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
    return _parsed(tomllib.loads, "definition_not_toml", document, kind, source)


def parse_json(document: str, kind: type[T], source: str) -> T:
    """Parse a JSON `document` that stood at `source` as a `kind`; errors as in :func:`read_toml`."""
    return _parsed(json.loads, "definition_not_json", document, kind, source)


def _parsed(loads: Callable[[str], Any], not_code: str, document: str, kind: type[T], source: str) -> T:
    try:
        return from_plain(kind, loads(document.removeprefix(BYTE_ORDER_MARK)))
    except (BaseValidationError, Unfit) as error:
        raise BadDefinition("definition_malformed", *problems(error), source=source) from error
    except (ValueError, RecursionError) as error:  # the parser's own errors, and numbers of too many digits
        raise BadDefinition(not_code, source=source, detail=str(error)) from error


def bounded_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """Return the text of a definition file, after looking at its size."""
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise BadDefinition("definition_too_large", source=str(path), got_bytes=size, most_bytes=most_bytes)
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadDefinition("definition_not_utf8", source=str(path), position=error.start) from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise BadDefinition("definition_unreadable", source=str(path), detail=detail) from error
