from __future__ import annotations

import time

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from hwan.core import Battery as CoreBattery
from hwan.core import UsageError, from_json, to_json
from hwan.synthetic import SyntheticTest, cell_test, cell_tests, pack_test


def bytes_of(test: SyntheticTest) -> bytes:
    return test.samples.write_csv().encode()


def test_same_seed_same_bytes_other_seed_others() -> None:
    assert bytes_of(cell_test(3)) == bytes_of(cell_test(3)) != bytes_of(cell_test(4))
    assert bytes_of(pack_test(3, series=4)) == bytes_of(pack_test(3, series=4))


def test_single_call_is_a_batch_of_one() -> None:
    batch = list(cell_tests([11, 4, 7], chemistry="lfp"))
    for seed, test in zip([11, 4, 7], batch, strict=True):
        alone = cell_test(seed, chemistry="lfp")
        assert_frame_equal(test.samples, alone.samples, abs_tol=1e-9)
        assert test.recording.id == alone.recording.id
        assert test.truth.capacity_ah == pytest.approx(alone.truth.capacity_ah, rel=1e-12)


def test_batches_are_lazy_and_longer_than_a_block() -> None:
    endless = cell_tests(iter(range(10**9)), sampling_second=600)
    assert next(endless).battery.id.endswith("-0")
    assert sum(1 for _ in cell_tests(range(260), sampling_second=600)) == 260


def test_thousands_of_cells_take_seconds() -> None:
    began = time.perf_counter()
    count = sum(1 for _ in cell_tests(range(250)))
    # Six times what a slow machine needs, so that only a lost vectorisation fails.
    assert (time.perf_counter() - began) / count < 0.03


def test_seeds_may_be_numpy_integers() -> None:
    (test,) = cell_tests(np.array([6]))
    assert test.recording.id == cell_test(6).recording.id


@pytest.mark.parametrize("wrong", [{"series": 0}, {"series": 1000}, {"parallel": 0}, {"rated_capacity_ah": -1.0}])
def test_impossible_packs_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        pack_test(1, **wrong)  # type: ignore[arg-type]


def test_negative_seed_is_refused() -> None:
    with pytest.raises(UsageError, match="seed"):
        cell_test(-1)


def test_battery_carries_ratings_of_the_whole_string(pack: SyntheticTest) -> None:
    of, curve = pack.battery.type, pack.cells.open_circuit
    assert (of.series_count, of.parallel_count, of.rated_capacity_ah) == (17, 2, 100)
    assert of.upper_voltage_volt == 17 * curve.upper_volt
    assert of.rated_energy_wh == pytest.approx(100 * 17 * curve.nominal_volt)
    assert pack.battery.level == "pack"
    assert from_json(CoreBattery, to_json(pack.battery)) == pack.battery


def test_recording_says_who_made_it_and_nothing_of_the_draw(cell: SyntheticTest) -> None:
    recording = cell.recording
    assert recording.provenance.reader == "hwan.synthetic"
    assert len(recording.provenance.source_sha256) == 64
    assert recording.findings == ()
    assert recording.instrument.id == "synthetic-5"
    assert str(cell.tester.current_gain) not in repr(recording.instrument)


def test_capacity_scales_with_the_rating() -> None:
    small, large = cell_test(2, rated_capacity_ah=5).truth, cell_test(2, rated_capacity_ah=50).truth
    assert large.capacity_ah == pytest.approx(10 * small.capacity_ah)
    assert large.discharge_resistances_ohm[10.0] == pytest.approx(small.discharge_resistances_ohm[10.0] / 10)
    assert large.state_of_health == pytest.approx(small.state_of_health)
