"""Electrode balance and degradation modes: accuracy on simulated cells, honest intervals, speed beside the peers.

Run: python bench/modes.py [quick]   With `quick` no peer is asked. Needs HWAN_LAB_DATA; the peers are installed in
environments of their own (PyProBE, PyDMA, ampworks). Times are processor times on one thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

from hwan.health.modes import Curve, degradation_modes_batch
from modes_accuracy import Claim, exact_claims, further_claims, interval_claims
from modes_data import SETS, Wrong, curves, frame, table
from modes_made import made_claims
from peers.environments import PEERS, environment

ROOT = Path(__file__).resolve().parent
ASKED = (
    ("pyprobe", "default", 10, 4), ("pyprobe", "evolution", 200, 2), ("pydma", "fast", 500, 2),
    ("ampworks", "all", 500, 2),
)  # fmt: skip
"""Peer, its way, how many times faster we have to be, and on how many curves it is asked."""


def ours(name: str, repeats: int = 3) -> float:
    """Return our processor time a curve of 1,000 points with the true tables, intervals and checks included."""
    pair, many = Wrong().electrodes(name), curves(name)
    degradation_modes_batch(many[:2], pair, fresh=many[:1])
    begun = time.process_time()
    for _ in range(repeats):
        degradation_modes_batch(many, pair, fresh=many[:1])
    return (time.process_time() - begun) / repeats / len(many)


def bulk() -> float:
    """Return our processor time for 10,000 curves of 250 points."""
    generator, name = np.random.default_rng(1), "Chen2020"
    clean = [part["V_true_V"].to_numpy()[::4] for _, part in sorted(
        frame("dma_curves").filter(frame("dma_curves")["set"] == name).group_by("case"), key=lambda each: each[0]
    )]  # fmt: skip
    charge = [each.charge_ah[::4] for each in curves(name)]
    many = [Curve(charge[k % 40], clean[k % 40] + 1e-3 * generator.standard_normal(250)) for k in range(10_000)]
    begun = time.process_time()
    degradation_modes_batch(many, Wrong().electrodes(name), fresh=many[:1])
    return time.process_time() - begun


def speed_claims() -> list[Claim]:
    """Return our own times."""
    claims = []
    for name in SETS:
        spent = 1e3 * ours(name)
        claims.append((f"{name}: processor time a curve of 1,000 points, true tables", f"{spent:.2f} ms", "1.5 ms",
                       spent <= 1.5))  # fmt: skip
    spent = bulk()
    claims.append(("10,000 curves of 250 points", f"{spent:.1f} s", "5 s", spent <= 5))
    pair, many = Wrong("file", 5).electrodes("Chen2020"), curves("Chen2020")
    degradation_modes_batch(many[:2], pair, fresh=many[:1])
    begun = time.process_time()
    degradation_modes_batch(many, pair, fresh=many[:1])
    spent = 1e3 * (time.process_time() - begun) / len(many)
    claims.append(("Chen2020: a curve with tables of a stated error, fitted along",
                   f"{spent:.1f} ms", "no limit", True))  # fmt: skip
    return claims


def peer_claims(name: str = "Chen2020") -> list[Claim]:
    """Return the peers' times over ours on the same curves, and what they found."""
    own, claims = ours(name), []
    for peer, way, least, many in ASKED:
        title = f"{PEERS[peer].title} ({way}), {name}, {many} curves"
        asked = _asked(peer, way, name, many)
        if isinstance(asked, str):
            claims.append((title, asked, f"{least} times", False))
            continue
        spent, found = asked["second"], np.array(asked["capacities"])
        truth = frame("dma_truth").filter(frame("dma_truth")["set"] == name)[1 : many + 1]
        true = truth.select("Qn_Ah", "Qp_Ah").to_numpy()
        wrong = 100 * float(np.abs(found / true - 1).max())
        claims.append((f"{title}: time over ours", f"{spent / own:,.0f} times ({1e3 * spent:,.0f} ms; its worst"
                       f" capacity is off by {wrong:.2f} %)", f"{least} times", spent / own >= least))  # fmt: skip
    return claims


def _asked(peer: str, way: str, name: str, many: int) -> dict[str, object] | str:
    """Return what a peer's worker printed, or in words why there is nothing."""
    place = environment(peer)
    if place.missing:
        return place.missing
    (x, un), (y, up) = table(name, "negative"), table(name, "positive")
    chosen = curves(name)[1 : many + 1]
    bounds = np.array([(0.6, 0.99), (0.22, 0.5), (0.002, 0.2), (0.6, 0.99)])
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "curves.npz"
        np.savez(archive, x=x, un=un, y=y, up=up, bounds=bounds, charge=[each.charge_ah for each in chosen],
                 voltage=[each.voltage_volt for each in chosen])  # fmt: skip
        done = subprocess.run(
            [place.python, str(ROOT / "modes_worker.py"), peer, way, str(archive)], capture_output=True, text=True,
            check=False, timeout=900, env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def main(argv: list[str]) -> int:
    """Print each claim; 1 when one does not hold."""
    parts = [exact_claims, speed_claims, interval_claims, made_claims, further_claims, *([] if argv else [peer_claims])]
    failed = 0
    for part in parts:
        for claim, measured, limit, holds in part():
            failed += not holds
            print(f"RESULT | {claim} | {measured} | {limit}{'' if holds else ' (missed)'}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
