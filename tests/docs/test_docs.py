"""The documentation is tested: current, complete, linked, and its examples run."""

from __future__ import annotations

import importlib
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from hwan.cli import main
from hwan.cli._app import app
from hwan.core import Instrument, read_toml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def commands(group: Any, prefix: str = "") -> dict[str, Any]:
    """Every command by its full name, those of groups too."""
    found: dict[str, Any] = {}
    for name, each in group.commands.items():
        found |= commands(each, f"{prefix}{name} ") if hasattr(each, "commands") else {f"{prefix}{name}": each}
    return found


COMMANDS = commands(typer.main.get_command(app))
ACME = "ACME\n0 3.7 0\n10 3.8 1\n20 3.9 1\n"


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("generate")


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def section(page: str, heading: str) -> str:
    return page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_the_pages_are_current(generate: ModuleType) -> None:
    assert generate.problems() == []


def test_check_names_what_is_stale(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "docs/cli.md is stale or missing" in capsys.readouterr().err
    assert generate.main([]) == 0
    (tmp_path / "docs/cli.md").write_text("edited", encoding="utf-8")
    stale = [line for line in generate.problems() if "stale" in line]
    assert stale == ["docs/cli.md is stale or missing; run 'make docs'"]


def test_a_link_that_points_nowhere_is_named(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# One two\n[a](#one-two) [b](#three) [c](none.md) [d](https://example.org) `[e](f.md)`\n", "utf-8")
    found = list(generate.broken_links(page))
    assert [line.split()[3].rstrip(",") for line in found] == ["#three", "none.md"]


def test_a_public_name_without_a_docstring_is_named(generate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sys.modules["public_names"]
    bare = names.Public("bare", "function", "bare()", "", ())
    monkeypatch.setattr(names, "packages", lambda: ("hwan",))
    monkeypatch.setattr(names, "public_names", lambda _: (bare,))
    assert list(generate.undocumented()) == ["hwan.bare is public and has no docstring"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_in_the_page(command: str) -> None:
    told = section(read("cli.md"), f"hwan {command}")
    for parameter in COMMANDS[command].params:
        shown = (
            (parameter.metavar,) if parameter.param_type_name == "argument" and parameter.metavar else parameter.opts
        )
        for name in (*shown, *parameter.secondary_opts):
            assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", told), f"{command}: {name}"


@pytest.mark.parametrize(
    ("words", "code", "keys"),
    [
        (["formats"], 0, {"formats"}),
        (["read", "none.csv"], 3, {"recordings"}),
        (["read", "none.csv", "--explain"], 3, {"explained"}),
        (["steps", "none.csv"], 3, {"recordings"}),
        (["cycles", "none.csv"], 3, {"recordings"}),
        (["evaluate", "none.csv"], 3, {"assessments"}),
        (["evaluate", "none.csv", "--chemistry", "lead"], 2, {"assessments"}),
    ],
)
def test_documents_hold_what_the_page_says(
    words: list[str], code: int, keys: set[str], tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == f"hwan.{words[0]}/1"
    assert document.keys() == {"schema", "failures", *keys}
    row = next(line for line in section(read("cli.md"), "JSON").splitlines() if line.startswith(f"| `{words[0]}`"))
    assert all(f'"{key}"' in row for key in keys)
    assert all(failure.keys() == {"source", "code", "message"} for failure in document["failures"])


WITH_EXAMPLES = [path for path in sorted(DOCS.rglob("*.md")) if blocks(path, "python")]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.name)
def test_python_examples_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pretender.ndax").write_bytes(b"\x89PNG\r\n\x1a\n")
    Path("good.acm").write_text(ACME, encoding="utf-8")
    space: dict[str, object] = {"__name__": "example"}
    for block in blocks(path, "python"):
        exec(compile(block, str(path), "exec", dont_inherit=True), space)  # noqa: S102  # our own documentation


def test_the_instrument_in_the_docs_is_one(tmp_path: Path) -> None:
    (block,) = blocks(DOCS / "uncertainty.md", "toml")
    (tmp_path / "tester.toml").write_text(block, encoding="utf-8")
    accuracy = read_toml(tmp_path / "tester.toml", Instrument).accuracy
    assert accuracy.current_offset_ampere == 0.05  # type: ignore[union-attr]


@pytest.mark.parametrize("page", ["quantities.md", "uncertainty.md"])
def test_numbers_named_in_the_text_exist(page: str) -> None:
    named = set(re.findall(r"`([A-Z]+_?[A-Z_]*)`", read(page)))
    known = set(re.findall(r"^\| `([A-Z_]+)` \|", read("constants.md"), re.MULTILINE))
    assert named
    assert named <= known


@pytest.mark.parametrize("page", ["quantities.md", "uncertainty.md", "index.md"])
def test_codes_named_in_the_text_exist(page: str) -> None:
    known = read("messages.md")
    for code in re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \| (?:stop|warning|note) \|", read(page), re.MULTILINE):
        for each in re.findall(r"[a-z_]+", code):
            assert f"| `{each}` |" in known, each


def test_every_room_is_on_the_map() -> None:
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert re.findall(r"^\| `(\w+)` \|", read("rooms.md"), re.MULTILINE)[::-1] == contract["layers"]


def test_every_page_and_decision_is_listed() -> None:
    index, decisions = read("index.md"), read("decisions/README.md")
    assert all(f"({path.name})" in index for path in DOCS.glob("*.md") if path.name != "index.md")
    assert all(f"({path.name})" in decisions for path in DOCS.glob("decisions/0*.md"))
