"""Small files of testers, and stores to put them in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from hwan.core import Finding, Instrument, Provenance, Recording, recording_id
from hwan.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def recorded() -> Callable[..., Recording]:
    """A recording around any frame."""

    def _recorded(samples: pl.DataFrame, name: str = "one") -> Recording:
        identifier = recording_id(name, "test", "1", "", "")
        return Recording(
            provenance=Provenance(identifier, f"{name}.csv", name, 7, "test", "1"),
            samples=samples.lazy(),
            instrument=Instrument(maker="제조사", current_range_ampere=75.0),
            metadata={"operator": "김"},
            findings=(Finding("time_backwards", "warning", "rows 3-4", {"count": 2, "share": 0.5}),),
        )

    return _recorded


@pytest.fixture
def fifteen(tmp_path: Path) -> Path:
    """A folder of fifteen small files, each with samples of its own."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(15):
        write_small(folder / f"cell-{number:02d}.bdf.csv", number)
    return folder


def write_small(path: Path, number: int) -> None:
    rows = range(40 + number)
    frame = pl.DataFrame(
        {
            "Test Time / s": [float(row) for row in rows],
            "Voltage / V": [3.0 + (row * (number + 1) % 97) / 1000 for row in rows],
            "Current / A": [1.5] * len(rows),
        }
    )
    frame.write_csv(path)
