"""What a certificate says of a pack's cells, and of the pack mended, comes again from the rows it names.

The charge a cell has to go is placed here by a shorter way than the method's own: one curve of the limiting
cell, no clocks, no doubts. It must land within the printed intervals all the same.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from tests.report.certificate.rows import interval, moved, rows_of

import hwan
from hwan import core
from hwan.grading import load_ruleset
from hwan.report import Entry
from hwan.routing import load_prices
from hwan.synthetic import pack_test

Floats = NDArray[np.float64]
CELLS, PER_MODULE = 24, 6


@pytest.fixture(scope="module")
def modules() -> Entry:
    """A pack of four modules, so that replacing some of them is a figure."""
    test = pack_test(11, series=CELLS, rated_capacity_ah=150)
    battery = replace(test.battery, type=replace(test.battery.type, cells_per_module=PER_MODULE))
    rules, prices = load_ruleset("house/1"), load_prices("everbatt-2023-kr/1")
    assessed = hwan.evaluate([test.recording], battery, ruleset=rules, prices=prices)
    return Entry(assessed, test.samples, hwan.steps(test.recording), ruleset=rules, recordings=(test.recording,))


@pytest.fixture(scope="module")
def made(modules: Entry, issue: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(issue(modules).content)
    return found


@pytest.fixture(scope="module")
def samples(modules: Entry) -> pl.DataFrame:
    assert modules.samples is not None
    return modules.samples


def taps(rows: pl.DataFrame) -> Floats:
    """Return the voltages of all cells, shape (rows, cells)."""
    return rows.select(f"cell_{number:03}_voltage_volt" for number in range(1, CELLS + 1)).to_numpy()


def at_end(rows: pl.DataFrame) -> Floats:
    """Return the cells' voltages at the last row, on straight lines through all rows."""
    seconds = rows["test_time_second"].to_numpy()
    return np.polyfit(seconds - seconds[-1], taps(rows), 1)[1]


def within(rows: pl.DataFrame, seconds: float) -> pl.DataFrame:
    return rows.filter(pl.col("test_time_second") >= rows["test_time_second"][-1] - seconds)


def resistances(rows: pl.DataFrame) -> Floats:
    """Return each cell's voltage step over the current step, 10 s into the pulse that ends these rows."""
    amperes = rows["current_ampere"].to_numpy()
    pulse = np.abs(amperes) > 0.5 * np.abs(amperes).max()
    before, during = rows.filter(~pulse), within(rows.filter(pulse), 5.0)
    step = float(during["current_ampere"].mean()) - float(before["current_ampere"][-1])  # type: ignore[arg-type]
    return (at_end(during) - at_end(before)) / step


