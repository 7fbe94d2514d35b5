"""The page on readings: its examples are files that hwan takes, and it names every column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hwan.assess._observed import with_self_discharge
from hwan.cli._battery import Stated
from hwan.cli._cells import COLUMNS, column_named
from hwan.cli._sheet import load_readings
from hwan.cli._table import load_table

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "readings.md").read_text(encoding="utf-8")


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path):
    for block in _blocks("toml"):
        name = block.splitlines()[0].removeprefix("# ")
        (tmp_path / name).write_text(block, encoding="utf-8")
    (tmp_path / "batteries.csv").write_text(_blocks("csv")[0], encoding="utf-8")
    places = ("photos/label.jpg", "tests/001.csv", "tests/002-a.csv", "tests/002-b.csv", "tests/m7.csv",
              "sheets/001.toml", "sheets/002.toml", "bms/002.toml")  # fmt: skip
    for name in places:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_the_sheet_and_the_snapshot(folder):
    found = load_readings(folder / "readings.toml", folder / "bms.toml")
    assert {each.observer for each in found.observations} == {"J. Kim"}
    assert [each.name for each in found.attachments] == ["photos/label.jpg", "photos/connector.jpg"]
    assert found.bms is not None
    assert found.bms.state_of_charge == 0.42
    derived = with_self_discharge(found.observations)[-1]
    assert (derived.quantity, derived.value) == ("self_discharge", pytest.approx(10))


def test_the_table(folder):
    jobs = load_table(folder / "batteries.csv", Stated())
    assert [(job.name, len(job.files)) for job in jobs] == [("pack-001", 1), ("pack-002", 2), ("module-7", 1)]
    assert all(isinstance(job.about, Stated) for job in jobs)


def test_every_column_and_its_korean_heading_are_told():
    rows = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| `")]
    told = {}
    for names, headings in rows:
        columns = re.findall(r"`(\w+)`", names)
        if columns[0] in COLUMNS:
            told |= dict(zip(columns, (each.strip() for each in headings.split(",")), strict=True))
    assert {name: column_named(heading) for name, heading in told.items()} == {name: name for name in COLUMNS}
