"""Equivalent circuits: known circuits found again, intervals that hold, the choice of a circuit, and what a fit costs.

Run: python bench/circuits.py [circuits of each own set]   Needs HWAN_LAB_DATA for the truth set and the samples.
Everything was chosen on sets like the own ones here, with other seeds; the truth set only checks. Processor time,
one thread of linear algebra. The peers run in their own environments on the same spectra.

A drawn circuit counts as identifiable when the Cramér–Rao bound at its noise is below 10 % for every R, L and W, 30 %
for every τ and 0.1 for every n: where it is above, no unbiased estimate could be sure of that part.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import hwan
from gate import Claim, Complexes, Floats, truth_set, with_one_thread
from hwan.core import Refusal
from hwan.health.impedance import Circuit, Spectrum, circuit_of, fit_circuit, fit_circuits, spectra_of
from hwan.health.impedance._circuit import evaluate
from hwan.health.impedance._notation import ladder_text
from peers.environments import PEERS, environment

TWO_ARCS = "L0-R0-p(R1,CPE1)-p(R2,CPE2)-W1"
FREQUENCY = np.geomspace(1e4, 1e-2, 61)
EACH = 60
WIDE = 2000
COPIES = 5
PEER_SPECTRA = {"impedance": 20, "pyimpspec": 5}
LEAST_TIMES = {"impedance": 200, "pyimpspec": 0}
LIMITS = {"exponent": 0.1, "time": 0.3}
START = (
    "import time; c, p = time.perf_counter(), time.process_time()\n"
    "import numpy as np\n"
    "from hwan.health.impedance import Spectrum, fit_circuit\n"
    "f = np.geomspace(1e4, 1e-2, 61); z = 0.01 + 0.02 / (1 + (2j * np.pi * f * 0.05) ** 0.9)\n"
    f"fit_circuit(Spectrum(f, z * (1 + 0.001 * np.cos(np.arange(61) ** 2))), '{TWO_ARCS}')\n"
    "print(time.perf_counter() - c, time.process_time() - p)"
)


# Circuits of known parameters ------------------------------------------------------------------------


def drawn(circuit: Circuit, count: int, draw: np.random.Generator, apart: float) -> Floats:
    """Return ladders of all sizes: R 0.1 mohm to 1 kohm, τ 0.1 ms to 100 s, arcs apart by a factor at least."""

    def between(least: float, most: float) -> Floats:
        return np.exp(draw.uniform(np.log(least), np.log(most), count))

    size, slow = between(1e-4, 1e3), 2 * np.pi * FREQUENCY[-1]
    arcs = sum(each.role == "time" for each in circuit.parameters)
    times = np.zeros((count, 0))
    while arcs and not len(times := apart_times(draw, 40 * count, arcs, apart)) >= count:
        pass
    columns, arc = [], 0
    for each in circuit.parameters:
        if each.role == "time":
            columns.append(times[:count, arc])
            arc += 1
        elif each.role == "exponent":
            columns.append(draw.uniform(0.6, 1.0, count))
        elif each.role == "inductance":
            columns.append(size * between(0.02, 1) / (2 * np.pi * FREQUENCY[0]))
        elif each.role == "warburg":
            columns.append(size * between(0.02, 1) * np.sqrt(slow))
        else:
            columns.append(size * (between(0.1, 2) if each.name == "R0" else between(0.01, 4)))
    return np.column_stack(columns)


def apart_times(draw: np.random.Generator, count: int, arcs: int, apart: float) -> Floats:
    """Return time constants in s, sorted, those of which two are too close left out."""
    times = np.sort(10 ** draw.uniform(-4, 2, (count, arcs)), axis=1)
    return times[np.all(times[:, 1:] >= apart * times[:, :-1], axis=1)]


def identifiable(circuit: Circuit, values: Floats, noise: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return whose Cramér–Rao bounds are below the limits."""
    z, jacobian = evaluate(circuit, values, 2 * np.pi * FREQUENCY)
    relative = jacobian / (np.abs(z) * noise[:, None])[:, None]
    rows = np.concatenate((relative.real, relative.imag), axis=2)
    information = rows @ np.swapaxes(rows, 1, 2)
    bound = np.sqrt(np.einsum("sii->si", np.linalg.pinv(information, rcond=1e-14, hermitian=True)))
    limits = [LIMITS.get(each.role, 0.1) for each in circuit.parameters]
    return np.asarray((bound < limits).all(axis=1))


