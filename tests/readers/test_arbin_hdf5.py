"""Frames that pandas wrote to HDF5: Arbin's SQL export and Indigo's series; damage, links and objects."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hwan.core import DamagedFile, HwanError, Mark, MissingExtra
from hwan.readers import _hdf5, conformance
from hwan.readers._door import pass_door
from hwan.readers.arbin import ARBIN_HDF5
from hwan.readers.indigo import INDIGO_HDF5

Write = Callable[[str, str | bytes], Path]

FLOATS = ("Test_Time", "Step_Time", "Current", "Voltage", "Charge_Capacity", "Discharge_Capacity")
WHOLE = ("Test_ID", "Data_Point", "Date_Time", "Cycle_Index", "Step_Index")
INDIGO = ("time_s", "cell_current_a", "cell_voltage_v", "cell_coulomb_count_c")


@pytest.fixture
def h5py() -> Any:
    return pytest.importorskip("h5py")


def _pickled(names: tuple[str, ...]) -> bytes:
    items = "".join(f"V{name}\np{n}\na" for n, name in enumerate(names, 1))
    return f"(lp0\n{items}.".encode()


def _arbin(h5py: Any, path: Path, kind: bytes | None = None) -> Path:
    """Two tests of a rest and a charge at 1 A, as pandas and PyTables lay them out."""
    dtype = [("index", "<i8"), ("values_block_0", "<f8", (len(FLOATS),)), ("values_block_1", "<i8", (len(WHOLE),))]
    rows = np.zeros(16, dtype)
    for n in range(16):
        test, row = divmod(n, 8)
        step, current = (1, 0.0) if row < 4 else (2, 1.0)
        charge = max(row - 3, 0) * 0.0025
        volt = 3.7 + 0.1 * (row > 3) + 0.001 * row
        rows[n] = (row, [9.0 * (row + 1), 9.0 * (row % 4 + 1), current, volt, charge, 0.0],
                   [test + 1, row + 1, (1_593_001_533 + 9 * n) * 10_000_000, 1, step])  # fmt: skip
    with h5py.File(path, "w") as file:
        table = file.create_group("data_df").create_dataset("table", data=rows)
        table.attrs["values_block_0_kind"] = np.bytes_(_pickled(FLOATS) if kind is None else kind)
        table.attrs["values_block_1_kind"] = np.bytes_(_pickled(WHOLE))
        info = file.create_group("info_df")
        _fixed(info, [(("Test_ID", "IV_Ch_ID", "First_Start_DateTime"), [[1, 2, 1_593_001_519]])])
        info.attrs["nblocks"] = 2
        info["block1_items"] = np.array([b"Schedule_File_Name"])
        objects = info.create_dataset("block1_values", (1,), dtype=h5py.vlen_dtype(np.uint8))
        objects[0] = np.frombuffer(b"\x80\x04cos\nsystem\n.", np.uint8)
    return path


def _fixed(group: Any, blocks: list[tuple[tuple[str, ...], Any]]) -> None:
    group["axis0"] = np.array([name.encode() for names, _ in blocks for name in names])
    group.attrs["nblocks"] = len(blocks)
    for number, (names, values) in enumerate(blocks):
        group[f"block{number}_items"] = np.array([name.encode() for name in names])
        group[f"block{number}_values"] = np.asarray(values)


def test_an_export_of_two_tests(h5py: Any, tmp_path: Path) -> None:
    path = _arbin(h5py, tmp_path / "made.h5")
    first, second = conformance.check(ARBIN_HDF5, path)
    frame = second.frame.lazy().collect()
    assert ARBIN_HDF5.keys(path) == ("1", "2")
    assert frame["unix_time_second"][0] == 1_593_001_533 + 72
    assert frame["step_count"].to_list() == [1] * 4 + [2] * 4
    assert second.marks == (Mark("step_count", "derived", 0, 7),)
    assert (first.metadata["info.IV_Ch_ID"], second.metadata) == ("2", {})
    with pytest.raises(DamagedFile, match="no test 3; found: 1, 2"):
        ARBIN_HDF5.read(path, "3")


def test_pickled_objects_are_named_and_never_loaded(h5py: Any, tmp_path: Path) -> None:
    raw = ARBIN_HDF5.read(_arbin(h5py, tmp_path / "made.h5"))
    (found,) = [finding for finding in raw.findings if finding.code == "objects_not_unpacked"]
    assert found.values == {"columns": "Schedule_File_Name"}
    for bad in (b"cos\nsystem\n(Vls\ntR.", b"(lp0\ncos\nsystem\n.", b"\x80\x04]."):
        with pytest.raises(DamagedFile):
            ARBIN_HDF5.read(_arbin(h5py, tmp_path / "bad.h5", bad))


def test_links_and_data_outside_the_file_are_refused(h5py: Any, tmp_path: Path) -> None:
    good = _arbin(h5py, tmp_path / "good.h5")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["data_df"] = h5py.ExternalLink(good.name, "/data_df")
        file["info_df"] = h5py.SoftLink("/data_df")
    with pytest.raises(DamagedFile):
        ARBIN_HDF5.read(tmp_path / "link.h5")
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        group = file.create_group("time_series_data")
        _fixed(group, [])
        group.attrs["nblocks"] = 1
        group["block0_items"] = np.array([b"time_s"])
        group.create_dataset("block0_values", (4, 1), "<f8", external=[(str(good), 0, 32)])
    with pytest.raises(DamagedFile):
        INDIGO_HDF5.read(tmp_path / "outside.h5")


def test_a_dataset_that_would_fill_the_memory_is_refused(h5py: Any, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        group = file.create_group("time_series_data")
        _fixed(group, [])
        group.attrs["nblocks"] = 1
        group["block0_items"] = np.array([b"time_s"])
        group.create_dataset("block0_values", (20_000_000, 1), "<f8", chunks=(100_000, 1), compression="gzip")
    with pytest.raises(DamagedFile):
        INDIGO_HDF5.read(tmp_path / "bomb.h5")


def test_without_the_library_the_extra_is_named(h5py: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _arbin(h5py, tmp_path / "made.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtra, match="hdf5"):
        ARBIN_HDF5.read(path)
    assert ARBIN_HDF5.recognise(path, path.read_bytes()).confidence == "certain"


def _indigo(h5py: Any, path: Path) -> Path:
    values = [[10.0 * n, (-1.0 if n % 4 else 0.0), 3.7 - 0.1 * (n % 4 > 0), -10.0 * (n % 4)] for n in range(16)]
    times = [[1_570_746_395_000_000 + 10_000_000 * n] for n in range(16)]
    with h5py.File(path, "w") as file:
        counts = [[452, n // 8 + 1, n // 4 + 1] for n in range(16)]
        blocks = [(INDIGO, np.array(values, "<f4")), (("system_time_us",), times),
                  (("cell_id", "cycle_count", "half_cycle_count"), counts)]  # fmt: skip
        _fixed(file.create_group("time_series_data"), blocks)
    return path


def test_a_series_of_indigo(h5py: Any, tmp_path: Path) -> None:
    (raw,) = conformance.check(INDIGO_HDF5, _indigo(h5py, tmp_path / "made.h5"))
    frame = raw.frame.lazy().collect()
    assert frame["step_count"].to_list() == [1 + n // 4 for n in range(16)]
    assert frame["step_net_capacity_ah"].min() == pytest.approx(-30 / 3600)
    assert frame["unix_time_second"][1] == 1_570_746_405.0
    assert raw.metadata == {"cell_id": "452"}


def test_damaged_bytes_of_hdf5(h5py: Any, tmp_path: Path, write: Write) -> None:
    refusals: list[str] = []
    for make, reader in ((_arbin, ARBIN_HDF5), (_indigo, INDIGO_HDF5)):
        good = make(h5py, tmp_path / "good.h5").read_bytes()
        for number in range(100):
            rng, data = random.Random(number), bytearray(good)  # noqa: S311  # reproducible, no secret
            for _ in range(rng.choice([1, 5, 50])):
                data[rng.randrange(len(data))] = rng.randrange(256)
            path = write("damaged.h5", bytes(data[: rng.randrange(len(data))] if number % 3 == 0 else data))
            start = time.perf_counter()
            try:
                for key in reader.keys(path)[:3] or ("",):
                    pass_door(reader.read(path, key).frame, path.name)
            except HwanError as error:
                refusals.append(error.message("ko"))
            assert time.perf_counter() - start < 2, number
    assert refusals
    assert all(refusals)


def test_arbin_values_are_those_of_another_reader(h5py: Any, lab: Path) -> None:
    path = lab / "arbin/20200624_test001_cc_01.h5"
    raws = conformance.check(ARBIN_HDF5, path)
    frame = pl.concat([raw.frame.lazy().collect() for raw in raws], how="diagonal_relaxed")
    truth = pl.read_parquet(lab / "truth/cellpy/loader_arbin_sql_h5/raw.parquet")
    assert [raw.frame.lazy().collect().height for raw in raws] == [2, 11, 34]
    same = {
        "data_point": "record_index", "test_time": "test_time_second", "step_time": "step_time_second",
        "step_index": "step_id", "cycle_index": "cycle_count", "current": "current_ampere", "voltage": "voltage_volt",
        "power": "power_watt", "charge_capacity": "schedule_charging_capacity_ah",
        "discharge_capacity": "schedule_discharging_capacity_ah", "internal_resistance": "internal_resistance_ohm",
    }  # fmt: skip
    for theirs, ours in same.items():
        # The other reader repeats the last value where there is none.
        read = frame[ours].cast(pl.Float64).fill_null(strategy="forward")
        assert truth[theirs].cast(pl.Float64).to_list() == read.to_list(), theirs
    # The other reader shows the clock of its own zone, two hours ahead of UTC.
    clock = truth["date_time"].dt.epoch("us") / 1e6 - frame["unix_time_second"]
    assert clock.to_list() == pytest.approx([7200.0] * 47, abs=1e-3)


def test_indigo_of_a_laboratory(h5py: Any, lab: Path) -> None:
    (raw,) = conformance.check(INDIGO_HDF5, lab / "indigo/indigo_test_sample.h5")
    frame = raw.frame.lazy().collect()
    assert (frame.height, frame["cycle_count"].max(), frame["step_count"].max()) == (20_000, 84, 169)
    power = frame["voltage_volt"] * frame["current_ampere"] - frame["power_watt"]
    assert power.abs().max() < 1e-3
    starts = frame.filter(pl.col("step_count").diff() == 1)["step_net_capacity_ah"]
    assert starts.abs().max() < 0.5
    assert frame["step_net_capacity_ah"].min() == pytest.approx(-68_376.8 / 3600, rel=1e-5)


def test_names_are_matched_as_text() -> None:
    assert _hdf5._listed(_pickled(("a", "b c"))) == ["a", "b c"]
    assert _hdf5._listed(b"(lp0\n.") == []
