"""Recordings from plain columns, and synthetic tests written otherwise than their tester did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from hwan.core import BatteryType, Provenance, Recording
from hwan.synthetic import SyntheticTest, cell_test

BASE = ("test_time_second", "voltage_volt", "current_ampere")
COUNTERS = ("capacity_ah", "energy_wh")
Record = Callable[..., Recording]


@pytest.fixture(scope="session")
def record() -> Record:
    """Make a recording of columns; time, voltage and current come first and may be positional."""

    def _record(*base: Any, **columns: Any) -> Recording:
        named = dict(zip(BASE, base, strict=False)) | columns
        return Recording(Provenance("made", "made.csv", "0" * 64, 1, "tests", "1"), pl.DataFrame(named).lazy())

    return _record


@pytest.fixture(scope="session")
def altered() -> Callable[..., Recording]:
    """Return the recording of a synthetic test with expressions applied, or with another frame."""

    def _altered(test: SyntheticTest, *expressions: pl.Expr, **named: pl.Expr) -> Recording:
        samples = test.recording.samples.with_columns(*expressions, **named)
        return replace(test.recording, samples=samples)

    return _altered


@pytest.fixture(scope="session")
def numbers_only() -> Callable[[SyntheticTest], Recording]:
    """Drop all that the tester knew: step, cycle and counters."""

    def _numbers_only(test: SyntheticTest) -> Recording:
        return replace(test.recording, samples=test.recording.samples.select(BASE))

    return _numbers_only


@pytest.fixture(scope="session")
def recounted() -> Callable[[SyntheticTest, Mapping[str, np.ndarray]], Recording]:
    """Replace the tester's counters by others."""

    def _recounted(test: SyntheticTest, counters: Mapping[str, np.ndarray]) -> Recording:
        old = [name for name in test.samples.columns if name.endswith(COUNTERS)]
        samples = test.samples.drop(old).with_columns(**{name: pl.Series(value) for name, value in counters.items()})
        return replace(test.recording, samples=samples.lazy())

    return _recounted


@pytest.fixture(scope="session")
def lfp() -> SyntheticTest:
    return cell_test(8, chemistry="lfp")


@pytest.fixture(scope="session")
def kind(cell: SyntheticTest) -> BatteryType:
    return cell.battery.type


@pytest.fixture(scope="session")
def walk() -> Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Time, voltage and current of constant currents (A, s) on a linear cell of 10 Ah and 10 mohm, 3 to 4 V."""

    def _walk(*parts: tuple[float, float], soc: float = 0.5, every: float = 1.0) -> tuple[np.ndarray, ...]:
        current = np.concatenate([np.full(int(seconds / every), ampere, dtype=float) for ampere, seconds in parts])
        time = every * np.arange(1, len(current) + 1)
        charge = soc + np.cumsum(current) * every / 36_000
        return time, 3 + charge + 0.01 * current, current

    return _walk
