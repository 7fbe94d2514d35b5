"""The distribution of relaxation times: polarisation, peaks and intervals against the truth, and what it costs.

Run: python bench/relaxation.py [spectra of a set]   Needs HWAN_LAB_DATA for the truth set; by default 500 of each own
set. The smoothing and the intervals were settled on sets like the own ones here, with other seeds; the truth set is
the check. The peer runs in its own environment on the same spectra, one processor thread each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from gate import Claim, Complexes, Floats, arc, peer, truth_set, with_one_thread
from hwan.health.impedance import Spectrum, relaxation_times_batch
from peers.environments import PEERS

EACH = 500
PEER_SPECTRA = 8
NEAR_DECADES = 0.1
SHARP = 0.8
NAMES = ("L", "R0", "R1", "tau1", "n1", "R2", "tau2", "n2", "W")


@dataclass(frozen=True, slots=True)
class Truth:
    """Spectra, shape (n, f), with the parameters they were made of, shape (n, 9), in the order of `NAMES`."""

    name: str
    frequency: Floats
    impedance: Complexes
    parameters: Floats

    def of(self, name: str) -> Floats:
        """Return one parameter of all."""
        return np.asarray(self.parameters[:, NAMES.index(name)])


def own(noise: float, count: int, seed: int) -> Truth:
    """Return two arcs with inductance and diffusion, in wider ranges than the truth set's, 20 kHz to 5 mHz."""
    draw = np.random.default_rng(seed)
    frequency = np.geomspace(2e4, 5e-3, 60)
    omega = 2 * np.pi * frequency

    def between(least: float, most: float) -> Floats:
        return np.exp(draw.uniform(np.log(least), np.log(most), count))

    ohmic, first = between(1e-3, 50e-3), between(1.5e-4, 5e-3)
    resistances = ohmic * between(0.1, 4), ohmic * between(0.1, 4)
    exponents = draw.uniform(0.72, 0.98, (2, count))
    columns = (
        between(1e-9, 1e-7), ohmic, resistances[0], first, exponents[0], resistances[1], first * between(12, 500),
        exponents[1], ohmic * between(0.003, 0.15),
    )  # fmt: skip
    parameters = np.stack(columns, axis=1)
    clean = np.stack([_made(row, omega) for row in parameters])
    white = draw.standard_normal((2, *clean.shape))
    noisy = clean + noise * np.abs(clean) * (white[0] + 1j * white[1])
    return Truth(f"own set at {noise:.2%} noise", frequency, noisy, parameters)


def _made(row: Floats, omega: Floats) -> Complexes:
    series = 1j * omega * row[0] + row[1] + row[8] / np.sqrt(1j * omega)
    return np.asarray(series + arc(omega, *row[2:5]) + arc(omega, *row[5:8]))


def lab() -> Truth:
    """Return the truth set."""
    truth = truth_set()
    return Truth("truth set", truth["f_Hz"], truth["Z_ohm"], truth["params"])


# Claims ----------------------------------------------------------------------------------------------


def accuracy(truth: Truth, *, bound: bool) -> Iterator[Claim]:
    """Yield how near polarisation and peaks come, and whether their intervals hold; `bound` sets limits."""
    found = relaxation_times_batch([Spectrum(truth.frequency, row) for row in truth.impedance], despite_gate=True)
    total = truth.of("R1") + truth.of("R2")
    error = np.abs(found["total_polarisation"].to_numpy() / total - 1)
    near = float(np.mean(error <= 0.02))
    start = f"relaxation times, {truth.name} ({len(found)})"
    measured = f"{near:.1%} (p50 {np.median(error):.2%}, p95 {np.quantile(error, 0.95):.2%})"
    yield f"{start}, R1 + R2 within 2 %", measured, "at least 95 %" if bound else "none set", not bound or near >= 0.95
    peaks = _peaks(found, truth)
    sharp = (truth.of("n1") >= SHARP) & (truth.of("n2") >= SHARP)
    both = peaks["near"].to_numpy()
    share = float(both[sharp].mean())
    yield (f"{start}, both peaks within {NEAR_DECADES} decade where n ≥ {SHARP} ({sharp.sum()})",
           f"{share:.2%} (all n: {both.mean():.2%})", "at least 95 %" if bound else "none set",
           not bound or share >= 0.95)  # fmt: skip
    counts = found["time_constant"].list.len().to_numpy()
    yield (f"{start}, exactly two peaks", f"{np.mean(counts == 2):.1%} (more: {np.mean(counts > 2):.1%})", "none set",
           True)  # fmt: skip
    inside = np.mean((found["total_polarisation_low"].to_numpy() <= total)
                     & (total <= found["total_polarisation_high"].to_numpy()))  # fmt: skip
    two = peaks.filter(pl.Series(counts == 2))
    yield (f"{start}, 90 % intervals hold", f"R1 + R2 {inside:.1%}; of two peaks τ {two['tau_inside'].mean():.1%}, R "
           f"{two['resistance_inside'].mean():.1%}", "none set", True)  # fmt: skip


