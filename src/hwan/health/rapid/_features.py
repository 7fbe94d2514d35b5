"""From turning points to what they tell: the parts of each pulse's answer, without the voltage they stand on.

A pulse jumps (ohmic and charge transfer), grows (polarisation), drops back and recovers; what remains of
the change is charge. Jump, growth, drop and recovery over the rate behave as resistances: their logarithms
add, so a colder battery or a worse contact moves all of them by the same amount. The voltage before the
first pulse stands for the unknown state of charge.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.core import BadDefinition
from hwan.health.rapid._protocol import Floats, PartialProtocol, PulseProtocol, RapidProtocol

FLOOR_VOLT: Final = 3e-4
"""Below this a difference is the resolution of usual testers (0.1 to 0.3 mV), not an answer."""
PARTS: Final = ("jump", "growth", "drop", "recovery", "remainder")


def features(values: Floats, protocol: RapidProtocol, name: str, shift: Floats | None = None) -> Floats:
    """Return the features called `name`, shape (rows, features), of responses of shape (rows, values).

    `shift` is added to the parts of every pulse, shape (5,) in the order of `PARTS`.

    Raises
    ------
    hwan.core.BadDefinition
        When there are no features of that name for the protocol.
    """
    if isinstance(protocol, PartialProtocol) and name == "charges/1":
        return np.asarray(values, dtype=float)
    if isinstance(protocol, PulseProtocol) and name in ("pulse-parts/1", "pulse-parts-and-voltage/1"):
        told = parts(values, protocol) if shift is None else parts(values, protocol) + shift
        found = np.concatenate(list(contrasts(told, protocol)), axis=1)
        return np.column_stack([values[:, 0], found]) if "voltage" in name else found
    raise BadDefinition("rapid_features_unknown", source=name, got=protocol.kind)


def parts(values: Floats, protocol: PulseProtocol) -> Floats:
    """Return the parts of each pulse, shape (rows, pulses, 5), in the order of `PARTS`.

    The first four are natural logarithms of V·h (volt over rate), the last is V·h.
    """
    rates = np.array(protocol.rates_per_hour)
    signed, size = np.sign(rates)[:, None], np.abs(rates)[:, None]
    windows = np.stack([values[:, 4 * n : 4 * n + 5] for n in range(len(rates))], axis=1) * signed
    before, first, last, behind, end = np.moveaxis(windows, -1, 0)[..., None]
    changes = np.concatenate([first - before, last - first, last - behind, behind - end], axis=-1)
    logs = np.log(np.maximum(changes / size, FLOOR_VOLT))
    return np.concatenate([logs, (end - before) / size], axis=-1)


def contrasts(found: Floats, protocol: PulseProtocol) -> list[Floats]:
    """Return mean, difference of charge and discharge, and how each direction moves with the rate.

    The parts of neighbouring pulses are nearly alike; what they have in common, and in what they differ, is
    told apart, so that one scale for each means something.
    """
    charging = [n for n, rate in enumerate(protocol.rates_per_hour) if rate > 0]
    discharging = [n for n, rate in enumerate(protocol.rates_per_hour) if rate < 0]
    charge, discharge = found[:, charging].mean(axis=1), found[:, discharging].mean(axis=1)
    kept = [(charge + discharge) / 2, charge - discharge]
    for places in (charging, discharging):
        if len(places) > 1:
            kept.append(found[:, places[-1]] - found[:, places[0]])
        if len(places) > 2:
            kept.append(found[:, places[1]] - (found[:, places[0]] + found[:, places[-1]]) / 2)
    return kept