def cells(notation: str, count: int, seed: int, apart: float = 10.0) -> tuple[Floats, list[Spectrum]]:
    """Return identifiable circuits and their spectra, noise 0.05 to 2 % of the modulus."""
    circuit, draw = circuit_of(notation), np.random.default_rng(seed)
    kept: list[Floats] = []
    noises: list[Floats] = []
    while sum(map(len, kept)) < count:
        values = drawn(circuit, 8 * count, draw, apart)
        noise = np.exp(draw.uniform(np.log(5e-4), np.log(2e-2), len(values)))
        good = identifiable(circuit, values, noise)
        kept, noises = [*kept, values[good]], [*noises, noise[good]]
    values, noise = np.concatenate(kept)[:count], np.concatenate(noises)[:count]
    return values, noisy(circuit.impedance(values, FREQUENCY), noise[:, None], draw)


def noisy(clean: Complexes, noise: Floats | float, draw: np.random.Generator) -> list[Spectrum]:
    """Return spectra with noise on each part, a fraction of the modulus."""
    white = draw.standard_normal((2, *clean.shape))
    return [Spectrum(FREQUENCY, each) for each in clean + noise * np.abs(clean) * (white[0] + 1j * white[1])]


# Claims ----------------------------------------------------------------------------------------------


def off(table: pl.DataFrame, circuit: Circuit, values: Floats, name: str) -> Floats:
    """Return how far one parameter is off, as a fraction."""
    number = circuit.names.index(name)
    return np.asarray(np.abs(table[circuit.parameters[number].column].to_numpy() / values[:, number] - 1))


def covered(table: pl.DataFrame, circuit: Circuit, values: Floats) -> dict[str, float]:
    """Return the share of intervals that hold the truth, by parameter."""
    found = {}
    for each, true in zip(circuit.parameters, values.T, strict=True):
        low, high = (table[f"{each.column}_{end}"].to_numpy() for end in ("low", "high"))
        found[each.name] = float(np.mean((low <= true) & (true <= high)))
    return found


def accuracy(name: str, table: pl.DataFrame, circuit: Circuit, values: Floats) -> Iterator[Claim]:
    """Yield how near the resistances of both arcs are, and whether the intervals hold."""
    wrong = np.stack([off(table, circuit, values, each) for each in ("R1", "R2")])
    right, middle = float(np.mean((wrong <= 0.1).all(axis=0))), np.median(wrong, axis=1)
    shares = covered(table, circuit, values)
    yield f"circuits, {name}: R1 and R2 within 10 %", f"{right:.2%}", "at least 99.5 %", right >= 0.995
    yield (f"circuits, {name}: median error of R1, R2", f"{middle[0]:.2%}, {middle[1]:.2%}", "at most 0.6 %",
           bool((middle <= 0.006).all()))  # fmt: skip
    yield coverage(name, shares)


def coverage(name: str, shares: dict[str, float]) -> Claim:
    """Return the claim that each parameter's intervals hold."""
    told = ", ".join(f"{parameter} {share:.1%}" for parameter, share in shares.items())
    holds = all(0.85 <= share <= 0.95 for share in shares.values())
    return f"circuits, {name}: 90 % intervals hold", told, "85 to 95 % each", holds


