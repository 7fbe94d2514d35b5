"""Files as users have them, good and bad, and a way to call hwan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hwan.cli import main
from hwan.core import COLUMNS
from hwan.health.rapid import PULSES_5_SECOND
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


RATED_AH = 10.0


def turning_points(health: float, voltage: float, noise: np.random.Generator) -> list[float]:
    """What the 5 s pulses of a cell answer from a voltage of rest; its resistance rises as it ages."""
    size, found, rest = 0.05 + 0.25 * (1 - health), [voltage], voltage
    for rate in PULSES_5_SECOND.rates_per_hour:
        jump, growth, kept = size * rate, 0.3 * size * rate, 0.0008 * rate / health
        found += [rest + jump, rest + jump + growth, rest + growth + kept, rest + kept]
        rest += kept
    return [value + 2e-4 * float(noise.normal()) for value in found]


@pytest.fixture(scope="session")
def responses() -> pl.DataFrame:
    """A table of 12 cells between 55 and 95 %, each at four voltages."""
    noise = np.random.default_rng(3)
    return pl.DataFrame([
        {"cell": f"c{number:02}", "soh": float(health)}
        | dict(zip(PULSES_5_SECOND.names, turning_points(float(health), float(voltage), noise), strict=True))
        for number, health in enumerate(np.linspace(0.55, 0.95, 12))
        for voltage in np.linspace(3.6, 3.9, 4)
    ])  # fmt: skip


@pytest.fixture(scope="session")
def own_model(responses, tmp_path_factory) -> Path:
    """The model of these cells, as a user makes it."""
    folder = tmp_path_factory.mktemp("model")
    responses.write_csv(folder / "responses.csv")
    words = ("--chemistry", "lmo", "--rated-capacity-ah", "10", "--id", "own/1", "--batch", "B1", "--batch", "B2")
    page = ("--report", str(folder / "page.html"))
    assert main(["calibrate", str(folder / "responses.csv"), *words, "--out", str(folder / "own.json"), *page]) == 0
    return folder / "own.json"


@pytest.fixture
def rapid_test(tmp_path) -> Callable[..., Path]:
    """A tester's file with the five pulses of a cell: a row at each end of every step, and counters."""

    def _write(health: float, *, width_second: float = 5.0, temperature: float | None = 25.0) -> Path:
        values = turning_points(health, 3.72, np.random.default_rng(round(1000 * health)))
        rows = [(0.0, values[0], 0.0, 1, 0.0, 0.0), (600.0, values[0], 0.0, 1, 0.0, 0.0)]
        for number, rate in enumerate(PULSES_5_SECOND.rates_per_hour):
            now, (first, last, behind, end) = rows[-1][0], values[1 + 4 * number : 5 + 4 * number]
            current, step, moved = rate * RATED_AH, 2 + 2 * number, rate * RATED_AH * width_second / 3600
            rows += [
                (now + 0.001, first, current, step, 0.0, 0.0),
                (now + width_second, last, current, step, max(moved, 0), max(-moved, 0)),
                (now + width_second + 0.001, behind, 0.0, step + 1, 0.0, 0.0),
                (now + width_second + 75, end, 0.0, step + 1, 0.0, 0.0),
            ]
        names = ("test_time_second", "voltage_volt", "current_ampere", "step_count",
                 "step_charging_capacity_ah", "step_discharging_capacity_ah")  # fmt: skip
        frame = pl.DataFrame(rows, schema=[COLUMNS[name].label for name in names], orient="row")
        if temperature is not None:
            frame = frame.with_columns(pl.lit(temperature).alias(COLUMNS["surface_temperature_celsius"].label))
        path = tmp_path / f"rapid-{health:.3f}.bdf.csv"
        frame.write_csv(path)
        return path

    return _write
