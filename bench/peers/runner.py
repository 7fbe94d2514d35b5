"""Read one file with one reader in this environment; for each line heard, read it again and say what it cost.

Run with the interpreter of the reader's own environment: runner.py READER FILE. The first reading warms up
and is not timed. Each answer is a line: ``ANSWER `` and JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from readers import READERS

VOLTS = ("voltage", "ewe", "ecell", "volts", "u/v", "potential", "test_volts", "volt")
FREQUENCY, REAL = ("freq",), ("re(z)", "real impedance", "real_impedance")
IMAGINARY, MINUS_IMAGINARY = ("im(z)", "imaginary impedance", "imaginary_impedance"), ("-im(z)",)


def table(frame: Any) -> tuple[int, list[str]]:
    """Return rows and names of columns of whatever a reader gives."""
    if isinstance(frame, dict):
        return len(next(iter(frame.values()), ())), list(frame)
    if hasattr(frame, "sizes"):  # xarray
        return max(frame.sizes.values()), [str(name) for name in frame.data_vars]
    if hasattr(frame, "dtype") and frame.dtype.names:
        return len(frame), list(frame.dtype.names)
    return len(frame), [str(name) for name in frame.columns]


def numbers(frame: Any, name: str) -> Any:
    """Return a column as numpy's floats."""
    import numpy as np

    values = frame[name]
    return np.asarray(values.values if hasattr(frame, "sizes") else values).astype(float)


def voltages(frame: Any, names: list[str]) -> list[float]:
    """Return the first, middle and last voltage, in the reader's own unit; empty without such a column."""
    for name in names:
        if any(part in name.lower() for part in VOLTS):
            with contextlib.suppress(Exception):
                return _three(numbers(frame, name))
    return []


def spectrum(frame: Any, names: list[str]) -> dict[str, Any]:
    """Return how many rows have a frequency, and the first, middle and last with their impedance; empty without."""
    frequency, real = _named(names, FREQUENCY), _named(names, REAL)
    plus, minus = _named(names, IMAGINARY), _named(names, MINUS_IMAGINARY)
    if not (frequency and real and (plus or minus)):
        return {}
    hertz = numbers(frame, frequency)
    there = hertz > 0
    if not there.any():
        return {}
    imaginary = numbers(frame, plus) if plus else -numbers(frame, minus)
    parts = [_three(each[there]) for each in (hertz, numbers(frame, real), imaginary)]
    return {"points": int(there.sum()), "values": parts}


def _named(names: list[str], starts: tuple[str, ...]) -> str:
    return next((name for name in names if name.lower().startswith(starts) and "uncertainty" not in name), "")


def _three(values: Any) -> list[float]:
    return [float(values[place]) for place in (0, len(values) // 2, -1)]


def processor() -> float:
    """Return the seconds of work of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_mb() -> float:
    """Return the most memory of this process, programs that it calls left out."""
    with contextlib.suppress(OSError, StopIteration):  # the kernel's other count remembers who started us
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def answer(read: Callable[[Path], Any], path: Path) -> dict[str, Any]:
    """Read once; return what came out and what it cost."""
    wall, work = time.perf_counter(), processor()
    frame = read(path)
    seconds, worked = time.perf_counter() - wall, processor() - work
    rows, names = table(frame)
    told = {"rows": rows, "seconds": seconds, "processor": worked, "peak_mb": peak_mb(), "columns": len(names)}
    return told | {"volts": voltages(frame, names), "spectrum": spectrum(frame, names)}


def main(reader: str, path: Path) -> None:
    """Warm up, then answer each line."""
    say, read = sys.stdout, READERS[reader]
    warnings.simplefilter("ignore")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            read(path)
            for _ in sys.stdin:
                print("ANSWER", json.dumps(answer(read, path)), file=say, flush=True)
    except BaseException as error:  # a peer may end in any way; the answer says how
        print("ANSWER", json.dumps({"error": f"{type(error).__name__}: {str(error)[:160]}"}), file=say, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
