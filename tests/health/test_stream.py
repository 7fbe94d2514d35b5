from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from hwan.core import LANGUAGES, ColumnProblem, DamagedFile, NothingInside
from hwan.health import _stream_pass, cycles, dc_resistances, steps
from hwan.health._noise import typical_noise, without_spikes
from hwan.health._sequences import sequences
from hwan.health._stream import resume_steps, stream_steps
from hwan.health._stream_figures import despiked
from hwan.health._stream_state import state_from_bytes, state_to_bytes
from hwan.health._stream_whole import cycles_alone, steps_alone, stream_recording
from hwan.synthetic import cell_test, cell_tests

ROUNDING = 1e-11
"""A stream sums counters of steps otherwise than the whole: the last digits of a double may differ."""


@pytest.fixture
def sizes(monkeypatch):
    """Make the blocks of a pass so small that a test has many."""

    def _sizes(block=64, learn=1 << 19, most=1 << 20):
        monkeypatch.setattr(_stream_pass, "BLOCK_ROWS", block)
        monkeypatch.setattr(_stream_pass, "LEARN_ROWS", learn)
        monkeypatch.setattr(_stream_pass, "OPEN_ROWS", most)

    return _sizes


def same_as_whole(recording):
    """Compare a stream of a recording with the analysis of the whole; return the stream."""
    result = stream_steps(recording.samples)
    for streamed, whole in ((result.steps, steps(recording)), (result.cycles, cycles(recording))):
        assert_frame_equal(streamed.select(whole.columns), whole, check_exact=False, rel_tol=ROUNDING, abs_tol=1e-12)
    return result


def identical(one, other):
    for name in ("steps", "cycles", "throughput"):
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def cut(frame, places):
    return [frame[a:b] for a, b in pairwise([0, *sorted(places), frame.height])]


@pytest.mark.parametrize("block", [16, 1000, 1 << 16])
@pytest.mark.parametrize("perfect", [False, True])
def test_steps_and_cycles_are_those_of_the_whole(sizes, numbers_only, block, perfect):
    sizes(block)
    for test in cell_tests(range(60, 64), perfect=perfect):
        same_as_whole(test.recording)
        same_as_whole(numbers_only(test))


def test_packs_and_flat_curves_too(sizes, numbers_only, lfp, pack):
    sizes(100)
    for test in (lfp, pack):
        same_as_whole(test.recording)
        same_as_whole(numbers_only(test))


@pytest.mark.parametrize("seed", [7, 21, 33])
def test_a_cccv_under_one_number_is_split_across_blocks(sizes, altered, seed):
    sizes(50)
    merged = pl.when(pl.col("step_count") == 3).then(2).otherwise("step_count").alias("step_count")
    result = same_as_whole(altered(cell_test(seed), merged))
    assert result.steps["tester_step"].to_list()[1:3] == [2, 2]
    charge = result.steps["charge_ah"]
    assert result.steps["cv_share"].to_list()[2] == pytest.approx(charge[2] / (charge[1] + charge[2]))
    assert result.steps["cv_share"].null_count() == len(result.steps) - 1


@pytest.mark.parametrize("scope", ["step", "cycle", "test", "schedule"])
@pytest.mark.parametrize("numbered", [True, False])
def test_counters_are_proven_from_the_ends_of_steps(sizes, cell, recounted, scope, numbered):
    sizes(77)
    samples = cell.samples.with_columns(cycle_count=1 + (cell.samples["step_count"] >= 7).cast(int))
    per_step = (samples["step_charging_capacity_ah"] - samples["step_discharging_capacity_ah"]).to_numpy()
    number = samples["step_count"].to_numpy()
    total = per_step[np.append(np.flatnonzero(np.diff(number)), len(number) - 1)]
    test = np.append(0.0, np.cumsum(total))[number - 1] + per_step
    since = {"step": number, "cycle": samples["cycle_count"].to_numpy(), "test": 0 * number, "schedule": number >= 5}
    net = per_step if scope == "step" else test - test[np.maximum(np.searchsorted(since[scope], since[scope]) - 1, 0)]
    names = {"step": "step_net_", "cycle": "cycle_net_", "test": "net_", "schedule": "schedule_net_"}
    known = replace(cell, recording=replace(cell.recording, samples=samples.lazy()))
    recording = recounted(known, {f"{names[scope]}capacity_ah": net, f"{names[scope]}energy_wh": 3.7 * net})
    if not numbered:
        recording = replace(recording, samples=recording.samples.drop("step_count", "step_id", strict=False))
    result = same_as_whole(recording)
    assert result.steps["counter_charge_ah"].null_count() == 0


