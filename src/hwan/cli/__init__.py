"""The command line: a thin face over the rooms."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run hwan with command-line arguments (those of the process by default) and return the exit code.

    The rooms are imported inside, so that Ctrl-C while they load is answered like any other.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from hwan.cli._main import run

        return run(words)
    except KeyboardInterrupt as interrupted:
        from hwan.cli._main import tell

        return tell(words, interrupted)
