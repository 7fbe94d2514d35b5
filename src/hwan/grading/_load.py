"""Rulesets by id or by path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from hwan.core import Ruleset, UsageError, load_definition, packaged
from hwan.grading._check import check_ruleset, contradictions

FOLDER: Final = Path(__file__).parent / "rulesets"


def load_ruleset(name_or_path: str | Path) -> Ruleset:
    """Return the ruleset with this id, or the one in a file of the user's own.

    Parameters
    ----------
    name_or_path
        An id such as ``house/1``, or the path of a TOML file (schema: docs/definitions.md).

    Returns
    -------
    Ruleset
        With the SHA-256 of the file's bytes, by which an old grade can be recomputed.

    Raises
    ------
    UnknownName
        When no ruleset has that id; or a class names a limit, a requirement a condition, that does not exist.
    BadDefinition
        When the file does not fit the schema, or contradicts itself.

    Examples
    --------
    >>> load_ruleset("house/1").own
    True
    """
    ruleset, source, sha256 = load_definition("ruleset", name_or_path, FOLDER, Ruleset)
    check_ruleset(ruleset, source)
    return replace(ruleset, sha256=sha256)


def check_file(name_or_path: str | Path) -> tuple[UsageError, ...]:
    """Return everything that is wrong with a ruleset file; nothing when it can be loaded.

    A file that does not fit its schema is one error with a problem per field; its contradictions, one
    error each, are looked for once it fits.

    >>> check_file("house/1")
    ()
    """
    try:
        ruleset, source, _ = load_definition("ruleset", name_or_path, FOLDER, Ruleset)
    except UsageError as error:
        return (error,)
    return tuple(contradictions(ruleset, source))


def rulesets() -> tuple[str, ...]:
    """Return the ids of the rulesets that come with hwan.

    >>> "house/1" in rulesets()
    True
    """
    return tuple(sorted(packaged(FOLDER)))