def test_work_steps_of_two_rows_are_completed_by_their_counter(record):
    ampere = np.repeat([0.0, 5.0, 5.0, 0.0, -5.0, 0.0], 2)
    ampere[5] = 0.4
    hours = np.repeat([0.25, 1.5, 2.0, 0.25, 1.9, 0.25], 2) * np.tile([0.0, 1.0], 6)
    time = 3600 * (hours + np.repeat(np.append(0, np.cumsum(hours[1::2])[:-1]), 2))
    volt = 3.5 + 0.01 * ampere + 0.001 * np.arange(12)
    ah = np.zeros(12)
    ah[1::2] = [0, 7.5, 3.9, 0, -9.5, 0]
    recording = record(time, volt, ampere, step_net_capacity_ah=ah, step_count=np.repeat(np.arange(6), 2))
    assert same_as_whole(recording).steps["charge_ah"][2] == pytest.approx(3.9, rel=1e-3)


PARTS = ((0, 60), (5, 300), (0, 120), (-5, 240), (0, 90), (-8, 60), (0, 60))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.integers(1, 929), max_size=9),
    st.sets(st.integers(1, 929), max_size=6),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_whatever_is_cut_where_the_figures_are_those_of_the_whole(record, walk, sizes, places, turns, seed, numbered):
    sizes(32)
    time, volt, ampere = walk(*PARTS)
    random = np.random.default_rng(seed)
    ampere = ampere + 0.002 * random.standard_normal(len(ampere))
    ampere[random.integers(0, len(ampere), 5)] += 4.0
    named = {"cycle_count": np.searchsorted(sorted(turns), np.arange(len(time)), side="right")}
    if numbered:
        named["step_count"] = np.repeat(np.arange(7), [part[1] for part in PARTS])
    recording = record(time, volt + 1e-4 * random.standard_normal(len(volt)), ampere, **named)
    whole = same_as_whole(recording)
    identical(stream_steps(cut(recording.samples.collect(), places)), whole)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(2.5, 4.3), st.floats(-5, 50)), min_size=1, max_size=60),
    st.data(),
)
def test_whatever_is_recorded_the_figures_are_those_of_the_whole(record, sizes, rows, data):
    sizes(data.draw(st.sampled_from([4, 7, 16])))
    ampere, volt, waits = (np.array(column) for column in zip(*rows, strict=True))
    turns = st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows))
    named = {
        name: np.cumsum(data.draw(turns)) for name in data.draw(st.sets(st.sampled_from(["step_count", "cycle_count"])))
    }
    recording = record(np.cumsum(waits), volt, ampere, **named)
    same_as_whole(recording)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, 929), max_size=4), st.sampled_from([(32, 100), (100, 300), (64, 1 << 19)]))
def test_a_growing_test_gives_what_the_whole_pass_gives(record, walk, sizes, places, learn):
    sizes(*learn)
    frame = record(*walk(*PARTS), step_count=np.repeat(np.arange(7), [part[1] for part in PARTS])).samples.collect()
    first, *more = cut(frame, places)
    result = stream_steps(first)
    for part in more:
        before = result.state.seen
        result = resume_steps(state_from_bytes(state_to_bytes(result.state)), part.lazy())
        assert result.state.seen == before + part.height
    identical(result, stream_steps(frame))


def test_to_go_on_changes_nothing_in_the_state_before(record, walk, sizes):
    sizes(32, 64)
    frame = record(*walk(*PARTS)).samples.collect()
    begun = stream_steps(frame[:500])
    longer = [resume_steps(begun.state, frame[500:]) for _ in range(2)]
    identical(*longer)
    identical(resume_steps(begun.state, frame[:0]), begun)


