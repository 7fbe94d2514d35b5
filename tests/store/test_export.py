"""What is exported comes back with the same bits, says where it came from, and replaces nobody's file."""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import struct
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hwan
from hwan.core import (
    BY_LABEL,
    COLUMNS,
    Finding,
    Instrument,
    Mark,
    Provenance,
    Recording,
    UnknownName,
    UsageError,
    from_plain,
)
from hwan.readers._door import pass_door
from hwan.store import _export_files
from hwan.store._export import export_bdf
from hwan.store._export_labels import table_headings
from hwan.synthetic import cell_test, pack_test

FORMS = ("csv", "parquet")
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
ODD = st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1 / 3, 1e300, -1e-7, 123456789.125])
FLOAT = st.one_of(st.none(), ODD, st.floats(-1000, 1000), st.integers(-3000, 3000).map(lambda k: k / 1000))
WHOLE = st.one_of(st.none(), st.integers(0, 2**53), st.integers(0, 9))
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
WORD = st.one_of(
    st.none(), st.sampled_from(["", " ", 'a,"b"', "열 1\n둘", "c\rd", "-", "\t;"]), st.text(LETTERS, max_size=5)
)
OPTIONAL = {
    "unix_time_second": (pl.Float64, FLOAT),
    "cycle_count": (pl.Int64, WHOLE),
    "step_count": (pl.Int64, WHOLE),
    "step_type": (pl.String, WORD),
    "step_net_energy_wh": (pl.Float32, st.one_of(st.none(), st.floats(width=32))),
    "temperature_t1_celsius": (pl.Float64, FLOAT),
    "cell_001_voltage_volt": (pl.Float64, FLOAT),
    "cell_096_temperature_celsius": (pl.Float32, st.one_of(st.none(), st.floats(-9, 99, width=32))),
    "raw_aux_압력": (pl.Float64, FLOAT),
    "raw_count": (pl.Int64, st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))),
    "raw_word": (pl.String, WORD),
    "raw_flag": (pl.Boolean, st.one_of(st.none(), st.booleans())),
}  # fmt: skip


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """Any frame that could have come through the door, and values that could not."""
    rows = draw(st.integers(1, 12))
    columns = []
    for name in ("test_time_second", "voltage_volt", "current_ampere"):
        values = draw(st.lists(st.one_of(st.none(), st.just(math.nan), st.floats(-1000, 1000)), min_size=rows - 1,
                               max_size=rows - 1))  # fmt: skip
        columns.append(pl.Series(name, [*values, 1.5], dtype=pl.Float64))
    for name in draw(st.lists(st.sampled_from(list(OPTIONAL)), unique=True)):
        dtype, value = OPTIONAL[name]
        columns.append(pl.Series(name, draw(st.lists(value, min_size=rows, max_size=rows)), dtype=dtype))
    return pl.DataFrame(columns)


def recorded(samples: pl.DataFrame, name: str = "one.csv", **fields) -> Recording:
    provenance = Provenance(f"id of {name}", name, f"sha of {name}", 7, "test", "1")
    return Recording(provenance, samples.lazy(), **fields)


def simple(name: str = "one.csv", **fields) -> Recording:
    samples = pl.DataFrame({"test_time_second": [0.0, 1.0], "voltage_volt": [3.5, 3.6], "current_ampere": [1.5, -1.5]})
    return recorded(samples, name, **fields)


def bits(frame: pl.DataFrame) -> list[object]:
    """Every value as something that compares by its bits."""

    def of(value: object, dtype: pl.DataType) -> object:
        if isinstance(value, float):
            return struct.pack("<f" if dtype == pl.Float32 else "<d", value)
        return value

    return [(name, str(dtype), [of(value, dtype) for value in frame[name]]) for name, dtype in frame.schema.items()]


def data_of(exported, holds: str = "samples") -> Path:
    return next(Path(each.path) for each in exported.files if each.holds == holds)


def metadata_of(exported) -> dict:
    return json.loads(Path(exported.metadata).read_text(encoding="utf-8"))


def codes(exported) -> dict[str, Finding]:
    return {each.code: each for file in exported.files for each in file.not_carried}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Round trip ----------------------------------------------------------------------------------------


@QUIET
@given(frame=frames())
def test_parquet_comes_back_bit_by_bit(frame, tmp_path_factory):
    back = hwan.read(data_of(export_bdf(recorded(frame), tmp_path_factory.mktemp("out"))))
    assert bits(back.samples.collect()) == bits(pass_door(frame, "one.csv")[0])


