"""Pulses of a circuit that is known: arrays, and a recording with pulses at several states of charge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from hwan.core import BatteryType, Recording

Floats = np.ndarray
KIND = BatteryType("nmc811", rated_capacity_ah=10.0, upper_voltage_volt=4.2, lower_voltage_volt=2.8)


def pair(time: Floats, width: float, tau: float) -> Floats:
    """Answer of 1 ohm and τ to 1 A from 0 to `width`, by its definition."""
    on = 1 - np.exp(-np.maximum(time, 0) / tau)
    off = 1 - np.exp(-np.maximum(time - width, 0) / tau)
    return on - off


def response(time: Floats, width: float, truth: tuple[float, ...]) -> Floats:
    """Answer of R0, R1, τ1, R2, τ2 to 1 A."""
    r0, r1, tau1, r2, tau2 = truth
    flows = (time >= 0) & (time < width)
    return r0 * flows + r1 * pair(time, width, tau1) + r2 * pair(time, width, tau2)


@dataclass(frozen=True)
class Programme:
    """A hybrid pulse test on a linear cell of 10 Ah, whose open-circuit voltage is 3.2 + 0.9 SOC."""

    truth: tuple[float, ...] = (0.010, 0.004, 1.5, 0.006, 20.0)
    width: float = 10.0
    rest: float = 120.0
    levels: int = 3
    every: float = 0.1
    ampere: float = 10.0
    noise: float = 0.0

    def recording(self, record: Callable[..., Recording], seed: int = 0) -> Recording:
        return record(*self.columns(seed))

    def columns(self, seed: int = 0) -> tuple[Floats, Floats, Floats]:
        parts = [(0.0, 600.0, 10.0)]  # ampere, seconds, seconds between rows
        for level in range(self.levels):
            parts += [(-self.ampere, self.width, self.every), (0.0, self.rest, self.every)]
            parts += [(0.75 * self.ampere, self.width, self.every), (0.0, self.rest, self.every)]
            if level < self.levels - 1:
                parts += [(-10 / 3, 1080.0, 10.0), (0.0, 1800.0, 10.0)]
        time, current, which, began = [], [], [], 0.0
        for number, (ampere, seconds, every) in enumerate(parts):
            # Testers write a row at both ends of a step: two rows have one time.
            inside = began + np.append(np.arange(0, seconds - every / 2, every), seconds)
            time.append(inside)
            current.append(np.full(len(inside), ampere))
            which.append(np.full(len(inside), number))
            began += seconds
        t, i, part = (np.concatenate(each) for each in (time, current, which))
        charge = np.concatenate(([0.0], np.cumsum(i[1:] * np.diff(t)))) / 3600
        volt = 3.2 + 0.9 * (1 + charge / 10)
        for number, (ampere, seconds, _) in enumerate(parts):
            since = t - t[part == number][0]
            pairs = response(since, seconds, (0.0, *self.truth[1:]))
            volt = volt + ampere * (self.truth[0] * (part == number) + pairs)
        return t, volt + self.noise * np.random.default_rng(seed).standard_normal(len(t)), i


@pytest.fixture(scope="session")
def programme() -> type[Programme]:
    return Programme


@pytest.fixture(scope="session")
def answer() -> Callable[..., Floats]:
    return response


@pytest.fixture(scope="session")
def nmc() -> BatteryType:
    return KIND
