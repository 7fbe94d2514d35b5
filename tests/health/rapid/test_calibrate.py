"""A model from synthetic cells: better than the mean, honest on new cells, silent on others."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.health.rapid.conftest import ABOUT
from tests.health.rapid.pulses import table

from hwan.core import from_plain, to_json
from hwan.health.rapid import (
    CALIBRATED_VISIT,
    PULSES_5_SECOND,
    Calibrated,
    PartialProtocol,
    RapidModel,
    Visit,
    calibrate,
    calibration_table,
    corrected,
    load_model,
    predict,
    series_shifted,
    visit_of_checks,
    with_later_visits,
)
from hwan.health.rapid._features import FLOOR_VOLT, features, parts


def test_overpotentials_times_a_factor_move_all_logarithms_alike() -> None:
    values = table(cells=8, visits=3).values
    before, after = (
        parts(each, PULSES_5_SECOND)[..., :4] for each in (values, corrected(values, 1.1, PULSES_5_SECOND))
    )
    moved = before > np.log(10 * FLOOR_VOLT)
    np.testing.assert_allclose((after - before)[moved], np.log(1.1), rtol=1e-9)


def test_a_voltage_added_to_all_turning_points_changes_nothing() -> None:
    values = table(cells=8, visits=3).values
    one, two = (features(each, PULSES_5_SECOND, "pulse-parts/1") for each in (values, values + 0.3))
    np.testing.assert_allclose(one, two, atol=1e-9)


def test_new_cells_are_predicted_far_better_than_by_the_mean(calibrated: Calibrated) -> None:
    new = table(cells=60, seed=1)
    found = predict(calibrated.model, new.values)
    error = np.abs(found.value - new.state_of_health)
    assert error.mean() < 0.3 * np.abs(new.state_of_health - 0.775).mean()
    inside = error <= found.half_width(calibrated.model)
    assert 0.84 <= inside.mean() <= 0.99
    assert (found.distance <= 1).mean() > 0.9


def test_what_is_out_of_fold_is_as_good_as_on_new_cells(calibrated: Calibrated) -> None:
    new = table(cells=60, seed=2)
    fresh = np.abs(predict(calibrated.model, new.values).value - new.state_of_health).mean()
    assert calibrated.model.card["mean_absolute_error"] == pytest.approx(fresh, rel=0.35)


def test_the_same_table_gives_the_same_model() -> None:
    own = table(cells=10, visits=3)
    one, two = (to_json(calibrate(own, ABOUT).model) for _ in range(2))
    assert one == two


def test_a_model_is_a_document_that_predicts_the_same(calibrated: Calibrated, tmp_path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(to_json(calibrated.model), encoding="utf-8")
    model = load_model(path)
    values = table(cells=5, seed=3).values
    np.testing.assert_array_equal(predict(model, values).value, predict(calibrated.model, values).value)
    assert len(model.sha256) == 64
    assert from_plain(RapidModel, json.loads(to_json(model))) == model


def test_no_row_of_the_data_is_in_the_model(calibrated: Calibrated) -> None:
    raw = features(table().values, PULSES_5_SECOND, "pulse-parts/1")
    scaled = calibrated.model.estimator.scaled(raw)
    points = np.array(calibrated.model.estimator.members[0].points)  # type: ignore[union-attr]
    nearest = np.abs(points[:, None] - scaled[None]).max(axis=2).min(axis=1)
    assert nearest.min() > 1e-3


def test_other_batteries_are_far(calibrated: Calibrated) -> None:
    """A worse contact raises what jumps and not what grows: no ageing of these cells does so."""
    new = table(cells=30, seed=4)
    contact = new.values.copy()
    for number, rate in enumerate(PULSES_5_SECOND.rates_per_hour):
        contact[:, 1 + 4 * number : 3 + 4 * number] += 0.06 * rate
    assert (predict(calibrated.model, contact).distance > 1).mean() > 0.8
    assert (predict(calibrated.model, new.values[:, ::-1].copy()).distance > 1).all()


def test_check_cells_tell_the_visit_of_a_shifted_series(calibrated: Calibrated) -> None:
    new = table(cells=30, visits=1, seed=5)
    shifted = corrected(new.values, 0.9, PULSES_5_SECOND)
    visit = visit_of_checks(calibrated.model, shifted[:5], new.state_of_health[:5])
    assert visit.factor == pytest.approx(0.9, rel=0.03)
    assert visit.growth_sigma < Visit().growth_sigma
    errors = [
        np.abs(predict(calibrated.model, shifted[5:], each).value - new.state_of_health[5:]).mean()
        for each in (Visit(), visit)
    ]
    assert errors[1] < 0.6 * errors[0]


def test_a_later_visit_widens_the_interval_and_leaves_the_answer(calibrated: Calibrated) -> None:
    new = table(cells=30, visits=1, seed=5)
    same, later = (predict(calibrated.model, new.values, each) for each in (CALIBRATED_VISIT, Visit()))
    np.testing.assert_array_equal(same.value, later.value)
    assert (later.half_width(calibrated.model) > 1.2 * same.half_width(calibrated.model)).mean() > 0.8
    shifted = predict(calibrated.model, corrected(new.values, 0.92, PULSES_5_SECOND), Visit())
    inside = np.abs(shifted.value - new.state_of_health) <= shifted.half_width(calibrated.model)
    assert inside.mean() > 0.85


def test_second_visits_that_were_seen_give_the_width_of_later_ones() -> None:
    first, new = table(cells=12, visits=3), table(cells=12, visits=3)
    second = replace(new, values=corrected(new.values, 0.85, PULSES_5_SECOND))
    model = calibrate(first, ABOUT).model
    later = with_later_visits(model, first, second, ABOUT)
    assert {each.probability for each in later.later_bounds} == {0.5, 0.9, 0.95, 0.99}
    asked = table(cells=300, visits=1, seed=31)
    moved = corrected(asked.values, 0.85, PULSES_5_SECOND)
    found = predict(later, moved, Visit())
    inside = np.abs(found.value - asked.state_of_health) <= found.half_width(later)
    same = predict(later, moved, CALIBRATED_VISIT)
    missed = np.abs(same.value - asked.state_of_health) <= same.half_width(later)
    assert inside.mean() >= 0.85 > missed.mean()
    assert from_plain(RapidModel, json.loads(to_json(later))) == later


def test_a_series_is_shifted_when_all_lie_outside_though_none_is_far() -> None:
    assert not series_shifted([0.9, 0.1, 0.5, 0.3, 0.7])
    assert series_shifted([0.1] * 6)
    assert not series_shifted([0.01, 0.01])


def test_few_cells_give_assumed_bounds_that_are_wider(calibrated: Calibrated) -> None:
    few = calibrate(table(cells=6, visits=4), ABOUT).model
    assert [each.shown for each in few.bounds] == [True, False, False, False]
    assert few.bound(0.9).bound > calibrated.model.bound(0.9).bound


def test_partial_charges_calibrate_a_model_of_their_own() -> None:
    random = np.random.default_rng(8)
    health = np.repeat(random.uniform(0.6, 0.95, 30), 4)
    protocol = PartialProtocol("discharge", 0.5, (4.1, 4.0, 3.9, 3.8))
    parts_ah = np.outer(health, (0.11, 0.13, 0.15)) * random.lognormal(0, 0.01, (120, 3))
    names = np.repeat([f"c{number}" for number in range(30)], 4)
    frame = pl.DataFrame({"cell": names, "soh": health, **dict(zip(protocol.names, parts_ah.T, strict=True))})
    model = calibrate(calibration_table(frame, protocol, "partial"), ABOUT).model
    assert model.card["mean_absolute_error"] < 0.01 < model.card["mean_predictor_error"]
