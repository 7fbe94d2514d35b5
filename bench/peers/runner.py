"""Read one file with one reader in this environment; print one JSON line of what came out and what it cost.

Run by bench/scoreboard.py with the interpreter of the reader's own environment: runner.py READER FILE
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

Rows = tuple[int, list[str]]
VOLTS = ("voltage", "ewe", "ecell", "volts", "u/v", "potential", "test_volts", "volt")


def hwan(path: Path) -> Any:
    """Ours; of several recordings inside the first."""
    import hwan

    return hwan.read_all(path)[0].samples.collect()


def fastnda(path: Path) -> Any:
    """Neware's binary files."""
    import fastnda

    return fastnda.read(path)


def newarenda(path: Path) -> Any:
    """Neware's binary files."""
    import NewareNDA

    return NewareNDA.read(str(path))


def batterydf(path: Path) -> Any:
    """Many formats, by its own detection."""
    import bdf

    return bdf.read(str(path), validate=False)


def navani(path: Path) -> Any:
    """Many formats, by suffix."""
    from navani.echem import echem_file_loader

    return echem_file_loader(str(path))


def galvani(path: Path) -> Any:
    """BioLogic's binary files, as a structured array."""
    from galvani import BioLogic

    return BioLogic.MPRfile(str(path)).data


def yadg(path: Path) -> Any:
    """Files of EC-Lab, by suffix."""
    from yadg.extractors import extract

    kinds = {".mpr": "eclab.mpr", ".mpt": "eclab.mpt", ".dta": "", ".z": ""}
    tree = extract(filetype=kinds[path.suffix.lower()], path=str(path), timezone="UTC", encoding="windows-1252")
    return tree.to_dataset()


def pyprobe(path: Path) -> Any:
    """Text exports; the maker is told by the folder of the sample."""
    import tempfile

    import polars as pl
    import pyprobe

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.parquet"
        pyprobe.process_cycler_data(path.parent.name, str(path), str(out))
        return pl.read_parquet(out)


READERS: dict[str, Callable[[Path], Any]] = {
    each.__name__: each for each in (hwan, fastnda, newarenda, batterydf, navani, galvani, yadg, pyprobe)
}


def table(frame: Any) -> tuple[int, list[str]]:
    """Return rows and names of columns of whatever a reader gives."""
    if hasattr(frame, "sizes"):  # xarray
        return max(frame.sizes.values()), [str(name) for name in frame.data_vars]
    if hasattr(frame, "dtype") and frame.dtype.names:
        return len(frame), list(frame.dtype.names)
    return len(frame), [str(name) for name in frame.columns]


def voltages(frame: Any, names: list[str]) -> list[float]:
    """Return the first, middle and last voltage, in the reader's own unit; empty without such a column."""
    named = [name for name in names if any(part in name.lower() for part in VOLTS)]
    for name in named:
        with contextlib.suppress(Exception):
            values = [float(value) for value in list(frame[name].values if hasattr(frame, "sizes") else frame[name])]
            return [values[0], values[len(values) // 2], values[-1]]
    return []


def main(reader: str, path: Path) -> dict[str, Any]:
    """Read twice, time the second; return what came out."""
    warnings.simplefilter("ignore")
    read = READERS[reader]
    with contextlib.redirect_stdout(io.StringIO()):
        frame = read(path)
        begin = time.perf_counter()
        frame = read(path)
        seconds = time.perf_counter() - begin
    rows, names = table(frame)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "seconds": seconds, "peak_mb": peak, "columns": len(names), "volts": voltages(frame, names)}


if __name__ == "__main__":
    try:
        answer = main(sys.argv[1], Path(sys.argv[2]))
    except BaseException as error:  # a peer may end in any way; the board says how
        answer = {"error": f"{type(error).__name__}: {str(error)[:160]}"}
    print(json.dumps(answer))
