"""A recording with pulses gets an answer; every other one is told why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.health.rapid.pulses import table

from hwan.core import LANGUAGES, BatteryType, Measurement, Recording, Refusal, text
from hwan.health.rapid import PULSES_5_SECOND, Calibrated, PulseProtocol, pulse_responses, rapid_state_of_health

KIND = BatteryType("lfp", 20.0)
PULSES = len(PULSES_5_SECOND.rates_per_hour)


def recording(
    record: Any, volts: np.ndarray, *, protocol: PulseProtocol = PULSES_5_SECOND, **columns: Any
) -> Recording:
    """Return what a tester writes of a rest and the pulses: a row at the begin and one at the end of each step."""
    time, current, step, now = [0.0, 600.0], [0.0, 0.0], [1, 1], 600.0
    for number, rate in enumerate(protocol.rates_per_hour):
        for part, (seconds, flow) in enumerate(((protocol.width_second, 20.0 * rate), (protocol.rest_second, 0.0))):
            time += [now, now + seconds]
            current += [flow, flow]
            step += [2 + 2 * number + part] * 2
            now += seconds
    voltage = [volts[0], *volts]
    count = len(time)
    return record(time, voltage, current, step_count=step, **{name: [value] * count for name, value in columns.items()})


@pytest.fixture(scope="module")
def cell() -> tuple[np.ndarray, float]:
    new = table(cells=30, visits=1, seed=9)
    middle = int(np.argsort(new.state_of_health)[15])
    return new.values[middle], float(new.state_of_health[middle])


def answered(record: Any, cell: Any, model: Any, kind: BatteryType = KIND, **more: Any) -> Measurement | Refusal:
    columns = {"surface_temperature_celsius": 25.0} | more.pop("columns", {})
    return rapid_state_of_health(recording(record, cell[0], **columns), kind, model, **more)


def test_turning_points_are_the_first_and_last_voltages_of_the_steps(record, cell) -> None:
    (found,) = pulse_responses(recording(record, cell[0]), 20.0, PULSES_5_SECOND)
    np.testing.assert_array_equal(found.values, cell[0])
    assert (found.rest_before_second, found.first_row, found.last_row) == (600.0, 1, 1 + 4 * PULSES)


def test_the_answer_says_what_it_is_of(record, cell, calibrated: Calibrated) -> None:
    found = answered(record, cell, calibrated.model)
    assert isinstance(found, Measurement)
    low, high = found.interval
    assert low <= cell[1] <= high
    assert found.quantile(0.5) == found.value
    assert (found.method, found.validation.status, found.validation.cells) == ("rapid.pulses", "validated", 40)
    assert (found.conditions.rate_per_hour, found.conditions.temperature_celsius) == (1.0, 25.0)
    assert (found.evidence[0].first_row, found.evidence[0].last_row) == (1, 1 + 4 * PULSES)
    assert [each.code for each in found.findings] == ["rapid_predicted"]


def refused(found: Measurement | Refusal) -> str:
    assert isinstance(found, Refusal)
    assert found.quantity == "state_of_health_capacity"
    for language in LANGUAGES:
        assert "{" not in text("refusal", found.code, language, found.values)
        assert text("test", str(found.test_needed), language)
    return found.code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (BatteryType("lmo", 20.0), "rapid_other_chemistry"),
        (BatteryType("unknown", 20.0), "rapid_other_chemistry"),
        (BatteryType("lfp", 21.0), "rapid_other_rating"),
        (BatteryType("lfp"), "rating_unknown"),
    ],
)
def test_another_type_is_refused(record, cell, calibrated, kind: BatteryType, code: str) -> None:
    assert refused(answered(record, cell, calibrated.model, kind)) == code


def test_another_batch_is_refused_and_a_known_one_is_not(record, cell, calibrated: Calibrated) -> None:
    assert refused(answered(record, cell, calibrated.model, batch="autumn")) == "rapid_other_batch"
    assert isinstance(answered(record, cell, calibrated.model, batch="spring"), Measurement)


@pytest.mark.parametrize("degrees", [12.0, 19.9, 30.5, 45.0])
def test_another_temperature_is_refused(record, cell, calibrated: Calibrated, degrees: float) -> None:
    columns = {"surface_temperature_celsius": degrees}
    assert refused(answered(record, cell, calibrated.model, columns=columns)) == "rapid_temperature_outside"


def test_a_temperature_must_be_known(record, cell, calibrated: Calibrated) -> None:
    made = recording(record, cell[0])
    assert refused(rapid_state_of_health(made, KIND, calibrated.model)) == "rapid_temperature_unknown"
    assert isinstance(rapid_state_of_health(made, KIND, calibrated.model, temperature_celsius=24.0), Measurement)


def test_other_pulses_are_refused_with_those_that_were_seen(record, cell, calibrated: Calibrated) -> None:
    short = replace(PULSES_5_SECOND, width_second=1.0)
    made = recording(record, cell[0], protocol=short, surface_temperature_celsius=25.0)
    found = rapid_state_of_health(made, KIND, calibrated.model)
    assert refused(found) == "rapid_no_such_pulses"
    assert isinstance(found, Refusal)
    assert found.values["got"] == "1"


@pytest.mark.parametrize("rates", [(-0.5, 0.5, -1.0, 1.0, -1.5), (0.5, -0.5, 1.0, -1.0), (0.5, -0.5, 1.0, -1.0, 2.0)])
def test_pulses_in_another_order_or_height_are_refused(record, cell, calibrated: Calibrated, rates) -> None:
    other = replace(PULSES_5_SECOND, rates_per_hour=rates)
    made = recording(record, cell[0][: 1 + 4 * len(rates)], protocol=other, surface_temperature_celsius=25.0)
    assert refused(rapid_state_of_health(made, KIND, calibrated.model)) == "rapid_no_such_pulses"


def test_a_response_unlike_the_calibrated_ones_is_refused(record, cell, calibrated: Calibrated) -> None:
    strange = cell[0].copy()
    strange[1::4] += 0.05
    assert refused(answered(record, (strange, 0.8), calibrated.model)) == "rapid_outside_population"


def test_few_cells_answer_with_an_assumed_interval(record, cell, calibrated: Calibrated) -> None:
    bounds = tuple(replace(each, shown=False) for each in calibrated.model.bounds)
    found = answered(record, cell, replace(calibrated.model, bounds=bounds))
    assert isinstance(found, Measurement)
    assert found.validation.status == "unvalidated"
    assert "rapid_interval_assumed" in {each.code for each in found.findings}


def test_a_public_cell_leads_to_its_published_voltages(lab_data) -> None:
    import polars as pl

    import hwan

    path = next((lab_data / "retired" / "cycler_raw" / "nebula").glob("NMC_C_21*"))
    published = pl.read_parquet(lab_data / "retired" / "pulsebat" / "nmc21_w5000.parquet")
    own = published.filter(pl.col("cell") == path.stem.split("_ID_")[1]).sort("soc_nominal_pct")
    found = pulse_responses(hwan.read(path), 21.0, PULSES_5_SECOND)
    assert len(found) == 18
    np.testing.assert_array_equal(
        own.select(PULSES_5_SECOND.names).to_numpy(), np.array([each.values for each in found[:10]])
    )
