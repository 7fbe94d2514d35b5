"""What the words of a heading name: BDF columns, by the names in ``vocabulary.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from hwan.core import parse_toml

NEGATIVE_IMAGINARY: Final = "minus_imaginary_impedance_ohm"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A column, the dimension of its unit, and the unit that the words themselves imply, if any.

    `amount` marks counters, whose scope the data have to prove: ``charging``, ``discharging`` or
    ``either``.
    """

    to: str
    dimension: str = "1"
    implied: str = ""
    amount: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All meanings, and the words that give way to more precise headings of the same meaning."""

    meaning: tuple[Meaning, ...]
    generic: tuple[str, ...]


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the package."""
    file = resources.files("hwan.readers.generic") / "vocabulary.toml"
    return parse_toml(file.read_text(encoding="utf-8"), Vocabulary, "vocabulary.toml")


@cache
def meanings() -> dict[str, Meaning]:
    """Return the words of headings (:func:`hwan.readers.generic._units.words_of`) with what they mean."""
    return {words: meaning for meaning in vocabulary().meaning for words in meaning.words}
