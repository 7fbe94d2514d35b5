"""Both estimators, the choice between them, and both forms of the loops."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.health.ica.curves import made

from hwan.health.ica import (
    _analysed,
    _density,
    _grid,
    _instrument,
    _regression,
    incremental_capacity,
)
from hwan.health.ica._capacity import Run
from hwan.health.ica._checks import oriented
from hwan.health.ica._machine import machine


def _cell(lab, name: str, samples: int = 3000):
    """Charge, voltage and dQ/dV of a fresh cell of the truth set."""
    tables = pl.read_parquet(lab / "truth" / "ocp_tables.parquet").filter(pl.col("set") == name)
    cases = pl.read_parquet(lab / "truth" / "dma_truth.parquet")
    case = cases.filter(pl.col("set") == name, pl.col("case") == 0).row(0, named=True)
    charge = np.linspace(0, case["capacity_Ah"], samples)
    places = {"positive": case["y0"] - charge / case["Qp_Ah"], "negative": case["x0"] + charge / case["Qn_Ah"]}
    half = {}
    for electrode, place in places.items():
        own = tables.filter(pl.col("electrode") == electrode)
        half[electrode] = np.interp(place, own["sto"], own["U_V"])
    volt = half["positive"] - half["negative"]
    return charge, volt, np.gradient(charge, volt)


def _rounded(volt, seed: int):
    return np.round((volt + 1e-3 * np.random.default_rng(seed).standard_normal(len(volt))) / 1e-3) * 1e-3


def test_nmc_from_half_cell_tables_is_within_the_fields_limit(lab_data):
    charge, volt, capacity = _cell(lab_data, "Chen2020")
    rel = []
    for seed in range(8):
        found = incremental_capacity(_rounded(volt, seed), charge)
        told = np.interp(volt, found.voltage_volt, found.incremental_capacity_ah_per_volt)
        rel.append(np.sqrt(np.mean((told - capacity) ** 2) / np.mean(capacity**2)))
    assert np.median(rel) <= 0.04


def test_lfp_plateaus_are_told_with_intervals_that_hold(lab_data):
    charge, volt, capacity = _cell(lab_data, "Prada2013")
    held = 0
    for seed in range(8):
        found = incremental_capacity(_rounded(volt, seed), charge)
        highest = max(found.peaks, key=lambda peak: peak.height.value)
        low, high = highest.height.interval
        held += low <= capacity.max() <= high
    assert held >= 6


def test_the_smaller_expected_error_decides():
    told = {}
    for name, curve in (("smooth", made()), ("few", made(150))):
        work, peaks = np.zeros((_analysed.ROWS, _density.MOST_PLACES)), np.zeros((12, _analysed.PEAK_COLUMNS))
        row = np.zeros(_analysed.COLUMNS)
        _analysed.analysed(curve.charge, curve.noisy(), np.zeros((3, _density.MOST_PLACES)), work, row, peaks)
        told[name] = row
    for row in told.values():
        errors = row[_analysed.ERROR_DENSITY], row[_analysed.ERROR_REGRESSION]
        assert row[_analysed.ESTIMATOR] == int(errors[1] < _analysed.SURER * errors[0])
        assert row[_analysed.ERROR] == errors[int(row[_analysed.ESTIMATOR])]


def test_sodium_ion_plateaus_are_told_with_an_error_and_intervals_that_hold(lab_data):
    """A plateau of theirs rises by 0.7 mV between edges that no bandwidth resolves: more may hide than is seen."""
    charge, volt, capacity = _cell(lab_data, "Chayambuka2022")
    honest, held = [], 0
    for seed in range(12):
        found = incremental_capacity(_rounded(volt, seed), charge)
        told = np.interp(volt, found.voltage_volt, found.incremental_capacity_ah_per_volt)
        rel = np.sqrt(np.mean((told - capacity) ** 2) / np.mean(capacity**2))
        honest.append(rel / found.expected_error)
        highest = max(found.peaks, key=lambda peak: peak.height.value)
        low, high = highest.height.interval
        held += low <= capacity.max() <= high
    assert np.median(honest) < 1.5
    assert np.mean(np.array(honest) < 2) > 0.6
    assert held >= 8


def test_a_bandwidth_leaves_no_more_than_the_next_wider_one():
    left = np.array([0.0, 0.05, 0.02, 0.03, 0.04])
    assert _density.added_up(left, 4) == pytest.approx(0.02 + 0.02 + 0.03 + 0.04)
    assert left.tolist() == [0.0, 0.02, 0.02, 0.03, 0.04]


def test_behind_edges_more_may_hide_than_behind_smooth_peaks():
    smooth, edged = np.array([0.0, 0.01, 0.05, 0.2]), np.array([0.0, 0.05, 0.06, 0.07])
    assert _density.lost_below(smooth, 4, 0) == pytest.approx(_density.SMOOTH[1])
    assert _density.lost_below(edged, 4, 0) == pytest.approx(_density.EDGED[1])
    assert _density.lost_below(edged, 4, 3) == 0


def test_the_kernel_takes_out_noise_up_to_the_sixth_power():
    """Its moments about zero are those of the inverse of a Gaussian blur: 1, −σ², 3σ⁴."""
    width, sigma, step = 2e-3, 1.2e-3, 2e-5
    weights = np.zeros(600)
    reach = _density.kernel(width, step, sigma**2, weights)
    x = step * np.arange(-reach, reach + 1)
    kernel = np.concatenate((weights[reach:0:-1], weights[: reach + 1])) * step
    moments = [float(np.sum(kernel * x**power)) for power in (0, 2, 4)]
    assert moments[0] == pytest.approx(1, abs=5e-3)
    assert moments[1] == pytest.approx(-(sigma**2), rel=0.2)
    assert moments[2] == pytest.approx(3 * sigma**4, rel=3.0)


def test_the_banded_solution_is_that_of_the_whole_matrix():
    random, count = np.random.default_rng(1), 12
    theta = random.normal(0, 0.3, count)
    cells = np.array([np.full(count, 50.0), np.linspace(3, 4, count), random.uniform(0.2, 0.8, count)])
    matrix, right = np.zeros((count + 4, 4)), np.zeros(count + 4)
    _regression.normal_equations(theta, np.exp(theta), cells, 0.1, 3.0, matrix, right)
    whole = np.zeros((count + 1, count + 1))
    for k in range(4):
        for i in range(count + 1 - k):
            whole[i, i + k] = whole[i + k, i] = matrix[i, k]
    expected, inverse = np.linalg.solve(whole, right[: count + 1]), np.linalg.inv(whole)
    _regression.factored(matrix)
    assert _regression.log_determinant(matrix) == pytest.approx(np.linalg.slogdet(whole)[1])
    _regression.solved(matrix, right)
    assert right[: count + 1] == pytest.approx(expected)
    variance, slope = np.zeros(count), np.exp(theta)
    _regression.variances(matrix, cells, slope, 0.1, variance)
    for j in range(count):
        pair = inverse[j, j] + inverse[j + 1, j + 1] - 2 * inverse[j, j + 1]
        assert variance[j] == pytest.approx(pair / (0.1 * slope[j]) ** 2)


def test_a_regression_is_drawn_to_the_density_where_that_errs_less():
    places, step, low, rung = 200, 1e-3, 3.3, 0
    work = np.full((_analysed.ROWS, _density.MOST_PLACES), 8.0)
    cells = np.array([np.linspace(low + 0.02, low + 0.18, 20), np.full(20, 10.0), np.full(20, 0.1)])
    drawn = {}
    for name, per_density in (("sure", 1e-6), ("equal", 0.125), ("unsure", 1e3)):
        curve = cells.copy()
        _analysed.weighed(low, step, rung, (per_density, 0.0, 0.0), curve, work[:, : places + 2 * _density.PAD])
        drawn[name] = curve
    assert drawn["sure"][1] == pytest.approx(8.0, rel=1e-3)
    assert drawn["equal"][1] == pytest.approx(9.0)
    assert drawn["unsure"][1] == pytest.approx(10.0, rel=1e-3)
    assert np.all(drawn["sure"][2] < drawn["equal"][2])


def test_a_density_without_another_bandwidth_beside_it_could_be_all_bias():
    """Of a curve of few bandwidths only one is computed, and what an earlier curve left must not be taken for more."""
    charge = np.linspace(0, 1, 400)
    narrow = 3.3 + 0.010 * charge + 1e-3 * np.random.default_rng(2).standard_normal(400)
    work, curve = np.full((_analysed.ROWS, _density.MOST_PLACES), 90.0), np.zeros((2, _density.MOST_PLACES))
    places, rung, _, _ = _density.density_of(charge, narrow, (1e-3, 1e-6, 1.0), 1.5e-3, curve[0], curve[1], work)
    assert (places > 0, rung) == (True, 0)
    density, left = _density.left_at(work, rung, 5.0)
    assert left == density > 0


def test_the_mirrored_grid_keeps_both_ends_of_a_short_curve():
    mass, whole = np.zeros(29), np.zeros(29)
    mass[7:22] = np.arange(1.0, 16.0)
    _grid.mirrored(mass, 10, 8, whole)
    assert whole[10] == 2 * mass[10]
    assert whole[12] == mass[12] + mass[8]
    assert whole[16] == mass[16] + mass[20]
    assert whole[18] == 2 * mass[18]


def test_the_slope_of_a_regression_is_never_negative():
    flat = made(peaks=((1.5, 3.4, 0.003),))
    found = incremental_capacity(flat.noisy(3), flat.charge)
    assert np.all(found.incremental_capacity_ah_per_volt >= 0)
    assert np.all(np.diff(found.voltage_volt) > 0)


def test_noise_is_measured_on_uneven_samples_too():
    curve = made()
    kept = np.sort(np.random.default_rng(0).permutation(3000)[:1500])
    sigma, _ = _instrument.instrument_of(curve.charge[kept], curve.noisy(5, 5e-4, 0.0)[kept])
    assert sigma == pytest.approx(5e-4, rel=0.1)


def test_compiled_loops_give_the_same_figures():
    pytest.importorskip("numba")
    shapes = [made(400 + 90 * number) for number in range(8)]
    curves = [oriented(each.noisy(7), each.charge) for each in shapes]
    fast, plain = Run(curves, "unknown", many=True), Run(curves, "unknown")
    assert machine() is not _analysed.all_analysed
    assert fast.told == pytest.approx(plain.told, rel=1e-6)
    assert fast.peaks == pytest.approx(plain.peaks, rel=1e-6)
