"""Indigo's time series: names carry their units (C, J, W), counters begin anew at each half cycle.

A half cycle is taken as the executed step. The counters were kept while the samples were thinned, so
that ∫I·dt of the samples does not prove them. `time_s` is written in single precision, a thirtieth of a
second after a week; `system_time_us` counts whole microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import REQUIRED, ColumnProblem, Finding, Instrument
from hwan.readers._arrange import Target, arrange, raw_free
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._hdf5 import PandasFrame, frame_in, opened, recognise_hdf5

_SAMPLES: Final = "time_series_data"
_HOUR: Final = 1 / 3600
_TARGETS: Final = (
    Target("time_s", "test_time_second"),
    Target("system_time_us", "unix_time_second", 1e-6),
    Target("cycle_count", "cycle_count"),
    Target("half_cycle_count", "step_count"),
    Target("cell_current_a", "current_ampere"),
    Target("cell_voltage_v", "voltage_volt"),
    Target("cell_power_w", "power_watt"),
    Target("cell_coulomb_count_c", "step_net_capacity_ah", _HOUR),
    Target("cell_energy_j", "step_net_energy_wh", _HOUR),
    Target("cell_temperature_c", "temperature_t1_celsius"),
)


@dataclass(frozen=True, slots=True)
class IndigoHdf5:
    """Reads Indigo's HDF5 time series; one file is one recording."""

    name: str = "indigo-hdf5"
    version: str = "1"
    title: str = "Indigo .h5"
    suffixes: tuple[str, ...] = (".h5",)
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask for HDF5 with Indigo's group."""
        return recognise_hdf5(self.name, head, (_SAMPLES,))

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read all samples; ``DamagedFile`` or ``ColumnProblem`` where they cannot be."""
        with opened(path) as file:
            return _recording(frame_in(file, _SAMPLES), path.name)


INDIGO_HDF5: Final = IndigoHdf5()


def _recording(samples: PandasFrame, source: str) -> RawRecording:
    columns = {name: values for name, values in samples.columns.items() if values.dtype.kind in "iuf"}
    known = [target for target in _TARGETS if target.column in columns]
    missing = [name for name in REQUIRED if name not in {target.name for target in known}]
    if missing:
        found = ", ".join(columns)[:1000]
        raise ColumnProblem("columns_missing", source=source, missing=", ".join(missing), found=found)
    taken = {target.name for target in known}
    others = [name for name in columns if name not in {target.column for target in known}]
    raw = [Target(name, raw_free(name, taken)) for name in others]
    frame, findings = arrange(pl.DataFrame([_series(*column) for column in columns.items()]), [*known, *raw])
    if others:
        findings.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(others)[:1000]}))
    return RawRecording(frame, _cell(columns), (*findings, *samples.findings()), Instrument(maker="Indigo"))


def _series(name: str, values: NDArray[Any]) -> pl.Series:
    return pl.Series(name, values.astype(np.float64 if values.dtype.kind == "f" else np.int64), nan_to_null=True)


def _cell(columns: Mapping[str, NDArray[Any]]) -> dict[str, str]:
    cell = columns.get("cell_id")
    return {"cell_id": str(int(cell[0]))} if cell is not None and len(cell) and (cell == cell[0]).all() else {}