@pytest.mark.parametrize("most", [40, 64, 100, 1000])
def test_a_step_too_long_to_be_kept_has_the_same_figures(record, walk, sizes, most):
    sizes(32, most=most)
    base = walk(*PARTS, (-2, 128), (0, 3))
    for named in ({}, {"step_count": np.repeat(np.arange(9), [60, 300, 120, 240, 90, 60, 60, 128, 3])}):
        same_as_whole(record(*base, net_capacity_ah=np.cumsum(base[2]) / 3600, **named))


def test_rows_without_a_value_are_left_out_and_the_clock_never_goes_back(record, sizes):
    sizes(16)
    time = np.concatenate([np.arange(100.0), np.arange(40.0, 140.0)])
    ampere = np.where(np.arange(200) < 120, 2.0, 0.0)
    volt = 3.7 + 0.01 * ampere
    volt[[3, 50, 51, 110]] = np.nan
    number = np.repeat([1, 2], [120, 80]).astype(float)
    number[50] = np.nan
    warm = np.where(np.arange(200) < 30, np.nan, 25.0)
    recording = record(time, volt, ampere, step_count=number, surface_temperature_celsius=warm)
    table = same_as_whole(recording).steps
    assert table["first_row"].to_list() == [0, 120]
    assert table["sample_count"].to_list() == [116, 80]


def test_spikes_are_found_as_in_the_whole():
    random = np.random.default_rng(2)
    for digits in (1, 3, 9):
        ampere = np.round(random.standard_normal(2000) * 1e-2 + np.repeat([0, 5, -5, 0], 500), digits)
        volt = np.round(3.7 + 1e-3 * random.standard_normal(2000), digits)
        ampere[random.integers(0, 2000, 50)] += 3
        cleaned = despiked(ampere, volt, typical_noise(ampere), typical_noise(volt))
        assert cleaned.tolist() == without_spikes(ampere, volt).tolist()


def test_the_resistance_is_the_measured_one_without_a_step_time(cell, altered):
    recording = altered(cell)
    recording = replace(recording, samples=recording.samples.drop("step_time_second", strict=False))
    known = dc_resistances(recording, (10.0,))
    streamed = stream_steps(recording.samples).steps.drop_nulls("resistance_10s_ohm")
    assert len(known)
    assert streamed["resistance_10s_ohm"].to_list() == pytest.approx(known["resistance_ohm"].to_list(), rel=1e-9)
    assert streamed["direction"].to_list() == known["direction"].to_list()


def test_throughput_counts_in_and_out_and_only_grows(record, walk):
    base = walk((5, 360), (0, 60), (-5, 720), (0, 60), (5, 360))
    result = stream_steps(record(*base, cycle_count=np.repeat([1, 2, 3], [420, 780, 360])).samples)
    assert result.throughput["charging_capacity_ah"].to_list() == pytest.approx([0.5, 0.5, 1.0], abs=0.003)
    assert result.throughput["discharging_capacity_ah"].to_list() == pytest.approx([0.0, 1.0, 1.0], abs=0.003)
    assert result.throughput["end_second"].to_list() == [420.0, 1200.0, 1560.0]
    both = result.throughput["charging_energy_wh"][-1] + result.throughput["discharging_energy_wh"][-1]
    assert both == pytest.approx(result.steps["throughput_wh"].sum())


def test_a_current_of_both_signs_flows_through(record):
    ampere = np.tile([2.0, -2.0], 300)
    table = stream_steps(record(np.arange(600.0), 3.7 + 0.01 * ampere, ampere, step_count=np.ones(600)).samples).steps
    assert table["lowest_current_ampere"].item() == -2.0
    assert abs(table["charge_ah"].item()) < 1e-9
    alternating = stream_steps(record(np.arange(600.0), 3.7 + 0.01 * ampere, ampere).samples).steps
    assert alternating["throughput_ah"].sum() == pytest.approx(599 * 2 / 3600)


