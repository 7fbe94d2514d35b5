"""What the figures of the rapid evaluation are built on: rows, folds, baselines, constant widths, decisions."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hwan.health.rapid import PULSES_5_SECOND, CalibrationTable

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(autouse=True)
def bench_on_path(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)


def bench(name):
    return importlib.import_module(name)


SOC = np.array([5.0, 10.0, 50.0, 65.0, 30.0])
FIRST = np.array([True, True, True, True, False])


@pytest.mark.parametrize(
    ("protocol", "regular", "trains", "tested"),
    [
        ("G", np.ones(5, dtype=bool), [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]),
        ("G", FIRST, [0, 1, 2], [0, 1, 2]),
        ("GS", np.ones(5, dtype=bool), [0, 2], [1, 4]),
        ("GR", FIRST, [0, 1, 2, 3], [4]),
    ],
)
def test_protocols_choose_rows(protocol, regular, trains, tested):
    found = bench("rapid_data").masks(SOC, regular, protocol)
    assert [np.flatnonzero(each).tolist() for each in found] == [trains, tested]


def test_folds_go_round_in_the_order_of_bytes():
    fold = bench("rapid_data").fold_of_cells({"b", "a", "B", "é", "z", "10", "9"})
    assert fold == {"10": 0, "9": 1, "B": 2, "a": 3, "b": 4, "z": 0, "é": 1}


def test_the_rule_gives_the_folds_of_the_data(lab_data):
    table = pl.read_csv(lab_data / "retired/folds.csv")
    rule = bench("rapid_data").fold_of_cells
    for (name,), part in table.group_by("dataset"):
        assert rule(set(part["cell"])) == dict(part.select("cell", "fold").iter_rows()), name


@pytest.mark.parametrize(
    ("name", "protocol", "trains", "tested", "cells"),
    [("lmo10", "G", 950, 950, 95), ("nmc2p1", "GS", 402, 268, 12), ("lfp68", "G", 1151, 1151, 96),
     ("lfp20", "GR", 1385, 102, 102), ("lfp35", "G", 560, 560, 56)],
)  # fmt: skip
def test_tasks_have_the_rows_of_the_protocol(lab_data, name, protocol, trains, tested, cells):
    task = bench("rapid_data").task(lab_data / "retired", name, protocol)
    assert (task.trains.sum(), task.tested.sum(), len(set(task.table.cells[task.tested]))) == (trains, tested, cells)
    for fold in range(5):
        own = task.training(fold)
        assert not set(own.cells) & set(task.table.cells[task.fold == fold])


def by_augmented_rows(inputs, target, asked):
    """Ridge regression in another way: least squares with a row of the root of the penalty for each weight."""
    rows = np.vstack([inputs, asked])

    def scaled(columns):
        own = columns[: len(inputs)]
        return (columns - own.mean(axis=0)) / own.std(axis=0)

    first = scaled(rows)
    pairs = [first[:, i] * first[:, j] for i in range(first.shape[1]) for j in range(i + 1)]
    second = scaled(np.column_stack([first, *pairs]))
    own, penalty = second[: len(inputs)], np.sqrt(10.0) * np.eye(second.shape[1])
    answer = np.append(target - target.mean(), np.zeros(len(penalty)))
    weights = np.linalg.lstsq(np.vstack([own, penalty]), answer, rcond=None)[0]
    return second[len(inputs) :] @ weights + target.mean()


def test_ridge2_is_ridge_regression_on_standardised_quadratic_terms():
    draw = np.random.default_rng(3)
    inputs, asked = draw.normal(3.7, 0.1, (60, 4)), draw.normal(3.7, 0.1, (9, 4))
    target = inputs[:, 0] * inputs[:, 1] + draw.normal(0, 0.01, 60)
    expected = by_augmented_rows(inputs, target, asked)
    assert bench("rapid_peers").ridge2(inputs, target, asked) == pytest.approx(expected, abs=1e-10)


def test_ridge2_finds_a_parabola_among_many_rows_and_bears_a_constant_column():
    place = np.linspace(-1, 1, 20_001)
    inputs = np.column_stack([place, np.full(len(place), 4.0)])
    said = bench("rapid_peers").ridge2(inputs, 0.8 + 0.1 * place**2, np.array([[0.5, 4.0], [0.0, 4.0]]))
    assert said == pytest.approx([0.825, 0.8], abs=2e-4)


def small_task(count=20):
    """One row for each of `count` cells, healths 0.70, 0.71, …"""
    rows = np.arange(count)
    volts = np.tile(np.linspace(3.6, 3.8, 21), (count, 1)) + rows[:, None] * 1e-4
    names = np.array([f"c{row:02d}" for row in rows])
    table = CalibrationTable(volts, 0.70 + 0.01 * rows, names, PULSES_5_SECOND)
    every = np.ones(count, dtype=bool)
    return bench("rapid_data").Task("small", "G", table, rows % 5, every, every)


def test_constant_widths_are_quantiles_of_residuals_inside_the_training_folds():
    peers, task = bench("rapid_peers"), small_task()
    asked = peers.questions(task)
    for out, trains, asks in zip(asked.left_out, asked.trains, asked.asks, strict=True):
        assert not np.isin(task.fold[trains], out).any()
        assert np.isin(task.fold[asks], out).all()
    said = np.full(asked.asks.shape, np.nan)
    for row, out in enumerate(asked.left_out):
        shift = 0.0 if len(out) == 1 else 0.001 * (10 * max(out) + min(out))
        said[row, asked.asks[row]] = (task.table.state_of_health + shift)[asked.asks[row]]
    found = peers.compared(task, asked, said)
    assert found.value == pytest.approx(task.table.state_of_health)
    for fold, largest in enumerate((0.040, 0.041, 0.042, 0.043, 0.043)):  # of 16 residuals, 4 a pair, the 15th
        assert found.half[task.fold == fold] == pytest.approx(largest)


def test_the_mean_predictor_never_sees_the_tested_fold():
    peers, task = bench("rapid_peers"), small_task()
    found = {(name, form): each for (_, name, form), each in peers.peers_without_forests([task]).items()}
    health = task.table.state_of_health
    for fold in range(5):
        own = task.fold == fold
        assert found["mean", "U"].value[own] == pytest.approx(health[~own].mean())


def test_measures_on_a_case_counted_by_hand():
    truth = np.array([0.70, 0.75, 0.81, 0.90])
    value = np.array([0.71, 0.82, 0.80, 0.90])
    half = np.array([0.02, 0.01, 0.02, 0.05])
    found = bench("rapid_measures").measured(truth, value, half, np.array(["a", "a", "b", "c"]))
    assert (found.rows, found.cells) == (4, 3)
    assert found.mean_error == pytest.approx((0.01 + 0.07 + 0.01 + 0.0) / 4)
    assert found.large == 0.25
    assert found.coverage == 0.75
    assert found.score == pytest.approx((0.04 + (0.02 + 20 * 0.06) + 0.04 + 0.10) / 4)
    decided = found.decisions
    assert (decided.decided_rows, decided.wrong_rows, decided.wrong_cells, decided.decided_cells) == (3, 1, 1, 2)


def test_a_contact_moves_the_pulses_and_not_the_rests():
    volts = np.tile(3.7, (3, 21))
    volts[:, 1::4] += np.array([0.5, -0.5, 1.0, -1.0, 1.5]) * 0.02  # a jump of 20 mV at 1C
    moved = 1e3 * (bench("rapid_unknown").with_contact(volts, 0.5)[0] - volts[0])
    expected = np.zeros(21)
    expected[1::4] = expected[2::4] = [5, -5, 10, -10, 15]
    assert moved == pytest.approx(expected)


def test_a_model_is_kept_under_its_rows_and_the_code():
    models, task = bench("rapid_models"), small_task()
    one = models.Job("t", "lmo10", task.training(0), False)
    assert one.path == models.Job("t", "lmo10", task.training(0), False).path
    assert one.path != models.Job("t", "lmo10", task.training(1), False).path
    assert one.path != models.Job("t", "lmo10", task.training(0), True).path
    values = task.table.values.copy()
    values[3, 4] += 1e-6
    other = CalibrationTable(values, task.table.state_of_health, task.table.cells, PULSES_5_SECOND)
    assert models.Job("t", "lmo10", other.part(task.fold != 0), False).path != one.path
    named = {path.name for path in models.imported("_calibrate")}
    assert {"_fit.py", "_network.py", "_nearness.py", "_features.py", "_table.py"} <= named
    assert "_evaluate.py" not in named


def test_without_data_the_bench_says_so(monkeypatch, capsys):
    monkeypatch.delenv("HWAN_LAB_DATA", raising=False)
    assert bench("rapid").main([]) == 0
    assert capsys.readouterr().out == "not run: HWAN_LAB_DATA is not set\n"


def test_a_failed_claim_is_told(monkeypatch, capsys, tmp_path):
    rapid, page = bench("rapid"), bench("rapid_page")
    claims = (page.Claim("a", "1", "2", holds=True), page.Claim("b", "3", "2", holds=False))
    sections = [page.Section("t", "n", ("x", "y"), [("1", "2")], claims)]
    monkeypatch.setenv("HWAN_LAB_DATA", str(tmp_path))
    monkeypatch.setattr(rapid, "LINES", ())
    monkeypatch.setattr(rapid, "sections", lambda *_: iter(sections))
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    assert rapid.main(["--write"]) == 1
    told = capsys.readouterr().out
    assert "RESULT | b | 3 | 2\n" in told
    assert "| x | y |\n| --- | --- |\n| 1 | 2 |\n" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert sys.modules["rapid_page"] is page


def test_a_series_takes_one_row_of_a_cell():
    cells = np.repeat([f"c{number}" for number in range(12)], 5)
    share = bench("rapid_measures").series_share
    assert share(np.full(60, 0.01), cells, 10, 20) == 1.0
    assert share(np.full(60, 0.5), cells, 10, 20) == 0.0
    one = np.where(np.isin(cells, ["c0"]), 0.01, 0.5)  # one far battery makes no shifted series
    assert share(one, cells, 10, 20) == 0.0


def line(mean_error, p95, coverage, score=10.0):
    measures = bench("rapid_measures")
    truth, width = np.array([0.7, 0.9]), np.array([0.1, 0.1])
    found = measures.measured(truth, truth, width, np.array(["a", "b"]))
    changed = {"mean_error": mean_error, "p95": p95, "coverage": coverage, "score": score}
    return dataclasses.replace(found, coverage_low=coverage - 0.02, coverage_high=coverage + 0.02, **changed)


def test_a_set_counts_when_error_p95_and_coverage_are_right():
    accuracy = bench("rapid_accuracy")
    base = line(0.03, 0.08, 0.9)
    ours = {
        "lmo10 G": line(0.02, 0.07, 0.90),
        "lfp35 G": line(0.02, 0.09, 0.90),
        "lfp20 G": line(0.04, 0.07, 0.90),
        "nmc21 G": line(0.02, 0.07, 0.95),
    }
    found = {title: {"hwan": own, "Ridge2, U-U1": base, "RF, U-U1": base} for title, own in ours.items()}
    claims = [claim for each in accuracy.accuracy(found) for claim in each.claims]
    told = {claim.claim: (claim.measured, claim.holds) for claim in claims}
    of = "rapid, G: sets below"
    assert told[f"{of} the line to beat in MAE and p95 with coverage 88–93 %"] == ("1 of 4 (lmo10)", False)
    assert told[f"{of} it in MAE and p95"] == ("2 of 4 (lmo10, nmc21)", True)
    assert told[f"{of} it in the interval score"] == ("0 of 4 (none)", True)


def test_a_line_that_could_not_be_run_is_named():
    found = {"nmc21 G": {"hwan": line(0.02, 0.07, 0.9), "mean": line(0.03, 0.08, 0.9)}}
    table, compared = bench("rapid_accuracy").accuracy(found)
    assert (len(table.rows), len(compared.rows)) == (2, 0)
    assert compared.claims[0].measured == "0 of 1 (none); line not run: nmc21"
    assert not compared.claims[0].holds
