"""Models of the folds, calibrated once and kept under build/rapid-bench/ until code or data change."""

from __future__ import annotations

import ast
import hashlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import scipy

from hwan.core import to_json
from hwan.health import rapid
from hwan.health.rapid import (
    CALIBRATED_VISIT,
    About,
    CalibrationTable,
    Origin,
    Population,
    RapidModel,
    Reference,
    Visit,
    calibrate,
    chance,
    load_model,
    predict,
)
from rapid_data import FOLDS, KINDS, Flags, Floats, Task

CACHE: Final = Path(__file__).resolve().parent.parent / "build" / "rapid-bench"
Shift = Callable[[Floats], Floats]
ROOM: Final = Path(rapid.__file__).parent


@dataclass(frozen=True, slots=True)
class Job:
    """One calibration: what of, and on which rows."""

    title: str
    name: str
    table: CalibrationTable
    first_voltage: bool

    @property
    def path(self) -> Path:
        """Where its model is kept."""
        parts = (self.table.values, self.table.state_of_health, "\n".join(self.table.cells.tolist()).encode())
        digest = hashlib.sha256(code_hash().encode())
        for part in (*parts, b"with U1" * self.first_voltage):
            digest.update(bytes(part))
        return CACHE / f"{self.title.replace(' ', '-')}-{digest.hexdigest()[:16]}.json"


@cache
def code_hash() -> str:
    """Return the hash of all code that a calibration runs, without its comments, and of what computes for it."""
    digest = hashlib.sha256(f"{np.__version__} {scipy.__version__} {rapid.PULSES_5_SECOND}".encode())
    for path in sorted(imported("_calibrate")):
        digest.update(ast.dump(ast.parse(path.read_text(encoding="utf-8"))).encode())
    return digest.hexdigest()


def imported(name: str) -> set[Path]:
    """Return a module of the room and the modules of the room behind its imports."""
    found: set[Path] = set()
    waiting = [ROOM / f"{name}.py"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hwan.health.rapid._"):
                waiting.append(ROOM / f"{str(node.module).rpartition('.')[2]}.py")
    return found


def about(name: str, table: CalibrationTable) -> About:
    """Return what a model of the bench says of itself."""
    kind = KINDS[name]
    origin = Origin("bench", "MIT", date(2026, 1, 1), len(set(table.cells.tolist())), len(table.cells))
    population = Population(kind.chemistry, kind.rated_capacity_ah, name)
    return About(f"bench-{name}/1", population, Reference(1.0, 25.0), 20.0, 30.0, origin)


def make(job: Job) -> tuple[str, float]:
    """Calibrate and keep the model; return its title and the processor time in s."""
    start = time.process_time()
    found = calibrate(job.table, about(job.name, job.table), first_voltage=job.first_voltage).model
    partial = job.path.with_suffix(f".{os.getpid()}")
    partial.write_text(to_json(found), encoding="utf-8")
    partial.replace(job.path)
    return job.title, time.process_time() - start


def make_all(jobs: Sequence[Job], workers: int) -> None:
    """Calibrate all that is not yet kept, with progress on stderr."""
    CACHE.mkdir(parents=True, exist_ok=True)
    missing = [job for job in jobs if not job.path.is_file()]
    if not missing:
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one calibration a core; read by processes that begin now
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for done, each in enumerate(as_completed([pool.submit(make, job) for job in missing]), start=1):
            title, seconds = each.result()
            print(f"calibrated {done} of {len(missing)}: {title}, {seconds:.0f} s of processor", file=sys.stderr)


@cache
def _loaded(path: Path) -> RapidModel:
    return load_model(path)


def model(job: Job) -> RapidModel:
    """Return the model of a job that was done."""
    return _loaded(job.path)


def fold_jobs(task: Task, *, first_voltage: bool = True) -> tuple[Job, ...]:
    """Return the calibrations of a set under a protocol, one for each fold left out.

    Without `first_voltage` it is no input even where it may be.
    """
    return tuple(_job(task, fold, first_voltage=first_voltage) for fold in range(FOLDS))


def _job(task: Task, *left_out: int, first_voltage: bool = True) -> Job:
    title = f"{task.title} without {' '.join(map(str, left_out))}" if left_out else f"{task.title} all"
    own = first_voltage and KINDS[task.name].first_voltage
    return Job(title, task.name, task.training(*left_out), own)


def pair_jobs(task: Task) -> dict[tuple[int, int], Job]:
    """Return the calibrations with two folds left out, by the pair: what measures a width inside training folds."""
    pairs = ((one, two) for one in range(FOLDS) for two in range(one))
    return {out: _job(task, *out) for out in pairs}


def whole_job(task: Task) -> Job:
    """Return the calibration on all rows that train."""
    return _job(task)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the model of the other four folds says of each row, shape (rows,); NaN where a row is not asked.

    `known` is False where the answer is refused: the response lies far, or the value further beyond the
    calibrated states of health than its interval is wide. `chance` is how often the population lies as far.
    """

    value: Floats
    half: Floats
    distance: Floats
    known: Flags
    chance: Floats


def answers(
    task: Task,
    asked: Flags | None = None,
    shift: Shift = lambda values: values,
    *,
    first_voltage: bool = True,
    visit: Visit = CALIBRATED_VISIT,
) -> Answers:
    """Return the answers on the rows asked, or on the tested ones, after a shift of the turning points."""
    found, chosen = np.full((4, len(task.fold)), np.nan), task.tested if asked is None else asked
    moved = shift(task.table.values)
    known = np.zeros(len(task.fold), dtype=bool)
    for fold, job in enumerate(fold_jobs(task, first_voltage=first_voltage)):
        rows, own = chosen & (task.fold == fold), model(job)
        said = predict(own, moved[rows], visit)
        found[:, rows] = said.value, said.half_width(own), said.distance, chance(own.nearness, said.distance)
        low, high = own.health_low - found[1, rows], own.health_high + found[1, rows]
        known[rows] = (said.distance <= 1) & (low <= said.value) & (said.value <= high)
    value, half, distance, chances = found
    return Answers(value, half, distance, known, chances)


def all_jobs(tasks: Sequence[Task]) -> Iterator[Job]:
    """Yield every calibration that the bench needs."""
    for each in tasks:
        yield from fold_jobs(each)
        if KINDS[each.name].first_voltage:
            yield from fold_jobs(each, first_voltage=False)
    for each in tasks:
        if each.protocol == "G":
            yield whole_job(each)
    for each in tasks:
        if each.protocol == "GR":
            yield from pair_jobs(each).values()
