"""What the rapid models say of batteries unlike the calibrated: another type, and a shifted batch of the own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np

from hwan.health.rapid import PULSES_5_SECOND, Visit, corrected, predict, upper_bound
from rapid_data import Flags, Floats, Task
from rapid_measures import measured, series_share
from rapid_models import Shift, answers, model, whole_job
from rapid_page import Claim, Section, percent, points

SCALES: Final = (0.85, 0.9, 0.95, 1.05, 1.1, 1.15, 1.25)
SERIES: Final = 10
SERIES_DRAWS: Final = 200
CONTACTS: Final = (0.1, 0.25, 0.5)
"""Added resistance, over the typical jump's."""
LEAST_FLAGGED: Final = 0.95
MOST_FALSE: Final = 0.10


def unknown(tasks: Sequence[Task]) -> Iterator[Section]:
    """Yield how far each type lies from the models of the others, and false alarms on its own."""
    sets = [task for task in tasks if task.protocol == "G"]
    far = {(asked.name, of.name): _far(asked, of) for asked in sets for of in sets}
    names = [task.name for task in sets]
    rows = [(f"asked: {asked}", *(percent(far[asked, of].mean()) for of in names)) for asked in names]
    yield Section(
        "Another type, claimed to be one that is known: rows flagged",
        "Share of rows outside the calibrated population (distance above 1), judged by the pulses alone; the command "
        "also compares the stated chemistry and rating, and refuses before it asks. Down the diagonal: false alarms on "
        "held-out folds of the type itself.",
        ("", *(f"model of {name}" for name in names)),
        rows,
    )
    others = {task.name: [far[task.name, of] for of in names if of != task.name] for task in sets}
    yield Section(
        "Another type: what is missed",
        "A row or cell is missed when any of the five other models takes it as its own; the last column is over all "
        "pairs of row and model.",
        ("type left out", "rows missed", "cells missed", "upper bound, cells", "pairs flagged"),
        [_missed(task, np.array(others[task.name])) for task in sets],
        tuple(_claims(sets, far)),
    )


def _far(asked: Task, of: Task) -> Flags:
    """Return which rows of a set the model of another finds far; of its own, the models of the other folds."""
    if asked.name != of.name:
        own = model(whole_job(of))
        return predict(own, asked.table.values[asked.tested]).distance > 1
    return answers(asked).distance[asked.tested] > 1


def _missed(task: Task, far: Flags) -> tuple[str, ...]:
    cells, missed = task.table.cells[task.tested], np.flatnonzero(~far.all(axis=0))
    bad, count = len(np.unique(cells[missed])), len(np.unique(cells))
    return (
        task.name, f"{len(missed)} of {len(cells)}", f"{bad} of {count}", percent(upper_bound(bad, count)),
        percent(far.mean(), 1),
    )  # fmt: skip


def _claims(sets: Sequence[Task], far: dict[tuple[str, str], Flags]) -> Iterator[Claim]:
    apart = np.concatenate([flags for (asked, of), flags in far.items() if asked != of])
    own = np.concatenate([far[task.name, task.name] for task in sets])
    worst = min((flags.mean(), f"{asked} asked of {of}") for (asked, of), flags in far.items() if asked != of)
    told = f"{percent(apart.mean(), 1)} of {len(apart)} pairs; least {percent(worst[0])} ({worst[1]})"
    limit = f"at least {percent(LEAST_FLAGGED)}"
    claim = "rapid, another type flagged by its pulses alone, 6 types"
    yield Claim(claim, told, limit, bool(apart.mean() >= LEAST_FLAGGED))
    told = f"{percent(own.mean(), 1)} of {len(own)} rows"
    claim = "rapid, false alarms on cells never seen of the own type"
    yield Claim(claim, told, f"at most {percent(MOST_FALSE)}", bool(own.mean() <= MOST_FALSE))


# Shifts -----------------------------------------------------------------------------------------------


def shifted(tasks: Sequence[Task]) -> Section:
    """Return what becomes of the own type when a batch answers otherwise; the shifts are synthetic."""
    sets = [task for task in tasks if task.protocol == "G"]
    named = dict(shifts())
    return Section(
        "The own type in another batch (synthetic shifts)",
        "Synthetic: the measured pulses of held-out folds, all differences to U1 multiplied (another temperature, "
        "rest or build), or a resistance added to every jump (another contact), as a share of the typical jump. Each "
        "cell: rows refused; series of 10 called shifted; MAE of the rows not refused; wrong among those of them "
        "that are decided at 0.80. Intervals are those of any later visit, as the command has them.",
        ("set", *named),
        [(task.name, *(_shifted(task, shift) for shift in named.values())) for task in sets],
    )


def shifts() -> Iterator[tuple[str, Shift]]:
    """Yield each synthetic shift of turning points, by name."""
    yield "none", lambda values: values
    for scale in SCALES:
        yield f"× {scale:g}", partial(corrected, factor=scale, protocol=PULSES_5_SECOND)
    for part in CONTACTS:
        yield f"contact + {percent(part)}", partial(with_contact, part=part)


def with_contact(values: Floats, part: float) -> Floats:
    """Return turning points with a resistance in series: `part` of the typical jump's, in pulses and not in rests."""
    found = values.copy()
    rates = np.array(PULSES_5_SECOND.rates_per_hour)
    first = 1 + 4 * np.arange(len(rates))
    ohms = part * float(np.median(np.abs(values[:, first] - values[:, first - 1]) / np.abs(rates)))
    for offset in (0, 1):
        found[:, first + offset] += ohms * rates
    return found


def _shifted(task: Task, shift: Shift) -> str:
    said = answers(task, shift=shift, visit=Visit())
    rows = task.tested & said.known
    series = series_share(said.chance[task.tested], task.table.cells[task.tested], SERIES, SERIES_DRAWS)
    told = f"{percent(1 - said.known[task.tested].mean())}; {percent(series)}"
    if not rows.any():
        return told
    found = measured(task.table.state_of_health[rows], said.value[rows], said.half[rows], task.table.cells[rows])
    return f"{told}; {points(found.mean_error, 1)}; {found.decisions.wrong_rows} of {found.decisions.decided_rows}"
