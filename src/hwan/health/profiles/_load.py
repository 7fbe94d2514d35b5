"""Profiles by chemistry or by path."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from hwan.core import CHEMISTRIES, UnknownName, UsageError, load_definition
from hwan.core.definitions import PARSERS
from hwan.health.profiles._check import beside, contradictions
from hwan.health.profiles._profile import HalfCellPair, Profile

FOLDER: Final = Path(__file__).parent / "data"


def profile(chemistry_or_path: str | Path) -> Profile:
    """Return the profile of a chemistry, or the one in a file of the user's own.

    Parameters
    ----------
    chemistry_or_path
        A chemistry such as ``lfp``, or the path of a TOML file (schema: docs/chemistries.md). Paths of half-cells
        in such a file count from its folder.

    Raises
    ------
    UnknownName
        When no profile has that name; or it names a half-cell, method, reason or test that does not exist.
    BadDefinition
        When the file does not fit the schema, or contradicts itself.

    Examples
    --------
    >>> lfp = profile("lfp")
    >>> lfp.window.lower_volt, lfp.window.upper_volt, lfp.half_cells[0].positive
    (2.5, 3.65, 'lfp-afshar2017/1')
    """
    name = str(chemistry_or_path)
    return _packaged(name) if name in profiles() else _checked(name)


def profiles() -> tuple[str, ...]:
    """Return the chemistries that have a profile, in the order of :data:`hwan.core.CHEMISTRIES`.

    >>> profiles()[0], profiles()[-1]
    ('lfp', 'unknown')
    """
    return tuple(name for name in CHEMISTRIES if _file(name).is_file())


def check_profile(chemistry_or_path: str | Path) -> tuple[UsageError, ...]:
    """Return everything that is wrong with a profile's file; nothing when it can be loaded.

    >>> check_profile("lfp")
    ()
    """
    try:
        found, source = _read(str(chemistry_or_path))
    except UsageError as error:
        return (error,)
    return tuple(contradictions(found, source))


@lru_cache(maxsize=32)
def _packaged(name: str) -> Profile:
    return _checked(name)


def _checked(name: str) -> Profile:
    found, source = _read(name)
    for error in contradictions(found, source):
        raise error
    return found


def _read(name: str) -> tuple[Profile, str]:
    path = _file(name) if name in profiles() else Path(name)
    if path.suffix not in PARSERS and not path.is_file():
        raise UnknownName("chemistry", name, profiles())
    found, source, sha256 = load_definition("chemistry", path, FOLDER, Profile)
    pairs = (HalfCellPair(beside(each.negative, path), beside(each.positive, path)) for each in found.half_cells)
    return replace(found, half_cells=tuple(pairs), sha256=sha256), source


def _file(name: str) -> Path:
    return FOLDER / f"{name}.toml"
