"""Every code that the readers emit has a sentence in both languages, with the same values."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import hwan
from hwan.core import LANGUAGES

SOURCE = Path(hwan.__file__).parent
CATALOGUES = {
    language: tomllib.loads((SOURCE / f"core/language/{language}/readers.toml").read_text("utf-8"))
    for language in LANGUAGES
}
IN_TABLES = {f"format_not_recognised_{look}" for look in ("known", "text", "binary")} | {
    f"archive_too_large_{what}" for what in ("members", "bytes_unpacked", "xml_bytes", "ratio")
}


def _strings() -> set[str]:
    found = set()
    for path in (SOURCE / "readers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def _calls(names: set[str], position: int) -> set[str]:
    found = set()
    for path in (SOURCE / "readers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > position and _name(node.func) in names:
                code = node.args[position]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.add(code.value)
    return found


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("kind", ["error", "finding", "reason"])
def test_languages_have_the_same_codes_and_values(kind: str) -> None:
    english, korean = (CATALOGUES[language][kind] for language in LANGUAGES)
    assert set(english) == set(korean)
    for code, sentence in english.items():
        assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", korean[code])), code


def test_every_code_in_the_source_has_a_sentence() -> None:
    errors = {"InputError", "NothingInside", "DamagedFile", "ColumnProblem", "FormatNotRecognised", "HwanError"}
    assert _calls(errors | {"UsageError", "_bad"}, 0) <= set(CATALOGUES["en"]["error"])
    assert _calls({"Finding", "rows_finding"}, 0) <= set(CATALOGUES["en"]["finding"])
    assert _calls({"Recognition"}, 2) | _calls({"_failure"}, 1) <= set(CATALOGUES["en"]["reason"])


def test_every_sentence_is_used() -> None:
    strings = _strings() | IN_TABLES
    for kind in ("error", "finding", "reason"):
        assert set(CATALOGUES["en"][kind]) <= strings


def test_every_error_has_a_next_step() -> None:
    assert all("Next: " in sentence for sentence in CATALOGUES["en"]["error"].values())
    assert all("다음: " in sentence for sentence in CATALOGUES["ko"]["error"].values())
