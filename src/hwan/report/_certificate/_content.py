"""What a certificate states, as one document without a language: the thing that is hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from hwan import core
from hwan.report._entry import Entry
from hwan.report._tables import all_refusals, ranked_findings

SCHEMA: Final = "hwan.certificate/1"
USUAL_PULSE_SECOND: Final = 10.0
USUAL_CHARGE: Final = 0.5
MADE: Final = ("hwan.synthetic", "model-made")


@dataclass(frozen=True, slots=True)
class Issue:
    """When, by whom and under which number a certificate was issued."""

    issued_at: datetime
    hwan_version: str
    issuer: str | core.Unknown = core.UNKNOWN
    number: str | core.Unknown = core.UNKNOWN


def content(
    entry: Entry, *, issued_at: datetime, hwan_version: str, issuer: str | None = None, number: str | None = None
) -> str:
    """Return everything the certificate of `entry` states, as one JSON document in canonical form.

    The form: keys sorted, no space between tokens, numbers in their shortest decimal form, every character
    outside ASCII escaped, nothing after the last brace. It holds codes and numbers only, no sentence, so
    that it is the same in every language. Units stand beside the numbers, ratios are fractions, and what
    nobody stated is ``"unknown"``. Each entry of ``results`` names its recording and rows under
    ``evidence``; rows count from 0, first and last included.

    Its sha256 is the certificate's hash. Parameters are those of :func:`certificate`.

    Raises
    ------
    ValueError
        When a figure is not a finite number.
    """
    return canonical(entry, Issue(issued_at, hwan_version, issuer or core.UNKNOWN, number or core.UNKNOWN))


def canonical(entry: Entry, issue: Issue) -> str:
    """Return the content of a certificate as text."""
    return json.dumps(_statement(entry, issue), sort_keys=True, separators=(",", ":"), allow_nan=False)


def hashed(document: str) -> str:
    """Return the sha256 of a content, hexadecimal."""
    return hashlib.sha256(document.encode("ascii")).hexdigest()


def _statement(entry: Entry, issue: Issue) -> dict[str, Any]:
    assessment = entry.assessment
    printed, further = chosen(assessment.measurements)
    stated = {
        "battery": assessment.battery, "grade": assessment.grade, "results": printed, "further_results": further,
        "refusals": all_refusals(assessment), "findings": [each for each, _ in ranked_findings(assessment)],
        "observations": assessment.observations, "bms": assessment.bms, "cells": assessment.cells,
        "cell_evidence": assessment.cell_evidence,
        "cell_verdicts": assessment.cell_verdicts, "sources": assessment.sources,
        "attachments": assessment.attachments, "valid_until": valid_until(entry),
    }  # fmt: skip
    plain = {name: core.to_plain(value) for name, value in stated.items()}
    return {**plain, **_framed(entry, issue), "schema": SCHEMA}


def _framed(entry: Entry, issue: Issue) -> dict[str, Any]:
    """Return what stands around the figures: who, when, by which rules, with what."""
    route = entry.assessment.route
    return {
        "number": core.to_plain(issue.number),
        "issuer": core.to_plain(issue.issuer),
        "issued_at": issue.issued_at.isoformat(),
        "hwan_version": issue.hwan_version,
        "synthetic": is_synthetic(entry),
        "notes": list(entry.notes),
        "ruleset": _ruleset(entry),
        "route": {"status": route.status, "choice": core.to_plain(route.choice)},
        "prices": {"id": route.prices_id, "sha256": entry.prices_sha256 or core.to_plain(core.UNKNOWN)},
        "instruments": [_instrument(each) for each in entry.recordings],
        "curve": _curve(entry),
        **({"rapid_models": dict(entry.rapid_models)} if entry.rapid_models else {}),
    }


def _ruleset(entry: Entry) -> dict[str, Any]:
    grade, rules = entry.assessment.grade, entry.ruleset
    named = {"id": grade.ruleset_id, "sha256": grade.ruleset_sha256}
    if rules is None:
        return named
    origins = {each.id: core.to_plain(each.origin) for each in rules.rules}
    return {
        **named, "title": dict(rules.title), "issuer": rules.issuer, "own": rules.own, "origins": origins,
        "classes": core.to_plain(rules.classes), "decision": core.to_plain(rules.decision),
    }  # fmt: skip


def _instrument(recording: core.Recording) -> dict[str, Any]:
    return {
        "recording_id": recording.id,
        "instrument": core.to_plain(recording.instrument),
        "started_at": core.to_plain(recording.started_at),
    }


def _curve(entry: Entry) -> Any:
    behind = [*(each.recording_id for each in entry.assessment.sources), *(each.id for each in entry.recordings)]
    if entry.samples is None or not behind:
        return core.to_plain(core.UNKNOWN)
    return {"recording_id": behind[-1], "rows": entry.samples.height}


Figures = tuple[core.Measurement, ...]


def chosen(measurements: Figures) -> tuple[Figures, Figures]:
    """Return the figures that are printed, and the others: of many pulses, one for each direction."""
    usual = {id(each) for each in _usual_pulses(measurements).values()}
    printed = tuple(each for each in measurements if each.quantity != "dc_resistance" or id(each) in usual)
    return printed, tuple(each for each in measurements if all(each is not kept for kept in printed))


def _usual_pulses(measurements: Figures) -> Mapping[object, core.Measurement]:
    """Return the resistance nearest to 10 s and then to half charge, by direction."""
    pulses = [each for each in measurements if each.quantity == "dc_resistance"]
    ranked = sorted(pulses, key=_unusual, reverse=True)
    return {each.conditions.direction: each for each in ranked}


def _unusual(pulse: core.Measurement) -> tuple[float, float]:
    given = pulse.conditions
    seconds = core.known_or(given.pulse_time_second, 0.0)
    return abs(seconds - USUAL_PULSE_SECOND), abs(core.known_or(given.state_of_charge, 2.0) - USUAL_CHARGE)


def is_synthetic(entry: Entry) -> bool:
    """Return whether a model made the battery: its truth, reader, file or label says so."""
    said = {*entry.notes, *(each.reader for each in entry.assessment.sources)}
    told = any(each.metadata.get("synthetic") == "true" for each in entry.recordings)
    return bool(entry.truth) or told or not said.isdisjoint(MADE)


def tested_on(entry: Entry) -> date | core.Unknown:
    """Return the day of the last test."""
    begun = [each.started_at.date() for each in entry.recordings if core.is_known(each.started_at)]
    return max(begun, default=core.UNKNOWN)


def valid_until(entry: Entry) -> date | core.Unknown:
    """Return the last day of a class: counted from the test, because a stored battery keeps ageing."""
    grade, tested = entry.assessment.grade, tested_on(entry)
    if grade.status != "graded" or not core.is_known(grade.validity_days) or not core.is_known(tested):
        return core.UNKNOWN
    return tested + timedelta(days=grade.validity_days)
