"""A file that lost its end says so, or says that nobody can know."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from hwan import readers
from hwan.core import LANGUAGES, Finding, stops, text
from hwan.readers.neware import _reader
from hwan.readers.neware._header import completeness
from hwan.readers.neware._metadata import Told

Write = Callable[[str, str | bytes], Path]


def _codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def _bts9(sections: list[tuple[int, int]], size: int, version: int = 130) -> bytes:
    """A head of version 129 or 130 with its sections, and bytes up to `size`."""
    head = bytearray(1024)
    head[:6], head[14] = b"NEWARE", version
    for number, pair in enumerate(sections):
        head[82 + 16 * number : 98 + 16 * number] = struct.pack("<QQ", *pair)
    return bytes(head).ljust(size, b"\x00")


@pytest.mark.parametrize("name", ["TestFile.nda", "nda_v23.nda", "new_nda_file.nda", "SIM.nda"])
@pytest.mark.parametrize("share", [0.95, 0.8])
def test_a_real_nda_cut_short_stops_the_grade(lab: Path, write: Write, name: str, share: float) -> None:
    whole = (lab / "neware" / name).read_bytes()
    recording = readers.read(write(name, whole[: int(len(whole) * share)]))
    (stop,) = stops(recording.findings)
    assert stop.code == "file_cut_short"
    assert stops(readers.read(lab / "neware" / name).findings) == ()


def test_half_a_bts9_file_lost_rows_and_stops(lab: Path, write: Write) -> None:
    whole = (lab / "neware/TestFile.nda").read_bytes()
    recording = readers.read(write("half.nda", whole[: len(whole) // 2]))
    assert recording.samples.collect().height == 3497
    assert _codes(stops(recording.findings)) == ["file_cut_short"]


def test_fewer_samples_than_announced_stop(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reader, "told_by", lambda _: Told(samples=6671))
    (stop,) = stops(readers.read(lab / "neware/TestFile.nda").findings)
    assert (stop.code, stop.values) == ("fewer_rows_than_declared", {"got": 6670, "expected": 6671})


def test_a_last_record_that_is_incomplete_stops_where_no_length_is_told(nda: Path, write: Write) -> None:
    content = bytearray(nda.read_bytes())
    content[68:72] = bytes(4)
    (whole,) = completeness(write("open.nda", bytes(content)), None)
    assert (whole.code, whole.severity) == ("completeness_not_proven", "warning")
    (cut,) = completeness(write("cut.nda", bytes(content[:-7])), None)
    assert (cut.code, cut.severity, cut.values) == (
        "last_record_incomplete", "stop", {"got_bytes": 52, "expected_bytes": 59},
    )  # fmt: skip
    found = readers.read(write("open.nda", bytes(content))).findings
    assert _codes(found).count("completeness_not_proven") == 1


@pytest.mark.parametrize("lost", [0, 1])
def test_a_chain_of_heads_is_followed_to_its_end(write: Write, lost: int) -> None:
    first = _bts9([(0, 2000)], 1024)
    second = _bts9([(2048, 1000)] + [(0, 0)] * 9 + [(3048, 100)], 3148 - 1024)
    third = _bts9([(4172, 1000)] + [(0, 0)] * 9 + [(5172, 28)], 2052)
    path = write("chain.nda", (first + second + third)[: 5200 - lost])
    assert _codes(completeness(path, None)) == ["file_cut_short"] * lost


def test_a_chain_that_returns_to_itself_ends(write: Write) -> None:
    looped = _bts9([(0, 0)], 1024) + _bts9([(2048, 8)] + [(0, 0)] * 9 + [(1000, 24)], 1100)
    assert completeness(write("loop.nda", looped), None) == ()


def test_its_own_count_of_samples_proves_a_file(write: Write) -> None:
    path = write("counted.nda", _bts9([(0, 0)], 2000))
    assert _codes(completeness(path, None)) == ["completeness_not_proven"]
    assert completeness(path, 12) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_library_says_stays_in_the_values(lab: Path, language: str) -> None:
    found = readers.read(lab / "neware/TestFile.nda").findings
    (finding,) = [each for each in found if each.code == "metadata_unverified"]
    sentence = text("finding", finding.code, language, finding.values)
    assert "read_metadata" not in sentence
    assert "http" not in sentence + str(finding.values["detail"])
    assert len(str(finding.values["detail"])) <= 400
