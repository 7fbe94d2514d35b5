"""Rulesets by id or by path."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from hwan.core import Ruleset, UnknownName, read_toml
from hwan.grading._check import check_ruleset

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
    path = _located(name_or_path)
    ruleset = read_toml(path, Ruleset)
    check_ruleset(ruleset, str(path))
    return replace(ruleset, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def rulesets() -> tuple[str, ...]:
    """Return the ids of the rulesets that come with hwan.

    >>> "house/1" in rulesets()
    True
    """
    return tuple(sorted(_packaged()))


def _located(name_or_path: str | Path) -> Path:
    packaged, path = _packaged(), Path(name_or_path)
    if str(name_or_path) in packaged:
        return packaged[str(name_or_path)]
    if path.suffix == ".toml" or path.is_file():
        return path
    raise UnknownName("ruleset", str(name_or_path), packaged)


def _packaged() -> dict[str, Path]:
    """Return id → file; ``house-1.toml`` holds ``house/1``."""
    return {"/".join(path.stem.rsplit("-", 1)): path for path in FOLDER.glob("*.toml")}
