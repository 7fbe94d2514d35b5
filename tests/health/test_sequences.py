from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, ColumnProblem, text
from hwan.health import steps
from hwan.health._sequences import sequences
from hwan.health._stream import stream_steps

PROTOCOLS = ("protocol", "direction", "repeats")
COLUMNS = {"Seconds": "test_time_second", "Volts": "voltage_volt", "Amps": "current_ampere"}


def told(table):
    return table.select(PROTOCOLS).rows()


def of_file(path):
    frame = pl.read_csv(path, infer_schema_length=None).rename(COLUMNS).select(COLUMNS.values())
    return sequences(stream_steps(frame).steps)


def of_currents(record, walk, *parts, **options):
    return sequences(stream_steps(record(*walk(*parts, **options)).samples).steps)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gitt/gitt_charge.csv", ("gitt", "charge", 121)),
        ("gitt/gitt_discharge.csv", ("gitt", "discharge", 121)),
        ("ici/ici_charge.csv", ("ici", "charge", 133)),
        ("ici/ici_discharge.csv", ("ici", "discharge", 132)),
        ("hppc/hppc_discharge.csv", ("hppc", "discharge", 9)),
    ],
)
def test_the_sample_tables_are_what_they_are_called(samples, name, expected):
    assert told(of_file(samples / "ampworks/datasets/resources" / name)) == [expected]


@pytest.mark.parametrize(
    ("name", "expected"), [("hppc_discharge", ("hppc", "discharge", 9)), ("ici_discharge", ("ici", "discharge", 132))]
)
def test_the_lab_tables_are_what_they_are_called(lab_data, name, expected):
    assert told(of_file(lab_data / f"testers/ampworks-csv/{name}.csv")) == [expected]


def test_ordinary_cycling_has_no_label(record, walk, cell, pack, lfp):
    for test in (cell, pack, lfp):
        assert sequences(steps(test.recording)).is_empty()
    cycle = ((5, 600), (0, 60), (-5, 600), (0, 60))
    assert of_currents(record, walk, *cycle * 10).is_empty()


def test_the_range_is_where_the_protocol_is(record, walk):
    before, gitt = ((0, 100), (5, 900), (0, 30)), ((-2, 300), (0, 900))
    found = of_currents(record, walk, *before, *gitt * 6, (4, 1000), (0, 10))
    assert told(found) == [("gitt", "discharge", 6)]
    assert found.select("first_step", "last_step", "first_row", "last_row").rows() == [(4, 15, 1030, 1030 + 7199)]
    assert found.select("start_second", "end_second").rows() == [(1030.0, 1030.0 + 7200)]


@pytest.mark.parametrize(
    ("rest", "expected"), [(10, ["ici"]), (60, ["ici"]), (61, []), (299, []), (300, ["gitt"]), (3600, ["gitt"])]
)
def test_the_length_of_the_rests_decides(record, walk, rest, expected):
    found = of_currents(record, walk, (0, 60), *((2, 300), (0, rest)) * 5)
    assert found["protocol"].to_list() == expected


@pytest.mark.parametrize(("repeats", "expected"), [(4, 0), (5, 1)])
def test_a_few_repeats_are_no_protocol(record, walk, repeats, expected):
    assert of_currents(record, walk, (0, 60), *((2, 300), (0, 600)) * repeats).height == expected


def test_two_protocols_in_one_record_are_two_ranges(record, walk):
    parts = (*((2, 300), (0, 600)) * 5, *((-2, 300), (0, 600)) * 5, *((4, 300), (0, 10)) * 7)
    found = of_currents(record, walk, (0, 60), *parts)
    assert told(found) == [("gitt", "charge", 5), ("gitt", "discharge", 5), ("ici", "charge", 7)]


LEVEL = ((-10, 10), (0, 40), (7.5, 10), (0, 40), (-5, 720), (0, 600))


@pytest.mark.parametrize(("levels", "expected"), [(2, []), (3, [("hppc", "discharge", 3)])])
def test_pulse_pairs_at_several_levels_are_an_hppc(record, walk, levels, expected):
    assert told(of_currents(record, walk, (0, 60), *LEVEL * levels, soc=1.0)) == expected


def test_pulse_pairs_at_one_level_are_none(record, walk):
    assert of_currents(record, walk, (0, 60), *LEVEL[:4] * 6).is_empty()


@pytest.mark.parametrize("numbered", [True, False])
def test_a_drive_cycle_is_recognised_as_one_step_and_as_many(record, numbered):
    random = np.random.default_rng(6)
    ampere = np.concatenate([np.zeros(100), np.repeat(10 * random.standard_normal(200), 5), np.zeros(100)])
    named = {"step_count": np.repeat([1, 2, 3], [100, 1000, 100])} if numbered else {}
    found = sequences(stream_steps(record(np.arange(1200.0), 3.7 + 0.01 * ampere, ampere, **named).samples).steps)
    assert found["protocol"].to_list() == ["drive_cycle"]
    assert found["reason"].to_list() == ["current_varies" if numbered else "many_currents"]
    assert abs(found["first_row"].item() - 100) <= 5
    assert abs(found["last_row"].item() - 1099) <= 5


@pytest.mark.parametrize(("ohm", "expected"), [(0.01, ["eis"]), (0.2, ["drive_cycle"])])
def test_a_small_alternating_current_is_an_eis(record, ohm, expected):
    time = np.arange(2000.0)
    ampere = np.where(time < 200, 0.0, 0.5 * np.sin(time / 20))
    number = np.where(time < 200, 1, 2)
    table = stream_steps(record(time, 3.7 + ohm * ampere, ampere, step_count=number).samples).steps
    assert sequences(table)["protocol"].to_list() == expected


def test_reasons_are_told_in_both_languages():
    for reason in ("pulse_pairs_at_levels", "current_interrupted", "current_and_relaxation",
                   "small_alternating_current", "many_currents"):  # fmt: skip
        assert all(text("reason", reason, language) != reason for language in LANGUAGES)


def test_a_table_that_is_none_of_steps_is_refused():
    with pytest.raises(ColumnProblem) as caught:
        sequences(pl.DataFrame({"kind": ["cc"]}))
    for language in LANGUAGES:
        assert "mean_current_ampere" in caught.value.message(language)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([-10, -2, 0, 0, 2, 5]), st.sampled_from([10, 40, 300, 600])), max_size=60))
def test_ranges_never_overlap_and_lie_in_the_table(record, walk, parts):
    table = stream_steps(record(*walk((0, 60), *parts)).samples).steps
    found = sequences(table)
    assert (found["first_step"] <= found["last_step"]).all()
    assert (found["first_step"][1:] > found["last_step"][:-1]).all()
    assert found["last_step"].max() is None or found["last_step"].max() <= table.height
