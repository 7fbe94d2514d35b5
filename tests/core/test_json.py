"""Every noun goes to JSON and comes back equal; what does not fit is named."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import (
    UNKNOWN,
    Assembly,
    Battery,
    BatteryType,
    BmsSnapshot,
    Conditions,
    Denominator,
    ErrorComponent,
    Evidence,
    Finding,
    Identifier,
    Instrument,
    Measurement,
    Observation,
    Protocol,
    Quantile,
    Refusal,
    from_json,
    to_json,
)
from hwan.core.recording import AccuracyClass

known = st.floats(allow_nan=False, allow_infinity=False)
maybe = known | st.just(UNKNOWN)
words = st.text(max_size=12).filter(lambda text: text != "unknown")
types = st.builds(BatteryType, rated_capacity_ah=maybe, maker=words | st.just(UNKNOWN))
classes = st.builds(AccuracyClass, words, known, known, known, known, words)
scalars = st.dictionaries(words, words | known | st.booleans(), max_size=2)
denominators = st.builds(Denominator, words, known, words, words) | st.just(UNKNOWN)
conditions = st.builds(Conditions, temperature_celsius=maybe, denominator=denominators)
moments = st.datetimes() | st.just(UNKNOWN)
NOUNS = {
    Battery: st.builds(Battery, id=words, type=types),
    Assembly: st.builds(Assembly, parent_id=words, child_id=words, since=st.dates() | st.just(UNKNOWN)),
    Observation: st.builds(Observation, quantity=words, value=maybe | st.booleans(), observed_at=moments),
    BmsSnapshot: st.builds(BmsSnapshot, state_of_health=maybe),
    Instrument: st.builds(Instrument, accuracy=classes | st.just(UNKNOWN)),
    Protocol: st.builds(Protocol, id=words, version=words, intended=st.dictionaries(words, words, max_size=2)),
    Conditions: conditions,
    Refusal: st.builds(Refusal, quantity=words, code=words, values=scalars),
    Measurement: st.builds(
        Measurement,
        quantity=words,
        value=known,
        unit=words,
        quantiles=st.tuples(st.builds(Quantile, known, known)),
        conditions=conditions,
        method=words,
        method_version=words,
        components=st.tuples(st.builds(ErrorComponent, words, known, st.sampled_from(["uniform", "normal"]), words)),
        evidence=st.tuples(st.builds(Evidence, words, st.integers(0, 9), st.integers(0, 9))),
        findings=st.tuples(st.builds(Finding, words, st.sampled_from(["note", "warning", "stop"]))),
    ),
}


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
@given(data=st.data())
def test_a_noun_comes_back_equal(noun, data):
    value = data.draw(NOUNS[noun])
    assert from_json(noun, to_json(value)) == value


def test_nothing_is_null():
    assert "null" not in to_json(Battery("b", BatteryType(), identifiers=(Identifier("serial", "1"),)))


def test_nan_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(Quantile(0.5, math.nan))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"chemistry": 3}, "chemistry"),
        ({"rated_capacity_ah": "much"}, "rated_capacity_ah"),
        ({"mass": 1}, "mass"),
        ({"series_count": 2.7}, "series_count"),
        ({"series_count": True}, "series_count"),
        ({"calibrated_populations": "abc"}, "calibrated_populations"),
    ],
)
def test_what_does_not_fit_is_named(change, named):
    from cattrs import transform_error
    from cattrs.errors import BaseValidationError

    document = json.dumps({"id": "b", "type": change})
    with pytest.raises(BaseValidationError) as caught:
        from_json(Battery, document)
    assert named in " ".join(transform_error(caught.value))
