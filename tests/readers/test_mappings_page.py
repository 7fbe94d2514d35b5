"""docs/mappings.md is tested: its text is explained, saved and read as it says; and checks of the new fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import hwan
from hwan import readers
from hwan.core import BadDefinition, DamagedFile, UnknownName, parse_toml
from hwan.readers.generic import Mapping, load_mapping, mapping_toml, propose_mapping
from hwan.readers.generic._checks import ASSUMPTIONS

Write = Callable[[str, str | bytes], Path]
DOC = Path(hwan.__file__).parents[2] / "docs/mappings.md"


def run7() -> str:
    lines = ["Operator;Kim", "Zeit;Spannung;Strom;Kapazität (Ah);Datum", "min;mV;mA;;"]
    charge = 0.0
    for row in range(160):
        current = (0.0, 1500.0, 0.0, -1500.0)[row // 10 % 4]
        charge += current * 1e-3 * 30 / 3600
        volt = 3600 + current / 10 + row % 10 * current / 1500
        clock = f"13.03.2024 {9 + row // 120:02d}:{row // 2 % 60:02d}:{row % 2 * 30:02d}"
        cells = [f"{row / 2:.1f}", f"{volt:.1f}", f"{current:.1f}", f"{charge:.5f}"]
        lines.append(";".join([*(cell.replace(".", ",") for cell in cells), clock]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def doc() -> str:
    if not DOC.is_file():
        pytest.skip("installed without its docs")
    return DOC.read_text("utf-8")


def test_the_example_is_explained_as_the_page_says(doc: str, write: Write) -> None:
    said = [
        (one.reader, one.confidence, one.message())
        for one in readers.explain(write("run7.txt", run7()))
        if one.reader == "csv:proposed"
    ]
    lines = re.findall(r"    (csv:proposed)  (certain|likely) +(.*)", doc)
    assert len(lines) == 8
    for line in lines:
        assert line in said, line


def test_the_saved_mapping_reads_the_same(doc: str, write: Write) -> None:
    path = write("run7.txt", run7())
    saved = write("lab-7.toml", mapping_toml(propose_mapping(path).mapping))
    assert readers.read(path, mapping=saved).samples.collect().equals(readers.read(path).samples.collect())


def test_the_mapping_on_the_page_reads_the_example(doc: str, write: Write) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", doc, flags=re.DOTALL)
    path = write("run7.txt", run7())
    ours = readers.read(path, mapping=write("lab-7.toml", block)).samples.collect()
    proposed = readers.read(path).samples.collect()
    for name in ("test_time_second", "voltage_volt", "current_ampere"):
        assert ours[name].to_list() == pytest.approx(proposed[name].to_list()), name
    assert ours["unix_time_second"][0] == proposed["unix_time_second"][0] - 3600  # the zone is stated now
    assert ours["net_capacity_ah"][11] == pytest.approx(0.025)


def test_every_assumption_is_on_the_page(doc: str) -> None:
    assert all(f"`{code}`" in doc for code in ASSUMPTIONS)


PLAIN = 'id = "a"\ntitle = "A"\nrecognise = ["t"]\n[columns]\nt = { to = "test_time_second" }\n'


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("recognise", 'thousands = "."\nrecognise', "mapping_thousands"),
        ("recognise", 'thousands = ", "\nrecognise', "mapping_thousands"),
        ("[columns]", "[header]\nbelow = -1\n[columns]", "mapping_header_below"),
        ("[columns]", "[header]\nbelow = 1000\n[columns]", "mapping_header_below"),
        ("[columns]", '[state]\ncolumn = "State"\n[columns]', "mapping_state"),
        ("[columns]", '[section]\nend = "x"\n[columns]', "mapping_pattern"),
        ("[columns]", '[section]\nbegin = "("\n[columns]', "mapping_pattern"),
        ("recognise", 'skip = "["\nrecognise', "mapping_pattern"),
        ('to = "test_time_second"', 'to = "unix_time_second", datetime = "%Y | "', "mapping_time_target"),
    ],
)  # fmt: skip
def test_fields_that_cannot_be_meant(write: Write, old: str, new: str, code: str) -> None:
    text = PLAIN.replace(old, new, 1)
    if code == "mapping_thousands" and '"."' in new:
        text = text.replace("recognise", 'decimal = "."\nrecognise', 1)
    with pytest.raises(BadDefinition) as caught:
        load_mapping(write("bad.toml", text))
    assert caught.value.code == code


def test_an_assumption_that_does_not_exist(write: Write) -> None:
    with pytest.raises(UnknownName, match="current_unit_assumed"):
        load_mapping(write("bad.toml", PLAIN.replace("recognise", 'assumed = ["current_unit"]\nrecognise')))


def test_a_section_that_does_not_begin(write: Write) -> None:
    mapping = parse_toml(PLAIN.replace("[columns]", '[section]\nbegin = "^\\\\[Data"\n[columns]'), Mapping, "m")
    with pytest.raises(DamagedFile) as caught:
        readers.read(write("x.csv", "t\n1\n2\n"), mapping=mapping)
    assert caught.value.code == "sections_not_found"


def test_lines_that_are_skipped(write: Write) -> None:
    text = 'id = "s"\ntitle = "S"\nskip = "^#"\nrecognise = ["t"]\n[columns]\n'
    text += 't = { to = "test_time_second" }\nu = { to = "voltage_volt" }\ni = { to = "current_ampere" }\n'
    path = write("s.csv", "t,u,i\n0,3.6,1\n# a remark, with, commas, and more\n1,3.7,1\n")
    frame = readers.read(path, mapping=write("s.toml", text)).samples.collect()
    assert frame["test_time_second"].to_list() == [0.0, 1.0]
