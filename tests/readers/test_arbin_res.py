"""Arbin's .res: databases that the tests write themselves, with every kind of row, and damaged ones."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.readers.writers import jet

from hwan.core import ColumnProblem, DamagedFile, HwanError, Mark, NothingInside, stops
from hwan.readers import RawRecording, conformance, read
from hwan.readers._door import pass_door
from hwan.readers.arbin import ARBIN_RES, _packed

Write = Callable[[str, str | bytes], Path]
Tables = dict[str, jet.Table]


def _read(write: Write, change: Callable[[Tables], None] | None = None, **how: bool) -> RawRecording:
    return ARBIN_RES.read(write("made.res", jet.result_file(jet.Writer(**how), change)))


def _codes(raw: RawRecording) -> set[str]:
    return {finding.code for finding in raw.findings}


@pytest.mark.parametrize("jet4", [True, False])
def test_a_written_database_conforms(write: Write, jet4: bool) -> None:
    path = write("made.res", jet.result_file(jet.Writer(jet4)))
    (raw,) = conformance.check(ARBIN_RES, path)
    assert ARBIN_RES.recognise(path, path.read_bytes()).confidence == "certain"
    assert raw.frame.collect_schema().names().count("step_count") == 1
    assert read(path).marks == (Mark("step_count", "derived", 0, len(jet.samples()) - 1),)
    assert not stops(raw.findings)


@pytest.mark.parametrize("jet4", [True, False])
def test_values_are_those_written(write: Write, jet4: bool) -> None:
    frame = _read(write, jet4=jet4).frame.lazy().collect()
    rows = jet.samples()
    assert frame["record_index"].to_list() == [row[1] for row in rows]
    assert frame["test_time_second"].to_list() == [row[2] for row in rows]
    assert frame["current_ampere"].to_list() == [row[8] for row in rows]
    assert frame["voltage_volt"].to_list() == pytest.approx([row[9] for row in rows], rel=1e-6)
    assert frame["internal_resistance_ohm"].null_count() == sum(row[14] is None for row in rows)
    assert frame["step_count"].to_list() == [1 + n // 4 for n in range(len(rows))]
    start = (jet.START_DAY - 25_569) * 86_400
    assert frame["unix_time_second"].to_list() == pytest.approx([start + row[2] for row in rows], abs=1e-5)


@pytest.mark.parametrize("indirect_map", [True, False])
@pytest.mark.parametrize("jet4", [True, False])
def test_moved_deleted_and_stale_rows(write: Write, jet4: bool, indirect_map: bool) -> None:
    def change(tables: Tables) -> None:
        table = tables["Channel_Normal_Table"]
        table.moved, table.deleted = frozenset({3, 17}), frozenset({5})
        table.reverse_pages = table.stale_page = True

    raw = _read(write, change, jet4=jet4, indirect_map=indirect_map)
    frame = raw.frame.lazy().collect()
    assert frame["record_index"].to_list() == [n for n in range(1, 33) if n != 6]
    assert frame["test_time_second"].to_list() == [9.0 * n for n in range(1, 33) if n != 6]
    assert "rows_put_in_order" in _codes(raw)
    assert not stops(raw.findings)


@pytest.mark.parametrize("jet4", [True, False])
@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("length", [10, 100, 900])
def test_texts_and_memos(write: Write, jet4: bool, compress: bool, length: int) -> None:
    comment, schedule = ("note " * 200)[:length], "s" * min(length, 250)

    def change(tables: Tables) -> None:
        tables["Global_Table"].rows = [(1, 3, jet.START_DAY, True, "환 cell 7", comment, schedule, "176075", 0.5)]

    raw = _read(write, change, jet4=jet4, compress=compress)
    assert raw.metadata["global.Test_Name"] == "환 cell 7"
    assert raw.metadata["global.Comments"] == comment
    assert raw.metadata["global.Schedule_File_Name"] == schedule
    assert raw.metadata["global.Start_DateTime"] == "2023-03-15T00:00:00"
    assert raw.metadata["event.2"] == "288.000 s: Test end"
    assert raw.instrument.id == "176075 channel 3"


@pytest.mark.parametrize("jet4", [True, False])
def test_a_definition_over_several_pages(write: Write, jet4: bool) -> None:
    extra = tuple((f"An_Extra_Column_With_A_Long_Name_{n}", jet.BYTE) for n in range(150))

    def change(tables: Tables) -> None:
        rows = [row + tuple(n % 7 for n in range(150)) for row in jet.samples()]
        tables["Channel_Normal_Table"] = jet.Table(jet.NORMAL + extra, rows)

    frame = _read(write, change, jet4=jet4).frame.lazy().collect()
    assert frame["raw_an_extra_column_with_a_long_name_148"].to_list() == [1] * 32


def test_several_tests_are_keys(write: Write) -> None:
    def change(tables: Tables) -> None:
        tables["Channel_Normal_Table"].rows = [*jet.samples(1), *jet.samples(4, cycles=1)]
        tables["Global_Table"].rows = [(4, 9, 0.0, True, "the other", None, None, None, 0.0)]

    path = write("two.res", jet.result_file(change=change))
    assert ARBIN_RES.keys(path) == ("1", "4")
    other = ARBIN_RES.read(path, "4")
    assert other.frame.lazy().collect().height == 16
    assert (other.metadata["global.Test_Name"], other.instrument.id) == ("the other", "channel 9")
    with pytest.raises(DamagedFile, match="no test 7; found: 1, 4"):
        ARBIN_RES.read(path, "7")


def _counters(write: Write, cycles: int, change_row: Callable[[list[float]], None]) -> RawRecording:
    def change(tables: Tables) -> None:
        rows = [list(row) for row in jet.samples(cycles=cycles)]
        for row in rows:
            change_row(row)
        tables["Channel_Normal_Table"].rows = rows

    return _read(write, change)


def test_the_scope_of_counters_is_what_the_readings_prove(write: Write) -> None:
    cycle = _read(write)
    assert "cycle_charging_capacity_ah" in cycle.frame.collect_schema()
    assert "counter_scope_cycle" in _codes(cycle)
    once = _counters(write, 1, lambda _: None)
    assert "charging_energy_wh" in once.frame.collect_schema()
    wrong = _counters(write, 2, lambda row: row.__setitem__(10, row[10] * 1.1))
    assert "schedule_charging_capacity_ah" in wrong.frame.collect_schema()
    assert "counter_scope_open" in _codes(wrong)


def _with_sensors(tables: Tables, readings: list[tuple[float, ...]]) -> None:
    tables["Auxiliary_Table"] = jet.Table(jet.AUXILIARY, readings)
    names = [(0, 0, 0, "", "V"), (0, 1, 0, "", "V"), *((0, n, 1, "", "C") for n in range(7)), (0, 0, 2, "", "kPa")]
    tables["Aux_Global_Data_Table"] = jet.Table(jet.AUXILIARY_NAMES, names)


def test_auxiliary_channels_become_columns(write: Write) -> None:
    def change(tables: Tables) -> None:
        rows = jet.samples()
        volts = [(1, row[1], n, 0, row[9] / 2) for row in rows for n in range(2)]
        warm = [(1, row[1], n, 1, 20.0 + n) for row in rows for n in range(7)]
        _with_sensors(tables, [*reversed(warm), *volts, *((1, row[1], 0, 2, 101.0) for row in rows)])

    raw = _read(write, change)
    frame = raw.frame.lazy().collect()
    assert {"auxiliary_voltages_are_cells", "sensors_numbered"} <= _codes(raw)
    assert frame["cell_002_voltage_volt"].to_list() == pytest.approx((frame["voltage_volt"] / 2).to_list(), rel=1e-6)
    assert frame["temperature_t5_celsius"].to_list() == [24.0] * 32
    assert frame["raw_aux_temperature_7_c"].to_list() == [26.0] * 32
    assert frame["raw_aux_pressure_1_kpa"].to_list() == [101.0] * 32
    assert not stops(raw.findings)


def test_auxiliary_voltages_that_do_not_add_up_stay_raw(write: Write) -> None:
    def change(tables: Tables) -> None:
        _with_sensors(tables, [(1, row[1], n, 0, row[9]) for row in jet.samples() for n in range(2)])

    raw = _read(write, change)
    assert "raw_aux_voltage_1_v" in raw.frame.collect_schema()
    assert "auxiliary_voltages_are_cells" not in _codes(raw)


def test_auxiliary_readings_without_a_row_stop_the_grade(write: Write) -> None:
    raw = _read(write, lambda tables: _with_sensors(tables, [(1, 1, 0, 1, 20.0), (1, 99, 0, 1, 21.0)]))
    assert [finding.code for finding in stops(raw.findings)] == ["auxiliary_data_lost"]
    assert raw.frame.lazy().collect()["temperature_t1_celsius"].to_list()[:2] == [20.0, None]


def test_fewer_rows_than_the_table_declares_stop_the_grade(write: Write) -> None:
    raw = _read(write, lambda tables: setattr(tables["Channel_Normal_Table"], "declared", 40))
    (stop,) = stops(raw.findings)
    assert (stop.code, stop.values) == ("fewer_rows_than_declared", {"got": 32, "expected": 40})


def test_an_event_long_after_the_last_sample_is_told(write: Write) -> None:
    raw = _read(write, lambda tables: setattr(tables["Event_Table"], "rows", [(1, 5000.0, "Test end")]))
    assert "samples_end_before_test" in _codes(raw)
    assert "samples_end_before_test" not in _codes(_read(write))


def test_tables_with_rows_that_are_not_read_are_named(write: Write) -> None:
    def change(tables: Tables) -> None:
        tables["Can_BMS_Data_Table"] = jet.Table((("Test_ID", jet.LONG),), [(1,)])
        tables["Resume_Table"] = jet.Table((("Test_ID", jet.LONG),), [])

    (found,) = [finding for finding in _read(write, change).findings if finding.code == "tables_not_read"]
    assert found.values == {"tables": "Can_BMS_Data_Table"}
    assert "tables_not_read" not in _codes(_read(write))


def test_a_database_of_others_is_not_ours(write: Write) -> None:
    path = write("other.mdb", jet.result_file(change=lambda tables: tables.pop("Channel_Normal_Table")))
    said = ARBIN_RES.recognise(path, path.read_bytes())
    assert (said.confidence, said.reason) == ("no", "jet_of_others")
    with pytest.raises(DamagedFile, match="Tables found: Global_Table"):
        ARBIN_RES.read(path)


def test_a_damaged_catalogue_is_known_by_the_name_of_the_table(write: Write) -> None:
    content = bytearray(jet.result_file())
    content[2 * 4096] = 7
    path = write("damaged.res", bytes(content))
    said = ARBIN_RES.recognise(path, path.read_bytes())
    assert (said.confidence, said.reason) == ("likely", "jet_unreadable")
    other = write("other.mdb", bytes(content).replace(b"Channel_Normal_Table", bytes(20)))
    assert ARBIN_RES.recognise(other, other.read_bytes()).confidence == "no"


def test_a_database_without_samples_or_columns(write: Write) -> None:
    def empty(tables: Tables) -> None:
        tables["Channel_Normal_Table"] = jet.Table(jet.NORMAL, [])

    def narrow(tables: Tables) -> None:
        tables["Channel_Normal_Table"] = jet.Table(jet.NORMAL[:8], [row[:8] for row in jet.samples()])

    with pytest.raises(NothingInside):
        _read(write, empty)
    with pytest.raises(ColumnProblem, match="voltage_volt, current_ampere"):
        _read(write, narrow)


def test_a_packed_database_reads_the_same(write: Write) -> None:
    content = jet.result_file()
    path = write("made.res.gz", gzip.compress(content))
    (raw,) = conformance.check(ARBIN_RES, path)
    assert raw.frame.lazy().collect().equals(_read(write).frame.lazy().collect())
    assert ARBIN_RES.recognise(path, path.read_bytes()).reason == "arbin_tables_packed"
    other = write("text.gz", gzip.compress(b"a,b\n1,2\n"))
    assert ARBIN_RES.recognise(other, other.read_bytes()).confidence == "no"


def test_unpacking_is_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_packed, "FREE_BYTES", 1 << 20)
    bomb = write("bomb.res.gz", gzip.compress(jet.result_file() + bytes(100 << 20)))
    start = time.perf_counter()
    with pytest.raises(DamagedFile, match="would unpack to"):
        ARBIN_RES.read(bomb)
    assert time.perf_counter() - start < 5


def test_rows_that_overlap_are_refused(write: Write) -> None:
    content = bytearray(
        jet.result_file(change=lambda tables: setattr(tables["Channel_Normal_Table"], "rows_per_page", 0))
    )
    pages = [n for n in range(0, len(content), 4096) if content[n] == 1 and content[n + 12] == 32]
    (page,) = pages
    content[page + 12 : page + 14] = (1000).to_bytes(2, "little")
    for row in range(1000):
        content[page + 14 + 2 * row : page + 16 + 2 * row] = (4000 if row % 2 else 2100).to_bytes(2, "little")
    with pytest.raises(DamagedFile):
        ARBIN_RES.read(write("overlap.res", bytes(content)))


@pytest.mark.parametrize("jet4", [True, False])
def test_damage_is_an_error_of_ours_or_read_in_part(write: Write, jet4: bool) -> None:
    good = jet.result_file(jet.Writer(jet4))
    refusals: list[str] = []
    for number in range(300):
        content = jet.mutated(good, number)
        path = write("damaged.res", content)
        start = time.perf_counter()
        try:
            ARBIN_RES.recognise(path, content[:65_536])
            for key in ARBIN_RES.keys(path)[:3]:
                pass_door(ARBIN_RES.read(path, key).frame, path.name)
        except HwanError as error:
            refusals.append(error.message("ko"))
        assert time.perf_counter() - start < 2, number
    assert refusals
    assert all(refusals)
