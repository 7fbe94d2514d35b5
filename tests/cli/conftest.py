"""Files as users have them, good and bad, and a way to call hwan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hwan.cli import main
from hwan.synthetic import Faults, cell_test, write_bdf_csv, write_bdf_parquet

READINGS = """
[[observations]]
quantity = "visual_inspection"
value = true
[[observations]]
quantity = "insulation_resistance"
value = 900
unit = "ohm/V"
[[observations]]
quantity = "cell_voltage_spread"
value = 0.01
unit = "V"
"""


@dataclass(frozen=True)
class Answer:
    """What a call left."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout; fails when there is anything else, or a NaN."""

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} in JSON")

        parsed = json.loads(self.out, parse_constant=refuse)
        assert isinstance(parsed, dict)
        return parsed


@pytest.fixture
def call(capsys) -> Callable[..., Answer]:
    def _call(*words: object) -> Answer:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return _call


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Path:
    """One folder with a good file and every kind of bad one."""
    folder = tmp_path_factory.mktemp("files")
    good = cell_test(7)
    write_bdf_csv(good, folder / "good.bdf.csv")
    write_bdf_parquet(good, folder / "good.bdf.parquet")
    for name, faults in {
        "swapped": Faults(current_sign_swapped=True),
        "milliampere": Faults(current_in_milliampere=True),
        "milliampere_uncounted": Faults(current_in_milliampere=True, no_counters=True),
        "uncounted": Faults(no_counters=True),
        "short": Faults(truncated=True),
    }.items():
        write_bdf_csv(cell_test(7, faults=faults), folder / f"{name}.bdf.csv")
    text = (folder / "good.bdf.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    (folder / "cut.bdf.csv").write_text("\n".join(lines[:200]) + "\n12.5,3.", encoding="utf-8")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "headings.bdf.csv").write_text(lines[0] + "\n", encoding="utf-8")
    (folder / "picture.ndax").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (folder / "readings.toml").write_text(READINGS, encoding="utf-8")
    nothing = good.samples.with_columns(pl.lit(None, dtype=pl.Float64).alias("voltage_volt"))
    nothing.write_csv(folder / "no_voltage.bdf.csv")
    return folder


@pytest.fixture
def good_call() -> tuple[str, ...]:
    """What a user says of the good file."""
    return (
        *("--rated-capacity-ah", "50", "--rated-energy-wh", "182.5", "--chemistry", "nmc622", "--level", "cell"),
        *("--upper-voltage-volt", "4.2", "--lower-voltage-volt", "2.8"),
    )
