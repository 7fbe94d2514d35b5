"""The conditions under which a figure holds come again from its rows and from those just before them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.report.certificate.rows import moved, rows_of

from hwan.report import Certificate, Entry

IDLE_AMPERE = 1.0


@pytest.fixture(scope="module")
def traced(pack: Entry, issue: Callable[..., Certificate]) -> tuple[dict[str, Any], pl.DataFrame]:
    assert pack.samples is not None
    return json.loads(issue(pack).content), pack.samples


def of(made: dict[str, Any], *quantities: str) -> list[dict[str, Any]]:
    found = [each for each in (*made["results"], *made["further_results"]) if each["quantity"] in quantities]
    assert found
    return found


def before(samples: pl.DataFrame, result: dict[str, Any]) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return the last loaded row before the figure's own rows, and how long nothing flowed after it."""
    first = result["evidence"][0]["first_row"]
    loaded = samples.with_row_index("row").filter(
        (pl.col("row") < first) & (pl.col("current_ampere").abs() > IDLE_AMPERE)
    )
    last = loaded[-1]
    return last, {"second": samples["test_time_second"][first] - last["test_time_second"][0]}


def test_temperatures_are_the_means_of_their_rows(traced) -> None:
    made, samples = traced
    for each in of(made, "capacity", "energy", "dc_resistance", "cell_voltage_spread"):
        rows = rows_of(samples, each["evidence"][0])
        loaded = rows.filter(pl.col("current_ampere").abs() > IDLE_AMPERE)
        mean = (loaded if len(loaded) else rows)["surface_temperature_celsius"].mean()
        assert each["conditions"]["temperature_celsius"] == pytest.approx(mean, abs=1e-9)


def test_currents_and_cutoffs_of_the_capacity_come_again(traced) -> None:
    made, samples = traced
    battery = made["battery"]["type"]
    for each in of(made, "capacity", "energy", "state_of_health_capacity", "state_of_health_energy"):
        rows, given = rows_of(samples, each["evidence"][0]), each["conditions"]
        hours = (rows["test_time_second"][-1] - rows["test_time_second"][0]) / 3600
        assert given["current_ampere"] == pytest.approx(-moved(rows) / hours, rel=1e-3)
        assert given["rate_per_hour"] == pytest.approx(moved(rows) / hours / battery["rated_capacity_ah"], rel=1e-3)
        assert given["lower_cutoff_volt"] == pytest.approx(battery["lower_voltage_volt"])
        cells = rows.select(pl.col(r"^cell_\d+_voltage_volt$")).to_numpy()[-1]
        lower = battery["lower_voltage_volt"] / battery["series_count"]
        assert cells.min() == pytest.approx(lower, abs=2e-3)  # one cell met its share of the limit
        charged, idle = before(samples, each)
        assert given["upper_cutoff_volt"] == charged["voltage_volt"][0]
        assert given["end_of_charge_current_ampere"] == charged["current_ampere"][0]
        assert given["rest_before_second"] == pytest.approx(idle["second"])


def pulses(made: dict[str, Any], samples: pl.DataFrame) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    for each in of(made, "dc_resistance"):
        yield each, rows_of(samples, each["evidence"][0])


def test_currents_and_rests_of_the_pulses_come_again(traced) -> None:
    made, samples = traced
    for each, rows in pulses(made, samples):
        loaded = rows.filter(pl.col("current_ampere").abs() > IDLE_AMPERE)
        assert each["conditions"]["current_ampere"] == pytest.approx(loaded["current_ampere"].mean(), rel=1e-3)
        assert each["conditions"]["rest_before_second"] == pytest.approx(before(samples, each)[1]["second"])


def test_the_state_of_charge_of_the_pulses_is_counted_from_the_capacity_test(traced) -> None:
    made, samples = traced
    (capacity,) = of(made, "capacity")
    empty = capacity["evidence"][0]["last_row"]
    for each, _ in pulses(made, samples):
        since = samples[empty : each["evidence"][0]["first_row"] + 1]
        charge = float(np.trapezoid(since["current_ampere"], since["test_time_second"])) / 3600
        assert each["conditions"]["state_of_charge"] == pytest.approx(charge / capacity["value"], abs=1e-3)
