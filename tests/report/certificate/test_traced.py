"""Every printed figure leads to rows of a recording that give it again, starting from the content alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.report.certificate.rows import interval, moved, rows_of

import hwan
from hwan import core
from hwan.grading import load_ruleset
from hwan.report import Certificate, Entry
from hwan.report._certificate._content import Issue as Issued
from hwan.report._certificate._view import view
from hwan.report._words import Words
from hwan.routing import load_prices

Issue = Callable[..., Certificate]
PLACED = {"capacity_after_balancing", "energy_after_balancing", "capacity_after_replacement"}
"""Figures that rest on a model beside the rows; their rows must hold the discharge they start from."""
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


def step_resistance(rows: pl.DataFrame, result: dict[str, Any]) -> float:
    """Return voltage over current between the row before the pulse and its time, on the line between two rows."""
    seconds = rows["test_time_second"].to_numpy()
    begun = int(np.argmax(abs(rows["current_ampere"].to_numpy()) > 0.5 * abs(result["conditions"]["current_ampere"])))
    at = seconds[begun - 1] + result["conditions"]["pulse_time_second"]
    volt, ampere = (
        np.interp(at, seconds[begun:], values[begun:]) - values[begun - 1]
        for values in (rows["voltage_volt"].to_numpy(), rows["current_ampere"].to_numpy())
    )
    return float(volt / ampere)


def spread(rows: pl.DataFrame) -> float:
    cells = rows.select(pl.col(r"^cell_\d+_voltage_volt$")).to_numpy()[-1]
    return float(cells.max() - cells.min())


def again(result: dict[str, Any], rows: pl.DataFrame) -> float:
    """Return the figure from its rows."""
    quantity = result["quantity"]
    if quantity == "dc_resistance":
        return step_resistance(rows, result)
    if quantity == "cell_voltage_spread":
        return spread(rows)
    charge = moved(rows, energy="energy" in quantity)
    return charge / result["conditions"]["denominator"]["value"] if "state_of_health" in quantity else charge


def trace(made: dict[str, Any], samples: pl.DataFrame) -> set[str]:
    """Compute every result again from its rows; return the quantities that were."""
    done = set()
    known = {each["recording_id"] for each in made["sources"]}
    for result in [*made["results"], *made["further_results"]]:
        assert result["evidence"], result["quantity"]
        assert {each["recording_id"] for each in result["evidence"]} <= known
        rows = rows_of(samples, result["evidence"][0])
        low, high = interval(result)
        if result["quantity"] in PLACED:
            assert moved(rows, energy="energy" in result["quantity"]) <= high
            continue
        assert low <= again(result, rows) <= high, result["quantity"]
        done.add(result["quantity"])
    return done


def test_figures_of_a_pack_come_again_from_their_rows(pack: Entry, issue: Issue) -> None:
    assert pack.samples is not None
    done = trace(json.loads(issue(pack).content), pack.samples)
    assert {"capacity", "energy", "state_of_health_capacity", "state_of_health_energy", "dc_resistance"} <= done
    assert "cell_voltage_spread" in done


def test_a_figure_with_rows_that_are_not_its_own_is_found(pack: Entry, issue: Issue) -> None:
    assert pack.samples is not None
    made = json.loads(issue(pack).content)
    made["results"][0]["evidence"][0]["first_row"] += 40
    with pytest.raises(AssertionError, match="capacity"):
        trace(made, pack.samples)


def test_the_cell_that_empties_first_is_lowest_in_its_rows(pack: Entry, issue: Issue) -> None:
    assert pack.samples is not None
    verdicts = {each["question"]: each for each in json.loads(issue(pack).content)["cell_verdicts"]}
    verdict = verdicts["first_to_empty"]
    rows = rows_of(pack.samples, verdict["margin"]["evidence"][0])
    lowest, runner_up = sorted((rows[f"cell_{n:03}_voltage_volt"].min(), n) for n in range(1, 25))[:2]
    assert lowest[1] == verdict["cell"]
    low, high = interval(verdict["margin"])
    assert low <= runner_up[0] - lowest[0] <= high


def of_work_steps(rows: pl.DataFrame, result: dict[str, Any]) -> float:
    """Return a figure from rows of which there is one per work step: only the tester's counters tell charge."""
    counters = {"capacity": "step_discharging_capacity_ah", "energy": "step_discharging_energy_wh"}
    if result["quantity"] in counters:
        return float(rows[counters[result["quantity"]]].max())  # type: ignore[arg-type]
    return step_resistance(rows, result)


