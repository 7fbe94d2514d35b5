"""Tests of batteries: drawn, run, recorded, with their truth beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import polars as pl

from hwan.core import AccuracyClass, Battery, Recording, Test
from hwan.core import Protocol as CoreProtocol
from hwan.synthetic._bms import DrawnBms
from hwan.synthetic._cells import Cells, Spread, stack
from hwan.synthetic._channels import Channel
from hwan.synthetic._checks import at_least
from hwan.synthetic._clock import Clock
from hwan.synthetic._faults import Faults
from hwan.synthetic._kind import Kind
from hwan.synthetic._programme import Programme
from hwan.synthetic._recordings import Written
from hwan.synthetic._run import run
from hwan.synthetic._samples import Course, courses
from hwan.synthetic._tester import Tester, errors_of
from hwan.synthetic._truth import Truth, truths

# One vectorised pass: large enough to spread the cost of a call, small enough for the memory.
STRINGS_AT_ONCE: Final = 250
CELLS_AT_ONCE: Final = 400


@dataclass(frozen=True, slots=True)
class SyntheticTest:
    """One test with its truth. `test` and `battery` are all that a laboratory would have.

    Parameters
    ----------
    recording
        What the simulated tester wrote; of several channels, the first.
    battery
        Ratings and window of the battery; of a pack, of the whole string.
    truth
        What an ideal instrument would have obtained.
    tester
        The tester with its drawn errors; of several channels, the first.
    cells
        The equivalent circuits; parallel cells as one.
    protocol
        What was meant to be done.
    logs
        What the battery management systems wrote, in the order of the cells.
    systems
        The systems with their drawn errors and clocks, in the same order.
    other_recordings
        What the channels in parallel with the first wrote.
    channels
        Every channel with its drawn errors, its share of the current and its clock.
    """

    recording: Recording
    battery: Battery
    truth: Truth
    tester: Tester
    cells: Cells
    protocol: CoreProtocol
    logs: tuple[Recording, ...] = ()
    systems: tuple[DrawnBms, ...] = ()
    other_recordings: tuple[Recording, ...] = ()
    channels: tuple[Channel, ...] = ()

    @property
    def samples(self) -> pl.DataFrame:
        """The recorded samples of the first channel, collected."""
        return self.recording.samples.collect()

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """What the channels wrote, in order."""
        return (self.recording, *self.other_recordings)

    @property
    def log_clocks(self) -> tuple[Clock, ...]:
        """The true clock of each log."""
        return tuple(system.clock for system in self.systems)

    @property
    def test(self) -> Test:
        """The recordings and the logs as core's noun, without their truth."""
        several = bool(self.other_recordings)
        return Test(self.recordings, self.protocol, cell_logs=self.logs, channels_in_parallel=several)


def cell_test(
    seed: int,
    *,
    chemistry: str = "nmc622",
    rated_capacity_ah: float = 50.0,
    accuracy: AccuracyClass | None = None,
    perfect: bool = False,
    sampling_second: float = 10.0,
    programme: Programme | None = None,
    faults: Faults | None = None,
) -> SyntheticTest:
    """Test one aged cell: capacity, then a discharge and a charge pulse at half charge.

    Parameters
    ----------
    seed
        Gives cell, tester and noise; the same seed gives the same test.
    chemistry
        ``nmc622`` or ``lfp``.
    rated_capacity_ah
        Rated capacity, Ah; the state of health is drawn between about 0.6 and 1.0.
    accuracy
        Limits within which the tester's errors are drawn; by default :func:`accuracy_class` of 1.5 times
        the rated capacity (A) and 5 V.
    perfect
        Use a tester without errors, noise, rounding and ticks instead.
    sampling_second
        Interval of the samples outside the pulses, s; replaces that of `programme`.
    programme
        The protocol's figures.
    faults
        What is wrong with the file.

    Returns
    -------
    SyntheticTest
        Recording, battery and truth.

    Raises
    ------
    UsageError
        When a parameter cannot be; :class:`~hwan.core.UnknownName` for a chemistry.

    Examples
    --------
    >>> test = cell_test(1)
    >>> 0.55 < test.truth.state_of_health < 1.02, test.recording.samples.collect().height > 2000
    (True, True)
    """
    (only,) = cell_tests(
        [seed],
        chemistry=chemistry,
        rated_capacity_ah=rated_capacity_ah,
        accuracy=accuracy,
        perfect=perfect,
        sampling_second=sampling_second,
        programme=programme,
        faults=faults,
    )
    return only


def cell_tests(
    seeds: Iterable[int],
    *,
    chemistry: str = "nmc622",
    rated_capacity_ah: float = 50.0,
    accuracy: AccuracyClass | None = None,
    perfect: bool = False,
    sampling_second: float = 10.0,
    programme: Programme | None = None,
    faults: Faults | None = None,
) -> Iterator[SyntheticTest]:
    """Test one cell per seed, many at once; parameters as in :func:`cell_test`.

    The tests come one by one and in the order of `seeds`, so that thousands need no memory.
    """
    planned = replace(programme or Programme(), sampling_second=sampling_second)
    alone = Spread(0, 0, 0)
    no_faults = faults or Faults()
    kind = Kind(chemistry, rated_capacity_ah, 1, 1, accuracy, perfect, planned, no_faults, alone)
    return tests_of(seeds, kind)


def tests_of(seeds: Iterable[int], kind: Kind) -> Iterator[SyntheticTest]:
    """Test one string of `kind` per seed, as many at once as the memory is meant for."""
    waiting = map(int, seeds)
    at_once = min(STRINGS_AT_ONCE, max(1, CELLS_AT_ONCE // kind.series))
    while block := list(islice(waiting, at_once)):
        at_least("seed", min(block), 0)
        yield from _block(block, kind)


def _block(seeds: list[int], kind: Kind) -> Iterator[SyntheticTest]:
    drawn = [kind.cells(seed) for seed in seeds]
    equipment = [kind.equipment(seed) for seed in seeds]
    cells, rated = stack(drawn), kind.string_capacity_ah
    energy = rated * cells.open_circuit.nominal_volt * kind.series
    known = truths(cells, kind.programme, rated, energy)
    steps = kind.faults.steps(kind.programme.steps())
    felt = [each.together for each in equipment]
    executed = run(cells, errors_of(felt, kind.series), steps, rated, felt[0].tick_second)
    for row, course in enumerate(courses(executed, kind.programme)):
        written = Written(executed, row, equipment[row], kind, seeds[row])
        yield _test(written, course, drawn[row], known[row])


def _test(written: Written, course: Course, cells: Cells, truth: Truth) -> SyntheticTest:
    kind, equipment = written.kind, written.equipment
    first, *others = written.channels(course)
    return SyntheticTest(
        recording=first,
        battery=kind.battery(written.seed, cells),
        truth=truth,
        tester=equipment.channels[0].tester,
        cells=cells,
        protocol=kind.programme.protocol(),
        logs=written.logs(),
        systems=equipment.systems,
        other_recordings=tuple(others),
        channels=equipment.channels,
    )
