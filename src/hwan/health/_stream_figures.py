"""From rows of whole steps to figures per step that add up: two parts of one step give the figures of the step.

Rows are arrays by name, one entry per sample. The kind of a step is not among the figures: it
depends on the largest current of the whole record, and follows at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.health._counter import RESET_FACTOR, increments, usual_increment
from hwan.health._noise import CLEAR, _middle_of_three, typical_noise
from hwan.health._resistance import REST_SAMPLES, REST_SECONDS, START_TOLERANCE
from hwan.health._segments import constant_voltage_starts, least_response, rest_limit, without_stale_starts
from hwan.health._signals import Floats, Ints
from hwan.health._steps import without_stale_first

Rows = Mapping[str, NDArray[Any]]

PULSE_SECOND: Final = 10.0
"""The time after the current began at which a stream takes the resistance."""
COUNTERS: Final = ("capacity", "energy")
_FIRST: Final = (
    "first_row", "begin_second", "first_second", "first_voltage", "first_current", "step", "cycle", "first_step",
    "first_cycle", "first_capacity", "first_energy", "at_voltage", "at_current",
)  # fmt: skip
_LAST: Final = (
    "last_row", "end_second", "last_voltage", "last_current", "last_cleaned", "rested_voltage", "capacity", "energy",
)  # fmt: skip
_LEAST: Final = ("lowest_voltage", "lowest_current", "lowest_cleaned")
_MOST: Final = ("highest_voltage", "highest_current", "highest_cleaned")


@dataclass(frozen=True, slots=True)
class Scales:
    """The instrument's noise and digits, learnt from the first rows, and the largest current so far (A, V, Ah, Wh)."""

    noise_ampere: float
    noise_volt: float
    cleaned_noise_ampere: float
    response_volt: float
    usual_capacity: float
    usual_energy: float
    largest_ampere: float
    largest_cleaned_ampere: float

    @property
    def rest_ampere(self) -> float:
        """The limit of a rest for the current without spikes."""
        return rest_limit(self.cleaned_noise_ampere, self.largest_cleaned_ampere)

    @property
    def rest_recorded_ampere(self) -> float:
        """The limit of a rest for the current as it was recorded."""
        return rest_limit(self.noise_ampere, self.largest_ampere)

    def values(self) -> dict[str, float]:
        """Return the scales by name."""
        return asdict(self)


def learnt(rows: Rows) -> Scales:
    """Return the scales of rows, as the analysis of a whole record takes them."""
    current, voltage = rows["current"], rows["voltage"]
    noise_ampere, noise_volt = typical_noise(current), typical_noise(voltage)
    cleaned = despiked(current, voltage, noise_ampere, noise_volt)
    usual = {name: usual_increment(rows[name]) if name in rows else 0.0 for name in COUNTERS}
    return Scales(
        noise_ampere,
        noise_volt,
        typical_noise(cleaned),
        least_response(voltage),
        usual["capacity"],
        usual["energy"],
        float(np.abs(current).max()),
        float(np.abs(cleaned).max()),
    )


def despiked(current: Floats, voltage: Floats, noise_ampere: float, noise_volt: float) -> Floats:
    """Return what :func:`hwan.health._noise.without_spikes` does, by noises known beforehand.

    A sample leaves its neighbours where both changes beside it are large and opposite.
    """
    if len(current) < 3:
        return current
    change = np.diff(current)
    limit = CLEAR * noise_ampere
    large = (change > limit) | (change < -limit)
    here = np.flatnonzero(large[:-1] & large[1:]) + 1
    here = here[change[here - 1] * change[here] < 0]
    if not len(here):
        return current
    leaves, follows = _apart(current, here), _apart(voltage, here)
    ignored = (leaves * follows <= 0) | (np.abs(follows) <= CLEAR * noise_volt)
    cleaned = current.copy()
    cleaned[here] -= np.where(ignored, leaves, 0.0)
    return cleaned


def _apart(values: Floats, here: Ints) -> Floats:
    """Return how far samples are from the median of themselves and their two neighbours."""
    apart: Floats = values[here] - _middle_of_three(values[here - 1], values[here], values[here + 1])
    return apart