def of_truth() -> Iterator[Claim]:
    """Yield accuracy on the truth set and the cost of ten thousand fits of it."""
    truth, circuit = truth_set(), circuit_of(TWO_ARCS)
    spectra = [Spectrum(truth["f_Hz"], row) for row in truth["Z_ohm"]]
    fit_circuits(spectra[:3], TWO_ARCS)
    yield from accuracy("2,000 of the truth set", fit_circuits(spectra, TWO_ARCS), circuit, truth["params"])
    draw = np.random.default_rng(77)
    clean = circuit.impedance(truth["params"], FREQUENCY)
    many = [each for _ in range(COPIES) for each in noisy(clean, 0.002, draw)]
    wall, begun = time.perf_counter(), time.process_time()
    fit_circuits(many, TWO_ARCS)
    seconds, clock = time.process_time() - begun, time.perf_counter() - wall
    yield ("circuits, 10,000 fits of 9 parameters, gate, starts and intervals included, processor time",
           f"{seconds:.2f} s, {1e3 * seconds / len(many):.3f} ms a fit ({clock:.1f} s by the clock)", "at most 5 s",
           seconds <= 5)  # fmt: skip
    begun = time.process_time()
    for spectrum in spectra[:50]:
        fit_circuit(spectrum, TWO_ARCS)
    alone = 20 * (time.process_time() - begun)
    begun = time.process_time()
    chosen = fit_circuits(spectra[:300])
    choosing = (time.process_time() - begun) / 0.3
    right = float((chosen["circuit"] == TWO_ARCS).mean() or 0.0)
    yield "circuits, one spectrum alone, processor time", f"{alone:.1f} ms", "none set", True
    yield ("circuits, chosen of 16 on 300 of the truth set, processor time", f"{choosing:.1f} ms a spectrum, "
           f"{right:.0%} with all nine parameters", "none set", True)  # fmt: skip


def of_own(each: int) -> Iterator[Claim]:
    """Yield accuracy and intervals on wide sets, and the share of circuits rightly chosen."""
    circuit = circuit_of(TWO_ARCS)
    for apart in (10.0, 2.0):
        values, spectra = cells(TWO_ARCS, WIDE, 90_000 + int(apart), apart)
        table = fit_circuits(spectra, TWO_ARCS)
        name = f"{WIDE:,} of R 0.1 mohm to 1 kohm, arcs apart {apart:g} times, 0.05 to 2 % noise"
        wrong = np.stack([off(table, circuit, values, one) for one in ("R1", "R2")])
        yield (f"circuits, {name}: median error of R1, R2", f"{np.median(wrong[0]):.2%}, {np.median(wrong[1]):.2%}",
               "none set", True)  # fmt: skip
        yield coverage(name, covered(table, circuit, values))
    yield of_choice(each)


def of_choice(each: int) -> Claim:
    """Return the share of a mixed set whose circuit is rightly chosen."""
    right, wrong = 0, dict[str, int]()
    kinds = list(product(range(4), (False, True), (False, True)))
    for number, (arcs, inductor, warburg) in enumerate(kinds):
        notation = ladder_text(arcs, inductor=inductor, warburg=warburg)
        _, spectra = cells(notation, each, 95_000 + number)
        for found in fit_circuits(spectra)["circuit"].to_list():
            right += found == notation
            if found != notation:
                wrong[f"{notation} as {found}"] = wrong.get(f"{notation} as {found}", 0) + 1
    for confused, count in sorted(wrong.items(), key=lambda pair: -pair[1]):
        print(f"{count} times {confused}")
    share = right / (each * len(kinds))
    return (f"circuits, rightly chosen of 16 ({each * len(kinds)} identifiable, 0.05 to 2 % noise)", f"{share:.1%}",
            "at least 95 %", share >= 0.95)  # fmt: skip


def of_starts() -> Iterator[Claim]:
    """Yield the cost of the NumPy form, and of the first fit of a process with and without machine code kept."""
    program = (
        f"import sys, time; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from circuits import *\n"
        "made = [Spectrum(FREQUENCY, row) for row in truth_set()['Z_ohm'][:500]]\n"
        "fit_circuits(made[:3], TWO_ARCS); p = time.process_time(); fit_circuits(made, TWO_ARCS)\n"
        "print((time.process_time() - p) / 500)"
    )
    slow = 1e3 * float(said(program, HWAN_FAST="0"))
    yield "circuits, the same in NumPy alone (without numba)", f"{slow:.2f} ms a fit", "none set", True
    with tempfile.TemporaryDirectory() as folder:
        clock, seconds = map(float, said(START, NUMBA_CACHE_DIR=folder).split())
        told = f"{seconds:.1f} s of processor, {clock:.1f} s by the clock"
        yield "circuits, very first fit: imports and compilation", told, "none set", True
        clock, seconds = map(float, said(START, NUMBA_CACHE_DIR=folder).split())
    told = f"{seconds:.2f} s of processor, {clock:.1f} s by the clock"
    yield ("circuits, first fit of a later process: imports and machine code kept", told, "at most 2 s of processor",
           seconds <= 2)  # fmt: skip


