"""The figures of a fitted circuit as measurements: quantiles, conditions, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.core import Conditions, ErrorComponent, Evidence, Measurement, Quantile, Refusal, Validation
from hwan.health._uncertainty import PROBABILITIES
from hwan.health.pulses._batch import Fitted
from hwan.health.pulses._estimate import ONE_SIDED

METHOD: Final = "pulse.two_rc"
VERSION: Final = "1"
VALIDATION: Final = Validation("synthetic", 2000, "error and coverage on synthetic pulses: bench/pulses.py")
QUANTITIES: Final = (
    "pulse_series_resistance",
    "pulse_pair_1_resistance", "pulse_pair_1_time_constant",
    "pulse_pair_2_resistance", "pulse_pair_2_time_constant",
)  # fmt: skip
LONGER_REST: Final = "pulse_with_longer_rest"


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a pulse beside its samples: conditions, rows, and the instrument's relative errors."""

    conditions: Conditions
    evidence: tuple[Evidence, ...] = ()
    gains: tuple[ErrorComponent, ...] = ()
    start_half_width_second: float = 0.0


def figure(group: Fitted, at: int, source: Source) -> Measurement | Refusal:
    """Return one of R0, R1, τ1, R2, τ2 of the only item of a group."""
    found, quantity = group.estimates, QUANTITIES[at]
    if (at + 1) // 2 > found.pairs[0]:
        held = {"pairs": int(found.pairs[0])}
        return Refusal(quantity, "pair_not_in_data", ("resistor_capacitor_pair",), LONGER_REST, held, source.evidence)
    value, low, high = (float(each[0, at]) for each in (found.value, found.low, found.high))
    if not np.isfinite(value):
        values = {"low": low, "observed_second": group.space.grid.span_second}
        return Refusal(quantity, "pair_slower_than_observed", ("rest",), LONGER_REST, values, source.evidence)
    return _measured(group, quantity, value, high, source, at)


def _measured(group: Fitted, quantity: str, value: float, high: float, source: Source, at: int) -> Measurement:
    from scipy.special import stdtrit

    grid, found = group.space.grid, group.estimates
    free = max(len(grid.time_second) - np.isfinite(found.covariance[0]).any(axis=1).sum(), 1)
    t = stdtrit(free, np.array([*PROBABILITIES, ONE_SIDED]))
    own = (high - value) / t[-1] if at == 0 else np.log(high / value) / t[-1]
    t, in_ohm = t[:-1], at % 2 == 1 or at == 0
    gains = source.gains if in_ohm else ()
    size = value if at == 0 else 1.0
    shared = [part.effect * size for part in gains] + [_start_effect(group, source, at)]
    spread = float(np.sqrt(own**2 + sum(effect**2 for effect in shared) / 3))
    offsets = value + t * spread if at == 0 else value * np.exp(t * spread)
    components = (
        ErrorComponent("fit", float(own) * (value / size), "normal", "the record itself"),
        *(ErrorComponent(p.name, p.effect * value, p.distribution, p.source, p.shared_key) for p in gains),
        ErrorComponent("start", shared[-1] * (value / size), "uniform", "the record itself"),
    )
    return Measurement(
        quantity=quantity,
        value=value,
        unit="ohm" if in_ohm else "s",
        quantiles=tuple(Quantile(p, float(x)) for p, x in zip(PROBABILITIES, offsets, strict=True)),
        conditions=replace(source.conditions, pulse_time_second=grid.sampling_second) if at == 0 else source.conditions,
        method=METHOD,
        method_version=VERSION,
        components=tuple(part for part in components if part.effect),
        evidence=source.evidence,
        validation=VALIDATION,
    )


def _start_effect(group: Fitted, source: Source, at: int) -> float:
    """Return how far R0 in ohm, or ln R and ln τ of a pair, move with the unknown moment at which the current began."""
    found, half = group.estimates, source.start_half_width_second
    ln_tau = found.ln_tau[0][np.isfinite(found.ln_tau[0])]
    if at == 0:
        return float(half * np.nansum(found.pair_ohm[0][: len(ln_tau)] / np.exp(ln_tau)))
    tau = float(found.value[0, 2 * ((at + 1) // 2)])
    return half / tau if at % 2 else 0.0
