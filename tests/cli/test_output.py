"""Where results go: never over an input, and whatever the terminal is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HWAN = (sys.executable, "-c", "import sys; from hwan.cli import main; sys.exit(main())")


@pytest.fixture
def own(files, tmp_path) -> Path:
    """A copy of the good file that a test may lose."""
    return Path(shutil.copy(files / "good.bdf.csv", tmp_path / "good.bdf.csv"))


@pytest.mark.parametrize("command", ["report", "evaluate"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_report_never_overwrites_the_testers_file(call, own, command, language):
    before = own.read_bytes()
    answer = call(command, own, "-o", own, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "output_is_input")
    assert str(own) in failure["message"]
    assert own.read_bytes() == before


def test_a_link_or_a_detour_to_an_input_is_that_input(call, own):
    before = own.read_bytes()
    link = own.with_name("link.html")
    link.symlink_to(own)
    for place in (link, own.parent / "." / ".." / own.parent.name / own.name):
        assert call("report", own, "-o", place).code == 2
    assert own.read_bytes() == before


@pytest.mark.parametrize("option", ["--sheet", "--mapping", "--instrument", "--ruleset", "--prices"])
def test_a_report_never_overwrites_a_definition(call, own, tmp_path, option):
    definition = tmp_path / "definition.toml"
    definition.write_text("id = 1", encoding="utf-8")
    answer = call("report", own, option, definition, "-o", definition, "--json")
    assert [each["code"] for each in answer.document["failures"]] == ["output_is_input"]
    assert definition.read_text(encoding="utf-8") == "id = 1"


def test_the_default_place_is_checked_too(call, own, monkeypatch):
    monkeypatch.chdir(own.parent)
    before = own.read_bytes()
    page = own.rename(own.with_name("hwan-report.html"))
    assert call("report", page.name).code == 2
    assert page.read_bytes() == before


@pytest.mark.parametrize("place", ["folder", "good.bdf.csv/page.html"])
def test_a_place_that_cannot_be_written_keeps_the_results(call, own, good_call, place):
    (own.parent / "folder").mkdir()
    answer = call("report", own, *good_call, "-o", own.parent / place, "--json")
    assert answer.code == 2
    assert [each["code"] for each in answer.document["failures"]] == ["output_not_writable"]
    assert len(answer.document["assessments"]) == 1
    told = call("report", own, *good_call, "-o", own.parent / place)
    assert "Report:" not in told.out
    assert "cannot be written" in told.err.replace("\n", " ")


def test_a_page_replaces_the_old_one_and_leaves_nothing_beside_it(call, own, good_call, monkeypatch):
    page = own.parent / "page.html"
    page.write_text("old", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", _full)
    assert call("report", own, *good_call, "-o", page).code == 2
    assert page.read_text(encoding="utf-8") == "old"
    monkeypatch.undo()
    call("report", own, *good_call, "-o", page)
    assert page.stat().st_size > 10_000
    assert sorted(each.name for each in own.parent.iterdir()) == [own.name, page.name]


def _full(*_):
    raise OSError(28, "No space left on device")


def test_the_demonstration_in_a_place_that_is_a_file_is_a_wrong_call(call, own, samples):
    answer = call("demo", "--samples", samples, "--folder", own, "--json")
    assert answer.code == 2
    assert [each["code"] for each in answer.document["failures"]] == ["output_not_writable"]


def shell(words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = " ".join(f"'{word}'" for word in HWAN) + " " + words
    return subprocess.run(command, shell=True, capture_output=True, env={**os.environ, **environment}, check=False)  # noqa: S602


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", ["formats", "formats --json", "--help", "stesp --json"])
def test_a_full_output_is_five_and_one_line(words):
    done = shell(f"{words} > /dev/full")
    assert done.returncode == 5
    assert b"could not be written" in done.stderr.replace(b"\n", b" ")
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", ["formats", "formats --json"])
def test_a_closed_output_is_five_and_one_line(words):
    done = shell(f"{words} >&-")
    assert done.returncode == 5
    assert b"could not be written" in done.stderr.replace(b"\n", b" ")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("json_wanted", [False, True])
def test_any_encoding_of_the_terminal_is_served(files, encoding, json_wanted):
    words = f"evaluate '{files / 'good.bdf.csv'}' '{files / 'empty.csv'}' --lang ko " + "--json" * json_wanted
    done = shell(words, PYTHONIOENCODING=encoding)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    if json_wanted:
        assert "다음" in json.loads(done.stdout.decode(encoding))["failures"][0]["message"]


def test_a_file_name_that_is_no_text_is_still_one_document(own):
    odd = os.fsencode(own.parent) + b"/b\xff.bdf.csv"
    os.rename(own, odd)  # noqa: PTH104 - a name that is no text
    done = subprocess.run([*HWAN, "steps", odd, b"--json"], capture_output=True, check=False)
    assert done.returncode == 0
    (recording,) = json.loads(done.stdout.decode("utf-8"))["recordings"]
    assert recording["provenance"]["source_name"] == "b\udcff.bdf.csv"
    assert subprocess.run([*HWAN, "steps", odd], capture_output=True, check=False).returncode == 0
