"""A reader at work in a process of its own, asked for one reading after another; and whether two read the same."""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import threading
from pathlib import Path
from typing import Any, Final, Self

RUNNER: Final = Path(__file__).with_name("runner.py")
TIMEOUT_SECOND: Final = 120


class Worker:
    """One reader and one file; a context."""

    def __init__(self, python: str, reader: str, path: Path) -> None:
        self._process = subprocess.Popen(
            [python, str(RUNNER), reader, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):  # what it has not heard
            self._process.communicate()

    def ask(self) -> dict[str, Any]:
        """Return what one reading gave and cost; the first question waits for the warming up, too."""
        assert self._process.stdin is not None
        late = threading.Event()
        timer = threading.Timer(TIMEOUT_SECOND, lambda: (late.set(), self._process.kill()))
        timer.start()
        with contextlib.suppress(OSError):  # it may have ended; its last words say why
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        said = self._heard()
        timer.cancel()
        return {"error": f"longer than {TIMEOUT_SECOND} s"} if late.is_set() else said

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("ANSWER "):
                told: dict[str, Any] = json.loads(line.removeprefix("ANSWER "))
                return told
        return {"error": "ended without an answer"}


def like(one: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Return whether two readings agree: a spectrum in its points and impedance, all else in rows and voltages.

    Three points or rows are compared; millivolt for volt is another unit and not right, nor is -Im(Z) for Im(Z).
    """
    if "error" in one or "error" in ours:
        return False
    if ours["spectrum"]:
        return bool(one["spectrum"]) and _same_spectrum(one["spectrum"], ours["spectrum"])
    if one["rows"] != ours["rows"] or not one["volts"]:
        return False
    return all(_close(a, b, max(abs(b), 0.1)) for a, b in zip(one["volts"], ours["volts"], strict=False))


def _same_spectrum(one: dict[str, Any], ours: dict[str, Any]) -> bool:
    if one["points"] != ours["points"]:
        return False
    pairs = zip(zip(*one["values"], strict=True), zip(*ours["values"], strict=True), strict=True)
    return all(_same_point(a, b) for a, b in pairs)


def _same_point(one: tuple[float, ...], ours: tuple[float, ...]) -> bool:
    """Frequency within a thousandth of itself, both parts of the impedance within a thousandth of its modulus."""
    modulus = math.hypot(ours[1], ours[2])
    return all(_close(a, b, scale) for a, b, scale in zip(one, ours, (ours[0], modulus, modulus), strict=True))


def _close(one: float, ours: float, scale: float) -> bool:
    return (math.isnan(one) and math.isnan(ours)) or abs(one - ours) <= 1e-3 * scale
