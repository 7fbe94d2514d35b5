"""Add, list, get, rebuild, check; the lab's files as they are."""

from __future__ import annotations

import shutil
import sqlite3

import polars as pl
import pytest

from hwan.core import HwanError, InputError, MissingExtra, UsageError
from hwan.readers import read_all
from hwan.store import Store, expand
from hwan.store._footer import read_footer

from .conftest import write_small


def files_of(store):
    return sorted((store.folder / "recordings").iterdir())


def test_the_lab_s_neware_files_come_back(lab_data, store):
    read = 0
    for path in sorted((lab_data / "testers/neware").iterdir()):
        try:
            recordings = read_all(path)
        except InputError:
            continue
        for recording in recordings:
            stored = store.add(recording)
            back = store.get(stored.id)
            assert back.samples.collect().equals(recording.samples.collect(), null_equal=True)
            assert back.samples.collect_schema() == recording.samples.collect_schema()
            assert (back.provenance, back.findings) == (recording.provenance, recording.findings)
            assert dict(back.metadata) == dict(recording.metadata)
            read += 1
    assert read >= 12
    assert store.check().damages == ()


def test_the_same_file_twice_adds_nothing(fifteen, store):
    path = fifteen / "cell-03.bdf.csv"
    (first,), before = store.add_file(path), files_of(store)
    written = before[0].stat().st_mtime_ns
    (second,) = store.add_file(path)
    assert (first.added, second.added, first.entry) == (True, False, second.entry)
    assert files_of(store) == before
    assert before[0].stat().st_mtime_ns == written
    assert store.add(read_all(path)[0]).added is False


def test_a_stored_source_is_not_read_again(fifteen, store, monkeypatch):
    store.add_many([fifteen])
    monkeypatch.setattr("hwan.store._store.read_all", lambda *_, **__: pytest.fail("read again"))
    again = store.add_many([fifteen])
    assert [each.added for each in again.results] == [False] * 15


def test_another_version_of_the_reader_reads_again(fifteen, store, monkeypatch):
    path = fifteen / "cell-00.bdf.csv"
    store.add_file(path)
    monkeypatch.setattr("hwan.store._job._current", lambda _: {})
    seen = []
    monkeypatch.setattr("hwan.store._store.read_all", lambda path, **_: seen.append(path) or read_all(path))
    store.add_file(path)
    assert seen == [path]


def test_reindex_gives_identical_rows(fifteen, store):
    store.add_many([fifteen])
    before = store.recordings()
    lines = rows_in(store)
    assert store.reindex() == before
    assert rows_in(store) == lines
    assert len(before) == 15


def rows_in(store):
    connection = sqlite3.connect(store.folder / "index.sqlite")
    try:
        return connection.execute("SELECT * FROM recordings ORDER BY recording_id").fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"no database" * 99)])
def test_an_index_that_is_lost_or_damaged_is_rebuilt(damage, fifteen, store):
    store.add_many([fifteen])
    before = store.recordings()
    damage(store.folder / "index.sqlite")
    assert store.recordings() == before
    damage(store.folder / "index.sqlite")
    assert Store(store.folder).recordings() == before


def test_a_file_that_came_or_went_without_the_index_is_seen_at_the_next_opening(fifteen, store, tmp_path):
    store.add_many([fifteen])
    other = Store(tmp_path / "other")
    for path in files_of(store)[:3]:
        shutil.copy(path, other.folder / "recordings")
    assert len(Store(other.folder).recordings()) == 3
    files_of(other)[0].unlink()
    assert len(Store(other.folder).recordings()) == 2


def test_stale_temporaries_are_cleaned_and_never_read(fifteen, store):
    store.add_file(fifteen / "cell-00.bdf.csv")
    half = store.folder / "recordings" / ".abc-1.part"
    half.write_bytes(b"PAR1 half")
    assert len(Store(store.folder).recordings()) == 1
    assert not half.exists()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_corrupted_byte_is_found(share, store, cell):
    stored = store.add(cell.recording)
    path = store.folder / "recordings" / f"{stored.id}.parquet"
    whole = bytearray(path.read_bytes())
    samples = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    whole[4 + int(share * (samples - 5))] ^= 0x10
    path.write_bytes(whole)
    result = store.check()
    assert result.files == 1
    assert [each.file for each in result.damages] == [path.name]


def test_a_changed_footer_is_found_and_not_read(store, recorded):
    stored = store.add(recorded(pl.DataFrame({"raw_a": [1.0]})))
    path = files_of(store)[0]
    path.write_bytes(path.read_bytes().replace(b"one.csv", b"two.csv"))
    assert [each.error.code for each in store.check().damages] == ["store_footer_damaged"]
    with pytest.raises(HwanError, match="footer"):
        store.get(stored.id)
    assert store.reindex() == ()


