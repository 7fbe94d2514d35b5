"""The page about a calibration: what it says, that it stands alone, and that it fits a telephone."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hwan import core
from hwan.assess import load_stages
from hwan.grading import load_ruleset
from hwan.health.rapid import (
    PULSES_5_SECOND,
    About,
    Calibrated,
    Origin,
    Population,
    Reference,
    calibrate,
    calibration_table,
)
from hwan.report import Calibration, Check, calibration_page
from hwan.report._calibration import _deferral as deferral
from hwan.report._calibration._figures import coverage_of_cells, covered
from hwan.report._words import Words

MADE = datetime(2026, 11, 22, 7, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PROBE = """<script>addEventListener('load',()=>{const e=document.documentElement,w=e.clientWidth;
const wide=[...document.querySelectorAll('body *')].filter(x=>x.getBoundingClientRect().right>w+1
&&!x.closest('.scroll')&&!x.closest('svg')&&!x.closest('.unseen')).map(x=>x.tagName+'.'+x.className);
parent.postMessage(JSON.stringify([e.scrollWidth,w,wide.slice(0,5)]),'*')})</script>"""
FRAME = """<!DOCTYPE html><body style="margin:0"><script>addEventListener('message',m=>
document.documentElement.dataset.seen=m.data)</script><iframe src="page.html"
style="border:0;width:{width}px;height:900px"></iframe>"""


@pytest.fixture(scope="module")
def entry() -> Calibration:
    """Ten cells whose resistance tells their age, and a name that must be escaped."""
    noise = np.random.default_rng(1)
    rows = []
    for number, health in enumerate(np.linspace(0.5, 0.95, 10)):
        size = 0.05 + 0.25 * (1 - health)
        for volt in (3.6, 3.7, 3.8):
            values = [volt]
            for rate in PULSES_5_SECOND.rates_per_hour:
                values += [volt + size * rate * part for part in (1.0, 1.3, 0.3, 0.01)]
            cell = f"c{number}{HOSTILE if number == 3 else ''}"
            told = dict(zip(PULSES_5_SECOND.names, values + noise.normal(0, 1e-3, len(values)), strict=True))
            rows.append({"cell": cell, "soh": float(health), **told})
    table = calibration_table(pl.DataFrame(rows), PULSES_5_SECOND, "table")
    about = About(
        "page/1", Population("lmo", 10.0, HOSTILE), Reference(1.0, 25.0, 4.2, 2.0), 20.0, 30.0,
        Origin("made", "", date(2026, 11, 22), 10, 30),
    )  # fmt: skip
    checks = tuple(Check(datetime(2026, 11, day), HOSTILE, 0.8 + 0.02 * (day > 3), 0.8) for day in range(1, 6))
    return Calibration(
        calibrate(table, about), table, load_ruleset("house-rapid/1"), load_stages("house-stages/1"), checks
    )


def page_of(entry: Calibration, language: str = "en") -> str:
    return calibration_page(entry, language=language, made_at=MADE, hwan_version="0.1.0")


class Pieces(HTMLParser):
    """Tags, and what is fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [
            value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_page_has_every_figure_and_fetches_nothing(entry: Calibration, language: str) -> None:
    page, words = page_of(entry, language), Words(language)
    pieces = Pieces()
    pieces.feed(page)
    assert "script" not in pieces.tags
    assert [each for each in pieces.fetched if not each.startswith("#")] == []
    assert HOSTILE not in page
    assert pieces.tags.count("figure") == 5
    for code in ("predicted", "coverage", "deferral", "allowance", "control"):
        assert words.ui(f"calibration_{code}_title") in page
    for limit in ("80", "60"):
        assert words.ui("calibration_limit", percent=limit) in page
    assert "{" not in "".join(part for part in page.split("<style>")[1].split("</style>")[1:] if "svg" not in part)


def test_same_input_same_bytes(entry: Calibration) -> None:
    assert page_of(entry) == page_of(entry)


def test_without_check_cells_there_is_no_chart(entry: Calibration) -> None:
    page = page_of(replace(entry, checks=()))
    assert Words("en").ui("calibration_control_title") not in page
    assert page.count("<figure") == 4


def test_an_alarm_of_the_last_check_cell_stands_at_the_top(entry: Calibration) -> None:
    worse = (*entry.checks, Check(datetime(2026, 11, 20), "ref", 1.2, 0.8))
    words = Words("en")
    assert words.ui("calibration_alarm_sentence", signal=words.ui("signal_beyond_limit")) in page_of(
        replace(entry, checks=worse)
    )
    calm = tuple(Check(each.at, each.cell, 0.8, 0.8) for each in entry.checks)
    assert "Before the next rapid evaluation" not in page_of(replace(entry, checks=calm))


def test_stages_without_this_rapid_test_give_no_minutes(entry: Calibration) -> None:
    stages = replace(entry.stages, stages=tuple(each for each in entry.stages.stages if each.id != "pulse"))
    assert Words("en").ui("calibration_full_only") not in page_of(replace(entry, stages=stages))


def test_unknown_language(entry: Calibration) -> None:
    with pytest.raises(core.UnknownName):
        page_of(entry, "fr")


# Figures behind the page -----------------------------------------------------------------------------


def stated(entry: Calibration, truth: list[float], value: list[float], half: list[float]) -> Calibration:
    """Return the page's input with answers written by hand, one cell each."""
    count = len(truth)
    table = replace(
        entry.table, values=np.ones((count, 21)), state_of_health=np.array(truth),
        cells=np.array([f"c{number}" for number in range(count)]),
    )  # fmt: skip
    found = Calibrated(entry.found.model, np.array(value), np.array(half), np.zeros(count, dtype=np.int64))
    return replace(entry, found=found, table=table)


def test_the_class_is_decided_where_no_limit_lies_inside(entry: Calibration) -> None:
    """Decided and right, open at 80 %, open at 60 %, decided and wrong at one limit, wrong at both."""
    one = stated(entry, [0.7, 0.7, 0.7, 0.85, 0.5], [0.7, 0.78, 0.62, 0.7, 0.9], [0.03] * 5)
    named = {each.label: each.decided(1.0) for each in deferral.questions(one, Words("en"))}
    found = named[Words("en").ui("calibration_all_limits")]
    assert (found.decided_rows, found.wrong_rows) == (3, 2)
    upper = named[Words("en").ui("calibration_limit", percent="80")]
    assert (upper.decided_rows, upper.wrong_rows) == (4, 2)
    within = named[Words("en").ui("calibration_tolerance", points="3")]
    assert (within.decided_rows, within.wrong_rows) == (5, 4)


def test_wider_intervals_decide_less(entry: Calibration) -> None:
    for curve in deferral.by_width(entry, Words("en")):
        shares = [each.decided for each in curve.points]
        assert shares == sorted(shares, reverse=True)
    (curve,) = deferral.by_allowance(entry, Words("en"))
    shares = [each.decided for each in curve.points]
    assert shares == sorted(shares)


def test_coverage_by_cell(entry: Calibration) -> None:
    one = stated(entry, [0.8, 0.8, 0.8, 0.8], [0.8, 0.9, 0.8, 0.8], [0.05] * 4)
    one = replace(one, table=replace(one.table, cells=np.array(["b", "b", "a", "a"])))
    assert covered(one).tolist() == [True, False, True, True]
    assert coverage_of_cells(one) == [("b", 2, 0.5), ("a", 2, 1.0)]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_page_fits_the_screen(entry: Calibration, chromium: str, tmp_path: Path, language: str, width: int) -> None:
    page = page_of(entry, language)
    policy = next(line for line in page.splitlines() if "Content-Security-Policy" in line)
    (tmp_path / "page.html").write_text(
        page.replace(policy, "").replace("</body>", PROBE + "</body>"), encoding="utf-8"
    )
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(width=width), encoding="utf-8")
    profile = tmp_path / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    words = ("--virtual-time-budget=4000", "--allow-file-access-from-files", "--dump-dom", frame.as_uri())
    command = (chromium, *FLAGS, f"--user-data-dir={profile}", *words)
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    assert f'data-seen="[{width},{width},[]]"' in done.stdout, done.stdout[:400]
