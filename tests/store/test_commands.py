"""The commands of the store, called as the command line calls them."""

from __future__ import annotations

import json

import pytest
import typer

from hwan.cli._store import app
from hwan.core import InputError, UsageError
from hwan.store import Store


@pytest.fixture
def call(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("HWAN_STORE", str(tmp_path / "store"))

    def _call(*words):
        code = typer.main.get_command(app).main([str(word) for word in words], standalone_mode=False)
        written = capsys.readouterr()
        return code, written.out, written.err

    return _call


def document(answer):
    code, out, _ = answer
    parsed = json.loads(out)
    assert parsed["schema"] == "hwan.store/1"
    return code, parsed


def test_add_list_show_reindex_check(call, fifteen):
    code, added = document(call("add", fifteen, "--json"))
    assert (code, len(added["recordings"]), added["failures"], added["skipped"]) == (0, 15, [], [])
    assert all(each["added"] for each in added["recordings"])
    code, listed = document(call("list", "--json"))
    assert (code, listed["failures"]) == (0, [])
    assert [{**each, "added": True} for each in listed["recordings"]] == added["recordings"]
    identifier = listed["recordings"][3]["provenance"]["recording_id"]
    _, shown = document(call("show", identifier[:16], "--json"))
    assert shown["recordings"][0]["dtypes"]["voltage_volt"] == "Float64"
    assert document(call("reindex", "--json"))[1]["recordings"] == listed["recordings"]
    assert document(call("check", "--json")) == (0, {"schema": "hwan.store/1", "checked": 15, "failures": []})


@pytest.mark.parametrize(("language", "word"), [("en", "15 added"), ("ko", "추가 15개")])
def test_what_a_person_reads(call, fifteen, language, word):
    (fifteen / "notes.txt").write_text("Monday: nothing", encoding="utf-8")
    code, out, err = call("add", fifteen, "--lang", language)
    assert code == 0
    assert word in out
    assert "notes.txt" in err
    identifier = Store(fifteen.parent / "store").recordings()[0].id
    for words in (["list"], ["show", identifier], ["reindex"], ["check"]):
        code, out, err = call(*words, "--lang", language)
        assert (code, err) == (0, "")
        assert ("15" in out) == (words[0] != "show")


def test_a_broken_file_is_told_and_the_others_are_kept(call, fifteen, tmp_path):
    code, told = document(call("add", fifteen, tmp_path / "none.csv", "--json"))
    assert (code, len(told["recordings"])) == (3, 15)
    assert [each["code"] for each in told["failures"]] == ["path_missing"]


def test_an_interruption_is_told(call, fifteen, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("hwan.store._store.read_all", interrupted)
    code, told = document(call("add", fifteen, "--json"))
    assert (code, [each["code"] for each in told["failures"]]) == (130, ["interrupted"])


def test_a_damaged_file_is_told(call, fifteen, tmp_path):
    call("add", fifteen)
    path = sorted((tmp_path / "store" / "recordings").iterdir())[0]
    path.write_bytes(b"PAR1")
    code, told = document(call("check", "--json"))
    assert (code, told["checked"]) == (3, 15)
    assert [each["source"] for each in told["failures"]] == [path.name]
    code, out, err = call("check")
    assert (code, "1 of 15" in out, path.name[:20] in err) == (3, True, True)


def test_only_adding_makes_a_store(call, tmp_path):
    for words in (["list"], ["show", "ab"], ["reindex"], ["check"]):
        with pytest.raises(InputError, match="no store"):
            call(*words)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_id_is_a_wrong_call(call, fifteen):
    call("add", fifteen)
    with pytest.raises(UsageError, match="begins with"):
        call("show", "zz")
