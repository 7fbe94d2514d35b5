"""What is read back is what was added: values by their bits, dtypes, order of columns and rows."""

from __future__ import annotations

import math
import struct

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwan.core import HwanError
from hwan.store import Store
from hwan.store._digest import samples_sha256
from hwan.store._encode import decimals_of, stored_columns
from hwan.synthetic import Faults, cell_test, pack_test

INT64 = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([-(2**63), 2**63 - 1, 0, 1]))
GRID = st.builds(lambda k, d: k / 10**d, st.integers(-(10**9), 10**9), st.integers(0, 7))
FLOAT = st.one_of(GRID, st.floats(), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324]))
SINGLE = st.one_of(st.floats(width=32), st.sampled_from([0.0, -0.0, math.nan, 0.5]))
KINDS = {
    pl.Int64: INT64,
    pl.Float64: FLOAT,
    pl.Float32: SINGLE,
    pl.String: st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    pl.Boolean: st.booleans(),
    pl.Int32: st.integers(-(2**31), 2**31 - 1),
    pl.UInt64: st.integers(0, 2**64 - 1),
}


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(0, 30))
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=5))
    columns = []
    for number, kind in enumerate(kinds):
        values = st.lists(st.one_of(st.none(), KINDS[kind]), min_size=rows, max_size=rows)
        columns.append(pl.Series(f"raw_{number}_열", draw(values), dtype=kind))
    return pl.DataFrame(columns)


def bits(frame: pl.DataFrame) -> list[object]:
    """Every value as something that compares by its bits."""

    def of(value: object, dtype: pl.DataType) -> object:
        if isinstance(value, float):
            return struct.pack("<f" if dtype == pl.Float32 else "<d", value)
        return value

    return [(name, str(frame[name].dtype), [of(value, dtype) for value in frame[name]])
            for name, dtype in frame.schema.items()]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(frame=frames())
def test_any_frame_comes_back_bit_by_bit(frame, recorded, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    stored = store.add(recorded(frame))
    back = store.get(stored.id).samples
    assert isinstance(back, pl.LazyFrame)
    assert bits(back.collect()) == bits(frame)
    assert store.check().damages == ()


def test_the_bits_of_a_nan_are_kept(recorded, store):
    odd = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_1234))[0]
    frame = pl.DataFrame({"raw_a": np.array([1.0, odd, -math.nan])})
    back = store.get(store.add(recorded(frame)).id).samples.collect()
    assert back["raw_a"].to_numpy().tobytes() == frame["raw_a"].to_numpy().tobytes()


@pytest.mark.parametrize("decimals", range(10))
@pytest.mark.parametrize("dtype", [pl.Float64, pl.Float32])
def test_every_value_of_a_grid_comes_back(decimals, dtype, recorded, store):
    whole = np.concatenate([np.arange(-50_000, 50_000), [2**50, -(2**50)]])
    column = pl.Series("raw_a", whole / 10**decimals).cast(dtype).set(pl.Series(whole == 7), None)
    back = store.get(store.add(recorded(column.to_frame())).id).samples.collect()
    assert bits(back) == bits(column.to_frame())


def test_a_grid_is_stored_as_whole_numbers():
    noise = np.random.default_rng(3).normal(3.7, 0.01, 5000)
    columns = {"raw_grid": np.round(noise, 4), "raw_noise": noise, "raw_zero": np.where(noise > 3.7, 0.0, -0.0)}
    grid, free, zero = stored_columns(pl.DataFrame(columns))
    assert (grid.decimals, grid.encoding) == (4, "DELTA_BINARY_PACKED")
    assert free.decimals is None
    assert zero.decimals is None


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([1.0, 2.0], 0), ([0.1, 0.25], 2), ([1e300], None), ([math.nan], None), ([-0.0], None), ([None], 0), ([], 0),
     ([math.inf], None), ([2.0**53], None)],
)  # fmt: skip
def test_decimals(values, decimals):
    assert decimals_of(pl.Series("a", values, dtype=pl.Float64)) == decimals


def test_a_value_off_the_grid_between_the_probed_ones_is_seen():
    values = np.arange(100_000) / 10
    values[12_345] = 1 / 3
    assert decimals_of(pl.Series("a", values)) is None


def test_synthetic_tests_come_back(store):
    for test in (cell_test(7), cell_test(8, faults=Faults(no_counters=True)), pack_test(11, series=24)):
        back = store.get(store.add(test.recording).id)
        assert bits(back.samples.collect()) == bits(test.samples)
        assert (back.provenance, back.instrument) == (test.recording.provenance, test.recording.instrument)
        assert dict(back.metadata) == dict(test.recording.metadata)
        assert (back.findings, back.started_at) == (test.recording.findings, test.recording.started_at)


def test_a_part_is_read_lazily(store, cell):
    lazy = store.get(store.add(cell.recording).id).samples
    part = lazy.filter(pl.col("voltage_volt") > 3.7).select("test_time_second", "voltage_volt").tail(5)
    expected = cell.recording.samples.filter(pl.col("voltage_volt") > 3.7).select("test_time_second", "voltage_volt")
    assert bits(part.collect()) == bits(expected.tail(5).collect())
    assert bits(lazy.slice(3, 4).collect()) == bits(cell.samples.slice(3, 4))


def test_what_cannot_come_back_is_not_stored(store, recorded, monkeypatch):
    monkeypatch.setattr("hwan.store._write.scan", lambda _: pl.LazyFrame({"raw_a": [1.5]}))
    with pytest.raises(HwanError, match="bit by bit") as told:
        store.add(recorded(pl.DataFrame({"raw_a": [1.25]})))
    assert told.value.code == "store_not_lossless"
    assert [path.name for path in (store.folder / "recordings").iterdir()] == []


@pytest.mark.parametrize(
    "other",
    [{"b": [1.0, None]}, {"a": [1.0, 0.0]}, {"a": [None, 1.0]}, {"a": ["1.0", None]}, {"a": [1.0]}],
)
def test_the_hash_sees(other):
    assert samples_sha256(pl.DataFrame(other)) != samples_sha256(pl.DataFrame({"a": [1.0, None]}))


def test_the_hash_does_not_see_chunks():
    whole = pl.DataFrame({"a": [1.0, None, 2.0], "b": ["x", "", None]})
    parts = pl.concat([whole.head(1), whole.tail(2)], rechunk=False)
    assert parts.n_chunks() == 2
    assert samples_sha256(parts) == samples_sha256(whole)
    assert samples_sha256(pl.DataFrame({"b": ["ab", "c"]})) != samples_sha256(pl.DataFrame({"b": ["a", "bc"]}))
