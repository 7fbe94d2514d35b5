"""What one evaluation costs before it begins, and that many predictions at once are those of each."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from hwan.health import rapid
from hwan.health.rapid import _predict, load_model, predict

ROOMS = "import hwan.assess, hwan.health.rapid, sys; print(*sys.modules)"
COMMAND = "import sys; from hwan.cli import _main; _main.commands(['evaluate']); print(*sys.modules)"


def _loaded(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("code", [ROOMS, COMMAND])
def test_an_evaluation_waits_neither_for_scipy_nor_for_what_calibrates(code: str) -> None:
    loaded = _loaded(code)
    assert "hwan.health.rapid._predict" in loaded
    assert {name for name in loaded if name.partition(".")[0] == "scipy"} == set()
    assert {f"hwan.health.rapid.{name}" for name in ("_calibrate", "_fit", "_table", "_deferral")}.isdisjoint(loaded)


def test_the_command_waits_for_no_other_and_for_no_drawing_on_the_terminal() -> None:
    loaded = _loaded(COMMAND)
    assert {"hwan.store", "hwan.cli._calibrate", "hwan.cli._app", "rich"}.isdisjoint(loaded)
    assert "hwan.cli._evaluation" in loaded


def test_every_public_name_is_there() -> None:
    assert all(getattr(rapid, name) is not None for name in rapid.__all__)
    assert dir(rapid) == sorted(rapid.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = rapid.nothing


def test_many_predictions_are_those_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model("pulsebat-lmo10/1")
    values = 3.8 + np.random.default_rng(1).normal(0, 0.05, (150, 21))
    whole, visit = predict(model, values, rapid.Visit()), rapid.Visit()
    monkeypatch.setattr(_predict, "BLOCK_ROWS", 64)
    in_blocks = predict(model, values, visit)
    for name in ("value", "scale", "distance", "visit"):
        one_by_one = np.concatenate([getattr(predict(model, row[None], visit), name) for row in values])
        np.testing.assert_allclose(getattr(in_blocks, name), getattr(whole, name), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(one_by_one, getattr(whole, name), rtol=1e-12, atol=1e-12)