def to_go(run: pl.DataFrame, rest: pl.DataFrame, drops_volt: Floats) -> Floats:
    """Return the charge in Ah of each cell to the limit of `run`.

    The curve is the limiting cell's at constant current, moved to rested voltage by what the current drops;
    after it, a phase at constant voltage leads on to the rested voltage.
    """
    amperes, seconds = run["current_ampere"].to_numpy(), run["test_time_second"].to_numpy()
    sign = float(np.sign(np.median(amperes)))
    limiting = int(np.argmax(sign * taps(run)[-1]))
    flowed = np.abs(np.append(0.0, np.cumsum(np.diff(seconds) * (amperes[1:] + amperes[:-1]) / 2))) / 3600
    held = np.abs(amperes) >= 0.98 * np.abs(np.median(amperes))
    held[: len(held) // 7] = False  # the polarisation of the first part still grows
    rested = sign * at_end(rest)
    curve = np.append(sign * taps(run)[held, limiting] - sign * drops_volt[limiting], rested[limiting])
    found = np.interp(rested, curve, np.append((flowed[-1] - flowed)[held], 0.0), left=np.inf, right=0.0)
    found[limiting] = 0.0
    return found


def placed(made: dict[str, Any], samples: pl.DataFrame) -> tuple[float, Floats, Floats]:
    """Return what the pack gave, and each cell's charge missing to full and left when empty, in Ah."""
    discharge, charge, full, empty = (rows_of(samples, each) for each in made["cell_evidence"]["capacity_ah"])
    drops = taps(discharge)[-1] - at_end(empty)  # the same current drops the same voltage when charging, upwards
    return moved(discharge), to_go(charge, full, -drops), to_go(discharge, empty, drops)


def margin(made: dict[str, Any], question: str) -> dict[str, Any]:
    return next(each for each in made["cell_verdicts"] if each["question"] == question)


@pytest.mark.parametrize(("question", "sign"), [("first_to_empty", -1.0), ("first_to_full", 1.0)])
def test_the_cell_that_meets_a_limit_is_ahead_in_its_rows(made, samples, question: str, sign: float) -> None:
    verdict = margin(made, question)
    volts = sign * at_end(rows_of(samples, verdict["margin"]["evidence"][0]))
    order = np.argsort(-volts)
    assert order[0] + 1 == verdict["cell"]
    low, high = interval(verdict["margin"])
    assert low <= volts[order[0]] - volts[order[1]] <= high
    assert verdict["margin"]["value"] == pytest.approx(volts[order[0]] - volts[order[1]], abs=1e-9)


def test_the_cell_of_the_highest_resistance_is_highest_in_its_rows(made, samples) -> None:
    verdict = margin(made, "highest_resistance")
    ohms = resistances(rows_of(samples, verdict["margin"]["evidence"][0]))
    order = np.argsort(-ohms)
    assert order[0] + 1 == verdict["cell"]
    low, high = interval(verdict["margin"])
    assert low <= ohms[order[0]] - ohms[order[1]] <= high


def column(made: dict[str, Any], name: str) -> Floats:
    return np.array([each[name] for each in made["cells"]], dtype=float)


@pytest.mark.parametrize("name", ["end_of_charge_volt", "rest_volt", "end_of_discharge_volt"])
def test_the_voltages_of_the_cells_come_again(made, samples, name: str) -> None:
    rows = rows_of(samples, made["cell_evidence"][name][0])
    np.testing.assert_allclose(column(made, name), at_end(rows), atol=1e-9)


def test_the_resistances_of_the_cells_come_again(made, samples) -> None:
    rows = rows_of(samples, made["cell_evidence"]["resistance_ohm"][0])
    np.testing.assert_allclose(column(made, "resistance_ohm"), resistances(rows), rtol=1e-6)


def test_the_capacities_of_the_cells_come_again(made, samples) -> None:
    given, missing, left = placed(made, samples)
    low, high = column(made, "capacity_low_ah"), column(made, "capacity_high_ah")
    assert low == pytest.approx(np.full(CELLS, given), rel=1e-5)
    again = given + missing + left
    assert (low <= again).all()
    assert (again <= high).all()
    assert column(made, "capacity_ah") == pytest.approx(again, rel=5e-3)


def mended(made: dict[str, Any]) -> list[dict[str, Any]]:
    every = [*made["results"], *made["further_results"]]
    return [each for each in every if each["conditions"]["intervention"] in ("balanced", "replaced_and_balanced")]


def test_the_figures_of_the_pack_mended_come_again(made, samples) -> None:
    given, missing, left = placed(made, samples)
    owner = np.arange(CELLS) // PER_MODULE + 1
    found = mended(made)
    assert {(each["quantity"], len(each["conditions"]["replaced_modules"])) for each in found} == {
        ("capacity_after_balancing", 0), ("energy_after_balancing", 0),
        *((f"{name}_after_replacement", count) for name in ("capacity", "energy") for count in (1, 2, 3)),
    }  # fmt: skip
    for each in found:
        kept = ~np.isin(owner, each["conditions"]["replaced_modules"])
        gain = float((missing + left)[kept].min())
        discharge = rows_of(samples, each["evidence"][0])
        volts = discharge["voltage_volt"]
        energy = "energy" in each["quantity"]
        again = moved(discharge, energy=True) + gain * (volts[0] + volts[-1]) / 2 if energy else given + gain
        low, high = interval(each)
        assert low <= again <= high, (each["quantity"], again, low, high)
        assert len(each["evidence"]) == 4


@pytest.mark.parametrize("each", range(4))
def test_a_mended_figure_needs_every_one_of_its_rows(made, samples, each: int) -> None:
    """Other rows in the place of any of the four give another figure: none of them is only decoration."""
    changed = json.loads(json.dumps(made))
    evidence = changed["cell_evidence"]["capacity_ah"][each]
    evidence["first_row"] -= 30
    evidence["last_row"] -= 30
    given, missing, left = placed(changed, samples)
    usual = placed(made, samples)
    gain = given + float((missing + left).min())
    assert gain != pytest.approx(usual[0] + float((usual[1] + usual[2]).min()), rel=1e-5)


def test_the_weakest_cells_name_their_rows_on_the_page(modules: Entry, made, issue) -> None:
    told = core.text("ui", "certificate_rows")
    page = issue(modules).html
    assert told in page
    for each in made["cell_evidence"]["end_of_charge_volt"]:
        assert f"{each['first_row']:,}–{each['last_row']:,}" in page
