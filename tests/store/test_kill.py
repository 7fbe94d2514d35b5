"""Processes that are killed at any moment, or that work at once, lose nothing and double nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

from hwan.store import Store

JOB = """
import sys
from hwan.store import Store
print("ready", flush=True)
job = Store(sys.argv[1]).add_many([sys.argv[2]])
sys.exit(len(job.failures))
"""


def start(store, files):
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    words = [sys.executable, "-c", JOB, str(store), str(files)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def finish(process):
    with process:
        return process.wait(timeout=120)


def test_killed_at_random_moments_then_resumed(fifteen, tmp_path):
    draw, folder = random.Random(20), tmp_path / "killed"  # noqa: S311 - moments, not secrets
    before: set[str] = set()
    for _ in range(10):
        with start(folder, fifteen) as process:
            time.sleep(draw.uniform(0, 0.25))
            process.kill()
        store = Store(folder)
        assert store.check().damages == ()
        assert list((folder / "recordings").glob(".*")) == []
        now = {each.id for each in store.recordings()}
        assert before <= now
        before = now
        assert len(store.recordings()) == len(list((folder / "recordings").iterdir()))
    assert finish(start(folder, fifteen)) == 0
    whole = Store(tmp_path / "whole")
    whole.add_many([fifteen])
    finished = Store(folder)
    assert content(finished) == content(whole)
    assert finished.reindex() == finished.recordings()


def content(store):
    return [(each.provenance, each.samples_sha256, each.rows) for each in store.recordings()]


def test_two_processes_at_once(fifteen, tmp_path):
    folder = tmp_path / "shared"
    both = [start(folder, fifteen) for _ in range(2)]
    assert [finish(each) for each in both] == [0, 0]
    store = Store(folder)
    assert len(store.recordings()) == 15
    assert sorted(path.stem for path in (folder / "recordings").iterdir()) == sorted(e.id for e in store.recordings())
    assert store.check().damages == ()


def test_killed_between_rename_and_index(fifteen, tmp_path, monkeypatch):
    store = Store(tmp_path / "store")
    monkeypatch.setattr("hwan.store._index.Index.add", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert store.add_many([fifteen]).interrupted
    monkeypatch.undo()
    assert store.recordings() == ()
    reopened = Store(store.folder)
    assert len(reopened.recordings()) == 1
    assert [each.added for each in reopened.add_many([fifteen]).results] == [False] + [True] * 14


def test_the_temporary_of_a_living_process_is_left_alone(tmp_path):
    from hwan.store._write import _temporary, sweep

    with _temporary(tmp_path / "ab.parquet") as (file, place):
        assert sweep(tmp_path) == 0
        assert place.exists()
        file.write(b"x")
    assert list(tmp_path.iterdir()) == []