def _peaks(found: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """Return of each spectrum whether both peaks are near, and the share of intervals that hold."""
    rows = []
    for place, row in enumerate(found.iter_rows(named=True)):
        tau = np.array(row["time_constant"])
        apart, held, area = [], [], []
        for number in ("1", "2"):
            true, resistance = truth.of(f"tau{number}")[place], truth.of(f"R{number}")[place]
            nearest = int(np.argmin(np.abs(np.log(tau / true))))
            apart.append(abs(float(np.log10(tau[nearest] / true))))
            held.append(row["time_constant_low"][nearest] <= true <= row["time_constant_high"][nearest])
            area.append(row["resistance_low"][nearest] <= resistance <= row["resistance_high"][nearest])
        rows.append((max(apart) <= NEAR_DECADES, np.mean(held), np.mean(area)))
    return pl.DataFrame(rows, schema=["near", "tau_inside", "resistance_inside"], orient="row")


def speed(truth: Truth) -> Iterator[Claim]:
    """Yield processor time of ours and of the peer on the same spectra, and the peer's peaks."""
    made = [Spectrum(truth.frequency, row) for row in truth.impedance]
    relaxation_times_batch(made[:40], despite_gate=True)
    begun = time.process_time()
    relaxation_times_batch(made, despite_gate=True)
    ours = 1e3 * (time.process_time() - begun) / len(made)
    yield f"relaxation times, processor time a spectrum, {len(made)} of 61 points", f"{ours:.2f} ms", "none set", True
    answer = peer("pyimpspec-drt", truth.frequency, truth.impedance, PEER_SPECTRA)
    if "error" in answer:
        yield "relaxation times against pyimpspec", answer["error"], "none set", True
        return
    theirs = 1e3 * float(np.median(answer["seconds"]))
    near = [
        all(np.min(np.abs(np.log10(np.array(tau) / row[place]))) <= NEAR_DECADES for place in (3, 6))
        for (tau, _), row in zip(answer["found"], truth.parameters[1:], strict=False)
    ]
    peaks = np.mean([len(tau) for tau, _ in answer["found"]])
    yield (f"relaxation times against {PEERS['pyimpspec'].title} tr-nnls, processor time on {len(near)} of them",
           f"{theirs / ours:.0f} times faster ({theirs:.3g} ms; both peaks near in {sum(near)} of {len(near)}, among "
           f"{peaks:.1f} peaks on average)", "at least 5 times", theirs >= 5 * ours)  # fmt: skip


def main(argv: list[str]) -> int:
    """Print each claim; 1 when one does not hold."""
    each, truth = int(argv[0]) if argv else EACH, lab()
    found = list(accuracy(truth, bound=True))
    for number, noise in enumerate((0.0005, 0.002, 0.005)):
        found += accuracy(own(noise, each, 90 + number), bound=False)
    found += speed(truth)
    for claim, measured, limit, _ in found:
        print(f"RESULT | {claim} | {measured} | {limit}", flush=True)
    return int(not all(one[-1] for one in found))


if __name__ == "__main__":
    with_one_thread()
    sys.exit(main(sys.argv[1:]))
