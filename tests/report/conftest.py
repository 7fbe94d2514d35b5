"""Made-up but plausible batteries for the page: graded, refused, empty, hostile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from hwan import core
from hwan.report import Entry, Failure

MADE_AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
RECORDING = "9f2c" * 16
SOURCE = core.Provenance(RECORDING, "전기버스_모듈-07_용량시험.ndax", "ab12" * 16, 48_211_904, "neware", "1.3.1")
OWN = core.Clause("own; chosen by the house")


def measurement(quantity: str, value: float, half: float, unit: str, **conditions: object) -> core.Measurement:
    given = {"temperature_celsius": 25.0, **conditions}
    return core.Measurement(
        quantity=quantity,
        value=value,
        unit=unit,
        quantiles=tuple(core.Quantile(p, value + z * half) for p, z in ((0.05, -1), (0.5, 0), (0.95, 1))),
        conditions=core.Conditions(**given),  # type: ignore[arg-type]
        method="capacity.discharge",
        method_version="1",
        components=(
            core.ErrorComponent("current_gain", 0.6 * half, "uniform", "bts-5v6a: 0.05 % of reading", "bts-36 gain"),
            core.ErrorComponent("current_offset", -0.35 * half, "uniform", "bts-5v6a: 0.05 % of range"),
            core.ErrorComponent("noise", 0.1 * half, "normal", "the data themselves"),
        ),
        evidence=(core.Evidence(RECORDING, 14_201, 30_876), core.Evidence(RECORDING, 52_000, 60_000)),
        validation=core.Validation("synthetic", note="made batteries"),
    )


def pulses() -> Iterable[core.Measurement]:
    for charge, factor in ((0.8, 1.0), (0.5, 1.06), (0.2, 1.25)):
        for side, more in (("discharge", 1.0), ("charge", 0.94)):
            for seconds, ohm in ((0.1, 0.0098), (1.0, 0.0112), (10.0, 0.0139), (30.0, 0.0163)):
                value = ohm * factor * more
                yield measurement(
                    "dc_resistance", value, 0.012 * value, "ohm",
                    pulse_time_second=seconds, direction=side, state_of_charge=charge, current_ampere=10.0,
                )  # fmt: skip


def measurements() -> tuple[core.Measurement, ...]:
    rating = core.Denominator("rated_capacity", 20.0, "Ah", "maker")
    full = {"rate_per_hour": 1 / 3, "direction": "discharge", "lower_cutoff_volt": 2.5, "upper_cutoff_volt": 3.65}
    return (
        measurement("capacity", 17.412, 0.094, "Ah", rest_before_second=3600.0, **full),
        measurement("energy", 55.81, 0.33, "Wh", **full),
        measurement("state_of_health_capacity", 0.8706, 0.0047, "1", denominator=rating, **full),
        measurement("state_of_health_energy", 0.8592, 0.0052, "1", **full),
        measurement("coulombic_efficiency", 0.9981, 0.0004, "1"),
        measurement("energy_efficiency", 0.9423, 0.0021, "1"),
        *pulses(),
    )


def limit(name: str, quantity: str, bound: str, value: float, unit: str, *, safety: bool = False) -> core.Limit:
    return core.Limit(name, "limit", quantity, bound, value, unit, OWN, safety=safety)  # type: ignore[arg-type]


RULES = (
    limit("gate-visual", "visual_inspection", "is_true", 1, "1", safety=True),
    limit("gate-insulation", "insulation_resistance", "at_least", 500, "ohm/V", safety=True),
    limit("gate-cell-spread", "cell_voltage_spread", "at_most", 0.1, "V", safety=True),
    limit("reuse-soh", "state_of_health_capacity", "at_least", 0.7, "1"),
    limit("remanufacture-soh", "state_of_health_capacity", "at_least", 0.87, "1"),
    limit("resistance-growth", "dc_resistance", "at_most", 0.012, "ohm"),
)
RULESET = core.Ruleset(
    "house/1", {"en": "The centre's own rules, first version", "ko": "센터 자체 기준 제1판"}, "the centre", True, RULES,
    (
        core.GradeClass("A", "remanufacture", ("remanufacture-soh",), {"en": "A: remanufacture", "ko": "A 재제조"}),
        core.GradeClass("B", "reuse", ("reuse-soh",), {"en": "B: reuse", "ko": "B 재사용"}),
    ),
    core.DecisionRule(0.95, "shared", 3, 90), "c0de" * 16,
)  # fmt: skip


def outcomes() -> tuple[core.RuleOutcome, ...]:
    def made(rule: core.Limit, verdict: str, value: float, half: float, probability: float) -> core.RuleOutcome:
        return core.RuleOutcome(
            rule.id, "limit", verdict, rule.quantity, value, value - half, value + half, rule.value, rule.unit,  # type: ignore[arg-type]
            probability, value - rule.value, "",  # type: ignore[operator]
        )  # fmt: skip

    visual, insulation, spread, reuse, remanufacture, growth = RULES
    return (
        core.RuleOutcome(visual.id, "limit", "passed", visual.quantity, True, limit=1.0, probability_met=1.0),
        made(insulation, "passed", 41_500.0, 900.0, 1.0),
        made(spread, "passed", 0.061, 0.004, 0.999),
        made(reuse, "passed", 0.8706, 0.0047, 1.0),
        made(remanufacture, "uncertain", 0.8706, 0.0047, 0.58),
        made(growth, "failed", 0.0139, 0.0002, 0.0),
        core.RuleOutcome("self-discharge", "limit", "not_assessable", "self_discharge", reason="safety_item_absent"),
    )


def route() -> core.Route:
    def term(name: str, low: float, central: float, high: float) -> core.Term:
        return core.Term(name, low, central, high, "USD", "prices house/2026-03: quote of the buyer")

    reuse = (
        term("resale", 2.9, 3.8, 4.6),
        term("test", -0.8, -0.6, -0.5),
        term("transport", -0.3, -0.2, -0.1),
    )
    recycle = (
        term("feed_price", 0.4, 0.7, 1.0),
        term("later_recycling", -1.1, -0.9, -0.7),
        term("transport", -0.3, -0.2, -0.1),
    )
    renewed = (term("resale", 4.4, 5.2, 6.1), term("disassembly", -2.1, -1.7, -1.3), term("test", -0.8, -0.6, -0.5))
    return core.Route(
        "chosen", "house-prices/2026-03", "reuse",
        (
            core.Alternative("reuse", True, "", reuse, 1.8, 3.0, 4.0),
            core.Alternative("remanufacture", False, "class_not_reached", renewed, 1.5, 2.9, 4.3),
            core.Alternative("recycle", True, "", recycle, -1.0, -0.4, 0.2),
        ),
        margin=3.4,
    )  # fmt: skip


def samples(rows: int = 60_000) -> pl.DataFrame:
    """Rest, charge, hold, rest, discharge, rest, pulses: ten hours of a 20 Ah LFP module."""
    seconds = np.linspace(0, 36_000, rows)
    current = np.select(
        [seconds < 1800, seconds < 12_600, seconds < 15_300, seconds < 18_900, seconds < 31_500, seconds < 33_000],
        [0, 6.67, 6.67 * np.exp(-(seconds - 12_600) / 700), 0, -5.0, 0], (np.sin(seconds / 110) > 0.8) * -10.0,
    )  # fmt: skip
    charge = np.cumsum(current) * (seconds[1] - seconds[0]) / 3600
    full = np.clip((charge - charge.min()) / np.ptp(charge), 0.002, 0.998)
    voltage = 3.28 + 0.028 * np.log(full / (1 - full)) + 0.06 * (full - 0.5) + 0.011 * current
    noise = np.random.default_rng(7).normal(0, 0.0008, rows)
    return pl.DataFrame({"test_time_second": seconds, "voltage_volt": voltage + noise, "current_ampere": current})


def steps() -> pl.DataFrame:
    plan = [
        (0, 1800, "rest", "none"), (1800, 12_600, "cc", "charge"), (12_600, 15_300, "cv", "charge"),
        (15_300, 18_900, "rest", "none"), (18_900, 31_500, "cc", "discharge"), (31_500, 33_000, "rest", "none"),
        (33_000, 36_000, "pulse", "discharge"),
    ]  # fmt: skip
    plan += [(36_000, 36_000, "rest", "none")] * 60
    return pl.DataFrame(
        [
            {
                "step_number": number, "cycle_number": 1, "kind": kind, "direction": side, "reason": "current_steady",
                "first_row": 0, "last_row": 9, "start_second": float(start), "end_second": float(end),
                "duration_second": float(end - start), "first_voltage_volt": 3.2, "last_voltage_volt": 3.41,
                "mean_current_ampere": -5.0, "charge_ah": 17.4, "energy_wh": 55.8,
            }
            for number, (start, end, kind, side) in enumerate(plan, 1)
        ]
    )  # fmt: skip


def cycles(count: int = 40) -> pl.DataFrame:
    number = np.arange(1, count + 1)
    out = 17.9 - 0.012 * number
    out[-1] *= 0.6
    return pl.DataFrame(
        {
            "cycle_number": number, "cycle_count": number, "complete": number < count,
            "charging_capacity_ah": out * 1.003, "discharging_capacity_ah": out,
            "charging_energy_wh": out * 3.4, "discharging_energy_wh": out * 3.2,
            "coulombic_efficiency": out / out * 0.997, "energy_efficiency": out / out * 0.94,
        }
    )  # fmt: skip


def battery(name: str = "모듈-07") -> core.Battery:
    kind = core.BatteryType("lfp", 20.0, 65.0, 3.65, 2.5, 1, 1, maker="Hansung", model="LF20-M")
    return core.Battery(name, kind, "module")


GRADE = core.Grade(
    "graded", "house/1", "c0de" * 16, "B", 0.987, {"A": 0.01, "B": 0.987}, outcomes(), validity_days=90
)  # fmt: skip
FINDINGS = (
    core.Finding("auxiliary_data_lost", "warning", "column cell_003_voltage_volt", {"detail": "120 rows"}),
    core.Finding("clock_jumped", "note", "rows 120-155", {"jump_second": 3.2}),
)


@pytest.fixture(scope="session")
def plausible() -> Entry:
    assessment = core.Assessment(battery(), (SOURCE,), measurements(), (), GRADE, route(), FINDINGS)
    truth = {"capacity": 17.44, "state_of_health_capacity": 0.8811, "entropy": 3.0}
    return Entry(assessment, samples(), steps(), cycles(), truth, ("model-made",), RULESET, "beef" * 16)


@pytest.fixture(scope="session")
def refused() -> Entry:
    missing = core.Refusal(
        "insulation_resistance", "safety_item_absent", ("insulation_resistance",), "insulation_measurement"
    )
    grade = core.Grade("refused", "house/1", "c0de" * 16, refusals=(missing,), outcomes=outcomes()[-1:])
    route = core.Route("refused", "house-prices/2026-03", refusals=(core.Refusal("route", "level_unknown"),))
    pulse = measurement("discharged_charge", 11.9, 0.08, "Ah", direction="discharge")
    capacity = core.Refusal(
        "capacity", "no_full_charge_recorded", ("end_of_full_charge", "rest"), "full_charge_rest_discharge"
    )
    unrated = core.Battery("PACK-2021-0113", core.BatteryType("nmc622"), "pack")
    assessment = core.Assessment(unrated, (SOURCE,), (pulse,), (capacity,), grade, route, FINDINGS[:1])
    return Entry(assessment, samples(5_000), steps().head(5), cycles(1))


@pytest.fixture(scope="session")
def empty() -> Entry:
    grade = core.Grade("undecided", "kr-3class/2026", "")
    return Entry(core.Assessment(core.Battery("unnamed"), (), (), (), grade, core.Route("refused", "none")))


HOSTILE = '<script>alert(1)</script>"\'><img src=x onerror=y> $x_1$ {{7*7}} {0} \u202egnp.exe\x00\udc80 #18212b id="a"'


@pytest.fixture(scope="session")
def hostile(plausible: Entry) -> Entry:
    kind = replace(battery().type, maker=HOSTILE, chemistry=HOSTILE)
    found = replace(measurements()[0], quantity=HOSTILE, method=HOSTILE)
    pulse = replace(next(iter(pulses())), quantity="dc_resistance")
    outcome = replace(outcomes()[3], rule_id=HOSTILE, quantity=HOSTILE, reason=HOSTILE, unit=HOSTILE)
    terms = (core.Term(HOSTILE, 1.0, 2.0, 3.0, HOSTILE, HOSTILE), core.Term("b", -2.0, -1.0, 0.0, HOSTILE, HOSTILE))
    ways = (replace(each, reason=HOSTILE, unit=HOSTILE, terms=terms) for each in route().alternatives)
    way = replace(route(), alternatives=tuple(ways))
    grade = replace(GRADE, outcomes=(outcome,), ruleset_id=HOSTILE, grade_class=HOSTILE)
    assessment = core.Assessment(
        core.Battery(HOSTILE, kind), (replace(SOURCE, source_name=HOSTILE, reader=HOSTILE, key=HOSTILE),),
        (found, pulse), (core.Refusal(HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, {"a": HOSTILE}),), grade, way,
        (core.Finding(HOSTILE, "stop", HOSTILE, {"b": HOSTILE}),),
    )  # fmt: skip
    odd = steps().with_columns(kind=pl.lit(HOSTILE), reason=pl.lit(HOSTILE.encode("utf-8", "replace").decode()))
    return Entry(assessment, plausible.samples, odd, plausible.cycles, {HOSTILE: 1.0}, (HOSTILE,))


@pytest.fixture(scope="session")
def failure() -> Failure:
    return Failure("broken <b>.ndax", "damaged_file", "The file ends in the middle of a block. <script>")
