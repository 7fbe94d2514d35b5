"""The clock of a log: known offset and drift, logs of other tests, and currents that tell nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.health._clocks import Clock, clock_between
from hwan.health._signals import signals
from hwan.synthetic import Bms, Faults, pack_test

# Durations in s and currents in A: a capacity test in small, with a pulse.
COURSE = (
    (300, 0.0),
    (2000, 10.0),
    (600, 0.0),
    (2400, -10.0),
    (600, 0.0),
    (1000, 10.0),
    (400, 0.0),
    (10, -30.0),
    (90, 0.0),
)


def current_at(second, course=COURSE):
    ends = np.cumsum([seconds for seconds, _ in course])
    amperes = np.array([ampere for _, ampere in course] + [0.0])
    return np.where(second < 0, 0.0, amperes[np.searchsorted(ends, second, side="left")])


def of_tester(every=1.0, course=COURSE):
    second = np.arange(every, sum(seconds for seconds, _ in course), every)
    return second, current_at(second, course)


def logged(offset=0.0, drift=0.0, every=1.0, phase=0.3, course=COURSE):
    own = np.arange(phase, (1 + drift) * sum(seconds for seconds, _ in course) + offset, every)
    return own, current_at((own - offset) / (1 + drift), course)


@pytest.mark.parametrize("every", [1.0, 5.0, 10.0])
@pytest.mark.parametrize(("offset", "drift"), [(0.0, 0.0), (77.7, 4e-5), (-250.0, -8e-5), (12.0, 5e-3), (1.7e9, 2e-5)])
def test_offset_and_drift_are_found_within_the_half_width(offset, drift, every):
    test = of_tester()
    phase = 0.3 if offset < 1e6 else 1.7e9
    found = clock_between(*test, *logged(offset, drift, every, phase))
    assert found is not None
    assert found.edges == len(COURSE) - 1
    error = found.to_test((1 + drift) * test[0] + offset) - test[0]
    assert np.abs(error).max() <= found.half_width_second + 1e-5
    assert found.half_width_second <= 0.5 * every + 1
    assert found.drift == pytest.approx(drift, abs=2 * found.half_width_second / 6000)


@settings(max_examples=15, deadline=None)
@given(offset=st.floats(-500, 500), drift=st.floats(-1e-4, 1e-4), phase=st.floats(0, 1))
def test_any_clock_is_found(offset, drift, phase):
    test = of_tester()
    found = clock_between(*test, *logged(offset, drift, 1.0, phase))
    assert found is not None
    assert np.abs(found.to_test((1 + drift) * test[0] + offset) - test[0]).max() <= found.half_width_second + 1e-6


def test_the_half_width_holds_beyond_the_last_edge():
    """All edges lie in the first tenth of the test: what they say of its end is ten times as vague."""
    course = ((300, 0.0), (300, 10.0), (300, 0.0), (9000, -5.0))
    second, ampere = of_tester(10.0, course)
    found = clock_between(second, ampere, *logged(33.0, 9e-5, 10.0, 2.0, course))
    assert found is not None
    assert found.half_width_second > 20
    assert np.abs(found.to_test((1 + 9e-5) * second + 33.0) - second).max() <= found.half_width_second


def test_a_log_that_ends_early_or_begins_late_is_found():
    own, ampere = logged(40.0, 5e-5)
    for part in (slice(0, 4500), slice(1500, None)):
        found = clock_between(*of_tester(), own[part], ampere[part])
        assert found is not None
        assert found.offset_second == pytest.approx(40, abs=2 * found.half_width_second + 0.01)


def test_another_sensor_may_be_off_and_noisy():
    own, ampere = logged(40.0)
    noisy = 1.02 * ampere + 0.1 + np.random.default_rng(3).normal(0, 0.05, len(ampere))
    found = clock_between(*of_tester(), own, noisy)
    assert found is not None
    assert found.offset_second == pytest.approx(40, abs=1)


def test_the_log_of_another_battery_in_the_same_programme_is_refused():
    """A battery of three per cent less charge: the currents are alike nearly all the time."""
    other = tuple((seconds * (0.97 if seconds > 900 and ampere else 1), ampere) for seconds, ampere in COURSE)
    assert clock_between(*of_tester(), *logged(40.0, course=other)) is None


@pytest.mark.parametrize(
    "course",
    [((5000, 10.0),), ((5000, 0.0),), ((7000, -10.0),), tuple((s, -a) for s, a in COURSE)],
    ids=["constant", "none", "discharge", "wrong sign"],
)
def test_currents_without_common_edges_are_no_clock(course):
    own = np.arange(0.3, sum(seconds for seconds, _ in course))
    assert clock_between(*of_tester(), own, current_at(own, course)) is None
    assert clock_between(own, current_at(own, course), own, current_at(own, course)) is None or len(course) > 1


def test_a_single_edge_shows_no_drift_and_is_no_clock():
    course = ((1000, 0.0), (4000, 10.0))
    assert clock_between(*of_tester(course=course), *logged(course=course)) is None


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_log_of_a_few_rows_is_no_clock(rows):
    own, ampere = logged()
    assert clock_between(*of_tester(), own[:rows], ampere[:rows]) is None


def test_records_that_do_not_overlap_or_stand_still_are_no_clock():
    second, ampere = of_tester()
    assert clock_between(second, ampere, np.full(50, 7.0), np.linspace(0, 10, 50)) is None
    late = second > 5000
    assert clock_between(second[~late], ampere[~late], second[late], ampere[late]) is None


def test_times_go_back_by_offset_and_drift():
    assert Clock(5.0, 0.25, 0.1, 4).to_test(np.array([5.0, 10.0])).tolist() == [0.0, 4.0]


@pytest.mark.parametrize("faults", [Faults(), Faults(truncated_log=True)], ids=["whole", "truncated"])
def test_the_clocks_of_synthetic_logs_are_found(faults):
    made = pack_test(5, series=4, bms=Bms(), faults=faults)
    data = signals(made.recording)
    for log, true in zip(made.logs, made.log_clocks, strict=True):
        own = signals(log)
        found = clock_between(data.time_second, data.current_ampere, own.time_second, own.current_ampere)
        assert found is not None
        end = data.time_second[data.time_second <= found.to_test(own.time_second[-1:])[0]]
        assert np.abs(found.to_test(true.shown(end)) - end).max() <= found.half_width_second
        assert found.half_width_second < 1.5


def test_the_log_of_another_pack_is_refused():
    one, other = (pack_test(seed, series=4, bms=Bms()) for seed in (0, 1))
    data, log = signals(one.recording), signals(other.logs[0])
    assert clock_between(data.time_second, data.current_ampere, log.time_second, log.current_ampere) is None