def test_a_real_cell_leads_to_its_rows(lab_data, issue: Issue) -> None:
    path = next((lab_data / "retired" / "cycler_raw" / "nebula").glob("LMO_C_10*"))
    recording = hwan.read(path)
    kind = core.BatteryType("lmo", 10.0, upper_voltage_volt=4.2, lower_voltage_volt=2.0)
    rules, prices = load_ruleset("house/1"), load_prices("everbatt-2023-kr/1")
    assessed = hwan.evaluate([recording], core.Battery("a", kind, "cell"), ruleset=rules, prices=prices)
    samples = recording.samples.collect()
    made = json.loads(
        issue(Entry(assessed, samples, hwan.steps(recording), None, ruleset=rules, recordings=(recording,))).content
    )
    assert made["curve"] == {"recording_id": recording.id, "rows": samples.height}
    traced = {each["quantity"] for each in (*made["results"], *made["further_results"])}
    assert traced == {"capacity", "energy", "dc_resistance"}
    for result in (*made["results"], *made["further_results"]):
        rows = rows_of(samples, result["evidence"][0])
        low, high = interval(result)
        assert low <= of_work_steps(rows, result) <= high, result["quantity"]
    assert made["sources"][0]["source_sha256"] == recording.provenance.source_sha256


def leaves(tree: Any) -> Iterator[float]:
    """Yield every number of a tree."""
    if isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(each)
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield float(tree)


def orphans(words: str, source: Any) -> list[str]:
    """Return the numbers of `words` that are no rounding of a number of `source`, in no usual unit."""
    known = np.array([*leaves(source), 0.0])
    left = []
    for found in NUMBER.findall(words):
        number = float(found.replace(",", "").replace("–", ""))
        half = 0.5 * 10.0 ** -len(found.partition(".")[2]) * 1.001
        half = max(half, abs(number) * 5e-4) if "." not in found else half
        if not any((abs(abs(known * factor) - abs(number)) <= half).any() for factor in (1, 100, 1e3, 1e6)):
            left.append(found)
    return left


def tables(pack: Entry, made: Certificate, language: str) -> dict[str, list[tuple[str, ...]]]:
    """Return the rows of each table as it is printed, by the title of its section."""
    issued = Issued(datetime(2026, 3, 12, 14, 5, tzinfo=UTC), "0.1.0")
    seen = view(pack, issued, made.sha256, Words(language))
    return {
        section["title"]: [
            tuple(f"{cell['text']} {cell['below']}" for cell in row)
            for block in section["blocks"]
            for row in block["rows"]
        ]
        for section in seen["sections"]
    }


@pytest.mark.parametrize("language", core.LANGUAGES)
def test_no_number_of_the_results_stands_alone(pack: Entry, issue: Issue, language: str) -> None:
    made = issue(pack, language)
    rows = tables(pack, made, language)[core.text("ui", "certificate_results", language)]
    results = json.loads(made.content)["results"]
    assert len(rows) == len(results) > 6
    for row, result in zip(rows, results, strict=True):
        for cell in row[1:4]:
            assert orphans(cell, result) == [], (cell, result["quantity"])
        rows_told = row[5].replace(result["evidence"][0]["recording_id"][:8], "")
        assert orphans(rows_told.replace("–", " "), [result["evidence"], len(result["evidence"]) - 1]) == []


