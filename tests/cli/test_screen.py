"""What a person reads on a screen, narrow or wide, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from hwan.cli import _tables
from hwan.core import UNKNOWN, Alternative, Grade, Route
from hwan.core.language import catalogue


@pytest.fixture
def width(monkeypatch):
    return lambda columns: monkeypatch.setenv("COLUMNS", str(columns))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("command", ["steps", "cycles"])
def test_a_narrow_screen_has_one_line_per_row(call, files, width, command, language):
    width(80)
    answer = call(command, files / "good.bdf.csv", "--lang", language)
    rows = call(command, files / "good.bdf.csv", "--json").document["recordings"][0][command]
    lines = answer.out.splitlines()
    assert all(cell_len(line) <= 80 for line in lines)
    assert sum("│" in line for line in lines) == len(rows)
    assert "_" not in answer.out.replace("good.bdf.csv", "")


def test_a_wide_screen_shows_more_columns(call, files, width):
    width(80)
    narrow = call("steps", files / "good.bdf.csv").out
    width(200)
    wide = call("steps", files / "good.bdf.csv").out
    assert "Recognised by" in wide
    assert "Recognised by" not in narrow
    assert "wider screen" in narrow
    assert "wider screen" not in wide


@pytest.mark.parametrize(("language", "words"), [("en", "leading, ranges overlap"), ("ko", "우세, 범위가 겹침")])
def test_a_route_that_only_leads_says_so(language, words):
    best = Alternative("reuse", True, "class_reached", low=-2960.0, central=1075.0, high=3694.0)
    chosen = Route("chosen", "prices/1", "reuse", (best,))
    assert words not in _tables._route(chosen, language)
    assert _tables._route(replace(chosen, status="leading"), language).endswith(f"3,694] USD ({words})")


@pytest.mark.parametrize(("probability", "written"), [(0.995, "≥ 99.5 %"), (0.9772, "97.7 %"), (UNKNOWN, "Reuse")])
def test_a_grade_claims_no_more_than_its_quantiles(call, probability, written):
    grade = Grade("graded", "house/1", "", "reuse", probability)
    assessment = type("Assessed", (), {"grade": grade})()
    assert _tables._grade(assessment, "en").endswith(written)


def test_the_grade_on_the_screen(call, files, good_call):
    answer = call("evaluate", files / "good.bdf.csv", *good_call, "--sheet", files / "readings.toml")
    assert "≥ 99.5 %" in answer.out
    assert "100 %" not in answer.out


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_ratio_of_the_demonstration_has_a_name(language):
    names = catalogue(language)["name"]
    assert {f"retained_{each}" for each in ("capacity", "energy", "discharged_charge", "discharged_energy")} <= set(
        names
    )
