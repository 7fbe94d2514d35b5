"""From the rows that a certificate names to its figures: what every tracing test needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl


def rows_of(samples: pl.DataFrame, evidence: dict[str, Any]) -> pl.DataFrame:
    """Return the rows that an evidence names."""
    first, last = evidence["first_row"], evidence["last_row"]
    assert 0 <= first <= last < samples.height
    return samples[first : last + 1]


def moved(rows: pl.DataFrame, *, energy: bool = False) -> float:
    """Return charge in Ah, or energy in Wh, by the trapezoidal rule."""
    amperes = rows["current_ampere"].to_numpy()
    flow = amperes * rows["voltage_volt"].to_numpy() if energy else amperes
    return float(abs(np.trapezoid(flow, rows["test_time_second"].to_numpy())) / 3600)


def interval(result: dict[str, Any]) -> tuple[float, float]:
    """Return the ends of a result's 90 % interval."""
    found = {each["probability"]: each["value"] for each in result["quantiles"]}
    return found[0.05], found[0.95]
