"""One impedance spectrum: frequencies from high to low, a capacitive imaginary part negative."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from hwan.core import UNKNOWN, BadDefinition, Conditions, Evidence, Finding, Problem, Unknown

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

LEAST_POINTS: Final = 5
MOST_POINTS: Final = 100_000
SAME_FREQUENCY: Final = 1e-6
"""Frequencies closer than this fraction are one frequency, measured twice."""
_AGREED: Final = 0.8


@dataclass(frozen=True, slots=True)
class Spectrum:
    """An impedance spectrum of one state of one battery.

    The points may be given in any order. They are kept from high to low frequency; points of one and the same
    frequency are averaged, and a finding says so.

    Parameters
    ----------
    frequency_hertz
        Shape (f), positive.
    impedance_ohm
        Complex, shape (f). The imaginary part of a capacitor is negative; it is never turned here.
    name
        What a reader calls it: the file, and the number of the sweep.
    conditions
        Temperature, state of charge; what is not known stays unknown.
    cycle, voltage_volt
        The tester's cycle number, and the mean voltage between the terminals during the sweep.

    Raises
    ------
    BadDefinition
        Other shapes, fewer than five points, a value that is not finite, a frequency that is not positive.

    Examples
    --------
    >>> frequency = np.array([1.0, 10.0, 100.0, 1e3, 1e4])
    >>> made = Spectrum(frequency, 0.01 + 0.02 / (1 + 2j * np.pi * frequency * 0.01))
    >>> float(made.frequency_hertz[0]), made.is_turned
    (10000.0, False)
    """

    frequency_hertz: Floats
    impedance_ohm: Complexes
    name: str = ""
    conditions: Conditions = field(default_factory=Conditions)
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    cycle: int | Unknown = UNKNOWN
    voltage_volt: float | Unknown = UNKNOWN

    def __post_init__(self) -> None:
        frequency = np.array(self.frequency_hertz, dtype=np.float64)
        impedance = np.array(self.impedance_ohm, dtype=np.complex128)
        found = tuple(_problems(frequency, impedance))
        if found:
            raise BadDefinition("spectrum_malformed", *found, source=self.name or "spectrum")
        order = np.argsort(-frequency, kind="stable")
        frequency, impedance, repeated = _merged(frequency[order], impedance[order])
        if len(frequency) < LEAST_POINTS:
            few: Problem = ("spectrum_too_short", {"got": len(frequency), "least": LEAST_POINTS})
            raise BadDefinition("spectrum_malformed", few, source=self.name or "spectrum")
        frequency.flags.writeable = impedance.flags.writeable = False
        object.__setattr__(self, "frequency_hertz", frequency)
        object.__setattr__(self, "impedance_ohm", impedance)
        if repeated:
            finding = Finding("frequencies_repeated", "note", "column frequency_hertz", {"count": repeated})
            object.__setattr__(self, "findings", (*self.findings, finding))

    def __len__(self) -> int:
        return len(self.frequency_hertz)

    @property
    def angular_frequency(self) -> Floats:
        """The angular frequency ω = 2πf in rad/s."""
        omega: Floats = 2 * np.pi * self.frequency_hertz
        return omega

    @property
    def decades(self) -> float:
        """How many decades of frequency it spans."""
        return float(np.log10(self.frequency_hertz[0] / self.frequency_hertz[-1]))

    @property
    def is_turned(self) -> bool:
        """Whether the imaginary part has the wrong sign.

        By Bode's relation the phase has the sign of the slope of ln|Z| over ln f: a spectrum whose phase goes
        against it at four points of five was written as −Im Z, or with the capacitive part positive.
        """
        return bool(turned(self.frequency_hertz, self.impedance_ohm))


def bode_agreement(frequency_hertz: Floats, impedance_ohm: Complexes) -> Floats:
    """Return the share of points at which phase and slope of the modulus have one sign, as Bode's relation asks.

    0.5 where there is nothing to tell: a pure resistance, or a spectrum of nothing but noise.

    Parameters
    ----------
    frequency_hertz
        Shape (f).
    impedance_ohm
        Shape (…, f), nowhere zero; the shares have shape (…).
    """
    slope = np.gradient(np.log(np.abs(impedance_ohm)), np.log(frequency_hertz), axis=-1)
    signs = np.sign(slope * np.angle(impedance_ohm))
    share: Floats = (1 + np.mean(signs, axis=-1)) / 2
    return share


def turned(frequency_hertz: Floats, impedance_ohm: Complexes) -> npt.NDArray[np.bool_]:
    """Return of each spectrum, shape (…, f), whether its imaginary part has the wrong sign."""
    against: npt.NDArray[np.bool_] = bode_agreement(frequency_hertz, impedance_ohm) < 1 - _AGREED
    return against


def one_grid(spectra: Iterable[Spectrum]) -> tuple[tuple[Floats, tuple[int, ...]], ...]:
    """Return each grid of frequencies with the positions of the spectra that were measured on it."""
    grids: dict[bytes, list[int]] = {}
    frequencies: dict[bytes, Floats] = {}
    for position, each in enumerate(spectra):
        key = each.frequency_hertz.tobytes()
        grids.setdefault(key, []).append(position)
        frequencies[key] = each.frequency_hertz
    return tuple((frequencies[key], tuple(positions)) for key, positions in grids.items())


def _problems(frequency: Floats, impedance: Complexes) -> Iterable[Problem]:
    if frequency.ndim != 1 or frequency.shape != impedance.shape:
        yield "spectrum_shapes", {"frequencies": str(frequency.shape), "impedances": str(impedance.shape)}
        return
    if not LEAST_POINTS <= len(frequency) <= MOST_POINTS:
        yield "spectrum_too_short", {"got": len(frequency), "least": LEAST_POINTS}
        return
    for code, right in (
        ("spectrum_not_finite", np.isfinite(frequency) & np.isfinite(impedance)),
        ("frequency_not_positive", frequency > 0),
        ("impedance_zero", impedance != 0),
    ):
        if not right.all():
            yield code, {"count": int((~right).sum()), "point": int(np.argmin(right))}


def _merged(frequency: Floats, impedance: Complexes) -> tuple[Floats, Complexes, int]:
    """Average points of one frequency, of sorted points; the number of points that were merged away."""
    apart = frequency[1:] < frequency[:-1] * (1 - SAME_FREQUENCY)
    if apart.all():
        return frequency, impedance, 0
    new = np.append(True, apart)
    group = np.cumsum(new) - 1
    count = np.bincount(group)
    real, imaginary = np.bincount(group, impedance.real), np.bincount(group, impedance.imag)
    mean: Complexes = np.asarray((real + 1j * imaginary) / count, dtype=np.complex128)
    first: Floats = frequency[new]
    return first, mean, len(frequency) - len(first)
