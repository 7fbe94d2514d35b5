"""The loops of this package as machine code where numba is installed, else as they stand.

numba compiles a function with the functions it calls only where these are compiled themselves. So each loop gets a
copy whose globals are the compiled loops; both forms are the same text and give the same figures. numba keeps machine
code by the file of a loop and would not notice that a loop it calls has changed: the name tells the text of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final
from zlib import crc32

from hwan.health._fast import compiled
from hwan.health.ica import _analysed, _density, _grid, _instrument, _noise, _peaks, _regression

MODULES: Final = (_noise, _instrument, _grid, _density, _peaks, _regression, _analysed)


@cache
def machine() -> Callable[..., None]:
    """Return :func:`hwan.health.ica._analysed.all_analysed`, compiled where that can be."""
    loops: dict[str, Any] = {}
    digest = crc32(b"".join(Path(str(module.__file__)).read_bytes() for module in MODULES))
    for module in MODULES:
        space = {**vars(module), **loops}
        for name, loop in _loops(module):
            # Each copy sees the globals of its module, and every loop compiled before it in place of its plain form.
            linked = FunctionType(loop.__code__, space, name)
            linked.__module__, linked.__qualname__ = loop.__module__, f"{name}_{digest:08x}"
            ready = compiled(linked)
            if ready is None:
                return _analysed.all_analysed
            space[name] = loops[name] = ready
    fast: Callable[..., None] = loops["all_analysed"]
    return fast


def _loops(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield name, value
