"""Tests of cells and packs: drawn, run, recorded, with their truth beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import polars as pl

from hwan.core import AccuracyClass, Battery, Provenance, Recording, recording_id
from hwan.core import Protocol as CoreProtocol
from hwan.synthetic._cells import Cells, Spread, stack
from hwan.synthetic._checks import at_least
from hwan.synthetic._faults import Faults, planted
from hwan.synthetic._kind import FAULTS, NOISE, Kind
from hwan.synthetic._programme import Programme
from hwan.synthetic._run import Run, run
from hwan.synthetic._samples import Course, courses, frame
from hwan.synthetic._tester import CELL_TAP_GAIN, CELL_TAP_OFFSET_VOLT, Tester, errors_of
from hwan.synthetic._truth import Truth, truths

READER: Final = "hwan.synthetic"
VERSION: Final = "1"
STARTED_AT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
# Cells of one vectorised pass: large enough to spread the cost of a call, small enough for the memory.
BLOCK: Final = 250


@dataclass(frozen=True, slots=True)
class SyntheticTest:
    """One test with its truth. `recording` and `battery` are all that a laboratory would have.

    Parameters
    ----------
    recording
        What the simulated tester wrote.
    battery
        Ratings and window of the battery; of a pack, of the whole string.
    truth
        What an ideal instrument would have obtained.
    tester
        The tester with its drawn errors.
    cells
        The equivalent circuits; parallel cells as one.
    protocol
        What was meant to be done.
    """

    recording: Recording
    battery: Battery
    truth: Truth
    tester: Tester
    cells: Cells
    protocol: CoreProtocol

    @property
    def samples(self) -> pl.DataFrame:
        """The recorded samples, collected."""
        return self.recording.samples.collect()


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
    return _tests(map(int, seeds), kind)


def pack_test(
    seed: int,
    *,
    series: int = 96,
    parallel: int = 1,
    chemistry: str = "nmc622",
    rated_capacity_ah: float = 50.0,
    accuracy: AccuracyClass | None = None,
    perfect: bool = False,
    sampling_second: float = 10.0,
    programme: Programme | None = None,
    faults: Faults | None = None,
    spread: Spread | None = None,
) -> SyntheticTest:
    """Test a string of `series` groups of `parallel` cells, recorded with a column for each group.

    A step ends when the pack or any of its cells is at its limit, as a battery management system would
    end it; the hold after the charge keeps the nearest limit. Parameters are those of :func:`cell_test`
    and the following.

    Parameters
    ----------
    series, parallel
        Number of groups in series (999 at most) and of cells in each group.
    rated_capacity_ah
        Of one cell; the pack's is `parallel` times that, and all rates are over the pack's.
    accuracy
        Class of the pack's channel; by default of the range 5 V times `series`. The taps of the cells
        have errors of their own, gain within 5e-4 and offset within 0.5 mV, told in the metadata.
    spread
        From cell to cell; by default :class:`Spread`.
    """
    planned = replace(programme or Programme(), sampling_second=sampling_second)
    within = spread or Spread()
    no_faults = faults or Faults()
    kind = Kind(chemistry, rated_capacity_ah, series, parallel, accuracy, perfect, planned, no_faults, within)
    return next(_tests(iter([seed]), kind))


def _tests(seeds: Iterator[int], kind: Kind) -> Iterator[SyntheticTest]:
    while block := list(islice(seeds, BLOCK)):
        at_least("seed", min(block), 0)
        yield from _block(block, kind)


def _block(seeds: list[int], kind: Kind) -> Iterator[SyntheticTest]:
    drawn = [kind.cells(seed) for seed in seeds]
    testers = [kind.tester(seed) for seed in seeds]
    cells, rated = stack(drawn), kind.string_capacity_ah
    energy = rated * cells.open_circuit.nominal_volt * kind.series
    known = truths(cells, kind.programme, rated, energy)
    steps = kind.faults.steps(kind.programme.steps())
    executed = run(cells, errors_of(testers, kind.series), steps, rated, testers[0].tick_second)
    together = zip(seeds, drawn, testers, known, courses(executed, kind.programme), strict=True)
    for seed, own, tester, truth, course in together:
        samples = _recorded(course, tester, executed, kind, seed)
        recording = _recording(samples, tester, kind, seed)
        yield SyntheticTest(recording, kind.battery(seed, own), truth, tester, own, kind.programme.protocol())


def _recorded(course: Course, tester: Tester, executed: Run, kind: Kind, seed: int) -> pl.DataFrame:
    words = tuple(step.word for step in executed.steps)
    samples = frame(course, tester, words, kind.ambient_celsius(seed), [seed, NOISE])
    return samples if kind.faults == Faults() else planted(samples, kind.faults, executed.steps, [seed, FAULTS])


def _recording(samples: pl.DataFrame, tester: Tester, kind: Kind, seed: int) -> Recording:
    document = json.dumps({"seed": seed, "version": VERSION, **asdict(kind)}, sort_keys=True).encode()
    digest = hashlib.sha256(document).hexdigest()
    provenance = Provenance(
        recording_id=recording_id(digest, READER, VERSION, "", ""),
        source_name=f"synthetic-{kind.chemistry}-{kind.series}S{kind.parallel}P-{seed}",
        source_sha256=digest,
        source_bytes=len(document),
        reader=READER,
        reader_version=VERSION,
    )
    metadata = _metadata(tester)
    return Recording(provenance, samples.lazy(), tester.instrument, metadata, started_at=STARTED_AT)


def _metadata(tester: Tester) -> dict[str, str]:
    told = {"synthetic": "true"}
    if tester.cell_voltage_gains:
        told |= {"cell_voltage_gain": f"{CELL_TAP_GAIN:g}", "cell_voltage_offset_volt": f"{CELL_TAP_OFFSET_VOLT:g}"}
    return told
