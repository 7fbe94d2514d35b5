"""pyarrow, imported when it is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hwan.core import MissingExtra


def arrow() -> Any:
    """Return pyarrow.

    Raises
    ------
    MissingExtra
        It is not installed.
    """
    return _imported("pyarrow")


def parquet() -> Any:
    """Return pyarrow.parquet; raises as :func:`arrow`."""
    return _imported("pyarrow.parquet")


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra("pyarrow", "store") from error