@QUIET
@given(frame=frames())
def test_csv_comes_back_bit_by_bit_or_says_what_does_not(frame, tmp_path_factory):
    exported = export_bdf(recorded(frame), tmp_path_factory.mktemp("out"), form="csv")
    told = codes(exported)
    changed = {name for code, each in told.items() if code not in {"export_beyond_bdf", "export_not_finite"}
               for name in str(each.values.get("columns", "")).split(", ")}  # fmt: skip
    back = hwan.read(data_of(exported)).samples.collect()
    expected = pass_door(frame.with_columns(pl.col(pl.Float32).cast(pl.Float64)), "one.csv")[0]
    if "export_empty_rows" in told:
        assert back.height == frame.height - told["export_empty_rows"].values["count"]
        return
    assert back.columns == expected.columns
    loose = changed - set(str(told["export_single_precision"].values["columns"]).split(", ")
                          if "export_single_precision" in told else ())  # fmt: skip
    kept = [name for name in expected.columns if name not in loose]
    assert bits(back.select(kept)) == bits(expected.select(kept))


@pytest.mark.parametrize("form", FORMS)
def test_synthetic_tests_come_back(form, tmp_path):
    for test in (cell_test(7), pack_test(11, series=24)):
        back = hwan.read(data_of(export_bdf(test.recording, tmp_path, form=form)))
        assert bits(back.samples.collect()) == bits(test.samples)
        assert [each for each in back.findings if each.severity != "note"] == []


