from __future__ import annotations

import time

import pytest
from polars.testing import assert_frame_equal

from hwan.core import Recording, TapAccuracy, UsageError
from hwan.synthetic import Bms, Faults, SyntheticTest, cell_test, pack_test, pack_tests
from hwan.synthetic._recordings import LATER


def every(test: SyntheticTest) -> tuple[Recording, ...]:
    return (*test.recordings, *test.logs)


def test_single_call_is_a_batch_of_one() -> None:
    options = {"series": 9, "bms": Bms(sampling_second=5.0), "channels": 2, "sampling_second": 30.0}
    batch = list(pack_tests([11, 4, 7], **options))  # type: ignore[arg-type]
    for seed, test in zip([11, 4, 7], batch, strict=True):
        alone = pack_test(seed, **options)  # type: ignore[arg-type]
        assert test.truth.capacity_ah == pytest.approx(alone.truth.capacity_ah, rel=1e-12)
        assert (test.systems, test.channels) == (alone.systems, alone.channels)
        for got, expected in zip(every(test), every(alone), strict=True):
            assert got.id == expected.id
            assert_frame_equal(got.samples.collect(), expected.samples.collect(), abs_tol=1e-9)


def test_same_seed_same_bytes_other_seed_others() -> None:
    def written(seed: int) -> list[str]:
        return [each.samples.collect().write_csv() for each in every(pack_test(seed, series=4, bms=Bms()))]

    first, again, other = written(3), written(3), written(5)
    assert first == again
    assert all(a != b for a, b in zip(first, other, strict=True))


def test_new_options_leave_the_cells_and_the_truth(pack: SyntheticTest, chemistry: str) -> None:
    other = pack_test(3, series=17, parallel=2, chemistry=chemistry, bms=Bms(), channels=2)
    assert other.truth == pack.truth
    assert other.battery == pack.battery


def test_ids_tell_every_option() -> None:
    tests = [
        pack_test(3, series=4, sampling_second=600, **options)  # type: ignore[arg-type]
        for options in (
            {},
            {"bms": None, "channels": 1, "faults": Faults()},
            {"bms": Bms(sampling_second=60)},
            {"channels": 2},
            {"faults": Faults(stuck_cell=2)},
            {"faults": Faults(weak_cell=2)},
        )
    ]
    ids = [test.recording.id for test in tests]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 5


def test_id_of_a_test_without_later_options_stays() -> None:
    # Written before those options were there: an id is what a stored recording is found by.
    assert cell_test(5).recording.id.startswith("d23c04ff5af06ad5")
    assert pack_test(7).recording.id.startswith("8606c667f53e9524")
    assert set(LATER) >= {"bms", "channels"}


def test_the_testers_taps_are_stated(pack: SyntheticTest, cell: SyntheticTest, perfect_pack: SyntheticTest) -> None:
    taps = pack.recording.instrument.taps
    assert isinstance(taps, TapAccuracy)
    assert (taps.id, taps.voltage_gain, taps.voltage_offset_volt) == ("synthetic/taps", 5e-4, 5e-4)
    for test in (cell, perfect_pack):
        assert not isinstance(test.recording.instrument.taps, TapAccuracy)
    assert pack.recording.metadata == {"synthetic": "true"}


def test_test_is_the_noun_without_the_truth() -> None:
    test = pack_test(1, series=4, bms=Bms(sampling_second=60))
    assert test.test.cell_logs == test.logs
    assert len(test.logs) == len(test.log_clocks) == 2
    assert test.test.protocol == test.protocol
    assert cell_test(1).test.cell_logs == ()


def test_packs_with_logs_take_less_than_seconds() -> None:
    began = time.perf_counter()
    count = sum(1 for _ in pack_tests(range(4), bms=Bms()))
    # Eight times what a slow machine needs, so that only a lost vectorisation fails.
    assert (time.perf_counter() - began) / count < 3


def test_negative_seed_is_refused() -> None:
    with pytest.raises(UsageError, match="seed"):
        next(pack_tests([-1], series=2))
