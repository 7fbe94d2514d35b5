"""Tests of packs: a string of cells, the tester's channels, and battery management systems beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hwan.core import AccuracyClass
from hwan.synthetic._batch import SyntheticTest, tests_of
from hwan.synthetic._bms import Bms
from hwan.synthetic._cells import Spread
from hwan.synthetic._faults import Faults
from hwan.synthetic._kind import Kind
from hwan.synthetic._programme import Programme


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
    bms: Bms | None = None,
    channels: int = 1,
) -> SyntheticTest:
    """Test a string of `series` groups of `parallel` cells, each group with a column of its own.

    A step ends when the pack or any of its cells is at its limit, as a battery management system would
    end it; the hold after the charge keeps the nearest limit. Parameters are those of
    :func:`~hwan.synthetic.cell_test` and the following.

    Parameters
    ----------
    series, parallel
        Number of groups in series (999 at most) and of cells in each group.
    rated_capacity_ah
        Of one cell; the pack's is `parallel` times that, and all rates are over the pack's.
    accuracy
        Class of each of the pack's channels; by default of the range 5 V times `series`. The tester's
        taps of the cells have errors of their own, gain within 5e-4 and offset within 0.5 mV, which its
        instrument states.
    perfect
        Of the tester; the errors of `bms` are its own.
    spread
        From cell to cell; by default :class:`Spread`.
    bms
        Systems that read the cells in the tester's stead: each writes a log of its own, the tester's
        file has no columns for cells, and the steps end at the limits as the systems' taps see them.
        Without it the tester reads the cells.
    channels
        Number of channels that feed the pack in parallel (16 at most), each with a file of its own. They
        share the current about equally; the clocks differ by up to 2 s. The first has the cells' columns.

    Raises
    ------
    UsageError
        When a parameter cannot be; :class:`~hwan.core.UnknownName` for a chemistry.

    Examples
    --------
    >>> test = pack_test(1, series=5, bms=Bms(sampling_second=10.0))
    >>> [len(system.cells) for system in test.systems], len(test.test.cell_logs)
    ([3, 2], 2)
    """
    (only,) = pack_tests(
        [seed],
        series=series,
        parallel=parallel,
        chemistry=chemistry,
        rated_capacity_ah=rated_capacity_ah,
        accuracy=accuracy,
        perfect=perfect,
        sampling_second=sampling_second,
        programme=programme,
        faults=faults,
        spread=spread,
        bms=bms,
        channels=channels,
    )
    return only


def pack_tests(
    seeds: Iterable[int],
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
    bms: Bms | None = None,
    channels: int = 1,
) -> Iterator[SyntheticTest]:
    """Test one pack per seed, several at once; parameters as in :func:`pack_test`.

    The tests come one by one and in the order of `seeds`, so that hundreds need the memory of a few.
    """
    kind = Kind(
        chemistry=chemistry,
        rated_capacity_ah=rated_capacity_ah,
        series=series,
        parallel=parallel,
        accuracy=accuracy,
        perfect=perfect,
        programme=replace(programme or Programme(), sampling_second=sampling_second),
        faults=faults or Faults(),
        spread=spread or Spread(),
        bms=bms,
        channels=channels,
    )
    return tests_of(seeds, kind)
