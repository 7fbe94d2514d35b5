"""Inner loops compiled where numba is installed (extra `fast`), and the same in NumPy where it is not.

A kernel is a plain loop over numbers. :func:`compiled` gives it back as machine code, kept between runs in the
user's cache folder, or None: then the caller takes its NumPy form. Both forms must give the same figures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

SWITCH: Final = "HWAN_FAST"
"""Environment variable: '0' takes the NumPy forms even where numba is installed."""


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return a loop as machine code, compiled at its first call; None without numba.

    Parameters
    ----------
    function
        A function of a module, of arrays and numbers only; not a closure.
    """
    if os.environ.get(SWITCH) == "0" or find_spec("numba") is None:
        return None
    os.environ.setdefault("NUMBA_CACHE_DIR", str(_cache_folder()))
    import numba

    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


def _cache_folder() -> Path:
    """Return the user's cache folder: numba's default is beside the source, which may not be ours to write."""
    home = Path.home()
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"))
    elif sys.platform == "darwin":
        root = home / "Library/Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return root / "hwan" / "numba"
