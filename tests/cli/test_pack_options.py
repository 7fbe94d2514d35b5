"""Channels in parallel and logs of cells: what the options make of the files."""

from __future__ import annotations

import pytest

from hwan.cli import _evaluate
from hwan.core import InputError


@pytest.fixture
def asked(call, monkeypatch):
    """Call hwan and return the tests and batteries that would be evaluated, and the answer."""
    seen = []

    def keep(tests, battery, **_):
        seen.append((tuple(tests), battery))
        raise InputError("no_bytes", source="kept for the test")

    monkeypatch.setattr(_evaluate, "evaluate", keep)

    def _asked(*words):
        seen.clear()
        answer = call("evaluate", *words, "--json")
        return answer, list(seen)

    return _asked


def _names(recordings):
    return [each.provenance.source_name for each in recordings]


def test_channels_in_parallel_are_one_test_of_one_battery(asked, files):
    _, seen = asked(files / "good.bdf.csv", files / "short.bdf.csv", "--parallel-channels")
    (((test,), battery),) = seen
    assert test.channels_in_parallel
    assert _names(test.recordings) == ["good.bdf.csv", "short.bdf.csv"]
    assert battery.id == "good.bdf.csv"


def test_logs_of_cells_keep_their_order(asked, files):
    logs = (files / "short.bdf.csv", files / "good.bdf.parquet")
    _, seen = asked(files / "good.bdf.csv", "--cells-log", logs[0], "--cells-log", logs[1])
    (((test,), _),) = seen
    assert not test.channels_in_parallel
    assert _names(test.cell_logs) == ["short.bdf.csv", "good.bdf.parquet"]


def test_the_stated_tester_is_not_that_of_the_logs(asked, files, tmp_path):
    tester = tmp_path / "tester.toml"
    tester.write_text('id = "bench 4"', encoding="utf-8")
    _, seen = asked(files / "good.bdf.csv", "--cells-log", files / "short.bdf.csv", "--instrument", tester)
    (((test,), _),) = seen
    assert test.recordings[0].instrument.id == "bench 4"
    assert test.cell_logs[0].instrument.id != "bench 4"


def test_counts_stand_in_the_type(asked, files):
    counts = ("--series-count", 96, "--parallel-count", 2, "--cells-per-module", 12)
    _, seen = asked(files / "good.bdf.csv", *counts)
    ((_, battery),) = seen
    kind = battery.type
    assert (kind.series_count, kind.parallel_count, kind.cells_per_module) == (96, 2, 12)


def test_without_these_options_every_file_is_a_test_of_its_own(asked, files):
    _, seen = asked(files / "good.bdf.csv", files / "short.bdf.csv")
    assert [battery.id for _, battery in seen] == ["good.bdf.csv", "short.bdf.csv"]
    assert all(not test.cell_logs and not test.channels_in_parallel for (test,), _ in seen)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("words", [(), ("--same-battery",)])
def test_a_log_beside_several_tests_asks_which(call, files, words, language):
    two = (files / "good.bdf.csv", files / "short.bdf.csv")
    answer = call("evaluate", *two, *words, "--cells-log", files / "short.bdf.csv", "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "cells_log_of_which")
    assert "--parallel-channels" in failure["message"]


def test_a_log_beside_channels_of_one_test(asked, files):
    two = (files / "good.bdf.csv", files / "short.bdf.csv")
    _, seen = asked(*two, "--parallel-channels", "--cells-log", files / "good.bdf.parquet")
    (((test,), _),) = seen
    assert (len(test.recordings), len(test.cell_logs)) == (2, 1)


def test_a_log_that_is_not_there_is_named(call, files):
    answer = call("evaluate", files / "good.bdf.csv", "--cells-log", files / "gone.csv", "--json")
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (3, "path_missing")
    assert "gone.csv" in failure["message"]


@pytest.mark.parametrize("option", ["--series-count", "--parallel-count", "--cells-per-module"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many"])
def test_a_count_that_cannot_be(call, files, option, value):
    answer = call("evaluate", files / "good.bdf.csv", option, value, "--json")
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "usage")
    assert option in failure["message"]


def test_a_table_gives_the_same_to_each_row(asked, files, tmp_path):
    table = tmp_path / "table.csv"
    good, short = files / "good.bdf.csv", files / "short.bdf.csv"
    table.write_text(
        f"battery,files,cell_logs,channels_in_parallel\na,{good};{short},{good},yes\nb,{good},,\n", "utf-8"
    )
    _, seen = asked("--batteries", table)
    assert [(len(test.recordings), len(test.cell_logs), test.channels_in_parallel) for (test,), _ in seen] == [
        (2, 1, True),
        (1, 0, False),
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_neither_file_nor_table(call, language):
    answer = call("evaluate", "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "usage")
    assert "--batteries" in failure["message"]
    assert ("Next" if language == "en" else "다음") in failure["message"]


@pytest.mark.parametrize("command", ["evaluate", "report"])
def test_the_help_fits_eighty_columns(call, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    answer = call(command, "--help")
    assert answer.code == 0
    assert max(len(line) for line in answer.out.splitlines()) <= 80
    assert all(word in answer.out for word in ("--batteries", "--cells-log", "--parallel-channels", "--bms"))