def figures(rows: Rows, begins: Ints, scales: Scales, *, whole: bool = True, continues: bool = False) -> Rows:
    """Return the figures of the steps in `rows`.

    Parameters
    ----------
    rows
        Whole steps; before the first one the last row of the step before it, unless the record begins.
    begins
        Index of each step's first row, increasing.
    scales
        Noise, digits and largest current.
    whole
        False for a part of a step too long to be kept: its CC and CV shares are not told apart.
    continues
        Whether the first step goes on from the part before.
    """
    lead = int(begins[0])
    inside = {name: values[lead:] for name, values in rows.items()}
    starts = begins - lead
    if whole:
        starts = np.union1d(starts, _held(inside, starts[int(continues) :], scales))
    lasts = np.append(starts[1:], len(inside["row"])) - 1
    edges = starts[1:] if continues or not lead else starts
    edges = np.append(0, edges + lead)
    return {
        **_ends(inside, starts, lasts),
        **_ranges(inside, starts, lasts, continues=continues),
        **_integrals(rows, edges, lead, starts, scales),
        **_counted(rows, lead, starts, scales),
        **_temperature(inside, starts),
        **_resistance(rows, lead, starts, lasts),
        "begin_second": np.append(rows["time"][max(lead - 1, 0)], inside["time"][lasts[:-1]]),
        "goes_on": np.append(continues, np.zeros(len(starts) - 1, dtype=np.bool_)),
    }


def _held(rows: Rows, starts: Ints, scales: Scales) -> Ints:
    """Return where a CCCV step turns from current to voltage, of the steps that begin at `starts`."""
    if not len(starts):
        return starts
    first = int(starts[0])
    time, voltage, cleaned = (rows[name][first:] for name in ("time", "voltage", "cleaned"))
    turns: Ints = constant_voltage_starts(time, voltage, cleaned, starts - first, scales.rest_ampere) + first
    return turns


def _ends(rows: Rows, starts: Ints, lasts: Ints) -> dict[str, NDArray[Any]]:
    found = {
        "first_row": rows["row"][starts],
        "last_row": rows["row"][lasts],
        "first_second": rows["time"][starts],
        "end_second": rows["time"][lasts],
        "samples": lasts - starts + 1,
        "last_cleaned": rows["cleaned"][lasts],
        "rested_voltage": _rested(rows, starts, lasts),
    }
    for name in ("voltage", "current"):
        found |= {f"first_{name}": rows[name][starts], f"last_{name}": rows[name][lasts]}
    # Without step numbers a cycle's number may be a row late: the second row of the step has it.
    second = np.minimum(starts + ("step" not in rows), lasts)
    found |= {name: rows[name][second] for name in ("step", "cycle") if name in rows}
    found |= {f"first_{name}": rows[name][starts] for name in ("step", "cycle", *COUNTERS) if name in rows}
    return found | {name: rows[name][lasts] for name in COUNTERS if name in rows}


def _rested(rows: Rows, starts: Ints, lasts: Ints) -> Floats:
    """Return the mean voltage in V of the last samples of each step, as a resistance takes it before a pulse."""
    total, count = np.zeros(len(starts)), np.zeros(len(starts))
    for back in range(REST_SAMPLES):
        here = np.maximum(lasts - back, starts)
        counts = (lasts - back >= starts) & (rows["time"][here] >= rows["time"][lasts] - REST_SECONDS)
        total += np.where(counts, rows["voltage"][here], 0.0)
        count += counts
    mean: Floats = total / count
    return mean


def _ranges(rows: Rows, starts: Ints, lasts: Ints, *, continues: bool) -> dict[str, Floats]:
    edges = slice(1, None) if continues else slice(None)
    cleaned = without_stale_first(rows["cleaned"], starts[edges], lasts[edges])
    found = {
        "cleaned_sum": np.add.reduceat(cleaned, starts),
        "cleaned_square": np.add.reduceat(cleaned * cleaned, starts),
        "current_sum": np.add.reduceat(rows["current"], starts),
        "voltage_sum": np.add.reduceat(rows["voltage"], starts),
    }
    for name, values in (("voltage", rows["voltage"]), ("current", rows["current"]), ("cleaned", cleaned)):
        found[f"lowest_{name}"] = np.minimum.reduceat(values, starts)
        found[f"highest_{name}"] = np.maximum.reduceat(values, starts)
    return found


