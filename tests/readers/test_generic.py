from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan import readers
from hwan.core import BadDefinition, ColumnProblem, DamagedFile, UnknownName
from hwan.readers.generic import ColumnRule, MappedCsv, Mapping, load_mapping, shipped_mappings
from hwan.readers.generic._mapping import checked

Write = Callable[[str, str | bytes], Path]

KOREAN = """
id = "lab-7"
title = "Lab 7"
encoding = "cp949"
delimiter = ";"
decimal = ","
null_tokens = ["--"]
sign = "positive_discharges"
recognise = ["시각", "전류(mA)"]

[columns]
"경과" = { to = "Test Time / s", duration = true }
"시각" = { to = "unix_time_second", datetime = "%Y-%m-%d %H:%M:%S", zone = "Asia/Seoul" }
"전압(mV)" = { to = "voltage_volt", factor = 1e-3 }
"전류(mA)" = { to = "current_ampere", factor = 1e-3 }
"온도(K)" = { to = "surface_temperature_celsius", offset = -273.15 }
"상태" = { to = "step_type" }
"""
ROWS = (
    "장비;7\n"
    "경과;시각;전압(mV);전류(mA);온도(K);상태;비고\n"
    "00:00:00;2024-03-01 09:00:00;3700,5;0;298,15;휴지;가\n"
    "1-00:00:01,5;2024-03-02 09:00:01;3650;1500;--;방전;나\n"
)


@pytest.fixture
def lab7(write: Write) -> tuple[Path, Path]:
    return write("lab7.csv", ROWS.encode("cp949")), write("lab7.toml", KOREAN)


def test_a_mapping_converts_units_signs_times_and_text(lab7: tuple[Path, Path]) -> None:
    recording = readers.read(lab7[0], mapping=lab7[1])
    frame = recording.samples.collect()
    assert frame["test_time_second"].to_list() == [0.0, 86_401.5]
    assert frame["unix_time_second"].to_list() == [1_709_251_200.0, 1_709_337_601.0]
    assert frame["voltage_volt"].to_list() == pytest.approx([3.7005, 3.65])
    assert frame["current_ampere"].to_list() == pytest.approx([0.0, -1.5])
    assert frame["surface_temperature_celsius"].to_list() == [pytest.approx(25.0), None]
    assert frame["step_type"].to_list() == ["휴지", "방전"]
    assert frame["raw_비고"].to_list() == ["가", "나"]
    assert recording.metadata == {"preamble.장비": "7"}
    assert [finding.code for finding in recording.findings] == ["columns_kept_raw"]


def test_the_mapping_enters_the_id_by_its_meaning(lab7: tuple[Path, Path], write: Write) -> None:
    same = write("same.toml", "# a comment\n" + KOREAN)
    other = write("other.toml", KOREAN.replace("1e-3 }", "1e-6 }", 1))
    ids = [readers.read(lab7[0], mapping=path).id for path in (lab7[1], same, other)]
    assert ids[0] == ids[1] != ids[2]
    assert readers.read(lab7[0], mapping=lab7[1]).provenance.mapping_sha256 == load_mapping(same).sha256


def test_a_mapping_overrides_detection(seconds_csv: Path) -> None:
    rules = {"Seconds": "test_time_second", "Amps": "current_ampere", "Volts": "voltage_volt"}
    mapping = Mapping("mine", "Mine", {heading: ColumnRule(to) for heading, to in rules.items()}, ("Seconds",))
    assert readers.read(seconds_csv, mapping=mapping).provenance.reader == "csv:mine"
    assert readers.read(seconds_csv).provenance.reader == "csv:ampworks"
    assert readers.read(seconds_csv, mapping="ampworks").id == readers.read(seconds_csv).id


@pytest.mark.parametrize("header", ["[header]\nline = 2", '[header]\npattern = "^경과;"'])
def test_headings_by_line_and_by_pattern(lab7: tuple[Path, Path], write: Write, header: str) -> None:
    text = KOREAN.replace("[columns]", f"{header}\n[columns]").replace('recognise = ["시각", "전류(mA)"]', "")
    recording = readers.read(lab7[0], mapping=write("by.toml", text))
    assert recording.samples.collect().height == 2


