"""A model whose arrays do not fit each other is refused where it is read, and the field is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hwan.core import BadDefinition
from hwan.health.rapid import load_model
from hwan.health.rapid._library import FOLDER

Plain = dict[str, Any]
DAMAGES: dict[str, Callable[[Plain], object]] = {
    "estimator.centre": lambda model: model["estimator"]["centre"].pop(),
    "estimator.shares": lambda model: model["estimator"]["shares"].append(0.0),
    "estimator.spread": lambda model: model["estimator"]["spread"].pop(),
    "estimator.members[0].points": lambda model: model["estimator"]["members"][0]["points"][3].pop(),
    "estimator.members[0].weights": lambda model: model["estimator"]["members"][0]["weights"].pop(),
    "estimator.members[2].biases": lambda model: model["estimator"]["members"][2]["biases"].pop(),
    "estimator.members[2].weights[1]": lambda model: model["estimator"]["members"][2]["weights"][1].pop(),
    "nearness.roots": lambda model: model["nearness"]["roots"].pop(),
    "nearness.levels": lambda model: model["nearness"]["levels"].clear(),
    "protocol.rates_per_hour": lambda model: model["protocol"].update(rates_per_hour=[0.5, 0.0]),
    "estimator.scale": lambda model: model["estimator"]["scale"].__setitem__(0, 0.0),
    "nearness.limit": lambda model: model["nearness"].update(limit=-1.0),
    "bounds": lambda model: model["bounds"].clear(),
    "bounds.bound": lambda model: model["bounds"][1].update(bound=-1.0),
    "bounds.probability": lambda model: model["bounds"][0].update(probability=2.0),
    "estimator.clip": lambda model: model["estimator"].update(clip=0.0),
    "health_high": lambda model: model.update(health_low=0.9, health_high=0.5),
}


@pytest.mark.parametrize("field", DAMAGES)
def test_the_damaged_field_is_named(tmp_path, field: str) -> None:
    path = tmp_path / "model.json"
    model = json.loads((FOLDER / "pulsebat-lmo10-1.json").read_text(encoding="utf-8"))
    DAMAGES[field](model)
    path.write_text(json.dumps(model), encoding="utf-8")
    with pytest.raises(BadDefinition) as raised:
        load_model(path)
    assert raised.value.values["field"] == field
    assert raised.value.values["source"] == str(path)


def test_fewer_pulses_than_the_coefficients_are_of(tmp_path) -> None:
    path = tmp_path / "model.json"
    model = json.loads((FOLDER / "pulsebat-lmo10-1.json").read_text(encoding="utf-8"))
    model["protocol"]["rates_per_hour"].pop()
    path.write_text(json.dumps(model), encoding="utf-8")
    with pytest.raises(BadDefinition, match="shape"):
        load_model(path)


def test_a_model_without_members_and_later_bounds_without_the_claim(tmp_path) -> None:
    for name, damage, field in (
        ("pulsebat-lmo10-1", lambda model: model["estimator"].update(members=[], shares=[]), "estimator.shares"),
        ("lfp-pulse-lfp20-1", lambda model: model.update(later_bounds=model["later_bounds"][:1]), "later_bounds"),
    ):
        path = tmp_path / f"{name}.json"
        model = json.loads((FOLDER / path.name).read_text(encoding="utf-8"))
        damage(model)
        path.write_text(json.dumps(model), encoding="utf-8")
        with pytest.raises(BadDefinition) as raised:
            load_model(path)
        assert raised.value.values["field"] == field
