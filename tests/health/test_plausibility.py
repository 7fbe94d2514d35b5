from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import hwan
from hwan.core import LANGUAGES, UNKNOWN, BatteryType, Refusal, stops, text
from hwan.health import analyse, capacity, plausibility_of
from hwan.synthetic import Faults, cell_test, cell_tests, pack_test


def findings(test, kind=None):
    return plausibility_of(analyse(test.recording), kind or test.battery.type)


def codes(test, kind=None):
    return [finding.code for finding in findings(test, kind)]


def stopped(test, kind=None):
    return [finding.code for finding in stops(findings(test, kind))]


def unrated(kind):
    return replace(kind, rated_capacity_ah=UNKNOWN)


@pytest.mark.parametrize("chemistry", ["nmc622", "lfp"])
def test_a_hundred_clean_cells_are_never_stopped(chemistry):
    told = {test.battery.id: codes(test) for test in cell_tests(range(500, 600), chemistry=chemistry)}
    assert len(told) == 100
    assert not any(told.values()), {name: found for name, found in told.items() if found}


def test_a_clean_cell_without_a_rating_is_proven_by_its_counter(cell):
    assert codes(cell, BatteryType()) == []


def test_a_clean_pack_is_not_stopped(pack):
    assert codes(pack) == []


@pytest.mark.parametrize("chemistry", ["nmc622", "lfp"])
def test_a_swapped_sign_stops_every_time(chemistry):
    for test in cell_tests(range(20), chemistry=chemistry, faults=Faults(current_sign_swapped=True)):
        found = findings(test)
        assert "current_sign_against_voltage" in [finding.code for finding in stops(found)]


def test_milliampere_is_betrayed_by_the_counter_by_the_rating_or_not_at_all():
    wrong = Faults(current_in_milliampere=True)
    test, bare = cell_test(5, faults=wrong), cell_test(5, faults=replace(wrong, no_counters=True))
    assert stopped(test, unrated(test.battery.type)) == ["current_scale_against_counter", "scale_unverified"]
    assert stopped(test) == ["current_scale_against_counter", "current_scale_against_rating"]
    assert stopped(bare) == ["current_scale_against_rating"]
    assert stopped(bare, unrated(bare.battery.type)) == ["scale_unverified"]


def test_milliampere_hours_labelled_ampere_hours_stop():
    (finding,) = findings(cell_test(5, faults=Faults(counters_in_milliampere_hour=True)))
    assert (finding.code, finding.severity) == ("current_scale_against_counter", "stop")
    assert finding.values["ratio"] == pytest.approx(1000, rel=1e-3)


def test_ampere_labelled_milliampere_is_no_proof_of_scale(altered, cell, numbers_only):
    small = replace(
        cell, recording=altered(replace(cell, recording=numbers_only(cell)), pl.col("current_ampere") / 1e3)
    )
    (finding,) = findings(small)
    assert (finding.code, finding.severity) == ("scale_unverified", "stop")


def test_many_small_steps_prove_the_scale_together(record, walk):
    staircase = ((-5, 90), (0, 90)) * 60
    recording = record(*walk(*staircase, soc=1.0))
    rated = BatteryType(rated_capacity_ah=10.0)
    assert plausibility_of(analyse(recording), rated) == ()
    tenfold = replace(recording, samples=recording.samples.with_columns(pl.col("current_ampere") * 1e3))
    assert [f.code for f in plausibility_of(analyse(tenfold), rated)] == ["current_scale_against_rating"]


@pytest.mark.parametrize(("factor", "code"), [(1000, "voltage_above_window"), (24, "voltage_above_window"),
                                              (0.001, "voltage_below_window")])  # fmt: skip
def test_a_voltage_of_another_unit_or_battery_stops(altered, cell, factor, code):
    scaled = replace(cell, recording=altered(cell, pl.col("voltage_volt") * factor))
    assert code in [finding.code for finding in stops(findings(scaled))]