@pytest.mark.parametrize("header", ["[header]\nline = 99", '[header]\npattern = "^nothing"'])
def test_headings_that_are_not_there(lab7: tuple[Path, Path], write: Write, header: str) -> None:
    path = write("by.toml", KOREAN.replace("[columns]", f"{header}\n[columns]"))
    with pytest.raises(DamagedFile, match="no line with the headings"):
        readers.read(lab7[0], mapping=path)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("09:00:00;3700,5", "noon;3700,5", "cell_not_a_time"),
        ("1-00:00:01,5", "soon", "cell_not_a_time"),
        ("3700,5", "3700.5.1", "cell_not_a_number"),
    ],
)
def test_cells_that_do_not_fit_are_placed(lab7: tuple[Path, Path], write: Write, old: str, new: str, code: str) -> None:
    with pytest.raises(ColumnProblem) as caught:
        readers.read(write("bad.csv", ROWS.replace(old, new).encode("cp949")), mapping=lab7[1])
    assert caught.value.code == code
    assert caught.value.values["line"] in (3, 4)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('delimiter = ";"', 'delimiter = ","', "mapping_delimiter"),
        ('encoding = "cp949"', 'encoding = "klingon"', "mapping_encoding"),
        ('recognise = ["시각", "전류(mA)"]', "", "mapping_header_missing"),
        ("factor = 1e-3", "factor = 0.0", "mapping_factor"),
        ('to = "step_type"', 'to = "step_type", duration = true', "mapping_time_target"),
        ("Asia/Seoul", "Asia/Atlantis", "mapping_zone"),
        ('to = "step_type"', 'to = "voltage_volt"', "mapping_target_twice"),
        ("[columns]", '[header]\npattern = "("\n[columns]', "mapping_pattern"),
        ("id =", "idd =", "definition_malformed"),
        ("id =", "id", "definition_not_toml"),
    ],
)
def test_mappings_that_cannot_be_meant(write: Write, old: str, new: str, code: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        load_mapping(write("bad.toml", KOREAN.replace(old, new, 1)))
    assert caught.value.code == code
    assert caught.value.exit_code == 2


def test_names_that_do_not_exist(write: Write) -> None:
    with pytest.raises(UnknownName, match="voltage_volt"):
        load_mapping(write("typo.toml", KOREAN.replace('"voltage_volt"', '"voltage_vlot"')))
    with pytest.raises(UnknownName, match="Did you mean 'ampworks'"):
        load_mapping("ampwork")


def test_a_mapping_without_columns() -> None:
    with pytest.raises(BadDefinition, match="at least one entry"):
        checked(Mapping("empty", "Empty", {}, ("a",)), "here")


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(-5, 5))
def test_factor_and_offset_are_what_they_say(factor: float, offset: float) -> None:
    import polars as pl

    from hwan.readers._arrange import Target

    frame = pl.DataFrame({"c": [0.0, 1.0, -2.5]}).select(Target("c", "x", factor, offset).expression())
    assert frame["x"].to_list() == pytest.approx([offset, factor + offset, -2.5 * factor + offset])


def test_ampworks_counts_the_net_discharged_charge(lab: Path) -> None:
    recording = readers.read(lab / "ampworks-csv/hppc_discharge.csv")
    frame = recording.samples.collect()
    assert recording.provenance.reader == "csv:ampworks"
    # ∫I·dt by the trapezoidal rule against the table's own counter, in Ah
    time, current = frame["test_time_second"].to_numpy(), frame["current_ampere"].to_numpy()
    charge = float(((current[1:] + current[:-1]) / 2 * (time[1:] - time[:-1])).sum() / 3600)
    assert frame["net_capacity_ah"][-1] == pytest.approx(charge, rel=0.01)
    assert charge < 0


def test_the_good_prime_instrument_file(lab: Path) -> None:
    recording = readers.read(lab / "generic/custom_data_001.csv")
    codes = [finding.code for finding in recording.findings]
    assert recording.samples.collect().height == 2442
    assert codes[:3] == ["columns_kept_raw", "blank_rows_left_out", "current_always_zero"]
    assert recording.metadata["preamble.cell"] == "ee002"


@pytest.mark.parametrize(
    ("name", "code", "values"),
    [
        ("custom_nan_inf", "values_missing", {"count": 3, "rows": "4, 8, 12"}),
        ("custom_truncated", "last_row_cut_short", {"line": 80, "got": 5, "expected": 10}),
        ("custom_missing_cycle", "cycle_numbers_skip", {"count": 1}),
    ],
)
def test_bad_files_are_read_with_a_finding(lab: Path, name: str, code: str, values: dict[str, object]) -> None:
    findings = {one.code: one.values for one in readers.read(lab / f"generic-bad/{name}.csv").findings}
    assert values.items() <= findings[code].items()


def test_a_missing_required_column_is_named(lab: Path) -> None:
    with pytest.raises(ColumnProblem) as caught:
        readers.read(lab / "generic-bad/custom_missing_column.csv")
    assert caught.value.values["missing"] == "voltage (voltage_volt)"
    assert "discharge_Capacity" in str(caught.value)


def test_a_missing_optional_column_is_a_note(write: Write, lab: Path) -> None:
    text = (lab / "generic-bad/custom_good_small.csv").read_text().replace(";cycle;", ";xycle;")
    recording = readers.read(write("nocycle.csv", text))
    absent = [one.values["columns"] for one in recording.findings if one.code == "optional_columns_absent"]
    assert absent == ["cycle (cycle_count)"]


def test_shipped_mappings_are_readers() -> None:
    names = {line.name for line in readers.formats()}
    samples = {MappedCsv(mapping).name for mapping in shipped_mappings().values() if mapping.holds == "samples"}
    assert samples <= names


def test_rows_far_shorter_than_their_headings_are_refused_before_they_fill_the_memory(tmp_path):
    headings = ["Test Time / s", "Voltage / V", "Current / A", *(f"x{number}" for number in range(2_000))]
    rows = "".join(f"{number},3.7,1\n" for number in range(5_000))
    (tmp_path / "wide.bdf.csv").write_text(",".join(headings) + "\n" + rows, encoding="utf-8")
    with pytest.raises(DamagedFile, match="far fewer cells"):
        readers.read(tmp_path / "wide.bdf.csv")
