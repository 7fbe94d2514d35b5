"""Workbooks that the tests write themselves: channels and parts, wrong cells, limits, damage."""

from __future__ import annotations

import io
import random
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from hwan import readers
from hwan.core import ColumnProblem, DamagedFile, FormatNotRecognised, InputError, MissingExtra, SeveralRecordings
from hwan.readers import _xlsx, conformance
from hwan.readers.arbin import ARBIN_XLSX
from hwan.readers.nebula import NEBULA_XLSX, pulse_test, work_steps
from hwan.readers.nebula._headings import NAMES

Write = Callable[[str, str | bytes], Path]
Rows = Sequence[Sequence[object]]
ARBIN = ("Data_Point", "Test_Time(s)", "Step_Index", "Cycle_Index", "Current(A)", "Voltage(V)", "Charge_Capacity(Ah)")
PART_1 = (ARBIN, (1, 0.0, 1, 1, 0.0, 3.7, 0.0), (2, 10.0, 2, 1, 1.0, 3.8, 0.0), (3, 46.0, 2, 1, 1.0, 3.9, 0.01))
PART_2 = (ARBIN, (4, 50.0, 3, 1, 0.0, 3.85, 0.01), (5, 60.0, 4, 2, -1.0, 3.6, 0.01))
INFO = (("", "TEST REPORT"), ("Channel", "Creator"), ("1-008", "anna"), ("1-009", "ben"))
R, C, D = "静置", "充电 CC", "放电 DC"


def _book(**sheets: Rows) -> bytes:
    """A workbook with inline strings; ``__`` in a name stands for ``-``."""
    names = [name.replace("__", "-") for name in sheets]
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(names, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_LINKS}">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_LINKS}">{links}</Relationships>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        members[f"xl/worksheets/sheet{n}.xml"] = _sheet(rows)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)  # no date: the same bytes each time
    return buffer.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"


