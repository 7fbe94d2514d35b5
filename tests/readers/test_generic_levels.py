"""Tables in levels: cycles over steps over records, indented by commas or tabs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwan import readers
from hwan.core import BadDefinition, HwanError
from hwan.readers.generic import MappedCsv, load_mapping, shipped_mappings
from hwan.readers.generic._levels import flattened

Write = Callable[[str, str | bytes], Path]
MAPPING = shipped_mappings()["neware-levels"]


def layered(mark: str = ",", *, quoted: bool = False, cycles: int = 2) -> str:
    """Write what a tester would: two steps per cycle, five records each, 10 s apart."""
    lines = [
        ("Cycle ID", "Cap_Chg(mAh)", "Energy(mWh)"),
        ("", "Step ID", "Step Name", "Step Time(h:min:s.ms)", "DCIR(O)"),
        ("", "", "Record ID", "Time(h:min:s.ms)", "Voltage(V)", "Current(mA)", "Capacity(mAh)", "Realtime", "DCIR(O)"),
    ]
    record = 0
    for cycle in range(cycles):
        lines.append((str(cycle + 1), "2.5", "9.1"))
        for step, (name, current) in enumerate((("CC_Chg", 720.0), ("CC_DChg", -360.0))):
            lines.append(("", str(2 * cycle + step + 1), name, "0:00:40.000", "-"))
            for row in range(5):
                record += 1
                second = 10 * (record - 1)
                clock = f"2020-01-01 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
                lines.append(
                    ("", "", str(record), f"0:00:{10 * row:02d}.000", f"{3.5 + row / 100:.4f}", f"{current:.1f}",
                     f"{abs(current) * row / 360:.4f}", clock, "-")
                )  # fmt: skip
    quote = '"\t{}"' if quoted else "{}"
    return "".join(mark.join(quote.format(cell) if cell else "" for cell in line) + "\n" for line in lines)


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_records_carry_the_numbers_of_their_cycle_and_step(write: Write, mark: str) -> None:
    recording = readers.read(write("layered.txt", layered(mark)))
    assert recording.provenance.reader == "csv:neware-levels"
    frame = recording.samples.collect()
    assert frame["cycle_count"].to_list() == [1] * 10 + [2] * 10
    assert frame["step_id"].to_list() == [step for step in (1, 2, 3, 4) for _ in range(5)]
    assert frame["step_type"].to_list() == (["CC_Chg"] * 5 + ["CC_DChg"] * 5) * 2
    assert frame["test_time_second"].to_list() == [10.0 * row for row in range(20)]
    assert frame["step_time_second"].to_list() == [0.0, 10.0, 20.0, 30.0, 40.0] * 4
    assert frame["current_ampere"].to_list() == pytest.approx(([0.72] * 5 + [-0.36] * 5) * 2)
    assert frame["step_cumulative_capacity_ah"][4] == pytest.approx(0.008)


def test_tabs_inside_quoted_cells_change_nothing(write: Write) -> None:
    plain, quoted = (readers.read(write("a.csv", layered(quoted=each))).samples.collect() for each in (False, True))
    assert plain.equals(quoted)


def test_upper_rows_and_assumptions_are_told(write: Write) -> None:
    findings = {finding.code: finding for finding in readers.read(write("a.csv", layered())).findings}
    assert dict(findings["upper_rows_left_out"].values) == {"count": 6, "levels": "Cycle ID, Step ID"}
    assert {"test_time_from_clock", "counters_unproven", "current_sign_unproven"} <= set(findings)
    assert "blank_rows_left_out" not in findings


def test_the_same_columns_in_one_table_are_read_alike(write: Write) -> None:
    flat = flattened(layered().split("\n"), MAPPING)[0]
    text = "\n".join(line for line in flat if line) + "\n"
    one, other = (readers.read(write("a.csv", each)).samples.collect() for each in (layered(), text))
    assert one.equals(other)


def test_errors_name_the_line_of_the_file(write: Write) -> None:
    text = layered().replace("3.5200", "3.5x00", 1)
    with pytest.raises(HwanError) as caught:
        readers.read(write("a.csv", text))
    assert caught.value.values["line"] == 1 + text[: text.index("3.5x00")].count("\n")
    assert caught.value.values["column"] == "Voltage(V)"


def test_a_file_cut_inside_a_record_loses_that_record_only(write: Write) -> None:
    text = layered(cycles=4)
    recording = readers.read(write("a.csv", text[: text.rindex(",2020")]))
    assert recording.samples.collect().height == 39
    assert "cut_row_left_out" in {finding.code for finding in recording.findings}


def test_lines_without_levels_stay_as_they_are() -> None:
    lines = ["Cycle ID,Step ID,Record ID", "1,1,1"]
    assert flattened(lines, MAPPING) == (lines, 0)


@pytest.mark.parametrize("levels", ['["Cycle ID"]', '["Cycle ID", "Cycle ID"]'])
def test_one_level_is_no_level(write: Write, levels: str) -> None:
    path = write("m.toml", f'id="a"\ntitle="A"\nrecognise=["V"]\nlevels={levels}\n[columns]\nV={{to="voltage_volt"}}\n')
    with pytest.raises(BadDefinition) as caught:
        load_mapping(path)
    assert caught.value.code == "mapping_levels"


def test_the_reader_of_levels_says_no_to_other_text(write: Write) -> None:
    reader = MappedCsv(MAPPING)
    assert reader.recognise(write("a.csv", "a"), b"Cycle ID,Step ID\n1,2\n").confidence == "no"