@pytest.mark.parametrize("group", [100, 1 << 20])
def test_parquet_of_any_row_groups_and_the_store_are_read_alike(cell, tmp_path, group):
    samples = cell.samples
    samples.write_parquet(tmp_path / "test.parquet", row_group_size=group)
    whole = stream_steps(samples)
    lazy = pl.scan_parquet(tmp_path / "test.parquet")
    identical(stream_steps(lazy), whole)
    identical(stream_steps(lazy.filter(pl.col("voltage_volt") > -1)), whole)
    identical(stream_steps(pl.concat([lazy.head(500), lazy.slice(500)])), whole)
    half = stream_steps(lazy.head(700))
    identical(resume_steps(half.state, lazy.slice(half.state.seen)), whole)


def test_a_stored_recording_is_streamed(cell, tmp_path):
    from hwan.store import Store

    store = Store(tmp_path / "store")
    stored = store.add(cell.recording)
    identical(stream_steps(store.get(stored.id).samples), stream_steps(cell.samples))


@pytest.mark.parametrize(
    "name",
    [
        "neware/nda8.nda", "pec/pec.csv", "neware/BTS85-36-6-5-110-20240424.ndax", "maccor/xTESLADIAG_000038.078",
        "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv", "ampworks-csv/hppc_discharge.csv",
    ],
)  # fmt: skip
def test_real_testers_files_give_the_same_as_in_memory(lab_data, sizes, name):
    from hwan.readers import read

    sizes(1000)
    same_as_whole(read(lab_data / "testers" / name))


def test_from_many_rows_the_noise_is_learnt_from_the_first(record, walk, sizes):
    sizes(100, learn=600)
    time, volt, ampere = walk((0, 300), (5, 700), (0, 300), (-5, 700), (0, 300))
    random = np.random.default_rng(8)
    volt = volt + 1e-4 * random.standard_normal(len(volt))
    recording = record(time, volt, ampere + 1e-4 * random.standard_normal(len(ampere)))
    table, whole = stream_steps(recording.samples).steps, steps(recording)
    assert_frame_equal(table.select("kind", "direction", "first_row", "last_row"),
                       whole.select("kind", "direction", "first_row", "last_row"))  # fmt: skip
    assert table["charge_ah"].to_list() == pytest.approx(whole["charge_ah"].to_list(), abs=1e-9)


def test_the_page_of_tables_names_every_column(cell):
    page = (Path(__file__).parents[2] / "docs/tables.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_0-9]+)`", page))
    result = stream_steps(cell.samples)
    for table in (result.steps, result.cycles, result.throughput, sequences(result.steps)):
        assert named.issuperset(table.columns)


def test_floats_of_four_bytes_and_decimals_are_read(cell):
    names = ("test_time_second", "voltage_volt", "current_ampere", "step_count")
    frame = cell.samples.select(names).with_columns(pl.col(names[:3]).round(3))
    expected = stream_steps(frame).steps
    decimal = stream_steps(frame.with_columns(pl.col(names[:3]).cast(pl.Decimal(18, 3)))).steps
    assert_frame_equal(decimal, expected)
    single = stream_steps(frame.with_columns(pl.col(names[1:3]).cast(pl.Float32), pl.col("step_count").cast(pl.Int32)))
    assert single.steps["charge_ah"].to_list() == pytest.approx(expected["charge_ah"].to_list(), rel=1e-5, abs=1e-4)


def test_only_the_needed_columns_are_read(cell):
    wide = cell.samples.lazy().with_columns(raw_text=pl.lit("x").map_batches(lambda _: 1 / 0, return_dtype=pl.String))
    identical(stream_steps(wide), stream_steps(cell.samples))


def test_what_cannot_be_streamed_is_told(record):
    base = {"test_time_second": np.arange(2000.0), "voltage_volt": np.full(2000, 3.7), "current_ampere": np.ones(2000)}
    frame = pl.DataFrame(base)
    with pytest.raises(ColumnProblem, match=r"cell\.parquet: the column voltage_volt is missing"):
        stream_steps(frame.drop("voltage_volt"), "cell.parquet")
    with pytest.raises(NothingInside):
        stream_steps([])
    with pytest.raises(NothingInside):
        stream_steps(frame.with_columns(voltage_volt=pl.lit(None, dtype=pl.Float64)))
    broken = frame.with_columns(step_count=pl.when(pl.int_range(pl.len()) != 1500).then(1))
    with pytest.raises(ColumnProblem) as caught:
        stream_steps(broken.lazy(), "cell.parquet")
    for language in LANGUAGES:
        assert "step_count" in caught.value.message(language)
        assert "1500" in caught.value.message(language)
    with pytest.raises(ColumnProblem, match="cycle_count is missing"):
        resume_steps(stream_steps(frame.with_columns(cycle_count=1)).state, frame)


def damaged(content, name, values):
    """Replace one array of a saved state."""
    with np.load(io.BytesIO(content)) as archive:
        arrays = {each: archive[each] for each in archive.files} | {name: values}
    sink = io.BytesIO()
    np.savez(sink, **arrays)
    return sink.getvalue()


def test_a_state_that_is_none_is_refused(record, walk, sizes):
    sizes(32, 64)
    content = state_to_bytes(stream_steps(record(*walk(*PARTS)).samples).state)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("saved.npy", bytes(1_000_000))
    wrong = [
        b"", b"PK", content[:-100], content[: len(content) // 2], packed.getvalue(),
        damaged(content, "rows.time", np.zeros(3)),
        damaged(content, "rows.time", np.zeros((2, 2))),
        damaged(content, "rows.extra", np.zeros(1)),
        damaged(content, "saved", np.frombuffer(b"[" * 200_000, dtype=np.uint8)),
        damaged(content, "saved", np.frombuffer(b"{}", dtype=np.uint8)),
    ]  # fmt: skip
    for each in wrong:
        with pytest.raises(DamagedFile, match=r"live\.state"):
            state_from_bytes(each, "live.state")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_state_with_a_wrong_byte_is_refused_or_read(record, walk, place, byte):
    content = bytearray(state_to_bytes(stream_steps(record(*walk((0, 5), (1, 20))).samples).state))
    content[place % len(content)] = byte
    try:
        state_from_bytes(bytes(content))
    except DamagedFile as error:
        assert error.code == "stream_state_unreadable"  # noqa: PT017


def test_a_live_test_may_hand_on_one_row_at_a_time(record, walk, sizes):
    sizes(256, 512)
    frame = record(*walk(*PARTS)).samples.collect()
    identical(stream_steps(frame.iter_slices(1)), stream_steps(frame))


def same_columns_as_whole(recording):
    """Compare a streamed recording with the analysis of the whole, column by column."""
    result = stream_recording(recording)
    for streamed, whole in ((steps_alone(result), steps(recording)), (cycles_alone(result), cycles(recording))):
        assert streamed.columns == whole.columns
        assert_frame_equal(streamed, whole, check_exact=False, rel_tol=ROUNDING, abs_tol=1e-12)


def test_a_recording_is_streamed_by_the_columns_of_the_whole(record, walk, cell, numbers_only):
    same_columns_as_whole(cell.recording)
    same_columns_as_whole(numbers_only(cell))
    time, volt, ampere = walk(*PARTS, (0, 3000))
    count, rows = np.cumsum(ampere) / 3600, np.arange(len(time))
    number = np.repeat(np.arange(8), [part[1] for part in (*PARTS, (0, 3000))])
    late = {
        "step_count": np.where(rows == 2500, np.nan, number),
        "cycle_net_capacity_ah": np.where(rows == 3000, np.nan, count),
        "net_capacity_ah": count,
        "surface_temperature_celsius": np.where(rows < 2000, np.nan, 25.0),
    }
    recording = record(time, volt, ampere, **late)
    same_columns_as_whole(recording)
    assert stream_recording(recording).steps["temperature_celsius"][-1] == 25.0
    with pytest.raises(ColumnProblem, match="step_count"):
        stream_steps(recording.samples)


def test_a_recording_without_what_is_needed_is_told(record, walk):
    recording = record(*walk(*PARTS))
    with pytest.raises(ColumnProblem, match="the column voltage_volt is missing"):
        stream_recording(replace(recording, samples=recording.samples.drop("voltage_volt")))


def test_progress_is_told_as_rows_are_read(cell, tmp_path):
    told = []
    cell.samples.write_parquet(tmp_path / "test.parquet")
    lazy = pl.scan_parquet(tmp_path / "test.parquet")
    first = stream_steps(lazy.head(1000), progress=told.append)
    resume_steps(first.state, lazy.slice(1000), progress=told.append)
    assert told == [1000, cell.samples.height]
