"""The lab's simulated cells: with the true tables, with wrong ones, and through windows."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.health.modes import degradation_modes_batch
from hwan.health.modes._quantities import MODES

SETS = ("Chen2020", "Prada2013", "Mohtat2020", "Chayambuka2022")


def told(frame, suffix=""):
    return np.stack([frame[f"{name}{suffix}"].to_numpy() for name in MODES], axis=1)


@pytest.mark.parametrize("name", SETS)
def test_with_the_true_tables_no_cell_is_off(truth, name):
    cells = truth(name)
    curves = cells.curves()
    found = degradation_modes_batch(curves, cells.electrodes(), fresh=curves[:1])
    assert found["refusal_code"].null_count() == 40
    wrong = np.abs(told(found) - cells.losses())[1:]
    assert wrong.max() < 0.005
    limit = [0.0015, 0.0015, 0.005 if name == "Prada2013" else 0.0018]
    assert (np.quantile(wrong, 0.95, axis=0) <= limit).all()


def test_with_wrong_tables_and_in_windows_the_intervals_hold(truth):
    inside, answered, far = [], [], []
    for name in SETS:
        cells = truth(name)
        fresh = cells.curves()[:1]
        for error, window in ((5, ""), (10, ""), (5, "10-90"), (0, "20-80")):
            tables = cells.electrodes(f"U_err{error}mV_V", 1e-3 * error) if error else cells.electrodes()
            curves, losses = cells.curves(window)[1::3], cells.losses()[1::3]
            found = degradation_modes_batch(curves, tables, fresh=fresh)
            value, low, high = (told(found, suffix) for suffix in ("", "_low", "_high"))
            is_told = np.isfinite(value)
            holds = (low <= losses) & (losses <= high)
            inside.append(holds[is_told])
            answered.append(is_told.ravel())
            far.append((np.abs(value - losses) > 0.05) & is_told & ~holds)
    assert not np.concatenate([each.ravel() for each in far]).any()
    assert 0.85 <= np.concatenate(inside).mean() <= 0.97
    assert np.concatenate(answered).mean() > 0.8


@pytest.mark.parametrize("window", ["10-90", "20-80", "40-80"])
def test_a_phosphate_window_never_tells_the_positive(truth, window):
    cells = truth("Prada2013")
    found = degradation_modes_batch(cells.curves(window), cells.electrodes(), fresh=cells.curves()[:1])
    assert found["loss_of_active_material_positive"].null_count() == 40
    assert set(found["loss_of_active_material_positive_refusal"]) == {"modes_plateau_without_ends"}
