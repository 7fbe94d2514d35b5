"""Cells of logs on the tester's clock, channels summed; the rows stay those of the first recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from hwan.core import UNKNOWN, AccuracyClass, Instrument, Provenance, Recording, TapAccuracy, Test
from hwan.health import analyse, capacity_of, joined
from hwan.health._cells import Cells
from hwan.health._join import _between
from hwan.health._signals import signals
from hwan.synthetic import Bms, Faults, pack_test

STEPS = ((200, 0.0), (1000, 10.0), (300, 0.0), (1200, -10.0), (300, 0.0))
OFFSET, DRIFT = 50.0, 1e-4


def course(second):
    """Return current in A and voltage of a cell in V: it rises with the charge and jumps with the current."""
    ends = np.cumsum([seconds for seconds, _ in STEPS])
    amperes = np.array([ampere for _, ampere in STEPS] + [0.0])
    at = np.searchsorted(ends, second, side="left")
    moved = np.interp(second, np.append(0, ends), np.append(0, np.cumsum([s * a for s, a in STEPS])))
    return amperes[at], 3.5 + moved / 36_000 + 0.01 * amperes[at]


def recording(name, frame, **columns):
    return Recording(Provenance(name, f"{name}.csv", "0" * 64, 1, "tests", "1"), pl.DataFrame(frame | columns).lazy())


def of_tester(every=1.0, **columns):
    second = np.arange(every, sum(seconds for seconds, _ in STEPS), every)
    ampere, volt = course(second)
    return recording(
        "tester", {"test_time_second": second, "voltage_volt": 4 * volt, "current_ampere": ampere}, **columns
    )


def log(name="bms", cells=2, every=1.0, **columns):
    own = np.arange(0.4, (1 + DRIFT) * sum(seconds for seconds, _ in STEPS) + OFFSET, every)
    ampere, volt = course((own - OFFSET) / (1 + DRIFT))
    frame = {"test_time_second": own, "voltage_volt": cells * volt, "current_ampere": ampere}
    frame |= {f"cell_{number + 1:03d}_voltage_volt": volt + number / 100 for number in range(cells)}
    return recording(name, frame, **columns)


def cell(found, number):
    return found.samples.select(f"cell_{number:03d}_voltage_volt").collect().to_series().to_numpy()


def codes(found):
    return [finding.code for finding in found.findings]


def test_recordings_that_nothing_is_joined_to_are_returned_as_they_are():
    one, other = of_tester(), of_tester(20.0)
    assert joined(Test((one, other))) == (one, other)
    assert joined(Test((one,), channels_in_parallel=True)) == (one,)
    assert joined(Test((), cell_logs=(log(),))) == ()


def test_cells_of_two_logs_are_counted_through_on_the_testers_clock():
    test = of_tester()
    (found,) = joined(Test((test,), cell_logs=(log("one"), log("two"))))
    second = signals(test).time_second
    for number, above in ((1, 0), (2, 0.01), (3, 0), (4, 0.01)):
        volts = cell(found, number)[1:-1]  # at the very ends the log may not have been on
        assert np.isfinite(volts).all()
        # A cell rises by 0.28 mV in a second.
        assert volts == pytest.approx(course(second)[1][1:-1] + above, abs=6e-4)
    joins = [finding for finding in found.findings if finding.code == "cell_log_joined"]
    assert [finding.values["first_cell"] for finding in joins] == [1, 3]
    for finding in joins:
        assert finding.values["offset_second"] == pytest.approx(OFFSET, abs=finding.values["half_width_second"] + 0.01)
        assert finding.values["interval_second"] == 1.0


def test_rows_id_and_evidence_are_those_of_the_first(pack_of_two_logs):
    made = pack_of_two_logs
    (found,) = joined(made.test)
    assert found.id == made.recording.id
    assert found.provenance == made.recording.provenance
    samples = found.samples.collect()
    assert samples.select(made.samples.columns).equals(made.samples)
    figure = capacity_of(analyse(found, made.battery.type), made.battery.type)
    first, last = figure.evidence[0].first_row, figure.evidence[0].last_row
    assert figure.evidence[0].recording_id == made.recording.id
    assert set(made.samples["step_count"][first : last + 1]) >= {5}
    assert made.samples["current_ampere"][last] < 0


@pytest.fixture(scope="module")
def pack_of_two_logs():
    return pack_test(21, series=8, bms=Bms())


def test_rows_that_are_no_sample_have_no_cells():
    test = of_tester()
    holed = replace(
        test, samples=test.samples.with_columns(voltage_volt=pl.when(pl.int_range(pl.len()) != 5).then("voltage_volt"))
    )
    (found,) = joined(Test((holed,), cell_logs=(log(),)))
    assert np.isnan(cell(found, 1)[5])
    assert np.isfinite(np.delete(cell(found, 1), 5)[1:-1]).all()


def test_a_log_that_does_not_fit_is_named_and_its_cells_keep_their_numbers():
    alien = recording("alien", {
        "test_time_second": np.arange(500.0), "voltage_volt": np.full(500, 8.0), "current_ampere": np.zeros(500),
        "cell_001_voltage_volt": np.full(500, 4.0), "cell_002_voltage_volt": np.full(500, 4.0),
    })  # fmt: skip
    (found,) = joined(Test((of_tester(),), cell_logs=(alien, log())))
    assert codes(found) == ["cell_log_not_aligned", "cell_log_joined"]
    assert [name for name in found.samples.collect_schema().names() if name.startswith("cell_")] == [
        "cell_003_voltage_volt",
        "cell_004_voltage_volt",
    ]
    (alone,) = joined(Test((of_tester(),), cell_logs=(alien,)))
    assert alone.samples.collect().equals(of_tester().samples.collect())
    assert codes(alone) == ["cell_log_not_aligned"]
    assert alone.instrument == of_tester().instrument


def test_logs_of_several_recordings_are_refused_with_a_finding():
    first, second = joined(Test((of_tester(), of_tester(20.0)), cell_logs=(log(),)))
    assert codes(first) == ["cell_logs_of_several"]
    assert codes(second) == []


def test_a_log_that_ends_early_leaves_its_cells_unseen_from_there():
    whole = log()
    part = replace(whole, samples=whole.samples.head(2000))
    (found,) = joined(Test((of_tester(),), cell_logs=(part,)))
    incomplete = next(finding for finding in found.findings if finding.code == "cell_log_incomplete")
    assert incomplete.severity == "stop"
    assert incomplete.values["after_second"] == pytest.approx(2999 - (2000.4 - 1 - OFFSET), abs=2)
    assert incomplete.values["before_second"] == 0
    seen = np.isfinite(cell(found, 1))
    assert seen[1:1940].all()
    assert not seen[1960:].any()


def test_in_a_long_gap_of_a_log_nothing_is_made_up():
    whole = log()
    holed = replace(whole, samples=whole.samples.filter(~pl.col("test_time_second").is_between(1800, 2400)))
    (found,) = joined(Test((of_tester(),), cell_logs=(holed,)))
    silent = np.isnan(cell(found, 1))[1:-1]
    second = signals(of_tester()).time_second[1:-1]
    assert silent[(second > 1755) & (second < 2345)].all()
    assert not silent[(second < 1745) | (second > 2355)].any()


def test_readings_that_no_cell_has_leave_nothing_between_their_neighbours():
    told = log().samples.collect()["cell_002_voltage_volt"].to_numpy().copy()
    told[1000:1040:4] = 65.535
    (found,) = joined(Test((of_tester(1.0),), cell_logs=(log("first"), log(cell_002_voltage_volt=told))))
    warned = next(finding for finding in found.findings if finding.code == "cell_without_answer")
    assert warned.values == {"cells": "4", "count": 10}
    volts = cell(found, 4)
    assert 10 <= np.isnan(volts).sum() <= 32
    assert np.nanmax(volts) < 4
    assert np.isfinite(cell(found, 3)).all()


def test_the_testers_own_cell_columns_are_kept_beside_those_of_the_log():
    own = np.full(2999, 3.3)
    (found,) = joined(Test((of_tester(cell_001_voltage_volt=own, cell_009_voltage_volt=own),), cell_logs=(log(),)))
    samples = found.samples.collect()
    assert (
        samples["raw_cell_001_voltage_volt"].to_list() == samples["raw_cell_009_voltage_volt"].to_list() == own.tolist()
    )
    assert "cell_009_voltage_volt" not in samples.columns
    assert samples["cell_001_voltage_volt"].max() > 3.4


def test_the_taps_are_the_coarsest_of_the_logs_and_unknown_where_one_states_none():
    fine, coarse = TapAccuracy("fine", 1e-4, 1e-3, ""), TapAccuracy("coarse", 1e-4, 5e-3, "")
    one, other = (replace(log(), instrument=Instrument(taps=taps)) for taps in (fine, coarse))
    assert joined(Test((of_tester(),), cell_logs=(one, other)))[0].instrument.taps == coarse
    assert joined(Test((of_tester(),), cell_logs=(one, log())))[0].instrument.taps is UNKNOWN


def between(test_second, ampere, seconds, values, doubt=0.0):
    base = signals(recording("base", {
        "test_time_second": test_second, "voltage_volt": np.full(len(test_second), 4.0), "current_ampere": ampere,
    }))  # fmt: skip
    return _between(base, np.array(seconds, dtype=float), np.array(values, dtype=float)[:, None], doubt)[:, 0]


def test_between_readings_of_one_step_there_is_a_line_and_across_a_step_nothing():
    second, ampere = np.arange(1.0, 9), np.array([0.0] * 4 + [5.0] * 4)
    found = between(second, ampere, [1, 3, 5, 7], [1.0, 3.0, 10.0, 14.0])
    assert found == pytest.approx([1, 2, 3, 4 - 1, 10, 12, 14, 14 + 2], abs=1.01)
    assert found[:3] == pytest.approx([1, 2, 3])
    assert found[4:7] == pytest.approx([10, 12, 14])
    assert found[3] < 5  # not on the way to the next step's 10


def test_readings_near_a_steps_end_are_not_used_where_the_clock_is_in_doubt():
    second, ampere = np.arange(1.0, 9), np.array([0.0] * 4 + [5.0] * 4)
    wrong = [99.0, 2.0, 3.0, 99.0, 99.0, 12.0, 13.0, 99.0]
    found = between(second, ampere, second, wrong, 0.5)
    assert np.nanmax(found) < 20
    assert np.isnan(between(second, ampere, second, wrong, 5.0)).all()


def test_a_single_reading_speaks_for_its_neighbourhood_only():
    second = np.arange(1.0, 30)
    found = between(second, np.ones(29), [10.0], [7.0])
    assert np.isfinite(found).sum() == 1
    two = between(second, np.ones(29), [10.0, 14.0], [7.0, 11.0])
    assert np.flatnonzero(np.isfinite(two)).tolist() == list(range(3, 20))  # 4 s to 20 s
    assert two[9:14] == pytest.approx([7, 8, 9, 10, 11])


def test_beyond_the_last_reading_the_line_goes_on():
    second = np.arange(1.0, 13)
    found = between(second, np.ones(12), [1, 3, 5, 7, 9, 11], [1, 3, 5, 7, 9, 11])
    assert found == pytest.approx(second)


def channel(name, share, offset, accuracy=0.01):
    own = np.arange(10.0, sum(seconds for seconds, _ in STEPS) + offset, 1.0)
    ampere, volt = course(own - offset)
    frame = {"test_time_second": own, "voltage_volt": volt, "current_ampere": share * ampere}
    made = recording(name, frame, charging_capacity_ah=np.zeros(len(own)), raw_note_ah=np.zeros(len(own)))
    stated = AccuracyClass("class", 1e-3, accuracy, 1e-3, 1e-3, "made")
    return replace(made, instrument=Instrument(id=name, current_range_ampere=20.0, accuracy=stated))


def test_channels_in_parallel_are_summed():
    one, other = channel("one", 0.6, 0.0), channel("two", 0.4, 1.5, 0.03)
    (found,) = joined(Test((one, other), channels_in_parallel=True))
    data = signals(found)
    assert found.id == one.id
    assert data.current_ampere == pytest.approx(course(data.time_second)[0])
    assert len(data) > 0.99 * len(signals(one))
    assert codes(found) == ["channels_summed"]
    names = found.samples.collect_schema().names()
    assert "charging_capacity_ah" not in names
    assert "raw_note_ah" in names
    # Each channel has an offset of its own, and their sum is the battery's; a gain is of the whole.
    assert found.instrument.accuracy.current_offset_ampere == pytest.approx(0.04)
    assert found.instrument.accuracy.current_gain == 1e-3
    assert found.instrument.current_range_ampere == 40.0


def test_a_channel_that_does_not_fit_stops_the_grade():
    one, other = channel("one", 0.6, 0.0), channel("two", 0.0, 0.0)
    (found,) = joined(Test((one, other), channels_in_parallel=True))
    assert [(finding.code, finding.severity) for finding in found.findings] == [("channel_not_aligned", "stop")]
    assert signals(found).current_ampere == pytest.approx(signals(one).current_ampere)
    assert found.instrument.accuracy.current_offset_ampere == pytest.approx(0.01)


def test_three_channels_with_logs_show_the_whole_packs_capacity():
    made = pack_test(4, series=6, bms=Bms(), channels=3)
    (found,) = joined(made.test)
    figure = capacity_of(analyse(found, made.battery.type), made.battery.type)
    low, high = figure.interval
    assert low <= made.truth.capacity_ah <= high
    assert isinstance(signals(found).cells, Cells)


def test_a_truncated_synthetic_log_is_found():
    made = pack_test(5, series=4, bms=Bms(), faults=Faults(truncated_log=True))
    (found,) = joined(made.test)
    assert "cell_log_incomplete" in codes(found)