def test_a_renamed_file_is_found(store, recorded):
    store.add(recorded(pl.DataFrame({"raw_a": [1.0]})))
    path = files_of(store)[0]
    path.rename(path.with_name("ab12.parquet"))
    assert [each.error.code for each in store.check().damages] == ["store_file_misnamed"]


def test_a_newer_schema_is_refused(store, recorded, monkeypatch):
    monkeypatch.setattr("hwan.store._footer.SCHEMA", 2)
    store.add(recorded(pl.DataFrame({"raw_a": [1.0]})))
    monkeypatch.undo()
    with pytest.raises(HwanError, match="newer hwan"):
        read_footer(files_of(store)[0])


def test_a_recording_is_found_by_how_its_id_begins(fifteen, store):
    results = store.add_many([fifteen]).results
    assert store.get(results[4].id[:12]).id == results[4].id
    for wrong in ("", "zz", "%", "../index"):
        with pytest.raises(UsageError, match="begins with"):
            store.get(wrong)
    first = {each.id[0] for each in results}
    shared = next(letter for letter in first if sum(each.id.startswith(letter) for each in results) > 1)
    with pytest.raises(UsageError) as several:
        store.get(shared)
    assert several.value.code == "store_id_several"


def test_an_id_cannot_lead_out_of_the_folder(store, recorded):
    from dataclasses import replace

    recording = recorded(pl.DataFrame({"raw_a": [1.0]}))
    outside = replace(recording, provenance=replace(recording.provenance, recording_id="../../outside"))
    with pytest.raises(UsageError, match="no id"):
        store.add(outside)


def test_one_broken_file_stops_nobody(fifteen, store):
    (fifteen / "cell-05.bdf.csv").write_text("Test Time / s,Voltage / V,Current / A\n", encoding="utf-8")
    (fifteen / "notes.txt").write_text("Monday: nothing", encoding="utf-8")
    calls = []
    job = store.add_many([fifteen, fifteen / "none.csv"], progress=lambda *given: calls.append(given))
    assert (len(job.results), job.interrupted) == (14, False)
    assert [each.path.name for each in job.failures] == ["cell-05.bdf.csv", "none.csv"]
    assert [each.path.name for each in job.skipped] == ["notes.txt"]
    assert [(number, total) for _, number, total in calls] == [(number, 17) for number in range(17)]


def test_a_file_named_that_is_no_tester_s_is_a_failure(fifteen, store):
    (fifteen / "notes.txt").write_text("Monday: nothing", encoding="utf-8")
    assert len(store.add_many([fifteen / "notes.txt"]).failures) == 1


def test_what_is_done_before_an_interruption_is_kept(fifteen, store):
    def progress(path, number, total):
        if number == 4:
            raise KeyboardInterrupt

    job = store.add_many([fifteen], progress=progress)
    assert (job.interrupted, len(job.results), len(store.recordings())) == (True, 4, 4)
    assert [each.added for each in store.add_many([fifteen]).results] == [False] * 4 + [True] * 11


def test_folders_globs_and_names_give_each_file_once(fifteen):
    (fifteen / ".hidden.csv").write_text("x", encoding="utf-8")
    paths = [fifteen, fifteen / "cell-0*.csv", fifteen / "cell-00.bdf.csv"]
    found = expand(paths)
    assert [path.name for path, _ in found] == [f"cell-{number:02d}.bdf.csv" for number in range(15)]
    assert [named for _, named in found] == [True] + [False] * 14


def test_the_store_does_not_take_itself_in(fifteen):
    store = Store(fifteen / "store")
    store.add_many([fifteen])
    assert len(store.add_many([fifteen]).results) == 15
    assert len(store.recordings()) == 15


def test_a_mapping_of_one_s_own(store, tmp_path):
    mapping = tmp_path / "mine.toml"
    mapping.write_text(
        'id = "mine"\ntitle = "mine"\nrecognise = ["one", "two", "three"]\n'
        '[columns]\none = { to = "test_time_second" }\n'
        'two = { to = "voltage_volt" }\nthree = { to = "current_ampere" }\n',
        encoding="utf-8",
    )
    path = tmp_path / "mine.csv"
    path.write_text("one,two,three\n0,3.7,1\n1,3.8,1\n", encoding="utf-8")
    (first,) = store.add_file(path, mapping)
    assert first.added
    assert store.add_many([path], mapping).results[0].added is False
    assert len(store.add_many([path]).failures) == 1


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"hwan\[store\]"):
        Store(tmp_path / "store")


def test_a_place_that_is_no_folder(tmp_path):
    write_small(tmp_path / "file", 1)
    with pytest.raises(InputError, match="--store"):
        Store(tmp_path / "file")