LAB = (
    "neware/nda_v23.nda", "neware/21_10_7_85.ndax", "neware/interp-test.ndax", "bdf/sample.bdf.csv",
    "bdf/legacy.bdf.parquet", "ampworks-csv/hppc_discharge.csv",
    "bdf/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv",
    "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LAB)
def test_files_of_the_lab_come_back(name, form, lab_data, tmp_path):
    first = hwan.read(lab_data / "testers" / name)
    exported = export_bdf(first, tmp_path, form=form)
    again = hwan.read(data_of(exported))
    expected = first.samples.collect()
    if form == "csv":
        expected = expected.with_columns(pl.col(pl.Float32).cast(pl.Float64))
    assert bits(again.samples.collect()) == bits(expected)
    assert set(codes(exported)) <= {"export_beyond_bdf", "export_single_precision"}
    of_data = {"test_time_runs_backwards", "clock_runs_backwards", "values_missing", "cycle_numbers_skip",
               "current_always_zero"}  # fmt: skip
    assert [each for each in again.findings if each.code in of_data] == [
        each for each in first.findings if each.code in of_data
    ]
    told = metadata_of(exported)
    assert from_plain(tuple[Finding, ...], told["findings"]) == first.findings
    assert from_plain(tuple[Mark, ...], told["marks"]) == first.marks
    assert from_plain(Provenance, told["provenance"]) == first.provenance


def test_row_one_holds_the_preferred_labels(tmp_path):
    exported = export_bdf(cell_test(7).recording, tmp_path, form="csv")
    headings = data_of(exported).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    assert headings[:3] == ["Test Time / s", "Voltage / V", "Current / A"]
    assert all(heading in BY_LABEL for heading in headings)
    frame = pl.read_csv(data_of(exported))
    filling = frame.filter(pl.col("Step Charging Capacity / Ah").diff() > 0)
    assert filling.height > 100
    assert (filling["Current / A"] > 0).all()


def test_nothing_is_collected(tmp_path, monkeypatch):
    monkeypatch.setattr(pl.DataFrame, "write_csv", None)
    monkeypatch.setattr(pl.DataFrame, "write_parquet", None)
    place = tmp_path / "source.parquet"
    real = cell_test(7).recording
    real.samples.sink_parquet(place)
    exported = export_bdf(replace(real, samples=pl.scan_parquet(place)), tmp_path / "out", form="csv")
    assert exported.rows == 3050


# What a file cannot carry --------------------------------------------------------------------------

CASES = {
    "export_single_precision": {"step_net_energy_wh": pl.Series([0.1, None], dtype=pl.Float32)},
    "export_number_too_large": {"record_index": [2**53 + 1, 1]},
    "export_whole_numbers": {"raw_a": [1, 2]},
    "export_type_as_text": {"raw_a": [True, None]},
    "export_word_of_nothing": {"step_type": ["NA", "Rest"]},
    "export_text_of_numbers": {"raw_a": ["001", None]},
    "export_empty_rows": {"test_time_second": [0.0, None], "voltage_volt": [3.5, None], "current_ampere": [1.0, None]},
}


@pytest.mark.parametrize("code", CASES)
def test_csv_says_what_it_changes(code, tmp_path):
    first = simple()
    first = replace(
        first, samples=first.samples.with_columns(**{n: pl.lit(pl.Series(v)) for n, v in CASES[code].items()})
    )
    csv, parquet = (export_bdf(first, tmp_path, form=form) for form in FORMS)
    assert code in codes(csv)
    assert code not in codes(parquet)
    assert bits(hwan.read(data_of(csv)).samples.collect()) != bits(first.samples.collect())
    assert bits(hwan.read(data_of(parquet)).samples.collect()) == bits(first.samples.collect())
    told = {each["path"][-3:]: {one["code"] for one in each["not_carried"]} for each in metadata_of(csv)["files"]}
    assert code in told["csv"]
    assert code not in told["uet"]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_finite_is_told(form, tmp_path):
    samples = simple().samples.collect().with_columns(power_watt=pl.Series([math.inf, 1.0]))
    exported = export_bdf(recorded(samples), tmp_path, form=form)
    assert codes(exported)["export_not_finite"].values == {"columns": "power_watt", "count": 1}
    back = hwan.read(data_of(exported))
    assert back.samples.collect()["power_watt"].to_list() == [None, 1.0]
    assert "values_not_finite" in {each.code for each in back.findings}


def test_columns_beyond_bdf_keep_their_names(tmp_path):
    samples = (
        simple()
        .samples.collect()
        .with_columns(cell_001_voltage_volt=pl.Series([3.5, 3.6]), raw_aux=pl.Series([1.5, 2.5]))
    )
    exported = export_bdf(recorded(samples), tmp_path)
    assert pl.read_parquet_schema(data_of(exported)).names()[3:] == ["cell_001_voltage_volt", "raw_aux"]
    told = metadata_of(exported)
    assert told["columns_beyond_bdf"] == ["cell_001_voltage_volt", "raw_aux"]
    assert [each["unit"] for each in told["files"][0]["columns"]] == ["s", "V", "A", "V", "unknown"]


def test_a_type_without_a_cell_is_refused(tmp_path):
    samples = simple().samples.collect().with_columns(raw_list=pl.Series([[1.0], [2.0]]))
    with pytest.raises(UsageError) as told:
        export_bdf(recorded(samples), tmp_path / "none", form="csv")
    assert told.value.code == "export_type_unwritable"
    assert told.value.values["column"] == "raw_list"
    assert not (tmp_path / "none").exists()
    assert bits(pl.read_parquet(data_of(export_bdf(recorded(samples), tmp_path))).select("raw_list"))


# Metadata ------------------------------------------------------------------------------------------


def test_the_metadata_give_the_recording_back(tmp_path):
    began = datetime(2024, 10, 31, 9, tzinfo=UTC)
    first = simple(
        "시험 1.ndax", started_at=began, instrument=Instrument(maker="제조사", current_range_ampere=75.0),
        metadata={"operator": "김", "odd": "\ud800"}, marks=(Mark("voltage_volt", "interpolated", 0, 1),),
        findings=(Finding("values_missing", "warning", "rows 2", {"count": 1}),),
    )  # fmt: skip
    exported = export_bdf(first, tmp_path, institution="UCam", cell="A0001")
    told = metadata_of(exported)
    assert told["schema"] == "hwan.bdf.metadata/1"
    assert (told["institution"], told["cell"], told["rows"]) == ("UCam", "A0001", 2)
    assert from_plain(Provenance, told["provenance"]) == first.provenance
    assert from_plain(Instrument, told["instrument"]) == first.instrument
    assert from_plain(tuple[Mark, ...], told["marks"]) == first.marks
    assert from_plain(tuple[Finding, ...], told["findings"]) == first.findings
    assert (told["metadata"], told["started_at"]) == (first.metadata, began.isoformat())
    (file,) = told["files"]
    content = (tmp_path / file["path"]).read_bytes()
    assert (file["sha256"], file["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert Path(exported.metadata).name == "UCam__A0001__20241031_001.bdf.metadata.json"


def test_csv_beside_parquet_is_one_export(tmp_path):
    for form in FORMS:
        exported = export_bdf(simple(), tmp_path, form=form)
    stem = "unknown__one__unknown_001"
    assert names(tmp_path) == [f"{stem}.bdf.csv", f"{stem}.bdf.metadata.json", f"{stem}.bdf.parquet"]
    assert {each["path"] for each in metadata_of(exported)["files"]} == {f"{stem}.bdf.csv", f"{stem}.bdf.parquet"}


# Names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "key", "institution", "cell", "expected"),
    [
        ("one.bdf.csv", "", "", "", "unknown__one__unknown_001"),
        ("two.nda", "3-1", "UCam", "", "UCam__two-3-1__unknown_001"),
        ("two.nda", "", "../환 연구소", "팩/3__b", "환-연구소__팩-3_b__unknown_001"),
        ("SINTEF__LiGr__2024-04-30__Landt.bdf.csv", "", "", "", "SINTEF__LiGr__20240430_001"),
        ("SINTEF__LiGr__2024-04-30__Landt.bdf.csv", "", "", "C1", "SINTEF__C1__20240430_001"),
        ("...", "", "..", "", "unknown__unknown__unknown_001"),
    ],
)
def test_the_name(source, key, institution, cell, expected, tmp_path):
    first = simple(source)
    first = replace(first, provenance=replace(first.provenance, key=key))
    exported = export_bdf(first, tmp_path, institution=institution, cell=cell)
    assert data_of(exported).name == f"{expected}.bdf.parquet"
    assert metadata_of(exported)["cell"] == (cell or ("LiGr" if "LiGr" in source else "unknown"))


@QUIET
@given(institution=st.text(max_size=80), cell=st.text(st.characters(codec=None), max_size=200))
def test_every_name_is_a_file_in_the_folder(institution, cell, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    exported = export_bdf(
        simple(), folder, institution=institution, cell=cell, tables={"cycles": pl.DataFrame({"a": [1]})}
    )
    assert all(Path(each.path).parent == folder for each in exported.files)
    assert re.fullmatch(r"[^/\\]+?__[^/\\]+?__unknown_001\.bdf\.parquet", data_of(exported).name)
    assert len(names(folder)) == 3


def test_the_running_number_steps_over_others(tmp_path):
    (tmp_path / "unknown__A__unknown_001.bdf.csv").write_text("a lab's own file", encoding="utf-8")
    (tmp_path / "unknown__A__unknown_002.bdf.metadata.json").write_text("[]", encoding="utf-8")
    numbers = [data_of(export_bdf(simple(name), tmp_path, cell="A")).name[-15:-12] for name in ("x", "y", "z")]
    assert numbers == ["003", "004", "005"]
    again = export_bdf(simple("y"), tmp_path, cell="A", overwrite=True)
    assert data_of(again).name == "unknown__A__unknown_004.bdf.parquet"
    assert (tmp_path / "unknown__A__unknown_001.bdf.csv").read_text(encoding="utf-8") == "a lab's own file"


def test_an_export_is_replaced_only_when_asked(tmp_path):
    path = data_of(export_bdf(simple(), tmp_path))
    before = path.stat().st_mtime_ns
    with pytest.raises(UsageError) as told:
        export_bdf(simple(), tmp_path)
    assert (told.value.code, path.stat().st_mtime_ns) == ("export_exists", before)
    newer = replace(simple(), provenance=replace(simple().provenance, reader_version="2", recording_id="other"))
    with pytest.raises(UsageError):
        export_bdf(newer, tmp_path, form="csv")
    assert data_of(export_bdf(newer, tmp_path, overwrite=True)) == path
    assert len(names(tmp_path)) == 2


def test_the_exported_file_is_never_its_own_victim(tmp_path):
    exported = export_bdf(cell_test(7).recording, tmp_path, institution="A", cell="B")
    content = data_of(exported).read_bytes()
    again = export_bdf(hwan.read(data_of(exported)), tmp_path, overwrite=True)
    assert data_of(again).name == "A__B__20260105_002.bdf.parquet"
    assert data_of(exported).read_bytes() == content


@pytest.mark.parametrize("wrong", [{"form": "xlsx"}, {"tables": {"pulses": pl.DataFrame({"a": [1]})}}])
def test_an_unknown_word_is_told(wrong, tmp_path):
    with pytest.raises(UnknownName):
        export_bdf(simple(), tmp_path, **wrong)
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError) as told:
        export_bdf(simple(), tmp_path / "file")
    assert told.value.code == "export_not_written"


# Whole or not at all -------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interruption_leaves_nothing(stop, tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise stop

    monkeypatch.setattr(_export_files.os, "fsync", stopped)
    with pytest.raises((KeyboardInterrupt, UsageError)) as told:
        export_bdf(simple(), tmp_path)
    assert names(tmp_path) == []
    assert isinstance(told.value, KeyboardInterrupt) or told.value.values["detail"] == "No space left on device"


def test_an_interruption_between_the_names_is_completed(tmp_path, monkeypatch):
    real, calls = _export_files._publish, []

    def second_stops(part, target, *, replace):
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(part, target, replace=replace)

    monkeypatch.setattr(_export_files, "_publish", second_stops)
    with pytest.raises(KeyboardInterrupt):
        export_bdf(simple(), tmp_path)
    monkeypatch.undo()
    assert names(tmp_path) == ["unknown__one__unknown_001.bdf.metadata.json"]
    export_bdf(simple(), tmp_path)
    assert names(tmp_path) == ["unknown__one__unknown_001.bdf.metadata.json", "unknown__one__unknown_001.bdf.parquet"]


def test_two_at_once_do_not_replace_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(_export_files, "_refuse_existing", lambda *_, **__: None)
    path = data_of(export_bdf(simple(), tmp_path))
    before = path.read_bytes()
    with pytest.raises(UsageError) as told:
        export_bdf(simple(), tmp_path)
    assert told.value.code == "export_exists"
    assert path.read_bytes() == before
    assert len(names(tmp_path)) == 2


JOB = """
import sys
from hwan.store._export import export_bdf
from hwan.synthetic import cell_test
tests = [cell_test(seed).recording for seed in range(6)]
print("ready", flush=True)
for test in tests:
    export_bdf(test, sys.argv[1], form="csv", overwrite=True)
"""


def test_killed_at_random_moments_then_completed(tmp_path):
    draw = random.Random(5)  # noqa: S311 - moments, not secrets
    words = [sys.executable, "-c", JOB, str(tmp_path)]
    heights = {cell_test(seed).samples.height for seed in range(6)}
    for _ in range(4):
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(draw.uniform(0, 0.1))
            process.kill()
        for path in tmp_path.glob("[!.]*.csv"):
            assert hwan.read(path).samples.collect().height in heights
            assert path.with_name(path.name.replace(".csv", ".metadata.json")).is_file()
    subprocess.run(words, check=True, capture_output=True)
    assert len(names(tmp_path)) == 12, "six exports of two files, no temporary"


# Tables --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_tables_stand_beside_the_samples(form, tmp_path):
    first = cell_test(7).recording
    tables = {"steps": hwan.steps(first), "cycles": hwan.cycles(first)}
    exported = export_bdf(first, tmp_path, form=form, tables=tables)
    assert [each.holds for each in exported.files] == ["samples", "steps", "cycles"]
    steps = data_of(exported, "steps")
    assert steps.name.endswith(f"_001.steps.bdf.{form}")
    back = pl.read_parquet(steps) if form == "parquet" else pl.read_csv(steps)
    assert back["Step Net Capacity / Ah"].to_list() == tables["steps"]["charge_ah"].to_list()
    told = {each["holds"]: each["columns"] for each in metadata_of(exported)["files"]}
    for name, table in tables.items():
        assert [each["name"] for each in told[name]] == table.columns
        assert len({each["heading"] for each in told[name]}) == table.width


def test_labels_of_tables():
    schema = {"cycle_count": pl.Int64(), "charging_energy_wh": pl.Float64(), "coulombic_efficiency": pl.Float64(),
              "complete": pl.Boolean(), "cycle_charging_energy_wh": pl.Float64(), "first_row": pl.Int64(),
              "dc_resistance_ohm": pl.Float64()}  # fmt: skip
    assert list(table_headings("cycles", schema).values()) == [
        "Cycle Count / 1", "Cycle Charging Energy / Wh", "Coulombic Efficiency / 1", "Complete",
        "cycle_charging_energy_wh", "First Row / 1", "DC Resistance / ohm",
    ]  # fmt: skip


def test_labels_are_those_of_the_ontology(lab_data):
    lines = (lab_data / "bdf" / "labels.tsv").read_text(encoding="utf-8").splitlines()
    pairs = dict(line.split("\t")[::-1] for line in lines if line.count("\t") == 1 and " / " in line)
    assert len(pairs) > 50
    assert {name: COLUMNS[name].label for name in pairs} == pairs
