"""hwan (환): from a used battery's test file to what it still is, its grade and its next life.

>>> import hwan
>>> recording = hwan.read("test.ndax")  # doctest: +SKIP
>>> hwan.steps(recording), hwan.cycles(recording)  # doctest: +SKIP
>>> hwan.evaluate([recording], battery, ruleset="house/1", prices="everbatt-2023-kr/1")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hwan import core, health
    from hwan.assess import evaluate
    from hwan.health import cycles, steps
    from hwan.readers import read, read_all

__all__ = ["core", "cycles", "evaluate", "health", "read", "read_all", "steps"]

_HOME: Final = {
    "read": "hwan.readers",
    "read_all": "hwan.readers",
    "steps": "hwan.health",
    "cycles": "hwan.health",
    "evaluate": "hwan.assess",
}


def __getattr__(name: str) -> Any:
    """Import a room when it is first used: ``import hwan`` alone costs nothing."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in __all__:
        return import_module(f"hwan.{name}")
    raise AttributeError(f"module 'hwan' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
