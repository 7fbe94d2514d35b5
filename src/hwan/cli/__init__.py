"""The command line: a thin face over the rooms."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Sequence

__all__ = ["main"]

Run = Callable[[Sequence[str]], int]
Tell = Callable[[Sequence[str], BaseException], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run hwan with command-line arguments (those of the process by default) and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    run, tell = _rooms(words)
    try:
        return run(words)
    except KeyboardInterrupt as interrupted:
        return tell(words, interrupted)


def _rooms(words: Sequence[str]) -> tuple[Run, Tell]:
    """Import the rooms; Ctrl-C meanwhile is answered after, since a package half imported stays broken."""
    early: list[int] = []
    ours = threading.current_thread() is threading.main_thread()
    deferrable = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if deferrable:
        signal.signal(signal.SIGINT, lambda number, _: early.append(number))
    # Thousands of objects that stay: looking for circles among them costs a tenth of the start.
    gc.disable()
    try:
        from hwan.cli._main import commands, run, tell

        commands(words)
    finally:
        gc.freeze()
        gc.enable()
        if deferrable:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    return (_interrupted, tell) if early else (run, tell)


def _interrupted(_: Sequence[str]) -> int:
    raise KeyboardInterrupt
