"""What is hashed: the same in every language, whole, and checked by whoever holds the document."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pypdfium2
import pytest

from hwan import core
from hwan.report import Certificate, Entry, certificate, content

Issue = Callable[..., Certificate]
AT = datetime(2026, 3, 12, 5, 5, tzinfo=UTC)


def stated(entry: Entry, **more: str) -> dict[str, object]:
    return json.loads(content(entry, issued_at=AT, hwan_version="0.1.0", **more))


def test_the_hash_is_the_same_in_both_languages_and_that_of_the_content(pack: Entry, issue: Issue) -> None:
    english, korean = issue(pack, "en"), issue(pack, "ko")
    assert english.sha256 == korean.sha256 == hashlib.sha256(english.content.encode("ascii")).hexdigest()
    assert english.html != korean.html


def test_the_content_travels_in_both_forms(pack: Entry, issue: Issue) -> None:
    made = issue(pack)
    with pypdfium2.PdfDocument(made.pdf) as document:
        assert document.count_attachments() == 1
        attachment = document.get_attachment(0)
        assert attachment.get_name() == "content.json"
        carried = bytes(attachment.get_data())
    assert carried.decode("ascii") == made.content
    link = re.search(r'download="content.json" href="data:application/json;base64,([^"]+)"', made.html)
    assert link is not None
    assert base64.b64decode(link[1]).decode("ascii") == made.content


def test_a_third_party_gets_the_same_bytes_from_the_values(pack: Entry, issue: Issue) -> None:
    """Reading and writing the content again by the rule of the docstring gives its bytes."""
    made = issue(pack).content
    assert json.dumps(json.loads(made), sort_keys=True, separators=(",", ":"), ensure_ascii=True) == made


def changes(entry: Entry) -> dict[str, Entry]:
    assessment = entry.assessment
    first, *others = assessment.measurements
    moved = replace(first, value=first.value * 1.0001)
    rows = replace(first, evidence=(replace(first.evidence[0], last_row=first.evidence[0].last_row + 1),))
    return {
        "value": replace(entry, assessment=replace(assessment, measurements=(moved, *others))),
        "rows": replace(entry, assessment=replace(assessment, measurements=(rows, *others))),
        "reading": replace(entry, assessment=replace(assessment, observations=assessment.observations[1:])),
        "photo": replace(entry, assessment=replace(assessment, attachments=())),
        "bms": replace(entry, assessment=replace(assessment, bms=core.UNKNOWN)),
        "prices": replace(entry, prices_sha256="0" * 64),
        "instrument": replace(entry, recordings=()),
        "cells": replace(entry, assessment=replace(assessment, cells=assessment.cells[1:])),
        "finding": replace(entry, assessment=replace(assessment, findings=(core.Finding("gap", "note"),))),
        "battery": replace(entry, assessment=replace(assessment, battery=replace(assessment.battery, id="other"))),
    }


def test_every_change_changes_the_hash(pack: Entry) -> None:
    whole = content(pack, issued_at=AT, hwan_version="0.1.0")
    others = {name: content(each, issued_at=AT, hwan_version="0.1.0") for name, each in changes(pack).items()}
    assert len({whole, *others.values()}) == len(others) + 1
    assert content(pack, issued_at=AT, hwan_version="0.1.0", issuer="a") != whole
    assert content(pack, issued_at=AT, hwan_version="0.1.0", number="1") != whole


def test_same_input_same_bytes(pack: Entry, issue: Issue) -> None:
    made = issue(pack)
    again = certificate(
        pack, issued_at=datetime.fromisoformat("2026-03-12T14:05:00+09:00"), hwan_version="0.1.0",
        issuer="경북 평가센터", number="07",
    )  # fmt: skip
    assert again.content == made.content
    assert again.html.replace("UTC+09:00", "KST") == made.html
    assert certificate(pack, issued_at=AT, hwan_version="0.1.0") == certificate(
        pack, issued_at=AT, hwan_version="0.1.0"
    )


def test_every_figure_is_in_the_content_printed_or_not(pack: Entry) -> None:
    made = stated(pack)
    both = [*made["results"], *made["further_results"]]
    assert sorted(each["value"] for each in both) == sorted(each.value for each in pack.assessment.measurements)
    pulses = [each for each in made["results"] if each["quantity"] == "dc_resistance"]
    assert [each["conditions"]["pulse_time_second"] for each in pulses] == [10.0, 10.0]
    assert {each["conditions"]["direction"] for each in pulses} == {"charge", "discharge"}


def test_a_class_is_valid_from_the_day_of_the_test(pack: Entry) -> None:
    assert stated(pack)["valid_until"] == str(date(2026, 1, 5).fromordinal(date(2026, 1, 5).toordinal() + 90))
    assert stated(replace(pack, recordings=()))["valid_until"] == "unknown"


def test_what_nobody_stated_is_unknown(bare: Entry) -> None:
    made = stated(bare)
    for name in ("number", "issuer", "bms", "valid_until", "curve"):
        assert made[name] == "unknown"


def test_a_figure_that_is_no_number_is_refused(pack: Entry) -> None:
    broken = replace(pack.assessment.measurements[0], value=float("nan"))
    with pytest.raises(ValueError, match="JSON"):
        stated(replace(pack, assessment=replace(pack.assessment, measurements=(broken,))))


@pytest.mark.parametrize("made_by", ["truth", "note", "reader", "metadata"])
def test_a_synthetic_battery_is_known_by_every_sign(pack: Entry, made_by: str) -> None:
    source = replace(pack.assessment.sources[0], reader="bdf")
    real = replace(pack, assessment=replace(pack.assessment, sources=(source,)), recordings=())
    assert stated(real)["synthetic"] is False
    signs = {
        "truth": replace(real, truth={"capacity": 1.0}), "note": replace(real, notes=("model-made",)),
        "reader": replace(real, assessment=pack.assessment), "metadata": replace(real, recordings=pack.recordings),
    }  # fmt: skip
    assert stated(signs[made_by])["synthetic"] is True


def test_an_unknown_language_is_told_with_the_known_ones(pack: Entry) -> None:
    with pytest.raises(core.UnknownName, match="de"):
        certificate(pack, issued_at=AT, hwan_version="0.1.0", language="de")