@pytest.mark.parametrize("language", core.LANGUAGES)
def test_no_number_of_the_other_tables_stands_alone(pack: Entry, issue: Issue, language: str) -> None:
    made = issue(pack, language)
    told, shown = json.loads(made.content), tables(pack, made, language)

    def of(code: str) -> list[tuple[str, ...]]:
        return shown[core.text("ui", code, language)]

    readings = {core.text("name", each["quantity"], language): each for each in told["observations"]}
    for row in of("certificate_safety"):
        assert orphans(row[1], readings[row[0].strip()]) == []
    cells = {each["cell"]: each for each in told["cells"]}
    *figures, behind = of("certificate_cells")[len(told["cell_verdicts"]) :]
    assert len(figures) == 5
    for cell in behind[1:]:
        rows_told = cell.replace(told["curve"]["recording_id"][:8], "").replace("–", " ")
        assert orphans(rows_told, [told["cell_evidence"], 3]) == []
    for row in figures:
        assert orphans(" ".join(row), cells[int(row[0])]) == []
    for row, verdict in zip(of("certificate_cells"), told["cell_verdicts"], strict=False):
        assert orphans(" ".join(row[1:4]), [verdict["cell"], verdict["margin"]]) == []
    claims = of("certificate_bms")
    assert len(claims) == 3
    difference = 100 * (told["bms"]["state_of_health"] - told["results"][2]["value"])
    for row in claims:
        assert orphans(" ".join(row[1:]), [told["bms"], told["results"][2], difference]) == []


@pytest.mark.parametrize("language", core.LANGUAGES)
def test_what_a_rule_is_held_against_is_a_figure_or_a_reading(pack: Entry, issue: Issue, language: str) -> None:
    made = issue(pack, language)
    told = json.loads(made.content)
    known = {each["quantity"]: each for each in (*told["further_results"], *told["results"], *told["observations"])}
    outcomes = [each for each in told["grade"]["outcomes"] if each["value"] != "unknown"]
    assert len(outcomes) > 5
    for each in outcomes:
        held = known[each["quantity"]]
        conditions = held.get("conditions", {}).values() if each["kind"] == "requirement" else ()
        assert each["value"] in (held["value"], *conditions), each["rule_id"]
    shown = tables(pack, made, language)[core.text("ui", "certificate_rules", language)]
    gates = {row.id for row in pack.ruleset.rules if getattr(row, "safety", False)} if pack.ruleset else set()
    limits = {each.id: core.to_plain(each) for each in pack.ruleset.rules} if pack.ruleset else {}
    listed = [each for each in told["grade"]["outcomes"] if each["rule_id"] not in gates]
    assert len(shown) == len(listed) > 3
    for row, outcome in zip(shown, listed, strict=True):
        assert orphans(" ".join(row[2:5]), [outcome, limits[outcome["rule_id"]]]) == [], row


def test_a_reading_stands_beside_the_rule_that_was_held_against_it(pack: Entry, issue: Issue) -> None:
    """A rule may be held against a figure of the test while somebody also read the quantity by hand."""
    outcomes = tuple(
        replace(each, value=0.0328) if each.quantity == "cell_voltage_spread" else each
        for each in pack.assessment.grade.outcomes
    )
    grade = replace(pack.assessment.grade, outcomes=outcomes)
    entry = replace(pack, assessment=replace(pack.assessment, grade=grade))
    title, name = core.text("ui", "certificate_safety"), core.text("name", "cell_voltage_spread")
    rows = [row for row in tables(entry, issue(entry), "en")[title] if row[0].strip() == name]
    assert [(row[1].strip(), row[4].strip()) for row in rows] == [
        ("0.0328\N{NO-BREAK SPACE}V", "the test itself"), ("0.021\N{NO-BREAK SPACE}V", "김지원"),
    ]  # fmt: skip


def test_a_number_from_nowhere_is_found() -> None:
    assert orphans("92.93 Ah 91.1 %", {"value": 92.932, "share": [0.9112]}) == []
    assert orphans("92.94 Ah", {"value": 92.932}) == ["92.94"]