def test_rest_alone_says_nothing(record):
    base = ([0.0, 1.0, 2.0], [3.7, 3.7, 3.7], [0.0, 0.0, 0.0])
    assert plausibility_of(analyse(record(*base)), BatteryType(rated_capacity_ah=5.0)) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_can_be_told_in_every_language(language):
    faulty = [
        Faults(current_sign_swapped=True), Faults(current_in_milliampere=True),
        Faults(current_in_milliampere=True, no_counters=True), Faults(counters_in_milliampere_hour=True),
    ]  # fmt: skip
    tests = [cell_test(3, faults=faults) for faults in faulty]
    found = [finding for test in tests for kind in (None, BatteryType()) for finding in findings(test, kind)]
    assert len({finding.code for finding in found}) == 5
    for finding in found:
        sentence = text("finding", finding.code, language, finding.values)
        assert not sentence.startswith(finding.code)
        assert "{" not in sentence


def test_a_pack_with_a_swapped_sign_stops():
    test = pack_test(3, series=12, faults=Faults(current_sign_swapped=True))
    assert "current_sign_against_voltage" in codes(test)


@pytest.mark.parametrize(("ratio", "severity"), [(0.985, "warning"), (1.015, "warning"), (0.95, "stop"), (1.3, "stop")])
def test_a_counter_a_little_off_is_a_witness_and_a_contradicting_one_stops(cell, altered, ratio, severity):
    recording = altered(cell, pl.col("^step_.*_ah$") * ratio)
    found = plausibility_of(analyse(recording), cell.battery.type)
    assert [(finding.code, finding.severity) for finding in found] == [("counter_disagrees", severity)]


def partly(test, share, at):
    """Return a synthetic pack's recording that stops where its mean cell is at a voltage, with a share of its taps."""
    names = [name for name in test.samples.columns if name.startswith("cell_") and name.endswith("volt")]
    mean = test.samples["voltage_volt"].to_numpy() / len(names)
    rows = np.flatnonzero((test.samples["step_count"].to_numpy() == 5) & (mean < at))
    kept = names[: max(1, round(share * len(names)))]
    frame = test.samples[: int(rows[0])].drop([name for name in names if name not in kept])
    return replace(test.recording, samples=frame.lazy())


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_some_cells_of_a_pack_are_not_the_pack(pack, share):
    part = partly(pack, share, 3.6)
    result = capacity(part, pack.battery.type)
    assert isinstance(result, Refusal)
    assert "cell_taps_incomplete" in {finding.code for finding in plausibility_of(analyse(part), pack.battery.type)}


def test_a_broken_tap_stops(pack):
    broken = pack.recording.samples.with_columns(pl.col("cell_003_voltage_volt") * 0.1)
    found = plausibility_of(analyse(replace(pack.recording, samples=broken)), pack.battery.type)
    assert ("cell_tap_implausible", "stop") in {(finding.code, finding.severity) for finding in found}


def test_a_gap_without_a_counter_stops_and_with_one_does_not(cell, numbers_only):
    time = pl.col("test_time_second")
    late = pl.when((pl.col("voltage_volt") < 3.6) & (time > 20_000)).then(time + 2400).otherwise(time)
    for recording, expected in ((numbers_only(cell), ["samples_missing"]), (cell.recording, [])):
        gapped = replace(recording, samples=recording.samples.with_columns(test_time_second=late.cum_max()))
        assert [code for code in codes_of(gapped, cell.battery.type) if code == "samples_missing"] == expected


def codes_of(recording, kind):
    return [finding.code for finding in plausibility_of(analyse(recording), kind)]


def test_a_state_of_charge_below_empty_proves_that_the_test_was_none(record, walk):
    parts = ((1, 18000), (0, 600), (-5, 3600), (0, 600), (-5, 3000), (0, 60))
    kind = BatteryType(rated_capacity_ah=10.0, upper_voltage_volt=4.0, lower_voltage_volt=3.46)
    assert "state_of_charge_impossible" in codes_of(record(*walk(*parts)), kind)


def test_the_labs_neware_files_are_not_stopped(lab_data):
    found = {}
    for path in sorted((lab_data / "testers" / "neware").glob("*.nda*")):
        if path.name != "empty.ndax":
            for recording in hwan.read_all(path):
                found[path.name] = stops(plausibility_of(analyse(recording), BatteryType()))
    assert len(found) >= 10
    assert not any(found.values()), {name: told for name, told in found.items() if told}
