"""Self-discharge from open-circuit voltages: what it is, and when nothing may be said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.assess._observed import with_self_discharge
from hwan.core import UNKNOWN, Observation, UsageError, check_observations

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)


def volt(value, hours, **named):
    return Observation("open_circuit_voltage", value, "V", observed_at=MONDAY + timedelta(hours=hours), **named)


def test_the_fall_over_the_days_between():
    found = with_self_discharge([volt(3.652, 0, observer="Kim"), volt(3.650, 96, observer="Lee")])[-1]
    assert found.quantity == "self_discharge"
    assert found.value == pytest.approx(0.5)
    assert (found.unit, found.observer, found.observed_at) == ("mV/day", "Kim, Lee", MONDAY + timedelta(hours=96))
    check_observations([found], "derived")


def test_the_order_of_the_sheet_does_not_matter_and_one_observer_is_named_once():
    readings = [volt(3.640, 48, observer="Kim"), volt(3.660, 0, observer="Kim"), volt(3.655, 24)]
    *kept, found = with_self_discharge(readings)
    assert kept == readings
    assert found.value == pytest.approx(10)
    assert found.observer == "Kim"


def test_times_in_different_zones_are_the_times_they_are():
    seoul = timezone(timedelta(hours=9))
    late = Observation("open_circuit_voltage", 3.6, "V", observed_at=datetime(2026, 11, 17, 18, tzinfo=seoul))
    assert with_self_discharge([volt(3.61, 0), late])[-1].value == pytest.approx(10)


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [volt(3.65, 0)],
        [volt(3.65, 0), volt(3.64, 22.9)],
        [volt(3.65, 0), volt(3.66, 48)],
        [volt(3.65, 0), volt(3.60, 24), volt(3.64, 48)],
        [volt(3.65, 0, instrument_id="meter 1"), volt(3.64, 48, instrument_id="meter 2")],
        [volt(3.65, 0), volt(UNKNOWN, 48)],
        [volt(3.65, 0), Observation("open_circuit_voltage", 3.64, "V")],
        [volt(3.65, 0), volt(3.64, 48), Observation("self_discharge", 3.0, "mV/day")],
    ],
    ids=["none", "one", "less than a day", "rises", "rises between", "two meters", "unknown", "no time", "was read"],
)
def test_nothing_is_added(readings):
    assert with_self_discharge(readings) == tuple(readings)


def test_an_unknown_self_discharge_is_none_that_was_read():
    stated = Observation("self_discharge", UNKNOWN, "mV/day")
    assert with_self_discharge([stated, volt(3.65, 0), volt(3.64, 24)])[-1].value == pytest.approx(10)


def test_one_meter_is_kept_where_a_reading_does_not_say():
    found = with_self_discharge([volt(3.65, 0, instrument_id="meter 1"), volt(3.64, 24)])[-1]
    assert found.instrument_id == "meter 1"


@pytest.mark.parametrize(("language", "word"), [("en", "time zone"), ("ko", "시간대")])
def test_times_that_cannot_be_compared(language, word):
    bare = Observation("open_circuit_voltage", 3.6, "V", observed_at=datetime(2026, 11, 20, 9))
    with pytest.raises(UsageError) as caught:
        with_self_discharge([volt(3.65, 0), bare])
    assert word in caught.value.message(language)
    assert "2026-11-20T09:00:00" in caught.value.message(language)


@given(st.floats(0, 0.5), st.floats(1, 400), st.floats(-1, 1))
def test_a_shift_of_all_voltages_changes_nothing(fall, days, shift):
    both = [
        with_self_discharge([volt(4 + offset, 0), volt(4 + offset - fall, 24 * days)])[-1].value
        for offset in (0, shift)
    ]
    assert both[0] == pytest.approx(both[1], abs=1e-9)
    assert both[0] == pytest.approx(1000 * fall / days, abs=1e-9)
