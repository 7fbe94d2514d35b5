"""Second visits: how they are noticed, what stays decided, and what check cells put right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from hwan.health.rapid import Visit, predict, series_shifted, visit_of_checks
from rapid_accuracy import second_visits
from rapid_data import FOLDS, Task
from rapid_measures import DRAWS, SEED, Measures, measured, series_share
from rapid_models import Answers, answers, fold_jobs, model
from rapid_page import Claim, Section, bound, percent, points

CHECK_DRAWS: Final = 20
CHECK_CELLS: Final = (3, 5)
SERIES: Final = (10, 20)
LEAST_NOTICED: Final = 0.95
MOST_FALSE: Final = 0.05


def visits(tasks: Sequence[Task]) -> Iterator[Section]:
    """Yield how second visits are noticed, then what stays decided."""
    sets = [task for task in tasks if task.protocol == "GR"]
    found = {task.name: answers(task, np.ones(len(task.fold), dtype=bool)) for task in sets}
    noticed = {task.name: _noticed(task, found[task.name]) for task in sets}
    yield Section(
        "Second visits: noticed or not",
        "Rows flagged one by one, and series of so many batteries called shifted, "
        f"{DRAWS} series drawn with a fixed seed, one row of a cell; in brackets the same of first visits (false "
        "alarms), every state of charge. The series of all is one.",
        ("set", "rows flagged", *(f"series of {count}" for count in SERIES), "all visits"),
        [(name, *each[0]) for name, each in noticed.items()],
        tuple(_claims({name: each[1] for name, each in noticed.items()})),
    )
    yield Section(
        "Second visits: what stays decided at 0.80",
        "As if they were the calibrated visits; with the interval of any later visit, as the command has it; with rows "
        "deferred as well that are refused, as far or beyond the calibrated states of health; with the whole series "
        "deferred, where it is called shifted.",
        ("set", "deferred", "share decided", "wrong among the decided", "upper bound, cells"),
        [row for task in sets for row in _decided(task, found[task.name])],
    )


def _noticed(task: Task, found: Answers) -> tuple[list[str], tuple[float, float]]:
    """Return the cells of the table, and the share of series of 10 noticed and falsely so."""
    second, first = found.distance[task.tested] > 1, found.distance[task.trains] > 1
    shares = [series_share(found.chance[task.tested], task.table.cells[task.tested], count) for count in SERIES]
    false = [series_share(found.chance[task.trains], task.table.cells[task.trains], count) for count in SERIES]
    whole = "shifted" if series_shifted(found.chance[task.tested]) else "not noticed"
    told = [f"{percent(second.mean())} of {len(second)} ({percent(first.mean(), 1)} of {len(first)})"]
    told += [f"{percent(one)} ({percent(two, 1)})" for one, two in zip(shares, false, strict=True)]
    return [*told, whole], (shares[0], false[0])


def _decided(task: Task, found: Answers) -> Iterator[tuple[str, ...]]:
    rows = task.tested
    unseen, seen = answers(task, visit=Visit()), second_visits(task)
    later = replace(found, half=seen.half)
    shifted = series_shifted(found.chance[rows])
    everything = np.ones(int(rows.sum()), dtype=bool)
    for name, own, known in (
        ("nothing, calibrated visit", found, everything),
        ("nothing, later visit, none ever seen", unseen, everything),
        ("nothing, later visit", later, everything),
        ("refused rows", later, found.known[rows]),
        ("series", later, found.known[rows] & (not shifted)),
    ):
        truth, cells = task.table.state_of_health[rows], task.table.cells[rows]
        each = measured(truth, own.value[rows], own.half[rows], cells, known).decisions
        yield (
            task.name, name, f"{percent(each.decided)} ({each.decided_rows} of {each.rows})",
            f"{each.wrong_rows} of {each.decided_rows}", bound(each.upper, each.decided_rows),
        )  # fmt: skip


def _claims(noticed: dict[str, tuple[float, float]]) -> Iterator[Claim]:
    told = ", ".join(f"{name} {percent(each[0])}" for name, each in noticed.items())
    least = min(each[0] for each in noticed.values())
    claim = f"rapid, series of {SERIES[0]} second visits called shifted"
    yield Claim(claim, told, f"at least {percent(LEAST_NOTICED)}", least >= LEAST_NOTICED)
    told = ", ".join(f"{name} {percent(each[1], 1)}" for name, each in noticed.items())
    most = max(each[1] for each in noticed.values())
    claim = f"rapid, series of {SERIES[0]} first visits called shifted"
    yield Claim(claim, told, f"at most {percent(MOST_FALSE)}", most <= MOST_FALSE)


# Check cells ------------------------------------------------------------------------------------------


def check_cells(tasks: Sequence[Task]) -> Section:
    """Return the errors at second visits with and without check cells."""
    return Section(
        "Second visits with check cells",
        f"Of each tested fold 3 or 5 cells of known capacity, drawn {CHECK_DRAWS} times with a fixed seed, give one "
        "factor on all overpotentials; the other cells of the fold are answered with it. Check cells are never "
        "counted; rows are counted once in each draw. Decided and wrong at 0.80, nothing deferred as far.",
        ("set", "check cells", "mean factor", "MAE", "p95", "covers", "interval score", "decided", "wrong of decided"),
        [row for task in tasks if task.protocol == "GR" for row in _checked(task)],
    )


def _checked(task: Task) -> Iterator[tuple[str, ...]]:
    for count in (0, *CHECK_CELLS):
        factors, parts = zip(*_draws(task, count), strict=True)
        truth, value, half, cells = (np.concatenate(each) for each in zip(*parts, strict=True))
        each = measured(truth, value, half, cells)
        yield task.name, str(count), f"{np.mean(factors):.3f}", *_told(each)


def _told(each: Measures) -> tuple[str, ...]:
    return (
        points(each.mean_error), points(each.p95), percent(each.coverage, 1), points(each.score, 1),
        percent(each.decisions.decided), percent(each.decisions.wrong, 1),
    )  # fmt: skip


def _draws(task: Task, count: int) -> Iterator[tuple[float, tuple[Any, ...]]]:
    """Yield the factor of a draw, and truth, value, half-width and cell of the rows that are not check cells."""
    draw = np.random.default_rng(SEED)
    for fold, job in zip(range(FOLDS), fold_jobs(task), strict=True):
        own, part = model(job), task.table.part(task.tested & (task.fold == fold))
        for _ in range(CHECK_DRAWS if count else 1):
            checks = np.isin(np.arange(len(part.cells)), draw.choice(len(part.cells), count, replace=False))
            known = part.state_of_health[checks]
            visit = visit_of_checks(own, part.values[checks], known) if count else Visit()
            said = predict(own, part.values[~checks], visit)
            half = said.half_width(own)
            yield visit.factor, (part.state_of_health[~checks], said.value, half, part.cells[~checks])
