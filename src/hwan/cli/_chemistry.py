"""The chemistry that a call states: an id, or a file of the user's own."""

from __future__ import annotations

from hwan.core import CHEMISTRIES


def chemistry_stated(name: str) -> str:
    """Return a chemistry's id: `name` itself, or the id in the profile that it is the path of.

    Raises
    ------
    UnknownName
        With the nearest name, when it is neither.
    BadDefinition
        When the profile does not fit the schema.
    """
    if name in CHEMISTRIES:
        return name
    from hwan.health.profiles import profile

    return profile(name).id


def chemistry_or_file(name: str) -> str:
    """Return `name` when it is a chemistry's id or the path of a profile, which the methods of health look up.

    Raises
    ------
    UnknownName
        With the nearest name, when it is neither.
    BadDefinition
        When the profile does not fit the schema.
    """
    chemistry_stated(name)
    return name
