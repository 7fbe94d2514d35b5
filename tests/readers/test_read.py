from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from hwan import readers
from hwan.core import (
    REQUIRED,
    HwanError,
    InputError,
    NothingInside,
    Recording,
    SeveralRecordings,
    UnknownName,
    UsageError,
    recording_id,
)
from hwan.readers import RawRecording, Recognition
from hwan.readers._read import _chosen_key, recording_with
from hwan.readers._source import open_source
from hwan.readers.bdf import BdfCsv

Write = Callable[[str, str | bytes], Path]


def test_read_stamps_provenance(bdf_csv: Path) -> None:
    recording = readers.read(bdf_csv)
    stamp = recording.provenance
    assert isinstance(recording, Recording)
    assert isinstance(recording.samples, pl.LazyFrame)
    assert recording.samples.collect_schema().names()[:3] == list(REQUIRED)
    assert (stamp.source_name, stamp.source_bytes, stamp.reader) == ("cell.bdf.csv", bdf_csv.stat().st_size, "bdf-csv")
    assert stamp.recording_id == recording_id(stamp.source_sha256, "bdf-csv", stamp.reader_version, "", "")


def test_the_id_is_of_the_bytes_not_of_the_name(bdf_csv: Path, write: Write) -> None:
    same = write("elsewhere.txt", bdf_csv.read_bytes())
    other = write("other.csv", bdf_csv.read_bytes() + b"80,3.6,0,2,Rest\n")
    assert readers.read(same).id == readers.read(bdf_csv).id
    assert readers.read(other).id != readers.read(bdf_csv).id


def test_started_at_is_the_first_clock_reading(nda: Path) -> None:
    assert readers.read(nda).started_at == datetime.fromtimestamp(1_700_000_001, UTC)


def test_read_all_gives_the_only_recording(bdf_csv: Path) -> None:
    assert [one.id for one in readers.read_all(bdf_csv)] == [readers.read(bdf_csv).id]


@pytest.mark.parametrize(
    ("make", "kind", "code"),
    [
        (lambda folder: folder / "absent.csv", InputError, "path_missing"),
        (lambda folder: folder, InputError, "path_is_folder"),
        (lambda folder: _touched(folder / "zero.ndax"), NothingInside, "no_bytes"),
        (lambda folder: _pipe(folder / "pipe.nda"), InputError, "path_not_a_file"),
        (lambda _: "nul\x00byte", InputError, "path_unreadable"),
    ],
)
def test_paths_that_cannot_be_read(
    tmp_path: Path, make: Callable[[Path], Path | str], kind: type[InputError], code: str
) -> None:
    for call in (readers.read, readers.read_all, readers.explain):
        with pytest.raises(kind) as caught:
            call(make(tmp_path))
        assert (caught.value.code, caught.value.exit_code) == (code, 3)


def _touched(path: Path) -> Path:
    path.touch()
    return path


def _pipe(path: Path) -> Path:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    if not path.exists():
        os.mkfifo(path)
    return path


def test_a_key_for_a_file_without_keys_is_a_usage_error(bdf_csv: Path) -> None:
    with pytest.raises(UsageError, match="leave --key away"):
        readers.read(bdf_csv, key="3")


class _Two(BdfCsv):
    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        return ("a", "b")


def test_several_recordings_have_to_be_chosen(bdf_csv: Path) -> None:
    source = open_source(bdf_csv)
    with pytest.raises(SeveralRecordings, match="a, b"):
        _chosen_key(source, _Two(), None)
    with pytest.raises(UnknownName, match="recording"):
        _chosen_key(source, _Two(), "c")
    ids = {recording_with(_Two(), source, key).id for key in ("a", "b")}
    assert len(ids) == 2


class _Broken(BdfCsv):
    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002
        raise RuntimeError("tripped")

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        raise RuntimeError("tripped")


def test_a_reader_that_fails_inside_is_not_a_fault_of_the_file(bdf_csv: Path) -> None:
    with pytest.raises(HwanError, match="failed inside on cell") as caught:
        recording_with(_Broken(), open_source(bdf_csv), "")
    assert caught.value.exit_code == 5
    assert caught.value.values["detail"] == "RuntimeError: tripped"
    assert "tripped" not in str(caught.value)


def test_public_names_exist() -> None:
    assert all(hasattr(readers, name) for name in readers.__all__)
