"""Tables of Arbin's SQL database that a laboratory exported to HDF5 with pandas.

`data_df` holds the samples of one test or several, `info_df` what each test was. `Date_Time` counts
1e-7 s since 1970 in UTC: it agrees with `First_Start_DateTime`, which is Unix time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import REQUIRED, UNKNOWN, ColumnProblem, DamagedFile, Finding, Instrument, Mark, NothingInside, Unknown
from hwan.readers._arrange import arrange
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._hdf5 import PandasFrame, frame_in, opened, recognise_hdf5
from hwan.readers.arbin._samples import targets_of, with_scopes, with_steps

_SAMPLES: Final = "data_df"
_TESTS: Final = "info_df"
_TEST: Final = "Test_ID"
_CLOCK: Final = "Date_Time"
_TICK_SECOND: Final = 1e-7
_MOST_TESTS: Final = 4096
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class ArbinHdf5:
    """Reads exports of Arbin's SQL database; every test is a recording."""

    name: str = "arbin-hdf5"
    version: str = "2"
    title: str = "Arbin SQL .h5 (pandas)"
    suffixes: tuple[str, ...] = (".h5",)
    proof: Proof = "another reader"

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask for HDF5 with the frames of samples and of tests."""
        return recognise_hdf5(self.name, head, (_SAMPLES, _TESTS))

    def keys(self, path: Path) -> tuple[str, ...]:
        """Return the numbers of the tests inside."""
        with opened(path) as file:
            return tuple(str(test) for test in _tests(frame_in(file, _SAMPLES), path.name))

    def read(self, path: Path, key: str = "") -> RawRecording:
        """Read one test, its rows in the order of the export."""
        with opened(path) as file:
            samples = frame_in(file, _SAMPLES)
            told = frame_in(file, _TESTS)
            tests = _tests(samples, path.name)
            test = int(key) if key.isdigit() else tests[0]
            if test not in tests:
                listed = ", ".join(map(str, tests))[:500]
                raise DamagedFile("arbin_test_absent", source=path.name, test=key, tests=listed)
            frame, findings, marks = _frame(samples, test, path.name)
            metadata = _metadata(told, test)
            instrument = Instrument(id=metadata.get("info.IV_Ch_ID", UNKNOWN), maker="Arbin")
            found = (*findings, *told.findings())
            return RawRecording(frame, metadata, found, instrument, _started(metadata), marks=marks)


ARBIN_HDF5: Final = ArbinHdf5()


def _tests(samples: PandasFrame, source: str) -> list[int]:
    if _TEST not in samples.columns:
        found = ", ".join(samples.columns)[:1000]
        raise ColumnProblem("columns_missing", source=source, missing=_TEST, found=found)
    tests = np.unique(samples.columns[_TEST])[:_MOST_TESTS]
    if not len(tests):
        raise NothingInside("test_without_samples", source=source)
    return [int(test) for test in tests]


def _frame(samples: PandasFrame, test: int, source: str) -> tuple[pl.DataFrame, list[Finding], tuple[Mark, ...]]:
    of_test = samples.columns[_TEST] == test
    columns = {name: _plain(name, values[of_test]) for name, values in samples.columns.items() if name != _TEST}
    targets, raw = targets_of(list(columns))
    missing = [name for name in REQUIRED if name not in {target.name for target in targets}]
    if missing:
        found = ", ".join(columns)[:1000]
        raise ColumnProblem("columns_missing", source=source, missing=", ".join(missing), found=found)
    frame, findings = arrange(pl.DataFrame([pl.Series(n, v, nan_to_null=True) for n, v in columns.items()]), targets)
    frame, of_steps, marks = with_steps(frame)
    frame, of_scope = with_scopes(frame)
    if raw:
        findings.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]}))
    return frame, [*findings, *of_steps, *of_scope, *samples.findings()], marks


def _plain(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if name == _CLOCK:
        return np.round(values.astype(np.float64) * _TICK_SECOND, 7)
    if values.dtype.kind in "iub":
        return values.astype(np.int64)
    return values.astype(np.float64) if values.dtype.kind == "f" else values.astype("U")


def _metadata(told: PandasFrame, test: int) -> dict[str, str]:
    rows = np.flatnonzero(told.columns.get(_TEST, np.empty(0)) == test)
    if not len(rows):
        return {}
    row = int(rows[0])
    return {f"info.{name}": str(values[row].item())[:_LONGEST] for name, values in told.columns.items()}


def _started(metadata: dict[str, str]) -> datetime | Unknown:
    try:
        second = int(metadata.get("info.First_Start_DateTime", "0"))
        return datetime.fromtimestamp(second, UTC) if second > 0 else UNKNOWN
    except (ValueError, OverflowError, OSError):
        return UNKNOWN
