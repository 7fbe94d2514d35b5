"""Pulses of a recording, found by their currents: a short constant current after a rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hwan.health._analysis import Analysis
from hwan.health._levenberg import Floats
from hwan.health._resistance import Edge, edges
from hwan.health._steps import PULSE_LONGEST_SECOND

WIDTH_TOLERANCE: Final = 0.02
REST_WIDTHS: Final = 5.0
"""So many widths of the rest after a pulse are used: later, a real cell relaxes on as no two pairs do."""
BEFORE_WIDTHS: Final = 1.0
"""...and so much of the rest before, which gives the rest voltage and its drift."""
STEADY: Final = 0.02
"""Samples whose current is within this part of the pulse's belong to it; one that drifts by more is not constant."""
MOST_SAMPLES: Final = 4_000
"""Of more samples than this of one pulse, some are enough..."""
AT_EDGES: Final = 500
"""...but so many after each edge are kept."""
NOISY: Final = 5.0
"""...or within this many times its median deviation, where the current is noisy."""
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse of a recording, ready for a fit.

    Parameters
    ----------
    edge
        Where it stands in the recording.
    time_second, response_volt
        Seconds since the current began, and voltage less the rest voltage, over the end of the rest before,
        the pulse, and the rest after.
    steady
        Whether the current was constant.
    rest_after_second
        All of the rest that followed, 0 without one.
    """

    edge: Edge
    last_sample: int
    time_second: Floats
    response_volt: Floats
    rest_voltage_volt: float
    current_ampere: float
    width_second: float
    steady: bool
    rest_before_second: float
    rest_after_second: float


def pulses_of(analysis: Analysis, longest_second: float = PULSE_LONGEST_SECOND) -> Iterator[Pulse]:
    """Yield the pulses of a recording in the order of the test: constant currents after a rest, up to `longest_second`.

    Names and numbers of steps are not needed. A pulse that ends with the file, or that is followed by another
    current, has no rest after it.
    """
    rows = analysis.steps.select("kind", "direction", "first_sample", "last_sample", "duration_second").rows(named=True)
    at = {row["first_sample"]: place for place, row in enumerate(rows)}
    longest = longest_second * (1 + WIDTH_TOLERANCE)
    for edge in edges(analysis):
        if edge.duration_second <= longest:
            place = at.get(edge.first_sample, at.get(edge.first_sample - 1, 0))
            found = _pulse(analysis, edge, rows, place)
            if found.current_ampere and found.width_second <= longest:
                yield found


def _pulse(analysis: Analysis, edge: Edge, rows: list[dict[str, Any]], place: int) -> Pulse:
    data = analysis.data
    rest_before, rest_after = _furthest_rest(rows, place, -1), _furthest_rest(rows, place, 1)
    first, last = rows[rest_before]["first_sample"], rows[rest_after]["last_sample"]
    time = data.time_second[first : last + 1] - edge.start_second
    current = data.current_ampere[first : last + 1]
    begin = edge.first_sample - first
    own = max(rows[place]["last_sample"] - first, begin)
    ampere = float(np.median(current[begin : own + 1]))
    begin, end = _flowing(current, begin, ampere)
    width, seen = _width(time, end)
    kept = _thinned(_kept(time, current, begin, end, ampere, width), begin, end)
    kept[end:] &= seen
    rested = float(data.voltage_volt[edge.before_sample])
    return Pulse(
        edge=edge,
        last_sample=first + end - 1,
        time_second=_sided(time, begin, end, width)[kept],
        response_volt=data.voltage_volt[first : last + 1][kept] - rested,
        rest_voltage_volt=rested,
        current_ampere=float(np.mean(current[begin:end], where=kept[begin:end])) if kept[begin:end].any() else ampere,
        width_second=width,
        steady=_is_steady(current[begin:end][kept[begin:end]]),
        rest_before_second=float(data.time_second[edge.before_sample] - data.time_second[first]),
        rest_after_second=float(time[-1] - width) if end < len(time) else 0.0,
    )


def _width(time: Floats, end: int) -> tuple[float, bool]:
    """Return how long the current flowed in s, and whether its end was seen: not where a gap follows as long as it."""
    last, after = float(time[end - 1]), float(time[min(end, len(time) - 1)])
    if after - last > last > 0:
        return last, False
    return (last + after) / 2, True


def _furthest_rest(rows: list[dict[str, Any]], place: int, way: int) -> int:
    """Return the furthest of the rests that lie together before (−1) or after (1) a step; the step without one."""
    while 0 <= place + way < len(rows) and rows[place + way]["kind"] == "rest":
        place += way
    return place


def _flowing(current: Floats, begin: int, ampere: float) -> tuple[int, int]:
    """Return the first sample from `begin` with more than half of a pulse's current, and the next without: no ramps."""
    flows = np.abs(current[begin:]) > 0.5 * abs(ampere)
    first = begin + int(flows.argmax())
    without = np.flatnonzero(~flows[first - begin :])
    return first, max(first + int(without[0]), first + 1) if len(without) else len(current)


def _kept(time: Floats, current: Floats, begin: int, end: int, ampere: float, width: float) -> Flags:
    """Mark the samples of the window that have the pulse's current or none: those of a ramp have neither."""
    wanted = np.zeros_like(current)
    wanted[begin:end] = ampere
    spread = float(np.median(np.abs(current[begin:end] - ampere)))
    near: Flags = np.abs(current - wanted) <= max(STEADY * abs(ampere), NOISY * spread)
    return near & (time >= -BEFORE_WIDTHS * width) & (time <= (1 + REST_WIDTHS) * width)


def _thinned(kept: Flags, begin: int, end: int) -> Flags:
    """Leave out samples of a very finely sampled pulse, evenly, but not after the edges where the fast part is."""
    places = np.flatnonzero(kept)
    if len(places) <= MOST_SAMPLES:
        return kept
    every = -(-len(places) // (MOST_SAMPLES // 2))
    edges_kept = ((places >= begin) & (places < begin + AT_EDGES)) | ((places >= end) & (places < end + AT_EDGES))
    chosen = places[edges_kept | (np.arange(len(places)) % every == 0)]
    thinned = np.zeros_like(kept)
    thinned[chosen] = True
    return thinned


def _sided(time: Floats, begin: int, end: int, width: float) -> Floats:
    """Return times in s on the side of both edges where the samples are: testers write two rows at one time."""
    sided = time.copy()
    sided[:begin] = np.minimum(time[:begin], np.nextafter(0.0, -1.0))
    sided[begin:end] = np.clip(time[begin:end], 0.0, np.nextafter(width, 0.0))
    sided[end:] = np.maximum(time[end:], width)
    return sided


def _is_steady(current: Floats) -> bool:
    """Return whether the last third of a pulse's samples has the current of the first."""
    if len(current) < 3:
        return True
    third = len(current) // 3
    return bool(abs(current[-third:].mean() - current[:third].mean()) <= STEADY * abs(current.mean()))