def _integrals(rows: Rows, edges: Ints, lead: int, starts: Ints, scales: Scales) -> dict[str, Floats]:
    """Return charge and energy of each step, in and out together (Ah, Wh), and its throughput without sign."""
    current = without_stale_starts(rows["current"], edges, scales.rest_recorded_ampere)
    interval = np.diff(rows["time"])
    found = {}
    for unit, rate in (("ah", current), ("wh", current * rows["voltage"])):
        added = increments(rate, interval, edges)[lead:]
        found[unit] = np.add.reduceat(added, starts)
        found[f"throughput_{unit}"] = np.add.reduceat(np.abs(added), starts)
    return found


def _counted(rows: Rows, lead: int, starts: Ints, scales: Scales) -> dict[str, Floats]:
    """Return what counters that begin again by falling to zero have counted in each step."""
    found: dict[str, Floats] = {}
    for name in COUNTERS:
        if name not in rows:
            continue
        net, limit = rows[name], RESET_FACTOR * float(getattr(scales, f"usual_{name}"))
        change = np.diff(net)
        fallen = np.flatnonzero((change > limit) | (change < -limit)) + 1
        fallen = fallen[np.abs(net[fallen]) < np.abs(change[fallen - 1])]
        gained = np.diff(np.append(net[np.maximum(starts + lead - 1, 0)], net[-1:]))
        step = np.searchsorted(starts, fallen - lead, side="right") - 1
        resets: Floats = np.bincount(step, net[fallen - 1], len(starts)).astype(np.float64)
        found[f"{name}_unwound"] = gained + resets
    return found


def _temperature(rows: Rows, starts: Ints) -> dict[str, Floats]:
    if "temperature" not in rows:
        return {}
    known = np.isfinite(rows["temperature"])
    total = np.add.reduceat(np.where(known, rows["temperature"], 0.0), starts)
    return {"temperature_sum": total, "temperature_count": np.add.reduceat(known.astype(np.float64), starts)}


def _resistance(rows: Rows, lead: int, starts: Ints, lasts: Ints) -> dict[str, Floats]:
    """Return voltage and change of current `PULSE_SECOND` after each step's current began; NaN where not recorded.

    As :func:`hwan.health._resistance.resistance_at`, without the tester's own step time.
    """
    time, current = rows["time"], rows["current"]
    begin, last = starts + lead, lasts + lead
    before = np.maximum(begin - 1, 0)
    second = np.minimum(begin + 1, last)
    late = np.abs(current[begin] - current[before]) < 0.5 * np.abs(current[second] - current[before])
    without = np.where(late & (last > begin), begin, before)
    first = np.minimum(without + 1, last)
    half = (time[first] - time[without]) / 2
    target = time[first] - half + PULSE_SECOND
    after = np.minimum(np.clip(np.searchsorted(time, target), first + 1, last), last)
    span = np.maximum(time[after] - time[after - 1], 1e-300)
    share = np.clip((target - time[after - 1]) / span, 0.0, 1.0)
    nearest = np.minimum(np.abs(time[after] - target), np.abs(target - time[after - 1]))
    slack = PULSE_SECOND * 1e-6
    near = np.maximum(half, nearest) <= START_TOLERANCE * (PULSE_SECOND + slack)
    told = near & (time[last] >= target - slack) & (time[first] <= target + slack) & (last > first) & (begin > 0)
    volts, amperes = ((each[after - 1], each[after]) for each in (rows["voltage"], current))
    return {
        "at_voltage": np.where(told, volts[0] + share * (volts[1] - volts[0]), np.nan),
        "at_current": np.where(told, amperes[0] + share * (amperes[1] - amperes[0]) - current[before], np.nan),
    }


def merged(parts: Sequence[Rows]) -> Rows:
    """Return the figures of all steps, the parts of a step that was too long to be kept as one."""
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if not joined["goes_on"].any():
        return joined
    rules = {**dict.fromkeys(_FIRST, "first"), **dict.fromkeys(_LAST, "last")}
    rules |= {**dict.fromkeys(_LEAST, "min"), **dict.fromkeys(_MOST, "max")}
    frame = pl.DataFrame(joined).with_columns(step_number=(~pl.col("goes_on")).cum_sum())
    amounts = [getattr(pl.col(name), rules.get(name, "sum"))() for name in joined if name != "goes_on"]
    grouped = frame.group_by("step_number", maintain_order=True).agg(amounts).drop("step_number")
    return {column.name: column.to_numpy() for column in grouped.iter_columns()} | {
        "goes_on": np.zeros(grouped.height, dtype=np.bool_)
    }
