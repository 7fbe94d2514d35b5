"""What the rapid evaluation saves in minutes of testing, and what it costs in processor time."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from hwan.assess import Stages, load_stages
from hwan.health.rapid import Deferral, RapidModel, by_limit, by_tolerance, minutes_per_battery, predict
from rapid_data import LIMIT, Task
from rapid_models import answers, model, whole_job
from rapid_page import Claim, Section, bound, percent, points

STAGES: Final = "house-stages/1"
TOLERANCE: Final = 0.03
MANY: Final = 100_000
ROUNDS: Final = 3
MOST_SECOND: Final = 1.0
"""For a hundred thousand predictions, and for one file from its bytes to the answer."""
RECORDING: Final = "cycler_raw/nebula/LMO_C_10_B_2_SOC_5-55_Part_1-1_ID_PIP15827A00221240.xlsx"
COMMAND: Final = (sys.executable, "-c", "import sys; from hwan.cli import main; sys.exit(main())")
DECIDED: Final = (0, 4)
"""Exit codes with an answer: graded, or refused for want of safety readings."""


def tolerance(tasks: Sequence[Task]) -> Iterator[Section]:
    """Yield what is decided at a tolerance, and the minutes that a hundred batteries take."""
    stages = load_stages(STAGES)
    minutes = {"rapid": stages.named("pulse").minutes.total, "full": stages.named("full").minutes.total}
    sets = [task for task in tasks if task.protocol == "G"]
    rows = [_saved(task, minutes) for task in sets]
    yield Section(
        "Minutes of testing for 100 batteries",
        "Decided to ±3 points: half the 90 % interval fits in, and the answer is not refused. Three points are our "
        "reading of the 3 % tolerance of the state of health in KC 10031, against a full cycle. "
        "Or decided at the limit 0.80: the interval does not hold it. The others go to "
        f"the full test. Minutes of stages {STAGES}, handling included: {_told(stages)}; the safety gate and the BMS "
        "read-out come before either and are not counted. Protocol G.",
        ("set", "to ±3 points", "p95 of these", "beyond 3 points", "upper bound, cells", "to the full test", "minutes",
         "at 0.80", "wrong", "minutes", "100 full tests"),
        rows,
        (_minutes_claim(rows, minutes["full"]),),
    )  # fmt: skip


def _minutes_claim(rows: Sequence[Sequence[str]], full: float) -> Claim:
    """Return what a hundred batteries take when decided at the limit; nothing was agreed that it must be."""
    told = ", ".join(f"{row[0]} {row[-2]}" for row in rows)
    claim = f"rapid, minutes of 100 batteries decided at {LIMIT:.2f}; 100 full tests take {100 * full:,.0f}"
    return Claim(claim, told, "–", holds=True)


def _told(stages: Stages) -> str:
    return ", ".join(f"{name} {stages.named(name).minutes.total:g} min" for name in ("pulse", "full"))


def _saved(task: Task, minutes: dict[str, float]) -> tuple[str, ...]:
    rows, said = task.tested, answers(task)
    truth, cells = task.table.state_of_health[rows], task.table.cells[rows]
    value, half, near = said.value[rows], said.half[rows], said.known[rows]
    close = by_tolerance(truth, value, half, cells, TOLERANCE, known=near)
    side = by_limit(truth, value - half, value + half, cells, LIMIT, known=near)
    kept = near & (half <= TOLERANCE)
    p95 = points(float(np.quantile(np.abs(value - truth)[kept], 0.95))) if kept.any() else "–"
    return (
        task.name, percent(close.decided), p95, _wrong(close), bound(close.upper, close.decided_rows),
        percent(1 - close.decided), f"{100 * minutes_per_battery(close, minutes):,.0f}", percent(side.decided),
        _wrong(side), f"{100 * minutes_per_battery(side, minutes):,.0f}", f"{100 * minutes['full']:,.0f}",
    )  # fmt: skip


def _wrong(each: Deferral) -> str:
    return f"{each.wrong_rows} of {each.decided_rows}"


# Processor time ---------------------------------------------------------------------------------------


def speed(tasks: Sequence[Task], data: Path) -> Section:
    """Return the processor time of many predictions, and of a file from its bytes to the answer."""
    task = next(task for task in tasks if task.title == "lmo10 G")
    own = model(whole_job(task))
    rows = np.random.default_rng(0).integers(len(task.fold), size=MANY)
    seconds = statistics.median(_predicted(own, task.table.values[rows]) for _ in range(ROUNDS))
    told = f"{seconds:.2f} s"
    claim = Claim(
        f"rapid, {MANY:,} predictions, processor time", told, f"at most {MOST_SECOND:g} s", seconds <= MOST_SECOND
    )
    with_answer, without = _command(data, ["--rapid", "--rapid-model", str(whole_job(task).path)]), _command(data, [])
    bare = _spent([*COMMAND, "--version"])
    lines = [
        (f"{MANY:,} predictions with intervals and distances in one call", told),
        ("a NEBULA file (2227 rows of xlsx) by `hwan evaluate --rapid`, start of Python included", with_answer[0]),
        ("the same without `--rapid`", without[0]),
        ("`hwan --version`", f"{bare[1]:.2f} s"),
    ]
    file = Claim("rapid, a NEBULA file read and answered, processor time", with_answer[0],
                 f"at most {MOST_SECOND:g} s", with_answer[1])  # fmt: skip
    note = f"Median of {ROUNDS}; the machine is shared, so processor time is told and not the clock's."
    return Section("Processor time", note, ("what", "processor time"), lines, (claim, file))


def _predicted(own: RapidModel, values: np.ndarray) -> float:
    start = time.process_time()
    predict(own, values)
    return time.process_time() - start


def _command(data: Path, more: list[str]) -> tuple[str, bool]:
    """Return the processor time of evaluating the recording, or why there is none, and whether it is short enough."""
    about = ["--chemistry", "lmo", "--rated-capacity-ah", "10", "--temperature-celsius", "25", "--json"]
    command = [*COMMAND, "evaluate", str(data / RECORDING), *about, *more]
    runs = [_spent(command) for _ in range(ROUNDS)]
    answer = json.loads(runs[0][2] or "{}")
    told = [each for each in answer.get("assessments", ()) for each in each["measurements"]]
    if runs[0][0] not in DECIDED or (more and not any(each["method"].startswith("rapid.") for each in told)):
        return f"no answer: exit code {runs[0][0]}", False
    seconds = statistics.median(seconds for _, seconds, _ in runs)
    return f"{seconds:.2f} s", seconds <= MOST_SECOND


def _spent(command: list[str]) -> tuple[int, float, str]:
    """Return exit code, processor time in s and output of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.returncode, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout
