"""Tables of steps and cycles: in memory and in one bounded pass, of a test that grows, of one in several files."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hwan.cli import _lazy, _recordings
from hwan.health import cycles, steps
from hwan.readers import read
from hwan.store import Store
from hwan.synthetic import cell_test

ROW = pl.int_range(pl.len())
METHODS = {"steps": steps, "cycles": cycles}


@pytest.fixture
def large(monkeypatch):
    """Make every Parquet large, and reading one whole an error."""

    def refuse(path, **_):
        raise AssertionError(f"{path} was read whole")

    monkeypatch.setattr(_lazy, "LARGE_ROWS", 100)
    monkeypatch.setattr(_recordings, "read_all", refuse)


@pytest.fixture
def whole():
    return cell_test(11).samples


def table(answer, command):
    assert answer.code == 0, answer.out + answer.err
    (recording,) = answer.document["recordings"]
    return pl.DataFrame(recording[command], infer_schema_length=None)


def same(streamed, expected):
    expected = pl.DataFrame([{k: v for k, v in row.items() if v is not None} for row in expected.rows(named=True)],
                            infer_schema_length=None)  # fmt: skip
    assert_frame_equal(streamed, expected, rel_tol=1e-11, abs_tol=1e-12)


@pytest.mark.parametrize("command", ["steps", "cycles"])
def test_a_large_recording_has_the_table_that_it_has_in_memory(call, files, command, large):
    path = files / "good.bdf.parquet"
    answer = call(command, path, "--json")
    same(table(answer, command), METHODS[command](read(path)))
    assert answer.document["recordings"][0]["provenance"]["recording_id"] == read(path).id


@pytest.mark.parametrize("command", ["steps", "cycles"])
@pytest.mark.parametrize("rows", [100, 1 << 22])
def test_a_file_of_the_store_is_the_recording_that_was_stored(call, files, tmp_path, command, rows, large, monkeypatch):
    monkeypatch.setattr(_lazy, "LARGE_ROWS", rows)
    recording = read(files / "good.bdf.csv")
    store = Store(tmp_path / "store")
    store.add(recording)
    (path,) = (tmp_path / "store/recordings").glob("*.parquet")
    answer = call(command, path, "--json")
    same(table(answer, command), METHODS[command](recording))
    assert answer.document["recordings"][0]["provenance"]["recording_id"] == recording.id
    assert call("read", path, "--json").document["recordings"][0]["rows"] == recording.samples.collect().height


def test_a_file_of_the_store_that_was_changed_is_refused(call, files, tmp_path):
    Store(tmp_path / "store").add(read(files / "good.bdf.csv"))
    (path,) = (tmp_path / "store/recordings").glob("*.parquet")
    content = bytearray(path.read_bytes())
    content[100:600] = bytes(500)
    path.chmod(0o600)
    path.write_bytes(content)
    answer = call("steps", path, "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (3, "store_file_unreadable")


@pytest.mark.parametrize("command", ["read", "steps", "export", "evaluate"])
def test_a_file_of_the_store_has_one_key(call, files, tmp_path, command):
    Store(tmp_path / "store").add(read(files / "good.bdf.csv"))
    (path,) = (tmp_path / "store/recordings").glob("*.parquet")
    where = ("--to", tmp_path / "out") if command == "export" else ()
    assert call(command, path, *where, "--json").document["failures"] == []
    answer = call(command, path, *where, "--key", "7", "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (2, "no_keys_inside")


ODD = {
    "sentinels": [pl.when(ROW == 50).then(999_999.0).otherwise("voltage_volt").alias("voltage_volt")],
    "no_numbers": [pl.when(ROW % 97 == 5).then(float("nan")).otherwise("current_ampere")
                   .alias("current_ampere")],
    "dead_temperature": [pl.lit(0.0).alias("surface_temperature_celsius")],
    "steps_as_floats": [pl.col("step_count").cast(pl.Float64)],
    "single_precision": [pl.col("voltage_volt", "current_ampere").cast(pl.Float32)],
    "number_missing_later": [pl.when(ROW != 2000).then("step_count").alias("step_count")],
    "temperature_later": [pl.when(ROW > 1500).then("surface_temperature_celsius")
                          .alias("surface_temperature_celsius")],
    "other_unit": [(pl.col("current_ampere") * 1e3).alias("Current / mA"), pl.lit(1).alias("own")],
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_what_the_door_does_to_values_is_done_to_a_scan(call, whole, tmp_path, odd, large):
    frame = whole.with_columns(ODD[odd])
    path = tmp_path / "odd.bdf.parquet"
    (frame.drop("current_ampere") if odd == "other_unit" else frame).write_parquet(path)
    same(table(call("steps", path, "--json"), "steps"), steps(read(path)))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (pl.col("voltage_volt") * 1e6, "column_unit_suspect"),
        (pl.lit(None, dtype=pl.Float64).alias("voltage_volt"), "column_without_values"),
        (pl.lit("3.7").alias("voltage_volt"), "column_not_numeric"),
    ],
)
def test_what_only_the_door_can_tell_is_told_by_it(call, whole, tmp_path, monkeypatch, change, code):
    monkeypatch.setattr(_lazy, "LARGE_ROWS", 100)
    whole.with_columns(change).write_parquet(tmp_path / "odd.bdf.parquet")
    answer = call("steps", tmp_path / "odd.bdf.parquet", "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (3, code)


def test_a_counter_with_fractions_is_left_to_the_door(call, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(_lazy, "LARGE_ROWS", 100)
    path = tmp_path / "odd.bdf.parquet"
    whole.with_columns(cycle_count=pl.lit(6.283)).write_parquet(path)
    assert _lazy.scanned(path) is None
    same(table(call("cycles", path, "--json"), "cycles"), cycles(read(path)))


def test_a_page_that_cannot_be_decoded_is_an_error(call, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(_lazy, "LARGE_ROWS", 100)
    path = tmp_path / "damaged.bdf.parquet"
    whole.write_parquet(path)
    content = bytearray(path.read_bytes())
    content[200:4000] = bytes(3800)
    path.write_bytes(content)
    answer = call("steps", path, "--json")
    assert (answer.code, len(answer.document["failures"])) == (3, 1)


def test_the_rows_read_are_shown_on_stderr(call, files, large, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    answer = call("steps", files / "good.bdf.parquet", "--json")
    rows = read(files / "good.bdf.parquet").samples.collect().height
    assert f"{rows}/{rows}" in answer.err
    assert answer.document["failures"] == []


# A test that still runs ---------------------------------------------------------------------------------


@pytest.fixture
def grown(whole, tmp_path):
    """A file of the first half of a test, a way to let it grow, and where its state is kept."""
    path = tmp_path / "live.bdf.parquet"
    half = whole.height // 2
    whole.head(half).write_parquet(path)
    return path, half, lambda rows: whole.head(rows).write_parquet(path), tmp_path / "live.state"


@pytest.mark.parametrize("command", ["steps", "cycles"])
def test_a_test_that_grows_is_gone_on_with(call, whole, grown, command, large):
    path, half, grow, state = grown
    same(table(call(command, path, "--state", state, "--json"), command), METHODS[command](read(path)))
    for rows in (half + 1, whole.height, whole.height):
        grow(rows)
        answer = call(command, path, "--state", state, "--json")
        same(table(answer, command), METHODS[command](read(path)))
    once = call(command, path, "--state", state.with_name("other.state"), "--json")
    assert once.document["recordings"] == answer.document["recordings"]


def test_rows_that_are_known_are_not_read_again(call, whole, grown, monkeypatch):
    path, half, grow, state = grown
    call("steps", path, "--state", state)
    grow(whole.height)
    looked = []
    real = _lazy._decodes
    monkeypatch.setattr(_lazy, "_decodes", lambda path, seen, columns: looked.append(seen) or real(path, seen, columns))
    answer = call("steps", path, "--state", state, "--lang", "ko")
    assert looked == [half]
    monkeypatch.setattr(_recordings, "read", None)
    assert call("steps", path, "--state", state).code == 0, "without new rows nothing is read whole either"
    assert f"{whole.height:,}행, 이번에 읽은 행 {whole.height - half:,}개" in answer.err


def test_a_csv_grows_too_and_so_do_parts(call, whole, tmp_path):
    first, second, state = tmp_path / "a.bdf.csv", tmp_path / "b.bdf.csv", tmp_path / "state"
    whole.head(1500).write_csv(first)
    whole.slice(1500).write_csv(second)
    call("steps", first, "--state", state)
    joined = table(call("steps", first, second, "--continued", "--state", state, "--json"), "steps")
    assert joined.height == steps(cell_test(11).recording).height
    whole.write_csv(first)
    again = table(call("steps", first, "--state", state, "--json"), "steps")
    assert_frame_equal(joined, again)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_state_of_another_recording_is_refused(call, files, grown, language):
    path, half, grow, state = grown
    call("steps", path, "--state", state)
    before = state.read_bytes()
    answer = call("steps", files / "good.bdf.parquet", "--state", state, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "state_of_another")
    for said in (str(state), "good.bdf.parquet", "live.bdf.parquet", str(half), "test_time_second", "--state"):
        assert said in failure["message"]
    grow(half - 1)
    answer = call("steps", path, "--state", state, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "state_rows_missing")
    assert all(str(count) in failure["message"] for count in (half, half - 1))
    assert state.read_bytes() == before


def test_a_row_changed_behind_us_is_another_recording(call, whole, grown):
    path, _, _, state = grown
    call("steps", path, "--state", state)
    volt = pl.when(ROW == 3).then(3.333).otherwise("voltage_volt").alias("voltage_volt")
    whole.with_columns(volt).write_parquet(path)
    (failure,) = call("steps", path, "--state", state, "--json").document["failures"]
    assert failure["code"] == "state_of_another"
    assert "SHA-256" in failure["message"]


@pytest.mark.parametrize("content", [b"", b"{}\n", b"notes of mine", b"\xff\xfe" * 20_000, b"[" * 9_000])
def test_a_file_that_is_no_state_is_refused_and_kept(call, files, tmp_path, content):
    state = tmp_path / "notes.txt"
    state.write_bytes(content)
    answer = call("steps", files / "good.bdf.csv", "--state", state, "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (3, "stream_state_unreadable")
    assert state.read_bytes() == content


def test_a_state_cut_short_is_refused(call, grown):
    path, _, _, state = grown
    call("steps", path, "--state", state)
    state.write_bytes(state.read_bytes()[:-50])
    answer = call("steps", path, "--state", state, "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (3, "stream_state_unreadable")


def test_a_state_has_one_recording_and_a_place_of_its_own(call, files, tmp_path):
    good = files / "good.bdf.csv"
    answer = call("steps", good, files / "short.bdf.csv", "--state", tmp_path / "s", "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (2, "state_of_which")
    answer = call("steps", good, "--state", good, "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (2, "output_is_input")
    answer = call("steps", good, "--state", tmp_path / "none/s", "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (2, "output_not_writable")
