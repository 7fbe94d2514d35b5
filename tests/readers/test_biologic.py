"""BioLogic: files written byte by byte, the lab's files, and the identities that bind their columns."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import UNKNOWN, ColumnProblem, DamagedFile, HwanError, NothingInside
from hwan.readers import RawRecording, conformance
from hwan.readers._door import pass_door
from hwan.readers.biologic import MPR, MPT, _modules
from hwan.readers.biologic._ids import FLAGS, LISTED, SEEN
from hwan.readers.biologic._scopes import COUNTERS, Flows, scope_of

Write = Callable[[str, str | bytes], Path]


def _writer() -> ModuleType:
    # Test modules are no package here, so the writer is loaded from beside this file.
    spec = importlib.util.spec_from_file_location("mpr_writer", Path(__file__).parent / "writers/mpr.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _writer()


def _read(write: Write, content: bytes, name: str = "made.mpr") -> RawRecording:
    return MPR.read(write(name, content))


def _frame(raw: RawRecording) -> pl.DataFrame:
    return raw.frame.lazy().collect()


def _codes(raw: RawRecording) -> set[str]:
    return {finding.code for finding in raw.findings}


def _spectrum(*more: object) -> list[object]:
    return [((32,), "<f4", [1e3, 1e2, 1.0]), ((37,), "<f4", [1.0, 2, 3]), ((38,), "<f4", [0.1, 0.2, -0.1]), *more]


# --- .mpr, written here


@pytest.mark.parametrize("version", [2, 3, 11])
def test_every_layout_gives_the_same_samples(write: Write, version: int) -> None:
    raw = _read(write, made.mpr(made.cycling(), version))
    assert _frame(raw).equals(_frame(_read(write, made.mpr(made.cycling(), 3), "other.mpr")))
    assert _frame(raw).height == 40


def test_an_unknown_version_is_read_by_the_layout_that_explains_its_length(write: Write) -> None:
    parts = made.module("VMP Set", made.settings()), made.module("VMP data", made.data(made.cycling(), 11), 99)
    raw = _read(write, made.SIGNATURE + b"".join(parts))
    assert _frame(raw).height == 40


def test_units_steps_and_flags(write: Write) -> None:
    frame = _frame(_read(write, made.mpr(made.cycling())))
    assert frame["current_ampere"].unique().sort().to_list() == pytest.approx([-0.001, 0, 0.002])
    assert frame["step_id"].unique().sort().to_list() == [0, 1, 2, 3]
    assert frame["step_count"].to_list() == (frame["step_id"].cast(pl.Int64) + 1).to_list()
    assert frame["raw_mode"].to_list() == [3] * 10 + [1] * 20 + [3] * 10
    assert frame.filter(pl.col("raw_ox_red") == 1)["current_ampere"].min() > 0
    assert frame["raw_ns_changes"].arg_max() == 10
    assert frame["raw_ns_changes"].sum() == 3


def test_the_charge_of_the_test_is_proven_by_the_integral(write: Write) -> None:
    raw = _read(write, made.mpr(made.cycling()))
    assert _frame(raw)["net_capacity_ah"].max() == pytest.approx(0.195 / 3600)  # 195 mA s, ramps included
    assert "counters_proven" in _codes(raw)
    fields = made.cycling()
    fields[6] = ((13,), "<f8", np.asarray(fields[6][2]) * 1.5)
    raw = _read(write, made.mpr(fields), "wrong.mpr")
    assert "net_capacity_ah" not in _frame(raw).columns
    assert "counters_without_scope" in _codes(raw)
    assert _frame(raw)["raw_q_qo_ma_h"].to_list() == pytest.approx(np.asarray(fields[6][2]))


def test_without_a_current_it_comes_from_the_charge_of_each_interval(write: Write) -> None:
    raw = _read(write, made.mpr(made.cycling(with_current=False)))
    assert _frame(raw)["current_ampere"].unique().sort().to_list() == pytest.approx([-0.001, 0, 0.002])
    assert "current_from_charge" in _codes(raw)
    assert ("current_ampere", "derived", 0, 39) in {(m.column, m.kind, m.first_row, m.last_row) for m in raw.marks}


def test_the_first_interval_has_no_beginning_unless_at_rest(write: Write) -> None:
    fields = [(numbers, dtype, np.asarray(values)[10:]) for numbers, dtype, values in made.cycling(with_current=False)]
    current = _frame(_read(write, made.mpr(fields)))["current_ampere"]
    assert np.isnan(current[0])
    assert current[1] == pytest.approx(0.002)


def test_open_circuit_without_a_current_has_none(write: Write) -> None:
    fields = [((1, 3), "<u1", [3, 3, 67]), ((4,), "<f8", [0, 1, 2]), ((174,), "<f4", [3.6, 3.61, 3.62])]
    raw = _read(write, made.mpr(fields, 11))
    assert _frame(raw)["current_ampere"].to_list() == [0, 0, 0]
    assert "current_zero_in_open_circuit" in _codes(raw)
    assert _frame(raw)["raw_flags"].to_list() == [3, 3, 67]


def test_controlled_without_a_current_says_what_is_missing(write: Write) -> None:
    fields = [((1, 3), "<u1", [3, 1, 1]), ((4,), "<f8", [0, 1, 2]), ((6,), "<f4", [3.6, 3.61, 3.62])]
    with pytest.raises(ColumnProblem) as caught:
        pass_door(_read(write, made.mpr(fields)).frame, "made.mpr")
    assert caught.value.values["missing"] == "current_ampere"


def test_of_two_currents_the_one_of_the_instant_is_used(write: Write) -> None:
    raw = _read(write, made.mpr([*made.cycling(), ((76,), "<f4", [7.0] * 40)]))
    assert _frame(raw)["current_ampere"].max() == pytest.approx(0.002)
    assert _frame(raw)["raw_mean_i_ma"].to_list() == [7.0] * 40
    assert {"current_chosen", "mpr_columns_listed"} <= _codes(raw)


def test_one_unknown_column_is_kept_by_its_width(write: Write) -> None:
    fields = made.cycling()
    fields.insert(3, ((60_000,), "<f4", np.arange(40) / 2))
    raw = _read(write, made.mpr(fields))
    assert _frame(raw)["raw_60000"].to_list() == (np.arange(40) / 2).tolist()
    assert _frame(raw).drop("raw_60000").equals(_frame(_read(write, made.mpr(made.cycling()), "other.mpr")))
    (finding,) = [one for one in raw.findings if one.code == "mpr_columns_unknown"]
    assert finding.values["count"] == 4


def test_several_unknown_columns_are_kept_as_bytes_and_the_others_are_read(write: Write) -> None:
    fields = made.cycling()
    fields[8:8] = [((60_000,), "<u2", np.arange(40)), ((60_001,), "<f8", np.ones(40)), ((33,), "<f4", np.ones(40))]
    raw = _read(write, made.mpr(fields))
    assert _frame(raw)["raw_60000_60001"][7] == "0700" + "000000000000f03f"
    assert _frame(raw)["raw_abs_ewe_v"].to_list() == [1.0] * 40
    assert _frame(raw)["net_capacity_ah"].max() == pytest.approx(0.195 / 3600)  # 195 mA s, ramps included


def test_an_unknown_number_without_bytes_is_a_flag(write: Write) -> None:
    fields = made.cycling()
    fields[0] = ((*made.FLAG_NUMBERS, 60_000), *fields[0][1:])
    raw = _read(write, made.mpr(fields))
    assert _frame(raw).equals(_frame(_read(write, made.mpr(made.cycling()), "other.mpr")))
    assert "mpr_columns_unknown" in _codes(raw)


def test_a_spectrum_has_the_true_sign_and_needs_no_time(write: Write) -> None:
    raw = _read(write, made.mpr(_spectrum()))
    frame, *_ = pass_door(raw.frame, "made.mpr")
    assert frame["imaginary_impedance_ohm"].to_list() == pytest.approx([-0.1, -0.2, 0.1])
    assert frame["frequency_hertz"].to_list() == [1e3, 1e2, 1.0]


def test_a_reference_electrode_is_told(write: Write) -> None:
    raw = _read(write, made.mpr([*made.cycling(), ((9,), "<f4", [0.01] * 40)]))
    assert "voltage_of_working_electrode" in _codes(raw)
    assert _frame(raw)["raw_ece_v"].to_list() == pytest.approx([0.01] * 40)


def test_settings_and_log_are_told_and_nobody_is_named(write: Write) -> None:
    raw = _read(write, made.mpr(made.cycling(), comments="cell 7, 25 °C"))
    assert raw.metadata["settings.comments"] == "cell 7, 25 °C"
    assert raw.metadata["settings.technique"] == "GCPL"
    assert raw.metadata["log.file_name"] == "cell 7.mpr"
    assert raw.metadata["log.software_version"] == "11.50"
    assert raw.instrument.id == "0042"
    assert raw.started_at == datetime(2024, 1, 31, 12, tzinfo=UTC)
    assert {"clock_without_zone", "mpr_settings_unread"} <= _codes(raw)
    assert "somebody" not in str(raw.metadata)
    assert "192.0.2.7" not in str(raw.metadata)


@pytest.mark.parametrize("days", [float("nan"), -1.0, 1e300, 0.0])
def test_a_date_that_cannot_be_is_unknown(write: Write, days: float) -> None:
    content = made.SIGNATURE + made.module("VMP data", made.data(made.cycling()), 3)
    raw = _read(write, content + made.module("VMP LOG", made.log(days)))
    assert raw.started_at is UNKNOWN


def test_modules_of_other_kinds_are_told(write: Write) -> None:
    raw = _read(write, made.mpr(made.cycling(), 3, made.module("VMP future", bytes(9))))
    (finding,) = [one for one in raw.findings if one.code == "mpr_modules_unread"]
    assert finding.values["modules"] == "VMP future"


def test_a_running_test_is_read_so_far(write: Write) -> None:
    raw = _read(write, made.mpr(made.cycling(), ended=False))
    assert _frame(raw).height == 40
    assert "test_still_running" in _codes(raw)
    assert raw.started_at is UNKNOWN


@pytest.mark.parametrize("missing", [1, 60, 500])
def test_a_cut_file_is_read_to_its_last_whole_record(write: Write, missing: int) -> None:
    content = made.mpr(made.cycling(), ended=False)
    raw = _read(write, content[:-missing])
    record = 39
    assert _frame(raw).height == 40 - -(-missing // record)
    assert {"file_cut_short", "test_still_running"} <= _codes(raw)


def test_a_count_ahead_of_the_records_is_told(write: Write) -> None:
    content = made.data(made.cycling(), rows=41)
    raw = _read(write, made.SIGNATURE + made.module("VMP data", content, 3))
    assert _frame(raw).height == 40
    assert "fewer_rows_than_declared" in _codes(raw)


def test_nothing_inside_is_said(write: Write) -> None:
    nothing = made.data([((4,), "<f8", []), ((6,), "<f4", [])])
    with pytest.raises(NothingInside):
        _read(write, made.SIGNATURE + made.module("VMP data", nothing, 3))
    with pytest.raises(DamagedFile, match="VMP Set"):
        _read(write, made.SIGNATURE + made.module("VMP Set", made.settings()))


def test_a_length_that_nothing_explains_is_refused(write: Write) -> None:
    content = made.data([((4,), "<f8", [0, 1, 2]), ((6,), "<f8", [0, 1, 2])])
    with pytest.raises(DamagedFile, match="mpt"):
        _read(write, made.SIGNATURE + made.module("VMP data", content, 3))


def test_a_file_too_large_is_not_loaded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_modules, "MOST_BYTES", 1000)
    with pytest.raises(DamagedFile) as caught:
        _read(write, made.mpr(made.cycling()))
    assert caught.value.code == "file_too_large"


def test_the_written_file_conforms(write: Write) -> None:
    conformance.check(MPR, write("made.mpr", made.mpr(made.cycling())))


def test_the_tables_of_numbers_do_not_overlap() -> None:
    assert not set(SEEN) & set(LISTED)
    assert not set(FLAGS) & (set(SEEN) | set(LISTED))
    masks = [mask for _, mask in FLAGS.values()]
    assert sum(masks) == int(np.bitwise_or.reduce(masks))


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([2, 3, 11]))
def test_damaged_bytes_give_a_clear_error_or_samples(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, version: int
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "damaged.mpr"
    content = bytearray(made.mpr(made.cycling(), version))
    for _ in range(chance.randint(1, 20)):
        content[chance.randrange(23, len(content))] = chance.randrange(256)
    path.write_bytes(bytes(content[: chance.randint(1, len(content))] if chance.random() < 0.3 else content))
    _harmless(path)


def test_three_hundred_mutations_are_harmless(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311  # reproducible, no secret
    path = tmp_path / "damaged.mpr"
    whole = made.mpr(made.cycling())
    heads = [whole.index(b"VMP data") + at for at in range(41, 120)]
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            # Half of the hits go where counts and lengths stand.
            at = chance.choice(heads) if chance.random() < 0.5 else chance.randrange(len(content))
            content[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        path.write_bytes(bytes(content))
        _harmless(path)


def _harmless(path: Path) -> None:
    begin = time.perf_counter()
    with contextlib.suppress(HwanError):
        frame = MPR.read(path).frame
        with np.errstate(all="ignore"):  # what the door makes of damaged figures is the door's own test
            pass_door(frame, path.name)
    assert time.perf_counter() - begin < 2.0


# --- scopes of counters


@pytest.mark.parametrize("scope", ["", "cycle_", "step_", "schedule_"])
def test_the_scope_is_the_one_that_the_integral_shows(scope: str) -> None:
    charge = np.array([0, 1, 1, 0, -1, -1, 0, 2, 2, -1], float)
    cycle, step = np.array([0] * 6 + [1] * 4), np.array([0, 1, 1, 2, 3, 3, 4, 5, 5, 6])
    number = {"": np.zeros(10), "cycle_": cycle, "step_": step, "schedule_": np.array([0] * 8 + [1] * 2)}[scope]
    moved = np.maximum(charge, 0)
    counter = np.array([moved[: n + 1][number[: n + 1] == number[n]].sum() for n in range(10)])
    flows = Flows(charge, np.ones(10), {"cycle_": cycle, "step_": step})
    assert scope_of(counter, COUNTERS["Q charge/mA.h"], flows) == (scope, pytest.approx(0.0, abs=1e-12))
    assert scope_of(counter * 1.05, COUNTERS["Q charge/mA.h"], flows) is None


def test_where_nothing_flows_nothing_is_shown() -> None:
    assert scope_of(np.zeros(4), COUNTERS["(Q-Qo)/mA.h"], Flows(np.zeros(4), np.ones(4))) is None


# --- text exports, written here

HEAD = (
    "EC-Lab ASCII FILE\r\nNb header lines : 12\r\n\r\nGalvanostatic Cycling\r\n\r\n"
    "Device : SP-150 (SN 0042)\r\nUser : somebody\r\n\tFile : C:\\Users\\somebody\\cell 7.mpr\r\n"
    "Acquisition started on : 02/04/2018 10:02:46.500\r\n"
    "Mode                Single sine         Other               \r\n\r\n"
)
HEADINGS = "mode\tNs\ttime/s\tEwe/V\t<I>/mA\tQ charge/mA.h\tCs/µF\t\r\n"
ROWS = ("3\t0\t0\t3.6\t0\t0\t1", "1\t1\t36\t3.7\t100\t0.5\t2", "1\t1\t72\t3.8\t100\t1.5\t3")


def _text(rows: tuple[str, ...] = ROWS, head: str = HEAD, headings: str = HEADINGS) -> bytes:
    return (head + headings + "".join(f"{row}\r\n" for row in rows)).encode("cp1252")


def test_an_export_with_its_head(write: Write) -> None:
    raw = MPT.read(write("a.mpt", _text()))
    frame = _frame(raw)
    assert frame["current_ampere"].to_list() == pytest.approx([0, 0.1, 0.1])
    assert frame["charging_capacity_ah"].to_list() == pytest.approx([0, 0.0005, 0.0015])
    assert frame["step_count"].to_list() == [1, 2, 2]
    assert frame["raw_cs_uf"].to_list() == [1, 2, 3]
    assert raw.started_at == datetime(2018, 2, 4, 10, 2, 46, 500_000, UTC)
    assert raw.metadata["header.Device"] == "SP-150 (SN 0042)"
    assert raw.metadata["settings.technique"] == "Galvanostatic Cycling"
    assert raw.metadata["settings.Mode"] == "Single sine | Other"
    assert raw.metadata["header.File"] == "cell 7.mpr"
    assert "somebody" not in str(raw.metadata)


def test_a_decimal_comma_gives_the_same(write: Write) -> None:
    plain = _frame(MPT.read(write("a.mpt", _text())))
    comma = _frame(MPT.read(write("b.mpt", _text(tuple(row.replace(".", ",") for row in ROWS)))))
    assert comma.equals(plain)


def test_without_a_head_and_with_another_delimiter(write: Write) -> None:
    plain = _frame(MPT.read(write("a.mpt", _text())))
    for delimiter in "\t;":
        content = _text(head="").replace(b"\t", delimiter.encode())
        path = write("c.txt", content)
        assert MPT.recognise(path, content).confidence == "likely"
        assert _frame(MPT.read(path)).equals(plain)


def test_a_head_whose_count_is_wrong_is_read_all_the_same(write: Write) -> None:
    frame = _frame(MPT.read(write("a.mpt", _text(head=HEAD.replace(": 12", ": 3")))))
    assert frame.equals(_frame(MPT.read(write("b.mpt", _text()))))


def test_dates_become_the_clock_and_the_time(write: Write) -> None:
    rows = tuple(row.replace("\t0\t3.6", "\t05/13/2024 11:19:51.6\t3.6") for row in ROWS[:1])
    rows += (
        ROWS[1].replace("\t36\t", "\t05/13/2024 11:20:27.6\t"),
        ROWS[2].replace("\t72\t", "\t05/13/2024 11:21:03.6\t"),
    )
    raw = MPT.read(write("a.mpt", _text(rows)))
    assert _frame(raw)["test_time_second"].to_list() == pytest.approx([0, 36, 72])
    assert _frame(raw)["unix_time_second"][0] == datetime(2024, 5, 13, 11, 19, 51, 600_000, UTC).timestamp()
    assert "clock_without_zone" in _codes(raw)
    bad = (*rows[:2], rows[2].replace("05/13", "13/13"))
    with pytest.raises(ColumnProblem, match=f"line {len(HEAD.splitlines()) + 4}"):
        MPT.read(write("b.mpt", _text(bad)))


def test_discharge_written_with_a_minus_is_turned(write: Write) -> None:
    headings = "Ns\ttime/s\tEwe/V\tI/mA\tQ discharge/mA.h\r\n"
    content = _text(("0\t0\t3.6\t-100\t0", "0\t36\t3.5\t-100\t-1", "0\t72\t3.4\t-100\t-2"), "", headings)
    frame = _frame(MPT.read(write("a.txt", content)))
    assert frame["discharging_capacity_ah"].to_list() == pytest.approx([0, 0.001, 0.002])


def test_settings_are_refused_with_what_they_hold(write: Write) -> None:
    content = b"EC-LAB SETTING FILE\r\n\r\nNumber of linked techniques : 1\r\n\r\nTechnique : 1\r\nModulo Bat\r\nNs\r\n"
    path = write("a.mps", content)
    assert MPT.recognise(path, content).reason == "biologic_settings"
    with pytest.raises(NothingInside, match=r"Modulo Bat.*\.mpr"):
        MPT.read(path)


def test_an_export_without_its_table_is_refused(write: Write) -> None:
    with pytest.raises(DamagedFile, match="time/s"):
        MPT.read(write("a.mpt", HEAD.encode("cp1252")))
    with pytest.raises(NothingInside):
        MPT.read(write("b.mpt", _text(())))


def test_the_mappings_own_csv_is_left_to_it(write: Write) -> None:
    content = b"time/s,Ecell/V,<I>/mA\n0,3.6,0\n1,3.7,1\n"
    assert MPT.recognise(write("a.csv", content), content).confidence == "no"


def test_the_written_export_conforms(write: Write) -> None:
    conformance.check(MPT, write("a.mpt", _text()))


# --- the lab's files

# Rows, columns, then time / s, voltage / V and current / A of the first and the last row, and executed steps.
GOLDEN = {
    "00_test_01_OCV_C01.mpr": (2, 6, (0.0, -0.37380898, 0.0), (5.593199859, -0.373282164, 0.0), None),
    "00_test_02_MB_C01.mpr": (
        11, 19, (6.165999844, -1.650172114, -5.6718e-05), (16.165799592, -1.650145411, -4.4965e-05), 1
    ),
    "250116_kigr_gen6_01_01_GCPL_CD8.mpr": (392, 18, (0.0, 0.293560773, 0.0), (43213.756052543, 0.288363904, 0.0), 2),
    "MB-0.mpr": (2, 12, (0.0, 1.489010096, 0.0), (9.997599747, 1.489086509, 0.0), 1),
    "PEIS-0.mpr": (
        60, 16, (6108482.435051806, 3.032213211, -0.001007083), (6111192.454667095, 3.046273232, 2.2383e-05), 1
    ),
    "Sample_data_biologic_01_MB_CA1.txt": (1397, 17, (0.0, 3.5180547, 0.0), (139.524006627, 3.4854481, -0.89982635), 2),
    "Sample_data_biologic_no_header.mpt": (
        13, 33, (281672.380117428, 2.9344745, 0.0), (281792.502129958, 2.9814022, 0.0), 1
    ),
    "biol.mpr": (23561, 38, (0.0, 0.123487219, 0.0), (76139.104001162, 0.551537097, 0.0), 25),
    "exampleDataBioLogic.mpt": (
        43, 18, (0.783690491, -0.000286776, -4.8041e-05), (288.502230956, -0.000280349, -4.5939e-05), None
    ),
    "file_2025-10-17_162649.mpr": (2, 6, (0.999999975, 0.047538888, 0.0), (1.999999949, 0.047535926, 0.0), None),
    "jdb11-1_e1_s3_squidTest_data_C15.mpr": (
        32917, 19, (0.0, 2.386192799, 0.0), (323833.751453674, 1.999966025, -9.991e-06), 14
    ),
    "jdb11-4.mpr": (38189, 19, (0.0, 2.64267087, 0.0), (1731940.702496417, 2.000028133, -0.000114975), 62),
    "test_C01.mpr": (18001, 6, (0.999999975, 0.047538888, 0.0), (17999.999928188, 0.047085546, 0.0), None),
    "test_loopsnewoutput_MB_CE1_short10k.csv": (
        9999, 74, (0.0, 3.815032482, 0.0), (102040.769999981, 4.173677921, 0.0), 12
    ),
}  # fmt: skip
STARTED = {
    "biol.mpr": datetime(2017, 3, 15, 10, 22, 54, tzinfo=UTC),
    "test_C01.mpr": datetime(2025, 10, 17, 16, 26, 46, 960_000, UTC),
    "Sample_data_biologic_01_MB_CA1.txt": datetime(2024, 5, 13, 11, 19, 51, 602_000, UTC),
}
SIGNALS = ["test_time_second", "voltage_volt", "current_ampere"]
CYCLED = ("jdb11-4.mpr", "jdb11-1_e1_s3_squidTest_data_C15.mpr", "biol.mpr", "00_test_02_MB_C01.mpr")


@pytest.fixture
def of_lab(lab: Path) -> Callable[[str], RawRecording]:
    def _of(name: str) -> RawRecording:
        path = lab / "biologic" / name
        return (MPR if path.suffix == ".mpr" else MPT).read(path)

    return _of


def test_every_file_of_the_lab_is_here(lab: Path) -> None:
    assert {path.name for path in (lab / "biologic").iterdir()} == set(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_first_and_last_rows_of_the_labs_files(of_lab: Callable[[str], RawRecording], name: str) -> None:
    rows, width, first, last, steps = GOLDEN[name]
    raw = of_lab(name)
    frame, *_ = pass_door(raw.frame, name)
    assert (frame.height, frame.width) == (rows, width)
    assert frame.select(SIGNALS).row(0) == pytest.approx(first, abs=6e-10)
    assert frame.select(SIGNALS).row(-1) == pytest.approx(last, abs=6e-10)
    assert steps == (frame["step_count"].max() if steps else None)
    assert raw.started_at == STARTED.get(name, raw.started_at)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_labs_files_conform(lab: Path, name: str) -> None:
    path = lab / "biologic" / name
    conformance.check(MPR if path.suffix == ".mpr" else MPT, path)


@pytest.mark.parametrize("name", CYCLED)
def test_the_charge_is_the_integral_of_the_intervals(of_lab: Callable[[str], RawRecording], name: str) -> None:
    frame = _frame(of_lab(name))
    charge, total = (frame[column].to_numpy() for column in ("raw_dq_ma_h", "net_capacity_ah"))
    assert np.cumsum(charge) * 1e-3 == pytest.approx(total, abs=2e-6 * np.abs(total).max())
    half, counted = frame["raw_half_cycle"].to_numpy().astype(int), frame["raw_q_charge_discharge_ma_h"].to_numpy()
    # Q charge/discharge goes on inside a half cycle and begins anew with the next.
    anew = np.diff(half) != 0
    assert np.where(anew, counted[1:], np.diff(counted)) == pytest.approx(charge[1:], abs=1e-12)


@pytest.mark.parametrize("name", CYCLED[:2])
def test_the_current_of_the_charge_is_that_of_the_testers_power(
    of_lab: Callable[[str], RawRecording], name: str
) -> None:
    frame = _frame(of_lab(name)).cast(pl.Float64, strict=False)
    product = frame["voltage_volt"] * frame["current_ampere"]
    assert product.to_numpy() == pytest.approx(frame["power_watt"].to_numpy(), rel=3e-7, abs=1e-13)


@pytest.mark.parametrize("name", CYCLED[:3])
def test_a_positive_current_charges(of_lab: Callable[[str], RawRecording], name: str) -> None:
    frame = _frame(of_lab(name))
    steady = pl.col("current_ampere").shift().sign() == pl.col("current_ampere").sign()
    rise = pl.col("voltage_volt").diff().filter(steady & (pl.col("current_ampere") > 0)).sum()
    fall = pl.col("voltage_volt").diff().filter(steady & (pl.col("current_ampere") < 0)).sum()
    up, down = frame.select(rise.alias("up"), fall.alias("down")).row(0)
    assert up > 0
    assert down <= 0


def test_the_measured_current_agrees_with_the_charge(of_lab: Callable[[str], RawRecording]) -> None:
    frame = _frame(of_lab("biol.mpr"))
    time_, current, charge = (frame[c].cast(pl.Float64).to_numpy() for c in (SIGNALS[0], SIGNALS[2], "raw_dq_ma_h"))
    flowing = charge[1:] != 0
    mean = charge[1:] * 3.6 / np.diff(time_)
    assert np.median(np.abs(mean - current[1:])[flowing] / np.abs(mean[flowing])) < 1e-3


def test_energy_is_charge_times_voltage(of_lab: Callable[[str], RawRecording]) -> None:
    frame = _frame(of_lab("biol.mpr"))
    energy = np.cumsum(frame["raw_dq_ma_h"].to_numpy() * 1e-3 * frame["voltage_volt"].cast(pl.Float64).to_numpy())
    assert frame["charging_energy_wh"].to_numpy() == pytest.approx(energy, abs=1e-8)


@pytest.mark.parametrize("name", ["PEIS-0.mpr", "exampleDataBioLogic.mpt"])
def test_the_parts_of_the_impedance_belong_together(of_lab: Callable[[str], RawRecording], name: str) -> None:
    frame = _frame(of_lab(name)).cast(pl.Float64, strict=False)
    real, imaginary = frame["real_impedance_ohm"].to_numpy(), frame["imaginary_impedance_ohm"].to_numpy()
    assert np.hypot(real, imaginary) == pytest.approx(frame["absolute_impedance_ohm"].to_numpy(), rel=1e-6)
    assert np.degrees(np.arctan2(imaginary, real)) == pytest.approx(frame["phase_degree"].to_numpy(), abs=1e-4)
    assert (imaginary[-5:] < 0).all()  # at low frequency a cell and a film are capacitive


def test_ohm_and_farad_agree_in_the_spectrum(of_lab: Callable[[str], RawRecording]) -> None:
    frame = _frame(of_lab("PEIS-0.mpr")).cast(pl.Float64, strict=False)
    omega = 2 * np.pi * frame["frequency_hertz"].to_numpy()
    series = -1e6 / (omega * frame["imaginary_impedance_ohm"].to_numpy())
    assert frame["raw_cs_uf"].to_numpy() == pytest.approx(series, rel=1e-5)
    modulus = frame["raw_abs_ewe_v"].to_numpy() / frame["raw_abs_i_a"].to_numpy()
    assert modulus == pytest.approx(frame["absolute_impedance_ohm"].to_numpy(), rel=1e-5)


def test_what_another_reader_says_of_the_same_file(lab: Path, of_lab: Callable[[str], RawRecording]) -> None:
    ours = _frame(of_lab("biol.mpr"))
    theirs = pl.read_parquet(lab / "truth/cellpy/loader_biologics_mpr/raw.parquet")
    pairs = {
        "test_time_second": ("test_time", 1.0), "voltage_volt": ("voltage", 1.0), "current_ampere": ("current", 1e-3),
        "net_capacity_ah": ("QminusQnull", 1e-3), "charging_energy_wh": ("Energy_charge", 1.0),
        "frequency_hertz": ("frequency", 1.0), "phase_degree": ("aci_phase_angle", 1.0), "step_id": ("Ns", 1.0),
        "raw_dq_ma_h": ("dQ", 1.0), "raw_q_charge_discharge_ma_h": ("QChargeDischarge", 1.0), "raw_mode": ("mode", 1.0),
        "raw_flags": ("flags", 1.0), "raw_ox_red": ("ox_red", 1.0), "raw_half_cycle": ("half_cycle", 1.0),
        "raw_z_cycle": ("z_cycle", 1.0), "raw_i_range": ("Irange", 1.0), "raw_ece_v": ("reference_voltage", 1.0),
        "raw_capacitance_charge_uf": ("capacitance_charge", 1.0), "raw_control_ma": ("control", 1.0),
        "raw_control_changes": ("control_changes", 1.0), "raw_counter_inc": ("counter_inc", 1.0),
    }  # fmt: skip
    assert ours.height == theirs.height
    for name, (label, factor) in pairs.items():
        got, expected = ours[name].cast(pl.Float64).to_numpy(), theirs[label].cast(pl.Float64).to_numpy() * factor
        assert got == pytest.approx(expected, rel=2e-7, abs=0), name


def test_the_live_file_says_that_it_is(of_lab: Callable[[str], RawRecording]) -> None:
    raw = of_lab("file_2025-10-17_162649.mpr")
    assert "test_still_running" in _codes(raw)
    assert "test_still_running" not in _codes(of_lab("test_C01.mpr"))
    # It is the beginning of the other one.
    assert _frame(raw).equals(_frame(of_lab("test_C01.mpr")).head(2))


def test_the_labs_settings_file_is_refused(lab: Path) -> None:
    (path,) = (lab / "vendor-schedules").glob("*.mps")
    assert MPT.recognise(path, path.read_bytes()[:65_536]).confidence == "certain"
    with pytest.raises(NothingInside, match="Modulo Bat"):
        MPT.read(path)
