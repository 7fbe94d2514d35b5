from __future__ import annotations

import io
import logging
import tempfile
import threading
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan import readers
from hwan.core import UNKNOWN, DamagedFile, InputError, NothingInside, stops
from hwan.readers import _zip
from hwan.readers.neware import _archive, _metadata
from hwan.readers.neware._remarks import Heard, remarks

Write = Callable[[str, str | bytes], Path]
Make = Callable[..., Path]
VOLTS = [3.7, 3.7, 3.8, 3.9, 3.6, 3.5]
INFO = b"""<root><config><TestInfo DevType="27" DevID="36" UnitID="0" ChlID="45" CurrRange="20" VoltRange="5"
 StartTime="2024-05-06 08:58:57"/></config></root>"""


@pytest.mark.parametrize("name", ["nda", "ndax"])
def test_a_tiny_file_in_bdf_columns_and_units(name: str, request: pytest.FixtureRequest) -> None:
    recording = readers.read(request.getfixturevalue(name))
    frame = recording.samples.collect()
    assert frame["voltage_volt"].to_list() == pytest.approx(VOLTS)
    assert frame["current_ampere"].to_list() == pytest.approx([0, 0, 0.1, 0.1, -0.1, -0.1])
    assert frame["step_net_capacity_ah"].to_list() == pytest.approx([0, 0, 0, 0.001, 0, -0.002])
    assert frame["step_time_second"].to_list() == pytest.approx([0, 10, 0, 36, 0, 72])
    assert frame["test_time_second"].to_list() == pytest.approx([0, 10, 10, 46, 46, 118])
    assert frame["step_type"].to_list() == ["Rest", "Rest", "CC_Chg", "CC_Chg", "CC_DChg", "CC_DChg"]
    assert frame["step_id"].to_list() == [1, 1, 2, 2, 3, 3]
    assert frame["record_index"].to_list() == [1, 2, 3, 4, 5, 6]
    assert recording.instrument.maker == "Neware"


def test_an_unknown_step_code_is_kept_as_its_number(make_ndax: Make) -> None:
    rows = ((1, 1, 4, 0, 3.7, 0.0, 0.0), (2, 2, 99, 0, 3.7, 0.0, 0.0))
    assert readers.read(make_ndax(rows=rows)).samples.collect()["step_type"].to_list() == ["Rest", "99"]


def test_the_instrument_is_read_out_of_the_metadata(make_ndax: Make) -> None:
    recording = readers.read(make_ndax(TestInfo__xml=INFO))
    channel = recording.instrument
    assert (channel.id, channel.model) == ("device 36 unit 0 channel 45", "device type 27")
    assert (channel.current_range_ampere, channel.voltage_range_volt) == (0.02, 5.0)
    assert recording.metadata["TestInfo.TestInfo.StartTime"] == "2024-05-06 08:58:57"


def test_metadata_that_cannot_be_read_lose_no_data(make_ndax: Make) -> None:
    recording = readers.read(make_ndax(TestInfo__xml=b"<root><unclosed>"))
    assert [finding.code for finding in recording.findings] == ["metadata_unreadable"]
    assert recording.samples.collect().height == 6


def test_entities_in_xml_are_not_expanded(make_ndax: Make) -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><root><config><x>&b;</x></config></root>'
    recording = readers.read(make_ndax(TestInfo__xml=bomb))
    assert [finding.code for finding in recording.findings] == ["metadata_unreadable"]


def test_metadata_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(50):
        deep = {"a": deep}
    plain = {"long": "y" * 5000, "deep": deep} | {f"k{n}": n for n in range(3000)}
    metadata, findings = _metadata._bounded(plain)
    assert len(metadata) == _metadata.MOST_ENTRIES
    assert max(map(len, metadata.values())) == _metadata.LONGEST_VALUE
    assert findings[0].values == {"left_out": 1002, "shortened": 1}


def test_a_range_that_is_no_number_is_unknown() -> None:
    channel = _metadata.instrument_of({"TestInfo.TestInfo.CurrRange": "wide", "server_version": "BTS 7"})
    assert (channel.current_range_ampere, channel.model, channel.id) == (UNKNOWN, "BTS 7", UNKNOWN)


def test_a_test_without_samples_says_what_is_empty(make_ndax: Make, lab: Path) -> None:
    for path in (make_ndax(rows=()), lab / "neware/empty.ndax"):
        with pytest.raises(NothingInside, match="a schedule and no samples"):
            readers.read(path)


def test_a_corrupt_file_keeps_its_rows_and_stops_the_grade(lab: Path) -> None:
    recording = readers.read(lab / "neware/Unit27_Example_Corrupt.ndax")
    assert recording.samples.collect().height == 301
    (stop,) = stops(recording.findings)
    assert stop.code == "auxiliary_data_lost"
    assert "gb2312" in str(stop.values["detail"])


def test_clock_jumps_come_with_their_rows(lab: Path) -> None:
    findings = readers.read(lab / "neware/BTS85-36-6-5-110-20240424.ndax").findings
    (jump,) = [finding for finding in findings if finding.code == "clock_runs_backwards"]
    assert (jump.values["count"], jump.severity) == (17, "warning")
    assert str(jump.values["rows"]).startswith("68, 32615")


