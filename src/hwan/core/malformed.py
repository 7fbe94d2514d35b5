"""What does not fit a schema, as codes with the place: the sentences are made in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

from cattrs.errors import AttributeValidationNote, BaseValidationError, ForbiddenExtraKeysError, IterableValidationNote

from hwan.core.converter import Unfit
from hwan.core.errors import Problem


def problems(error: Exception, path: str = "") -> Iterator[Problem]:
    """Yield every field that does not fit, with its path: ``rules[3].origin.read_on``."""
    path += "".join(map(_step, getattr(error, "__notes__", ())))
    if isinstance(error, BaseValidationError):
        for each in error.exceptions:
            yield from problems(each, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        yield from (("extra", {"field": _field(path, name)}) for name in sorted(error.extra_fields))
    elif isinstance(error, Unfit):
        named = _field(path, str(error.values["field"])) if "field" in error.values else _field(path)
        yield error.code, {**error.values, "field": named}
    elif isinstance(error, KeyError):
        yield "missing", {"field": _field(path)}
    else:
        yield "unfit", {"field": _field(path)}


def _step(note: str) -> str:
    if isinstance(note, AttributeValidationNote):
        return f".{note.name}"
    if isinstance(note, IterableValidationNote):
        return f"[{note.index}]" if isinstance(note.index, int) else f".{note.index}"
    return ""


def _field(path: str, name: str = "") -> str:
    return f"{path}.{name}".strip(".")
