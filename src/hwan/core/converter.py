"""How plain values become nouns, and back: cattrs reads the types, the rules of ours are below.

What does not fit is an :class:`Unfit`: a code and its values, which both languages can say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from cattrs import Converter
from cattrs.errors import IterableValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn

from hwan.core.findings import Scalar
from hwan.core.unknown import UNKNOWN, Unknown

T = TypeVar("T")
SCALAR: Final = str | int | float | bool


class Unfit(ValueError):
    """A value that does not fit its field: a code of kind ``problem``, and the values of its sentence."""

    def __init__(self, code: str, got: object = None, **values: Scalar) -> None:
        super().__init__(code, got, values)
        self.code = code
        self.values: Mapping[str, Scalar] = {"got": written(got), **values}


def written(value: object) -> str:
    """Return a value as TOML writes it, cut where it would fill the screen.

    >>> written(True), written("yes")
    ('true', "'yes'")
    """
    word = str(value).lower() if isinstance(value, bool) else repr(value)
    if isinstance(value, Mapping):
        word = "{…}"
    elif isinstance(value, date | time):
        word = value.isoformat()
    return word if len(word) <= 60 else word[:59] + "…"


@cache
def converter() -> Converter:
    """Return the one converter, all rules registered."""
    made = Converter()
    made.register_structure_hook_factory(_is_dataclass_type, lambda kind: _strict(kind, made))
    made.register_structure_hook_factory(_is_tagged, lambda kind: _by_tag(kind, made))
    made.register_structure_hook_factory(_may_be_unknown, lambda kind: _known_or_unknown(kind, made))
    made.register_structure_hook_factory(_origin(tuple), lambda kind: _listed(kind, made))
    made.register_structure_hook_factory(_origin(Mapping), lambda kind: _table(kind, made))
    made.register_structure_hook_factory(_origin(Literal), _one_of)
    made.register_structure_hook(float, _number)
    made.register_structure_hook(int, _whole)
    made.register_structure_hook(bool, _truth)
    made.register_structure_hook(str, _words)
    made.register_structure_hook_func(lambda kind: kind == SCALAR, _scalar)
    made.register_structure_hook_func(lambda kind: kind == float | bool, _reading)
    for kind in (date, datetime):
        made.register_structure_hook(kind, _moment)
        made.register_unstructure_hook(kind, lambda moment: moment.isoformat())
    return made


def _is_dataclass_type(kind: Any) -> bool:
    return isinstance(kind, type) and is_dataclass(kind)


def _origin(wanted: Any) -> Any:
    return lambda kind: get_origin(kind) is wanted


def _strict(kind: type[T], made: Converter) -> Any:
    fill = make_dict_structure_fn(kind, made, _cattrs_forbid_extra_keys=True)

    def structure(value: Any, wanted: Any) -> Any:
        return fill(_mapping(value), wanted)

    return structure


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unfit("no_table", value)
    return value


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)


def _is_tagged(kind: Any) -> bool:
    arms = get_args(kind)
    return _is_union(kind) and all(_is_dataclass_type(arm) and "kind" in get_type_hints(arm) for arm in arms)


def _by_tag(kind: Any, made: Converter) -> Any:
    """Return a hook for a union of nouns that each name themselves in their field ``kind``."""
    arms = {word: arm for arm in get_args(kind) for word in get_args(get_type_hints(arm)["kind"])}

    def structure(value: Any, _: Any) -> Any:
        word = _mapping(value).get("kind")
        if word not in arms:
            raise Unfit("no_such_kind", word, expected=", ".join(arms)) if word else Unfit("missing", field="kind")
        return made.structure(value, arms[word])

    return structure


def _may_be_unknown(kind: Any) -> bool:
    return _is_union(kind) and Unknown in get_args(kind)


def _known_or_unknown(kind: Any, made: Converter) -> Any:
    rest: Any = reduce(or_, (arm for arm in get_args(kind) if arm is not Unknown))

    def structure(value: Any, _: Any) -> Any:
        return UNKNOWN if value in ("unknown", UNKNOWN) else made.structure(value, rest)

    return structure


def _listed(kind: Any, made: Converter) -> Any:
    """Return a hook that takes lists only: a string is no list of letters."""
    item = get_args(kind)[0]

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise Unfit("no_list", value)
        if item is float and set(map(type, value)) == {float} and all(map(math.isfinite, value)):
            return tuple(value)  # thousands of coefficients, of which nothing is to be said
        return tuple(_each(enumerate(value), item, made).values())

    return structure


def _table(kind: Any, made: Converter) -> Any:
    item = get_args(kind)[1]

    def structure(value: Any, _: Any) -> Any:
        return _each(_mapping(value).items(), item, made)

    return structure


def _each(entries: Iterable[tuple[Any, Any]], item: Any, made: Converter) -> dict[Any, Any]:
    """Return the entries made into nouns; every entry that does not fit is told, with its place."""
    found: dict[Any, Any] = {}
    unfit: list[Exception] = []
    for place, value in entries:
        try:
            found[place] = made.structure(value, item)
        except Exception as error:
            error.add_note(IterableValidationNote(f"entry {place}", place, item))
            unfit.append(error)
    if unfit:
        raise IterableValidationError("entries", unfit, item)
    return found


def _one_of(kind: Any) -> Any:
    allowed = get_args(kind)

    def structure(value: Any, _: Any) -> Any:
        if value not in allowed:
            raise Unfit("not_one_of", value, expected=", ".join(map(str, allowed)))
        return value

    return structure


def _number(value: Any, _: Any = None) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("no_number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Unfit("not_finite", value)
    return number


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit("no_whole_number", value)
    return value


def _truth(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("no_truth", value)
    return value


def _words(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise Unfit("no_text", value)
    return value


def _scalar(value: Any, _: Any) -> Scalar:
    if not isinstance(value, SCALAR):
        raise Unfit("no_text", value)
    return value


def _reading(value: Any, _: Any) -> float | bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, int | float):
        raise Unfit("no_number_or_truth", value)
    return _number(value)


def _moment(value: Any, kind: type[date]) -> date:
    code = "no_moment" if kind is datetime else "no_date"
    try:
        moment = kind.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise Unfit(code, value) from error
    if not isinstance(moment, kind):
        raise Unfit(code, value)
    return moment
