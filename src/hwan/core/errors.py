"""The error tree. Every error says what, where, got, expected and the next step.

::

    HwanError                    failed inside                                  exit 5
    ├── UsageError               the call is wrong                              exit 2
    │   ├── UnknownName          a ruleset, chemistry, ... that does not exist
    │   ├── BadDefinition        a rule, price, mapping or sheet file is malformed
    │   └── MissingExtra         an optional package is not installed
    └── InputError               the battery's data cannot be used              exit 3
        ├── FormatNotRecognised  no reader knows the content
        ├── DamagedFile          known format, unreadable content
        ├── NothingInside        no bytes or no rows
        ├── ColumnProblem        a column is missing or unusable
        └── SeveralRecordings    a key has to be chosen

The sentence is rendered from (code, language), as for findings, so that Korean users read Korean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import ClassVar

from hwan.core.findings import Scalar
from hwan.core.language import text

Problem = tuple[str, Mapping[str, Scalar]]
"""Code and values of one field that does not fit; its sentence is of kind ``problem``."""


class HwanError(Exception):
    """Base of all errors that hwan raises on purpose."""

    exit_code: ClassVar[int] = 5

    def __init__(self, code: str, *problems: Problem, **values: Scalar) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems
        self.values = values

    def message(self, language: str = "en") -> str:
        """Return the sentence in `language` (``en`` or ``ko``); problems are its `detail`."""
        told = "; ".join(text("problem", code, language, values) for code, values in self.problems)
        return text("error", self.code, language, {**self.values, "detail": told} if told else self.values)

    def __str__(self) -> str:
        return self.message()


class UsageError(HwanError):
    """The call itself is wrong."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that is not in the list of available ones; suggests the nearest. `where` is the file and field."""

    def __init__(self, kind: str, got: str, available: Iterable[str], where: str = "") -> None:
        names = sorted(available)
        near = get_close_matches(got.lower(), names, n=1, cutoff=0.5)
        super().__init__(
            "unknown_name_near" if near else "unknown_name",
            kind=kind,
            got=got,
            where=f" ({where})" if where else "",
            near=near[0] if near else "",
            available=", ".join(names),
        )


class BadDefinition(UsageError):
    """A file of definitions (ruleset, prices, mapping, sheet, instrument) does not fit its schema."""


class MissingExtra(UsageError):
    """An optional package is needed for what was asked."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__("missing_extra", package=package, extra=extra)


class InputError(HwanError):
    """The data handed in cannot be used."""

    exit_code = 3


class FormatNotRecognised(InputError):
    """No reader recognises the content of the file."""


class DamagedFile(InputError):
    """The format is known, the content cannot be read."""


class NothingInside(InputError):
    """The file has no bytes, or no rows."""


class ColumnProblem(InputError):
    """A required column is missing or has no usable value."""


class SeveralRecordings(InputError):
    """The file holds several recordings and none was chosen."""

    def __init__(self, source: str, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        super().__init__("several_recordings", source=source, keys=", ".join(self.keys))
