"""Both estimators, the choice between them, and both forms of the loops."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from tests.health.ica.curves import made

from hwan.health.ica import _analysed, _density, _regression, incremental_capacities, incremental_capacity


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
        assert row[_analysed.ERROR] == min(errors)
        assert row[_analysed.ESTIMATOR] == int(errors[1] < errors[0])


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


def test_the_slope_of_a_regression_is_never_negative():
    flat = made(peaks=((1.5, 3.4, 0.0008),))
    found = incremental_capacity(flat.noisy(3), flat.charge)
    assert np.all(found.incremental_capacity_ah_per_volt >= 0)
    assert np.all(np.diff(found.voltage_volt) > 0)


def test_noise_is_measured_on_uneven_samples_too():
    curve = made()
    kept = np.sort(np.random.default_rng(0).permutation(3000)[:1500])
    sigma, _ = _density.instrument_of(curve.charge[kept], curve.noisy(5, 5e-4, 0.0)[kept])
    assert sigma == pytest.approx(5e-4, rel=0.1)


CHILD = """
import numpy as np
from tests.health.ica.curves import made
from hwan.health.ica import incremental_capacities
curves = [made(400 + 10 * number) for number in range(66)]
found = incremental_capacities([each.noisy(7) for each in curves], [each.charge for each in curves])
print(repr(found["peak_ah_per_volt"].to_list()))
"""


def test_compiled_loops_give_the_same_figures():
    pytest.importorskip("numba")
    curves = [made(400 + 10 * number) for number in range(66)]
    fast = incremental_capacities([each.noisy(7) for each in curves], [each.charge for each in curves])
    surroundings = {**os.environ, "HWAN_FAST": "0"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True, env=surroundings, timeout=120
    )
    plain = eval(done.stdout, {"nan": math.nan})  # noqa: S307 - a list of numbers of our own
    assert fast["peak_ah_per_volt"].to_list() == pytest.approx(plain, rel=1e-6)