def said(program: str, **environment: str) -> str:
    """Run a program in a process of its own; return what it printed last."""
    command, variables = [sys.executable, "-c", program], os.environ | environment
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def of_peers() -> Iterator[Claim]:
    """Yield ours against the peers on the same spectra: processor time and who is right."""
    truth, circuit = truth_set(), circuit_of(TWO_ARCS)
    spectra = [Spectrum(truth["f_Hz"], row) for row in truth["Z_ohm"]]
    begun = time.process_time()
    table = fit_circuits(spectra, TWO_ARCS)
    ours = 1e3 * (time.process_time() - begun) / len(spectra)
    for task, count in PEER_SPECTRA.items():
        answer = peer(task, truth["f_Hz"], truth["Z_ohm"], count)
        if "error" in answer:
            yield f"circuits against {task}", answer["error"], "none set", True
            continue
        theirs = 1e3 * float(np.median(answer["seconds"]))
        true = truth["params"][1 : count + 1][:, [2, 5]]
        right = int(np.sum((np.abs(np.array(answer["found"]) / true - 1) <= 0.1).all(axis=1)))
        own = np.stack([off(table, circuit, truth["params"], name) for name in ("R1", "R2")])[:, 1 : count + 1]
        least = LEAST_TIMES[task]
        yield (f"circuits against {PEERS[task].title}, processor time on the same spectra",
               f"{theirs / ours:,.0f} times faster ({theirs:.0f} ms to {ours:.2f}); R1, R2 within 10 %: theirs "
               f"{right} of {count}, ours {int(np.sum((own <= 0.1).all(axis=0)))}",
               f"at least {least} times" if least else "none set", theirs >= least * ours)  # fmt: skip


def peer(task: str, frequency: Floats, impedance: Complexes, count: int) -> dict[str, Any]:
    """Let a peer fit the first spectra in its own environment; say in words why it could not."""
    found = environment(task)
    if not found.python:
        return {"error": found.missing}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spectra.npz"
        np.savez(path, frequency=frequency, impedance=impedance[: count + 1])
        worker = Path(__file__).parent / "peers" / "circuits.py"
        done = subprocess.run([found.python, str(worker), task, str(path), str(count)], capture_output=True, text=True,
                              check=False, timeout=900)  # fmt: skip
    told = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    if not told:
        return {"error": f"{task} ended without an answer: {done.stderr.strip()[-160:]}"}
    answer: dict[str, Any] = json.loads(told[-1].removeprefix("ANSWER "))
    return answer


def of_instruments() -> Iterator[Claim]:
    """Yield what becomes of the instruments' own sample spectra."""
    lab = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data"))
    for path in sorted((lab / "testers").glob("eis-*/*")):
        for spectrum in spectra_of(hwan.read(path)):
            fit = fit_circuit(spectrum)
            if isinstance(fit, Refusal):
                told = f"refused: {fit.code}, {fit.values['circuit']} leaves {fit.values['noise']:.1%}"
            else:
                judged = "passes" if fit.passed else "fails"
                told = f"{fit.circuit.text}, residual {fit.noise:.2%}, {judged} the gate"
            yield f"circuits, sample {path.name} ({len(spectrum)} points)", told, "none set", True


def main(argv: list[str]) -> int:
    """Print each claim; 1 when one does not hold."""
    each = int(argv[0]) if argv else EACH
    holds = True
    for part in (of_truth(), of_own(each), of_starts(), of_peers(), of_instruments()):
        for claim, measured, limit, good in part:
            print(f"RESULT | {claim} | {measured} | {limit}", flush=True)
            holds &= good
    return int(not holds)


if __name__ == "__main__":
    with_one_thread()
    sys.exit(main(sys.argv[1:]))
