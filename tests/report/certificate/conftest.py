"""Batteries for certificates: a whole synthetic pack with everything beside it, and certificates made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

import hwan
from hwan import core
from hwan.grading import load_ruleset
from hwan.report import Certificate, Entry, certificate
from hwan.routing import load_prices
from hwan.synthetic import pack_test

KST = timezone(timedelta(hours=9), "KST")
ISSUED_AT = datetime(2026, 3, 12, 14, 5, tzinfo=KST)
READ_AT = datetime(2026, 1, 5, 9, 30, tzinfo=KST)
Issue = Callable[..., Certificate]


def reading(quantity: str, value: float | bool, unit: str = "1") -> core.Observation:
    return core.Observation(quantity, value, unit, "김지원", READ_AT, "IR4057-2207")


READINGS = (
    reading("visual_inspection", True), reading("insulation_resistance", 1800.0, "ohm/V"),
    reading("cell_voltage_spread", 0.021, "V"), reading("open_circuit_voltage", 356.2, "V"),
)  # fmt: skip
CLAIMS = core.BmsSnapshot(0.66, 0.5, 61_000.0, read_at=READ_AT)
PHOTO = core.Attachment("외함 사진 01.jpg", "fa5e" * 16, "김지원", READ_AT, "긁힘 없음")


@pytest.fixture(scope="session")
def pack() -> Entry:
    test = pack_test(11, series=24, rated_capacity_ah=150)
    rules, prices = load_ruleset("house/1"), load_prices("everbatt-2023-kr/1")
    assessed = hwan.evaluate(
        [test.recording], test.battery, observations=READINGS, bms=CLAIMS, ruleset=rules, prices=prices
    )
    assessed = replace(assessed, observations=READINGS, bms=CLAIMS, attachments=(PHOTO,))
    assert assessed.grade.status == "graded"
    return Entry(
        assessed, test.samples, hwan.steps(test.recording), hwan.cycles(test.recording),
        ruleset=rules, prices_sha256=prices.sha256, recordings=(test.recording,),
    )  # fmt: skip


@pytest.fixture(scope="session")
def issue() -> Issue:
    """Issues a certificate with everything given, each battery and language once."""
    made: dict[tuple[int, str], tuple[Entry, Certificate]] = {}

    def issued(entry: Entry, language: str = "en") -> Certificate:
        key = (id(entry), language)
        if key not in made:
            frame = {"issued_at": ISSUED_AT, "hwan_version": "0.1.0", "issuer": "경북 평가센터", "number": "07"}
            made[key] = entry, certificate(entry, language=language, **frame)
        return made[key][1]

    return issued


@pytest.fixture(scope="session")
def crowded(hostile: Entry, pack: Entry) -> Entry:
    """A battery whose every text is an attack, with 300 findings and a name of 4,000 letters."""
    text = r"""#eval("1+1") *bold* $x$ _i_ `raw` \\ ] } #set page(width: 1mm) <a> @b // c /* d */ """ + "\u202egpj.exe"
    finding = core.Finding("auxiliary_data_lost", "warning", text, {"detail": "한글이아주길게이어지는이름" * 60})
    found = tuple(replace(finding, where=f"{text} {index}") for index in range(300))
    observed = tuple(
        core.Observation(quantity, 1.5, "V", text * 3, READ_AT, "가" * 500)
        for quantity in ("open_circuit_voltage", "polarity_check") * 20
    )
    attached = tuple(core.Attachment(f"{text}{index}", "00" * 32, text, READ_AT, text) for index in range(40))
    assessment = replace(
        hostile.assessment, battery=core.Battery("이름" * 2000, identifiers=(core.Identifier(text, text, text),)),
        findings=found, observations=observed, attachments=attached,
        sources=tuple(replace(pack.assessment.sources[0], source_name=text * 9, key=text) for _ in range(30)),
    )  # fmt: skip
    return replace(hostile, assessment=assessment, recordings=pack.recordings)


@pytest.fixture(scope="session")
def bare() -> Entry:
    """A battery of which nobody stated anything."""
    grade = core.Grade("refused", "house/1", "")
    return Entry(core.Assessment(core.Battery("unnamed"), (), (), (), grade, core.Route("refused", "none")))