def test_temperatures_get_a_bdf_name(lab: Path) -> None:
    for name in ("TESTCELL0001-Test_Data_Collection_Ndc17.ndax", "TestFile.nda"):
        recording = readers.read(lab / "neware" / name)
        assert "temperature_t1_celsius" in recording.samples.collect_schema()
        assert "sensors_numbered" in [finding.code for finding in recording.findings]


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_ndax_cut_short_is_recognised_and_refused(ndax: Path, write: Write, keep: float) -> None:
    content = ndax.read_bytes()
    path = write("cut.ndax", content[: int(len(content) * keep)])
    assert any(one.confidence == "likely" for one in readers.explain(path) if one.reader == "neware-ndax")
    with pytest.raises(DamagedFile, match="damaged or cut short"):
        readers.read(path)


def test_a_nda_cut_short_is_a_stop(nda: Path, write: Write) -> None:
    recording = readers.read(write("cut.nda", nda.read_bytes()[:-70]))
    assert [finding.code for finding in stops(recording.findings)] == ["file_cut_short"]
    assert recording.samples.collect().height == 4
    assert stops(readers.read(nda).findings) == ()


def test_an_archive_without_samples(write: Write) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data_step.ndc", b"x")
    with pytest.raises(DamagedFile, match=r"without data\.ndc"):
        readers.read(write("none.ndax", buffer.getvalue()))


@pytest.mark.parametrize(
    ("limit", "value", "what"),
    [("MOST_MEMBERS", 0, "members"), ("MOST_BYTES", 10, "bytes_unpacked"), ("MOST_XML_BYTES", 10, "xml_bytes")],
)
def test_archives_are_bounded_before_they_are_unpacked(
    make_ndax: Make, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, what: str
) -> None:
    path = make_ndax(TestInfo__xml=INFO)
    _archive.check(path)
    monkeypatch.setattr(_archive if hasattr(_archive, limit) else _zip, limit, value)
    with pytest.raises(DamagedFile) as caught:
        readers.read(path)
    assert caught.value.code == f"archive_too_large_{what}"


def test_a_bomb_is_refused_by_its_ratio(make_ndax: Make) -> None:
    with pytest.raises(DamagedFile) as caught:
        readers.read(make_ndax(data_log__ndc=bytes(_zip.FREE_BYTES + 1)))
    assert caught.value.code == "archive_too_large_ratio"


def test_remarks_are_heard_and_nothing_is_left_behind(capfd: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("fastnda")
    before = (logger.level, logger.propagate, list(logger.handlers), list(warnings.filters))
    with remarks() as heard:
        logging.getLogger("fastnda.ndax").warning("something new %d", 7)
        logging.getLogger("fastnda.ndax").info("not worth a finding")
        warnings.warn("ndc version 9 has not been verified against real Neware data", UserWarning, stacklevel=1)
    codes = {finding.code: finding for finding in heard.findings()}
    assert set(codes) == {"reader_remark", "format_version_unverified"}
    assert codes["reader_remark"].values["detail"] == "something new 7"
    assert (logger.level, logger.propagate, list(logger.handlers), list(warnings.filters)) == before
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("said", "code", "severity"),
    [
        ("Found a different number of aux channels in files and TestInfo.xml!", "auxiliary_data_lost", "stop"),
        ("Aux files found, but could not read TestInfo.xml!", "auxiliary_data_lost", "stop"),
        ("This ndax has negative jumps in the 'unix_time_s' column!", "clock_runs_backwards", "warning"),
        ("Raw cycle column missing for this file type, using 'auto'.", "cycle_count_derived", "note"),
        ("anything else", "reader_remark", "warning"),
    ],
)
def test_every_remark_has_its_code(said: str, code: str, severity: str) -> None:
    with remarks() as heard:
        logging.getLogger("fastnda").critical(said)
    assert [(finding.code, finding.severity) for finding in heard.findings()] == [(code, severity)]


def test_a_remark_that_is_a_line_of_another_is_told_once() -> None:
    first, second = (f"ndc version {n} filetype 18 has not been verified against real Neware data" for n in (8, 9))
    both = Heard([f"{first}\n{second}"]).findings()
    assert Heard([second, f"{first}\n{second}", first]).findings() == both
    assert Heard([second, second]).findings() == Heard([second]).findings() != both


def test_remarks_of_parallel_reads_do_not_mix(lab: Path) -> None:
    names = ["Unit27_Example_Corrupt.ndax", "nw4-120-6-1-36.ndax"] * 4
    found: list[tuple[str, bool]] = []

    def run(name: str) -> None:
        found.append((name, bool(stops(readers.read(lab / "neware" / name).findings))))

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted((name, "Corrupt" in name) for name in names)
    assert logging.getLogger("fastnda").handlers == []


@settings(deadline=None)
@given(data=st.data(), kind=st.sampled_from(["nda", "ndax"]))
def test_mutated_tester_files_raise_only_input_errors(data: st.DataObject, kind: str) -> None:
    content = bytearray(_TINY[kind])
    for _ in range(3):
        content[data.draw(st.integers(6, len(content) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mutant.{kind}"
        path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
        try:
            readers.read(path).samples.collect()
        except InputError as error:
            assert "{" not in error.message("ko")  # noqa: PT017


@pytest.fixture(autouse=True)
def _tiny(nda: Path, ndax: Path) -> None:
    _TINY.update(nda=nda.read_bytes(), ndax=ndax.read_bytes())


_TINY: dict[str, bytes] = {}
