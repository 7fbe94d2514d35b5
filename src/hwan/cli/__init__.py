"""The command line: a thin face over the rooms."""

from hwan.cli._main import main

__all__ = ["main"]
