"""The figures: there when the data allow, described in words, true to the extremes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from hwan import core
from hwan.report import Entry
from hwan.report._figures import figures
from hwan.report._figures._limits import at_least
from hwan.report._figures._trace import BINS, shaded
from hwan.report._numbers import decimals_for, shown
from hwan.report._thin import MOST_POINTS, curve
from hwan.report._words import Words

KINDS = ("limits", "routes", "trace", "cycles", "resistance")


@pytest.mark.parametrize("language", core.LANGUAGES)
def test_each_figure_is_there_with_words_for_those_who_do_not_see_it(plausible: Entry, language: str) -> None:
    pictures = figures(plausible, Words(language), "p")
    assert [picture.id for picture in pictures] == [f"p-{kind}" for kind in KINDS]
    for picture in pictures:
        assert picture.said.title
        assert len(picture.said.description) > 20
        for drawing in (picture.wide, picture.narrow):
            assert f'aria-labelledby="{picture.id}-title {picture.id}-description"' in drawing
            assert "<text" in drawing
            assert "DejaVu" not in drawing


def test_text_stays_text_in_the_readers_language(plausible: Entry) -> None:
    drawings = "".join(picture.wide for picture in figures(plausible, Words("ko"), "p"))
    for words in ("전압 / V", "전류 / A", "직류 저항 / mΩ", "기준 미달", "재사용"):
        assert words in drawings


def test_colours_follow_the_page(plausible: Entry) -> None:
    for picture in figures(plausible, Words("en"), "p"):
        assert "var(--" in picture.wide
        assert "#000000" not in picture.wide


def test_without_data_there_is_no_figure(empty: Entry) -> None:
    assert figures(empty, Words("en"), "p") == ()


def test_unusable_frames_give_no_figure(empty: Entry) -> None:
    nothing = pl.DataFrame({"test_time_second": [None, 1.0], "voltage_volt": [1.0, None], "current_ampere": [0.0, 0.0]})
    none = pl.DataFrame(
        {"cycle_number": [1], "complete": [False], "charging_capacity_ah": [None], "discharging_capacity_ah": [0.0]}
    )
    entry = replace(empty, samples=nothing, cycles=none.cast({"charging_capacity_ah": pl.Float64}))
    assert figures(entry, Words("en"), "p") == ()


def test_one_cycle_is_drawn_as_bars_with_their_figures(refused: Entry) -> None:
    picture = next(each for each in figures(refused, Words("en"), "p") if each.id == "p-cycles")
    assert "10.73" in picture.wide


def test_thinning_keeps_ends_and_extremes() -> None:
    rows = 200_000
    voltage = np.sin(np.linspace(0, 40, rows))
    voltage[123_457], voltage[77_777] = 9.0, -9.0
    frame = pl.DataFrame({"t": np.arange(rows) * 0.1, "v": voltage})
    seconds, volts = curve(frame, "t", "v")
    assert len(volts) <= MOST_POINTS
    assert (volts.max(), volts.min()) == (9.0, -9.0)
    assert (seconds[0], seconds[-1]) == (0.0, (rows - 1) * 0.1)


def test_thinning_survives_a_backward_clock_and_missing_numbers() -> None:
    seconds = np.concatenate([np.arange(5_000.0), np.arange(5_000.0)])
    volts = np.where(np.arange(10_000) % 3 == 0, np.nan, 3.3)
    volts[9_001 - 9_001 % 3 + 1] = 4.4
    kept = curve(pl.DataFrame({"t": seconds, "v": volts}), "t", "v")
    assert kept[1].max() == 4.4
    assert np.isfinite(kept[1]).all()


def test_shading_is_bounded_however_many_steps_there_are() -> None:
    count = 20_000
    steps = pl.DataFrame({
        "kind": ["cc", "rest"] * (count // 2),
        "start_second": np.arange(count, dtype=float), "end_second": np.arange(1.0, count + 1),
    })  # fmt: skip
    assert 0 < len(shaded(steps, 0, count)) <= BINS


def test_shading_of_few_steps_is_where_they_were() -> None:
    steps = pl.DataFrame({"kind": ["rest", "cc"], "start_second": [0.0, 40.0], "end_second": [40.0, 100.0]})
    (first, second) = shaded(steps, 0, 100)
    assert first == (0.0, pytest.approx(40.0, abs=0.3), "rest")
    assert second == (pytest.approx(40.0, abs=0.3), 100.0, "cc")


@pytest.mark.parametrize(
    ("verdict", "distance", "probability", "more"),
    [("passed", 0.1, 0.99, True), ("passed", -0.1, 0.99, False), ("failed", -0.1, 0.0, True),
     ("uncertain", 0.01, 0.6, True), ("uncertain", 0.01, 0.4, False)],
)  # fmt: skip
def test_side_of_a_limit_is_told_from_its_outcome(
    verdict: str, distance: float, probability: float, more: bool
) -> None:
    outcome = core.RuleOutcome("r", "limit", verdict, "q", probability_met=probability, distance=distance)  # type: ignore[arg-type]
    assert at_least(outcome, None) is more
    assert at_least(outcome, "at_most") is False


def test_digits_follow_the_interval() -> None:
    assert shown(0.013912, (0.0137, 0.0141), "ohm").value == "13.91"
    assert shown(55.812, (50.1, 61.2), "Wh").low == "50"
    assert decimals_for(0.0) == 3
    assert shown(-0.00001, (-0.01, 0.01), "V").value == "0.000"
