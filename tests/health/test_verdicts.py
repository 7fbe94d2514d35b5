"""Which cell is the one: names, probabilities, margins with intervals, and when nothing is decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwan.core import CellVerdict, Instrument, Refusal, TapAccuracy
from hwan.health import analyse
from hwan.health._events import Events, Pulse
from hwan.health._readings import Readings
from hwan.health._verdicts import verdicts_of

TAPS = TapAccuracy("taps", 0.0, 1e-3, "made")
NOTHING = Events(None, None, None, None, None, None)


@pytest.fixture
def analysis(record):
    second = np.arange(0.0, 50.0)
    columns = {f"cell_{number:03d}_voltage_volt": 3.6 + 0.001 * second for number in (1, 2, 3)}
    made = record(second, 3 * columns["cell_001_voltage_volt"], np.full(50, 1.0), **columns)
    return analyse(replace(made, instrument=Instrument(taps=TAPS)))


def readings(*volts, noise=0.0):
    count = len(volts)
    return Readings(tuple(range(1, count + 1)), np.array(volts), np.full(count, noise), np.zeros(count), 10, 20)


def answers(analysis, cells=None, **events):
    found = verdicts_of(analysis, cells or analysis.data.cells, replace(NOTHING, **events))
    return {each.question if isinstance(each, CellVerdict) else each.quantity: each for each in found}


def test_the_lowest_when_empty_and_the_highest_when_full_are_named(analysis):
    found = answers(analysis, empty=readings(3.0, 2.9, 3.1), full=readings(4.1, 4.0, 4.2))
    assert (found["first_to_empty"].cell, found["first_to_full"].cell) == (2, 3)
    for verdict, margin in ((found["first_to_empty"], 0.1), (found["first_to_full"], 0.1)):
        assert verdict.decided
        assert verdict.probability == 1.0
        assert verdict.candidates == (verdict.cell,)
        assert verdict.margin.value == pytest.approx(margin)
        assert verdict.margin.unit == "V"
        assert (verdict.margin.evidence[0].first_row, verdict.margin.evidence[0].last_row) == (10, 20)


def test_the_margins_interval_is_that_of_both_taps(analysis):
    """The difference of two uniform draws of ±1 mV is a triangle of ±2 mV: 5 % lie below -2(1 - sqrt(0.1)) mV."""
    verdict = answers(analysis, empty=readings(3.0, 2.9, 3.1))["first_to_empty"]
    low, high = verdict.margin.interval
    half = 2e-3 * (1 - np.sqrt(0.1))
    assert (low, high) == (pytest.approx(0.1 - half, abs=2e-5), pytest.approx(0.1 + half, abs=2e-5))
    assert {part.name for part in verdict.margin.components} == {
        f"{cell}_{part}" for cell in ("cell", "runner_up") for part in ("tap_gain", "tap_offset", "noise")
    }


def test_what_the_taps_cannot_tell_apart_is_undecided_with_all_candidates(analysis):
    """The lower of two readings 1 mV apart is truly higher with probability 1/8, by the same triangle."""
    verdict = answers(analysis, empty=readings(3.001, 3.0, 3.1))["first_to_empty"]
    assert verdict.cell == 2
    assert verdict.probability == pytest.approx(7 / 8, abs=1e-3)
    assert not verdict.decided
    assert verdict.candidates == (2, 1)


def test_an_unseen_cell_leaves_every_question_open(analysis):
    cells = replace(analysis.data.cells, unseen=(4,))
    verdict = answers(analysis, cells, empty=readings(3.0, 2.9, 3.1))["first_to_empty"]
    assert (verdict.cell, verdict.probability, verdict.decided) == (2, 1.0, False)


def test_a_cell_silent_at_the_moment_leaves_that_question_open(analysis):
    found = answers(analysis, empty=readings(3.0, 2.9, np.nan), full=readings(4.1, 4.0, 4.2))
    assert (found["first_to_empty"].cell, found["first_to_empty"].decided) == (2, False)
    assert found["first_to_empty"].candidates == (2,)
    assert np.isfinite(found["first_to_empty"].margin.interval).all()
    assert found["first_to_full"].decided


def test_of_a_single_cell_heard_there_is_no_answer(analysis):
    found = answers(analysis, empty=readings(3.0, np.nan, np.nan))["first_to_empty"]
    assert isinstance(found, Refusal)


def test_what_the_record_lacks_is_refused_by_question(analysis):
    found = answers(analysis)
    assert {name: each.code for name, each in found.items()} == {
        "first_to_empty": "no_discharge_to_cutoff",
        "first_to_full": "no_charge_to_cutoff",
        "highest_resistance": "no_pulse_recorded",
    }


def pulse(before, during, ampere=-10.0, noise=0.0):
    return Pulse(None, readings(*before, noise=noise), readings(*during, noise=noise), ampere, 10.0)


def test_the_highest_resistance_is_of_the_deepest_step_whatever_the_offsets(analysis):
    """Of two taps 50 mV apart the offset is in both readings of each and falls out."""
    made = pulse((3.6, 3.65, 3.6), (3.59, 3.63, 3.585))
    assert made.resistance_ohm == pytest.approx([1e-3, 2e-3, 1.5e-3])
    verdict = answers(analysis, pulse=made)["highest_resistance"]
    assert (verdict.cell, verdict.decided) == (2, True)
    assert verdict.margin.value == pytest.approx(0.5e-3)
    assert verdict.margin.unit == "ohm"
    low, high = verdict.margin.interval
    assert low == pytest.approx(high)


def test_noise_of_both_readings_is_in_a_resistance(analysis):
    made = pulse((3.6, 3.6, 3.6), (3.59, 3.588, 3.585), noise=1e-3)
    assert made.noise_ohm == pytest.approx(np.sqrt(2) * 1e-4)
    verdict = answers(analysis, pulse=made)["highest_resistance"]
    low, high = verdict.margin.interval
    assert high - low == pytest.approx(2 * 1.645 * 2e-4, rel=0.01)
    assert not verdict.decided
    assert verdict.candidates[0] == 3
