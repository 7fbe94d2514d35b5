"""docs/formats.md is tested: its mapping and its plug-in are the real ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hwan
from hwan.readers import conformance, read
from hwan.readers.generic import load_mapping

DOC = Path(hwan.__file__).parents[2] / "docs/formats.md"


@pytest.fixture
def doc() -> str:
    if not DOC.is_file():
        pytest.skip("installed without its docs")
    return DOC.read_text("utf-8")


def _blocks(doc: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", doc, flags=re.DOTALL)


def test_the_mapping_in_the_docs_reads_a_file(doc: str, tmp_path: Path) -> None:
    (mapping,) = [block for block in _blocks(doc, "toml") if "lab-7" in block]
    (tmp_path / "lab-7.toml").write_text(mapping, encoding="utf-8")
    rows = "Zeit;Spannung(mV);Strom(mA)\n00:00:00;3700;0\n00:00:10,5;3650;1500\n"
    (tmp_path / "data.csv").write_text(rows, encoding="cp949")
    frame = read(tmp_path / "data.csv", mapping=tmp_path / "lab-7.toml").samples.collect()
    assert frame["current_ampere"].to_list() == pytest.approx([0.0, -1.5])
    assert load_mapping(tmp_path / "lab-7.toml").title == "Lab 7 .csv"


def test_the_plugin_in_the_docs_conforms(doc: str, tmp_path: Path) -> None:
    (source,) = [block for block in _blocks(doc, "python") if "class AcmeReader" in block]
    space: dict[str, object] = {"__name__": "acme_hwan"}
    exec(compile(source, "acme_hwan.py", "exec", dont_inherit=True), space)  # noqa: S102  # our own documentation
    good = tmp_path / "good.acm"
    good.write_text("ACME\n0 3.7 0\n10 3.8 1\n20 3.9 1\n", encoding="utf-8")
    conformance.check(space["READER"], good)  # type: ignore[arg-type]
