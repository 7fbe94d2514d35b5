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
