"""The certificate in words: what stands at its head, and its sections in the order of an inspector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from hwan import core
from hwan.report._certificate._content import Issue, is_synthetic, tested_on
from hwan.report._certificate._evidence import hashes, instruments, sources
from hwan.report._certificate._parts import Block, Fact, Section, fact, mapped, outside, shortened
from hwan.report._certificate._qr import code
from hwan.report._certificate._qualified import findings, refused
from hwan.report._certificate._results import results
from hwan.report._certificate._rules import rules
from hwan.report._certificate._safety import bms, cells, readings
from hwan.report._certificate._verdict import verdict
from hwan.report._entry import Entry
from hwan.report._figures import Strip, strip
from hwan.report._numbers import with_unit
from hwan.report._words import Words, brief

QR_PREFIX = "hwan:certificate:sha256:"


def view(entry: Entry, issue: Issue, digest: str, words: Words) -> dict[str, Any]:
    """Return the certificate as plain texts: both forms are drawn from this and hold nothing else."""
    graded = entry.assessment.grade.status == "graded"
    curve = None if entry.samples is None else strip(entry.samples, entry.steps, words, "curve")
    seen = {
        "language": words.language,
        "title": words.ui("certificate_title" if graded else f"certificate_title_{entry.assessment.grade.status}"),
        "graded": graded,
        "synthetic": words.ui("certificate_synthetic") if is_synthetic(entry) else "",
        "head": [asdict(each) for each in _head(issue, words)],
        "author": core.known_or(issue.issuer, ""),
        "battery": words.ui("certificate_battery"),
        "name": outside(entry.assessment.battery.id),
        "brief": brief(entry.assessment.battery.id),
        "identity": [asdict(each) for each in _identity(entry, words)],
        "verdict": verdict(entry, issue, words),
        "sections": [asdict(each) for each in _sections(entry, digest, curve, words)],
        "curve": _drawn(curve),
        "qr": {"svg": code(QR_PREFIX + digest), "label": words.ui("certificate_qr"), "short": digest[:16]},
        "sha256": digest,
        "sign": [words.ui(f"certificate_sign_{each}") for each in ("issuer", "date", "place")],
        "foot": _foot(issue, words),
        "page": words.ui("certificate_page", page="{page}", pages="{pages}"),
        "save": words.ui("certificate_save"),
    }
    return {**mapped(seen, shortened), "sha256": digest}


def _head(issue: Issue, words: Words) -> Iterable[Fact]:
    yield fact(words, "number", outside(core.known_or(issue.number, "")))
    yield fact(words, "issuer", outside(core.known_or(issue.issuer, "")))
    yield fact(words, "issued_at", words.moment(issue.issued_at))


def _identity(entry: Entry, words: Words) -> Iterable[Fact]:
    battery, kind = entry.assessment.battery, entry.assessment.battery.type
    yield fact(words, "level", words.name(f"level_{battery.level}") if core.is_known(battery.level) else "")
    yield fact(words, "chemistry", outside(words.chemistry(kind.chemistry)) if kind.chemistry != "unknown" else "")
    yield fact(words, "maker", outside(" ".join(each for each in (kind.maker, kind.model) if core.is_known(each))))
    yield fact(words, "arrangement", _arrangement(kind))
    yield fact(words, "rated_capacity", _amount(kind.rated_capacity_ah, "Ah"))
    yield fact(words, "rated_energy", _amount(kind.rated_energy_wh, "Wh"))
    yield fact(words, "window", _window(kind))
    yield fact(words, "mass", _amount(kind.mass_kg, "kg"))
    tested = tested_on(entry)
    yield fact(words, "tested_on", core.format_date(tested, words.language) if core.is_known(tested) else "")
    for each in battery.identifiers[:4]:
        issuer = each.issuer if core.is_known(each.issuer) else ""
        yield Fact(outside(each.scheme), outside(each.value), outside(issuer))


def _amount(value: float | core.Unknown, unit: str) -> str:
    return with_unit(value, unit) if core.is_known(value) else ""


def _arrangement(kind: core.BatteryType) -> str:
    series, parallel = kind.series_count, kind.parallel_count
    return "".join(f"{each}{letter}" for each, letter in ((series, "S"), (parallel, "P")) if core.is_known(each))


def _window(kind: core.BatteryType) -> str:
    ends = [_amount(each, "V") for each in (kind.lower_voltage_volt, kind.upper_voltage_volt) if core.is_known(each)]
    return " – ".join(ends)


def _sections(entry: Entry, digest: str, curve: Strip | None, words: Words) -> Iterable[Section]:
    yield results(entry, words)
    yield readings(entry, words)
    yield from bms(entry, words)
    yield from cells(entry, words)
    yield rules(entry, words)
    yield from refused(entry, words)
    yield from findings(entry, words)
    if curve:
        yield Section(words.ui("trace_title"), (Block("curve", note=curve.said.caption),), together=True)
    yield instruments(entry, words)
    yield sources(entry, words)
    yield hashes(entry, digest, words)


def _drawn(curve: Strip | None) -> dict[str, Any]:
    if curve is None:
        return {"svg": "", "description": "", "keys": []}
    keys = [{"label": each.label, "role": each.role, "mark": each.mark} for each in curve.keys]
    return {"svg": curve.svg, "description": curve.said.description, "keys": keys}


def _foot(issue: Issue, words: Words) -> list[str]:
    made = words.ui("certificate_made_with", version=issue.hwan_version)
    return [words.ui("interval_meaning"), words.ui("certificate_hash_meaning"), made]
