"""'Unknown' is a value: a battery's papers are usually incomplete, and zero or None would lie."""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeGuard, TypeVar

T = TypeVar("T")


class Unknown(Enum):
    """The one value that says: nobody told us. It is written ``"unknown"`` in JSON and TOML."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown.UNKNOWN


def is_known(value: T | Unknown) -> TypeGuard[T]:
    """Return whether `value` was told; narrows the type for the reader of the code and for mypy."""
    return value is not UNKNOWN


def known_or(value: T | Unknown, fallback: T) -> T:
    """Return `value` where it is known and `fallback` otherwise."""
    return fallback if isinstance(value, Unknown) else value