def _sheet(rows: Rows) -> str:
    lines = "".join(
        f'<row r="{n}">' + "".join(_cell(n, m, cell) for m, cell in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _cell(row: int, column: int, cell: object) -> str:
    place = f"{chr(65 + column // 26 - 1) if column >= 26 else ''}{chr(65 + column % 26)}{row}"
    if cell == "":
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def test_parts_of_a_channel_are_joined_in_their_order(write: Write) -> None:
    book = _book(Info=INFO, Channel_1__008_2=PART_2, Channel_1__008_1=PART_1)
    path = write("arbin.xlsx", book)
    conformance.check(ARBIN_XLSX, path)
    recording = readers.read(path)
    assert recording.samples.collect()["record_index"].to_list() == [1, 2, 3, 4, 5]
    assert recording.metadata == {"info.Channel": "1-008", "info.Creator": "anna"}


def test_channels_are_keys(write: Write) -> None:
    path = write("two.bin", _book(Info=INFO, Channel_1__008=PART_1, Channel_1__009=PART_2))
    with pytest.raises(SeveralRecordings) as caught:
        readers.read(path)
    assert caught.value.keys == ("1-008", "1-009")
    assert readers.read(path, key="1-009").metadata["info.Creator"] == "ben"
    with pytest.raises(DamagedFile, match="1-010"):
        ARBIN_XLSX.read(path, "1-010")


def test_a_cell_that_is_no_number_is_named(write: Write) -> None:
    rows = (*PART_1, (4, 50.0, 3, 1, "OVER", 3.85, 0.01))
    with pytest.raises(ColumnProblem, match=r"line 5, column 'Current\(A\)': 'OVER'"):
        readers.read(write("arbin.xlsx", _book(Channel_1=rows)))


def test_a_column_that_is_needed_is_named(write: Write) -> None:
    rows = [[cell for n, cell in enumerate(row) if n != 4] for row in PART_1]
    with pytest.raises(ColumnProblem, match="current_ampere"):
        readers.read(write("arbin.xlsx", _book(Channel_1=rows)))


def test_another_workbook_is_nobodys(write: Write) -> None:
    path = write("other.xlsx", _book(Budget=(("item", "cost"), ("tea", 3))))
    with pytest.raises(FormatNotRecognised):
        readers.read(path)
    reasons = {said.reader: said.message() for said in readers.explain(path)}
    assert "Budget" in reasons["arbin-xlsx"]
    assert "工步序号" in reasons["nebula-xlsx"]
    for reader in (ARBIN_XLSX, NEBULA_XLSX):
        with pytest.raises(DamagedFile):
            reader.read(path)


def test_a_cell_far_out_is_refused_before_it_is_laid_out(write: Write) -> None:
    far = _sheet(PART_1).replace('r="A1"', 'r="XFD1048576"').encode()
    whole = _book(Channel_1=PART_1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, far if "sheet1" in name else old.read(name))
    with pytest.raises(DamagedFile) as caught:
        readers.read(write("far.xlsx", buffer.getvalue()))
    assert caught.value.code == "table_too_large"


def test_a_workbook_is_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("arbin.xlsx", _book(Channel_1=PART_1))
    monkeypatch.setattr(_xlsx, "MOST_UNPACKED", 100)
    with pytest.raises(DamagedFile) as caught:
        ARBIN_XLSX.read(path)
    assert caught.value.code == "archive_too_large_bytes_unpacked"


def test_without_the_library_the_next_step_is_told(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("arbin.xlsx", _book(Channel_1=PART_1))
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    assert ARBIN_XLSX.recognise(path, path.read_bytes()).confidence == "certain"
    with pytest.raises(MissingExtra, match=r"hwan\[xlsx\]"):
        readers.read(path)


def _step(number: int, loop: int, state: str, second: int, current: float, **other: object) -> dict[str, object]:
    clock = f"2024-01-01 00:{second // 60:02d}:{second % 60:02d}.000"
    end = f"2024-01-01 00:{(second + 10) // 60:02d}:{(second + 10) % 60:02d}.000"
    volt = 3.7 + current / 10
    return {
        "step_count": number, "step_id": number, "raw_loop_step": loop, "step_type": state, "raw_result": "完成",
        "start_second": clock, "end_second": end, "step_time_second": "00:00:10.500", "start_voltage_volt": volt,
        "end_voltage_volt": volt, "start_current_ampere": current, "end_current_ampere": current,
        "step_discharging_capacity_ah": min(current, 0) / 360, "step_charging_capacity_ah": max(current, 0) / 360,
    } | other  # fmt: skip


def _nebula(*steps: dict[str, object]) -> bytes:
    known = {name: heading for heading, name in NAMES.items()}
    columns = list(steps[0])
    rows = [tuple(step.get(name, "") for name in columns) for step in steps]
    return _book(Sheet1=[tuple(known.get(name, name) for name in columns), *rows])


def test_work_steps_are_kept_and_told(write: Write) -> None:
    path = write(
        "steps.xlsx",
        _nebula(
            _step(1, 0, R, 0, 0.0) | {"备注": "x"},
            _step(2, 0, "充电 CC-CV", 20, 1.0),
            _step(3, 0, D, 40, -1.0),
            _step(4, 0, R, 60, 0.0),
            _step(5, 1, C, 80, 1.0),
            _step(6, 1, R, 100, 0.0),
            _step(7, 1, R, 120, 0.0),
            _step(8, 1, C, 140, 1.0, step_time_second="00:00:00.000"),
            {"step_charging_capacity_ah": 0.0},
            _step(9, 1, D, 160, -1.0, raw_result="手动跳转"),
        ),
    )
    conformance.check(NEBULA_XLSX, path)
    recording = readers.read(path)
    frame = recording.samples.collect()
    assert frame["record_index"].to_list() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 10]
    assert frame["step_time_second"].to_list()[:2] == [0.0, 10.5]
    assert frame["step_discharging_capacity_ah"].to_list()[4:6] == pytest.approx([0.0, 1 / 360])
    assert frame["raw_column"].drop_nulls().to_list() == ["x"]
    told = {finding.code: finding.values.get("lines") for finding in recording.findings}
    assert (told["blank_steps_kept"], told["rest_twice"], told["steps_ended_by_hand"]) == ("10", "8", "11")
    assert (told["pulses_without_duration"], told["rest_missing"]) == ("9", "4, 11")
    counted = pulse_test(work_steps(path))
    assert (counted.soc_visits, counted.pulses, counted.blank_rows) == (1, 2, 1)


def test_a_time_that_is_none_is_named(write: Write) -> None:
    path = write("steps.xlsx", _nebula(_step(1, 0, R, 0, 0.0), _step(2, 0, R, 20, 0.0, step_time_second="soon")))
    with pytest.raises(ColumnProblem, match=r"line 3, .*'soon'"):
        readers.read(path)


def _damaged(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _damaged_inside(content: bytes, chance: random.Random) -> bytes:
    """The same under checksums that hold: what a wrong program would write."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, _damaged(old.read(name), chance))
    return buffer.getvalue()


@pytest.mark.parametrize("seed", range(80))
def test_damaged_bytes_are_input_errors(write: Write, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # reproducible, no secret
    whole = _book(Info=INFO, Channel_1__008=PART_1) if seed % 2 else _nebula(_step(1, 0, R, 0, 0.0))
    content = _damaged(whole, chance) if seed < 40 else _damaged_inside(whole, chance)
    path = write("damaged.xlsx", content)
    for reader in (ARBIN_XLSX, NEBULA_XLSX):
        try:
            reader.recognise(path, content)
            reader.read(path)
        except InputError:
            continue
