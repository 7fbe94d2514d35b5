"""What the rapid models are compared with, on the same folds: the mean, quadratic ridge regression, random forests.

Each gets a constant half-width: four folds train, each of them is left out in turn, and of the residuals on the
rows left out the 90 % quantile is taken.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from peers.environments import PEERS, Environment, Peer, environment
from rapid_data import FOLDS, Flags, Floats, Task
from rapid_models import CACHE

FOREST: Final = Path(__file__).parent / "peers" / "forest.py"
REQUIREMENT: Final = "scikit-learn==1.9.1"
RIDGE: Final = 10.0
PROBABILITY: Final = 0.9
INPUTS: Final[dict[str, Callable[[Floats], Floats]]] = {
    "U": lambda volts: volts,
    "U-U1": lambda volts: volts[:, 1:] - volts[:, :1],
    "U1 and U-U1": lambda volts: np.column_stack([volts[:, 0], volts[:, 1:] - volts[:, :1]]),
}
MODELS: Final = (("mean", "U"), ("Ridge2", "U"), ("Ridge2", "U-U1"))
FOREST_INPUTS: Final = ("U", "U-U1", "U1 and U-U1")


@dataclass(frozen=True, slots=True)
class Questions:
    """Fits with one fold left out, then with two: rows that train and rows asked, shape (fits, rows)."""

    left_out: tuple[tuple[int, ...], ...]
    trains: Flags
    asks: Flags


@dataclass(frozen=True, slots=True)
class Compared:
    """What a model says of each row with its fold left out, and its constant half-width, shape (rows,)."""

    value: Floats
    half: Floats


def questions(task: Task) -> Questions:
    """Return the fits of a set under a protocol."""
    singles = tuple((fold,) for fold in range(FOLDS))
    left_out = (*singles, *((one, two) for one in range(FOLDS) for two in range(one)))
    asks = np.array([task.tested & np.isin(task.fold, out) for out in left_out])
    return Questions(left_out, np.array([task.trains & ~np.isin(task.fold, out) for out in left_out]), asks)


def compared(task: Task, asked: Questions, said: Floats) -> Compared:
    """Return values and constant half-widths from the answers of all fits, shape (fits, rows)."""
    value, half = np.full((2, len(task.fold)), np.nan)
    for fold in range(FOLDS):
        own = task.tested & (task.fold == fold)
        value[own] = said[asked.left_out.index((fold,)), own]
        pairs = [row for row, out in enumerate(asked.left_out) if len(out) > 1 and fold in out]
        others = asked.asks[pairs] & (task.fold != fold)
        missed = np.abs(said[pairs] - task.table.state_of_health)[others]
        half[own] = np.quantile(missed, PROBABILITY, method="higher")
    return Compared(value, half)


def peers(tasks: Sequence[Task]) -> dict[tuple[str, str, str], Compared]:
    """Return the answers of every model, by title of the task, model and input; forests only where they can run."""
    found, forests = peers_without_forests(tasks), _forests(tasks)
    named = {task.title: task for task in tasks}
    for (title, form), said in forests.items():
        found[title, "RF", form] = compared(named[title], questions(named[title]), said)
    return found


def peers_without_forests(tasks: Sequence[Task]) -> dict[tuple[str, str, str], Compared]:
    """Return the answers of the models that need no other package."""
    found = {}
    for task in tasks:
        asked = questions(task)
        for name, form in MODELS:
            said = _fitted(task, asked, INPUTS[form](task.table.values), ridge2 if name == "Ridge2" else mean)
            found[task.title, name, form] = compared(task, asked, said)
    return found


def _fitted(task: Task, asked: Questions, inputs: Floats, fit: Callable[[Floats, Floats, Floats], Floats]) -> Floats:
    said = np.full(asked.asks.shape, np.nan)
    for row, (trains, asks) in enumerate(zip(asked.trains, asked.asks, strict=True)):
        said[row, asks] = fit(inputs[trains], task.table.state_of_health[trains], inputs[asks])
    return said


def mean(_inputs: Floats, target: Floats, asked: Floats) -> Floats:
    """Return the mean of what trained, shape (rows asked,)."""
    return np.full(len(asked), target.mean())


def ridge2(inputs: Floats, target: Floats, asked: Floats) -> Floats:
    """Return the answers of ridge regression on standardised quadratic terms, shape (rows asked,)."""
    first = _standardiser(inputs)
    second = _standardiser(quadratic(first(inputs)))
    design, level = second(quadratic(first(inputs))), target.mean()
    weights = np.linalg.solve(design.T @ design + RIDGE * np.eye(design.shape[1]), design.T @ (target - level))
    found: Floats = second(quadratic(first(asked))) @ weights + level
    return found


def quadratic(inputs: Floats) -> Floats:
    """Return the columns and all their products of two, shape (rows, features)."""
    one, two = np.triu_indices(inputs.shape[1])
    return np.column_stack([inputs, inputs[:, one] * inputs[:, two]])


def _standardiser(inputs: Floats) -> Callable[[Floats], Floats]:
    centre, scale = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return lambda rows: (rows - centre) / scale


def forest_environment() -> Environment:
    """Return the environment with scikit-learn, made on first use; it is no reader, so the scoreboard leaves it out."""
    PEERS["forest"] = Peer(REQUIREMENT)
    try:
        return environment("forest")
    finally:
        del PEERS["forest"]


def _forests(tasks: Sequence[Task]) -> dict[tuple[str, str], Floats]:
    """Return what forests say, by title and input; kept until data or script change; empty without scikit-learn."""
    own = forest_environment()
    if own.missing:
        print(f"random forests not run: {own.missing}", file=sys.stderr)
        return {}
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = [(task, form) for task in tasks for form in FOREST_INPUTS]
    with ThreadPoolExecutor(2) as pool:
        said = pool.map(lambda each: _forest(own.python, *each), wanted)
        return {(task.title, form): each for (task, form), each in zip(wanted, said, strict=True)}


def _forest(python: str, task: Task, form: str) -> Floats:
    asked = questions(task)
    parts = {
        "inputs": INPUTS[form](task.table.values), "target": task.table.state_of_health,
        "trains": asked.trains, "asks": asked.asks,
    }  # fmt: skip
    digest = hashlib.sha256(REQUIREMENT.encode() + FOREST.read_bytes())
    for part in parts.values():
        digest.update(np.ascontiguousarray(part).tobytes())
    kept = CACHE / f"forest-{digest.hexdigest()[:16]}.npz"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            given, answered = Path(folder) / "questions.npz", Path(folder) / "answers.npz"
            np.savez(given, allow_pickle=False, **parts)
            subprocess.run([python, str(FOREST), str(given), str(answered)], check=True)
            answered.replace(kept)
        print(f"forests: {task.title}, {form}", file=sys.stderr)
    found: Floats = np.load(kept)["said"]
    return found
