"""With what it was measured, from which files, under which hashes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hwan import core
from hwan.report._certificate._parts import Block, Fact, Hash, Section, fact, left_out, outside, unstated
from hwan.report._entry import Entry
from hwan.report._numbers import plain, with_unit
from hwan.report._tables import Cell
from hwan.report._words import Words

MOST_SOURCES: Final = 6
MOST_ATTACHMENTS: Final = 12


def instruments(entry: Entry, words: Words) -> Section:
    """Return each instrument once: class, calibration, or that nobody stated them."""
    seen = dict.fromkeys(each.instrument for each in entry.recordings)
    blocks = tuple(Block("facts", facts=tuple(_instrument(each, words))) for each in list(seen)[:3])
    return Section(words.ui("certificate_instrument"), blocks or (unstated(words),), together=True)


def _instrument(tool: core.Instrument, words: Words) -> Iterable[Fact]:
    maker = " ".join(each for each in (tool.maker, tool.model) if core.is_known(each))
    yield fact(words, "instrument_id", outside(core.known_or(tool.id, "")))
    yield fact(words, "instrument_maker", outside(maker))
    yield fact(words, "range", _range(tool))
    yield fact(words, "accuracy", *_accuracy(tool, words))
    yield fact(words, "calibration", outside(core.known_or(tool.calibration_certificate, "")))
    day = tool.calibrated_on
    yield fact(words, "calibrated_on", core.format_date(day, words.language) if core.is_known(day) else "")


def _range(tool: core.Instrument) -> str:
    ends = ((tool.voltage_range_volt, "V"), (tool.current_range_ampere, "A"))
    return " · ".join(with_unit(each, unit) for each, unit in ends if core.is_known(each))


def _accuracy(tool: core.Instrument, words: Words) -> tuple[str, str]:
    kind = tool.accuracy
    if not core.is_known(kind):
        return "", ""
    values = {
        "current_gain": plain(kind.current_gain * 100), "current_offset": with_unit(kind.current_offset_ampere, "A"),
        "voltage_gain": plain(kind.voltage_gain * 100), "voltage_offset": with_unit(kind.voltage_offset_volt, "V"),
    }  # fmt: skip
    assumed = words.ui("certificate_assumed") if kind.assumed else ""
    return " · ".join(filter(None, (kind.id, assumed))), words.ui("certificate_accuracy_limits", **values)


def sources(entry: Entry, words: Words) -> Section:
    """Return the files behind the figures, and what was attached, each with its hash."""
    files = entry.assessment.sources
    blocks = [_source(each, words) for each in files[:MOST_SOURCES]] or [unstated(words)]
    if len(files) > MOST_SOURCES:
        blocks.append(Block("lines", lines=(Cell(left_out(words, len(files) - MOST_SOURCES), tone="neutral"),)))
    return Section(words.ui("certificate_evidence"), (*blocks, *_attachments(entry, words)))


def _source(each: core.Provenance, words: Words) -> Block:
    detail = words.ui(
        "certificate_source", bytes=f"{each.source_bytes:,}", reader=outside(each.reader), version=each.reader_version
    )
    place = words.ui("certificate_inside", key=outside(each.key)) if each.key else ""
    lines = (
        Hash(words.ui("certificate_file_hash"), each.source_sha256),
        Hash(words.ui("certificate_recording"), each.recording_id),
    )
    return Block("hashes", outside(each.source_name), " · ".join(filter(None, (detail, place))), hashes=lines)


def _attachments(entry: Entry, words: Words) -> Iterable[Block]:
    for each in entry.assessment.attachments[:MOST_ATTACHMENTS]:
        when = words.moment(each.observed_at) if core.is_known(each.observed_at) else core.UNKNOWN
        told = [outside(part) for part in (each.observer, when, each.note) if core.is_known(part)]
        detail = " · ".join((words.ui("certificate_attachment"), *told))
        yield Block(
            "hashes", outside(each.name), detail, hashes=(Hash(words.ui("certificate_file_hash"), each.sha256),)
        )
    hidden = len(entry.assessment.attachments) - MOST_ATTACHMENTS
    if hidden > 0:
        yield Block("lines", lines=(Cell(left_out(words, hidden), tone="neutral"),))


def hashes(entry: Entry, digest: str, words: Words) -> Section:
    """Return the hashes of the rules, the prices, the rapid models and of the certificate's own content."""
    grade, route = entry.assessment.grade, entry.assessment.route
    unknown = words.ui("certificate_not_stated")
    lines = (
        Hash(f"{words.ui('ruleset')} {grade.ruleset_id}", grade.ruleset_sha256 or unknown),
        Hash(f"{words.ui('prices')} {route.prices_id}", entry.prices_sha256 or unknown),
        *(Hash(f"{words.ui('rapid_model')} {name}", sha256) for name, sha256 in entry.rapid_models.items()),
        Hash(words.ui("certificate_content_hash"), digest),
    )
    return Section(words.ui("certificate_hashes"), (Block("hashes", hashes=lines),), together=True)
