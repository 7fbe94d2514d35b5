"""Which cell of a string is first to empty, first to full, of the highest resistance: three questions.

Each answer names the cell, how likely it truly is the one, its margin over the runner-up, and every
cell that the taps' errors cannot exclude. The spread at rest answers none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from hwan.core import (
    CellVerdict,
    Conditions,
    ErrorComponent,
    Measurement,
    Refusal,
    TapAccuracy,
    Validation,
)
from hwan.core.result import CellQuestion
from hwan.health._accuracy import taps_of
from hwan.health._analysis import Analysis
from hwan.health._cells import Cells, Floats
from hwan.health._events import Events, Pulse
from hwan.health._likeliest import greatest
from hwan.health._readings import Readings
from hwan.health._signals import Ints
from hwan.health._uncertainty import Figure

DECIDED: Final = 0.99
CANDIDATE: Final = 0.01
"""A cell at least this likely to be the one is a candidate."""
VERSION: Final = "1"
VALIDATION: Final = Validation("synthetic", 500, "named cells of synthetic packs with two BMS clocks: bench/packs.py")


@dataclass(frozen=True, slots=True)
class _Contest:
    """Values of all cells of which the greatest wins, with the half-widths and deviations of their errors."""

    question: CellQuestion
    unit: Literal["V", "ohm"]
    values: Floats
    gain: Floats
    offset: Floats
    normal: Floats
    source: TapAccuracy
    first_sample: int
    last_sample: int

    @property
    def heard(self) -> Ints:
        """Positions of the cells that have a value."""
        positions: Ints = np.flatnonzero(np.isfinite(self.values))
        return positions

    def chances(self) -> Floats:
        """Return how likely each cell is the one, of those that have a value."""
        found, heard = np.zeros(len(self.values)), self.heard
        errors = (part[heard] for part in (self.gain, self.offset, self.normal))
        found[heard] = greatest(self.values[heard], *errors)
        return found


def verdicts_of(analysis: Analysis, cells: Cells, events: Events) -> tuple[CellVerdict | Refusal, ...]:
    """Return the answer to each question, or why the record has none."""
    contests = dict(_contests(analysis, events))
    return tuple(
        _verdict(analysis, cells, contest)
        if contest and len(contest.heard) > 1
        else Refusal(question, *_MISSING[question])
        for question, contest in contests.items()
    )


_MISSING: Final[dict[CellQuestion, tuple[str, tuple[str, ...], str]]] = {
    "first_to_empty": ("no_discharge_to_cutoff", ("discharge to the cut-off",), "full_charge_rest_discharge"),
    "first_to_full": ("no_charge_to_cutoff", ("charge to the cut-off",), "full_charge_rest_discharge"),
    "highest_resistance": ("no_pulse_recorded", ("pulse after a rest",), "pulse_after_rest"),
}


def _contests(analysis: Analysis, events: Events) -> Iterator[tuple[CellQuestion, _Contest | None]]:
    taps = taps_of(analysis.recording)
    yield "first_to_empty", _by_voltage("first_to_empty", events.empty, -1.0, taps) if events.empty else None
    yield "first_to_full", _by_voltage("first_to_full", events.full, 1.0, taps) if events.full else None
    yield "highest_resistance", _by_resistance(events.pulse, taps) if events.pulse else None


def _by_voltage(question: CellQuestion, at: Readings, sign: float, taps: TapAccuracy) -> _Contest:
    ones = np.ones_like(at.volts)
    # A log's clock moves all its cells together; between logs it counts as one more error of each.
    normal = np.hypot(at.noise_volt, at.clock_volt)
    gain, offset = taps.voltage_gain * np.abs(at.volts), taps.voltage_offset_volt * ones
    return _Contest(question, "V", sign * at.volts, gain, offset, normal, taps, at.first_sample, at.last_sample)


def _by_resistance(pulse: Pulse, taps: TapAccuracy) -> _Contest:
    values = pulse.resistance_ohm
    offset = np.zeros_like(values)  # one tap's offset is in both its readings
    normal = np.hypot(pulse.noise_ohm, pulse.during.clock_volt / abs(pulse.current_ampere))
    first, last = pulse.before.first_sample, pulse.during.last_sample
    return _Contest(
        "highest_resistance", "ohm", values, taps.voltage_gain * np.abs(values), offset, normal, taps, first, last
    )


def _verdict(analysis: Analysis, cells: Cells, contest: _Contest) -> CellVerdict:
    chances = contest.chances()
    # Of equally unlikely cells the one of the greater value comes first.
    order = np.lexsort((-contest.values, -chances))
    whole = not cells.unseen and len(contest.heard) == len(contest.values)
    first, second = int(order[0]), int(order[1])
    candidates = tuple(cells.numbers[each] for each in order if chances[each] >= CANDIDATE)
    probability = float(chances[first])
    return CellVerdict(
        question=contest.question,
        cell=cells.numbers[first],
        margin=_margin(analysis, contest, first, second),
        probability=probability,
        decided=probability >= DECIDED and whole,
        candidates=candidates,
    )


def _margin(analysis: Analysis, contest: _Contest, first: int, second: int) -> Measurement:
    """Return how far the cell is ahead of the next, with both taps' errors."""
    parts = [
        ErrorComponent(f"{name}_{part}", float(effect[cell]), "normal" if part == "noise" else "uniform", source)
        for name, cell in (("cell", first), ("runner_up", second))
        for part, effect, source in (
            ("tap_gain", contest.gain, contest.source.id),
            ("tap_offset", contest.offset, contest.source.id),
            ("noise", contest.normal, "the record itself"),
        )
    ]
    figure = Figure(float(contest.values[first] - contest.values[second]), tuple(parts))
    temperature = analysis.temperature(contest.first_sample, contest.last_sample)
    return Measurement(
        quantity=f"{contest.question}_margin",
        value=figure.value,
        unit=contest.unit,
        quantiles=figure.quantiles(),
        conditions=Conditions() if temperature is None else Conditions(temperature_celsius=temperature),
        method=f"{contest.question}.taps",
        method_version=VERSION,
        components=figure.components,
        evidence=analysis.evidence(contest.first_sample, contest.last_sample),
        validation=VALIDATION,
    )
