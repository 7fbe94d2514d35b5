from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, Finding, Instrument, Mark, Provenance, Recording, UsageError, text
from hwan.readers import continued
from hwan.synthetic import SyntheticTest, cell_test

BEGIN = 1_700_000_000.0
COUNTERS = ["charging_capacity_ah", "discharging_capacity_ah"]


def _recording(frame: pl.DataFrame, name: str, **fields: object) -> Recording:
    return Recording(Provenance(name * 8, name, name, 1_000, "test", "1"), frame.lazy(), **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(cell: SyntheticTest) -> pl.DataFrame:
    flow = pl.col("current_ampere") * pl.col("test_time_second").diff().fill_null(0) / 3600
    return cell.samples.with_columns(
        unix_time_second=pl.col("test_time_second") + BEGIN,
        charging_capacity_ah=flow.clip(0).cum_sum(),
        discharging_capacity_ah=-flow.clip(upper_bound=0).cum_sum(),
    )


def _restarted(part: pl.DataFrame) -> pl.DataFrame:
    """A part as a tester writes it that begins its clock, its counters and its step numbers anew."""
    names = ["test_time_second", *COUNTERS]
    return part.with_columns(
        *(pl.col(name) - pl.col(name).first() for name in names),
        step_count=pl.col("step_count") - pl.col("step_count").first() + 1,
    )


def _parts(whole: pl.DataFrame, *rows: int) -> list[Recording]:
    edges = [0, *rows, whole.height]
    frames = [whole[first:last] for first, last in pairwise(edges)]
    return [_recording(_restarted(frame), f"part{number}") for number, frame in enumerate(frames, 1)]


def _codes(recording: Recording) -> list[str]:
    for each in recording.findings:
        for language in LANGUAGES:
            assert "{" not in text("finding", each.code, language, each.values)
    return [each.code for each in recording.findings]


def _step_starts(frame: pl.DataFrame) -> list[int]:
    return frame.with_row_index().filter(pl.col("step_count").diff() != 0)["index"].to_list()


def test_parts_by_the_wall_clock_are_the_whole_in_any_order(whole: pl.DataFrame) -> None:
    starts = _step_starts(whole)
    one, two, three = _parts(whole, starts[2], starts[5])
    joined = continued([three, one, two])
    frame = joined.samples.collect()
    for name in ("test_time_second", "voltage_volt", "current_ampere", "unix_time_second"):
        assert frame[name].to_list() == pytest.approx(whole[name].to_list(), abs=1e-6)
    assert frame["step_count"].to_list() == whole["step_count"].to_list()
    begins = [each.values["first_row"] for each in joined.findings if each.code == "continued_part"]
    assert begins == [1, starts[2] + 1, starts[5] + 1]
    assert joined.id == continued([one, two, three]).id
    assert joined.id not in {one.id, two.id, three.id}
    assert joined.provenance.source_name == "part1 + part2 + part3"


def test_counters_of_the_test_go_on_and_are_marked(whole: pl.DataFrame) -> None:
    (row,) = _step_starts(whole)[3:4]
    joined = continued(_parts(whole, row))
    frame = joined.samples.collect()
    for name in COUNTERS:
        # What flowed between the last row before and the first row after the seam no counter of a part holds.
        lost = whole[name][row] - whole[name][row - 1]
        assert frame[name][-1] == pytest.approx(whole[name][-1] - lost)
    assert Mark("test_time_second", "derived", row, whole.height - 1) in joined.marks
    (told,) = [each for each in joined.findings if each.code == "continued_counters"]
    assert set(str(told.values["columns"]).split(", ")) >= {"test_time_second", "step_count"}


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(10, 3_000), min_size=1, max_size=4, unique=True))
def test_a_file_that_goes_on_gives_the_whole_back(whole: pl.DataFrame, rows: list[int]) -> None:
    edges = [0, *sorted(rows), whole.height]
    parts = [_recording(whole[first:last], f"part{first}") for first, last in pairwise(edges)]
    joined = continued(parts)
    assert joined.samples.collect().equals(whole)
    assert set(_codes(joined)) == {"continued_part"}
    assert joined.marks == ()


def test_without_a_wall_clock_the_gap_is_unknown(whole: pl.DataFrame) -> None:
    row = _step_starts(whole)[3]
    one, two = (
        _recording(part.samples.collect().drop("unix_time_second"), part.provenance.source_name)
        for part in _parts(whole, row)
    )
    joined = continued([one, two])
    assert "continued_gap_unknown" in _codes(joined)
    times = joined.samples.collect()["test_time_second"]
    assert times[row] == times[row - 1]
    assert (times.diff().drop_nulls() >= 0).all()


def test_a_third_part_that_goes_on_from_the_second_keeps_its_shift(whole: pl.DataFrame) -> None:
    starts = _step_starts(whole)
    one, rest = _parts(whole, starts[2])
    frame, cut = rest.samples.collect(), starts[5] - starts[2]
    joined = continued([one, _recording(frame[:cut], "two"), _recording(frame[cut:], "three")]).samples.collect()
    expected = continued([one, rest]).samples.collect()
    assert joined["test_time_second"].to_list() == pytest.approx(expected["test_time_second"].to_list())
    assert joined["step_count"].to_list() == expected["step_count"].to_list()
    assert joined[COUNTERS[1]].to_list() == pytest.approx(expected[COUNTERS[1]].to_list())


def test_rows_at_the_seam_that_both_have_are_taken_once(whole: pl.DataFrame) -> None:
    mark = Mark("voltage_volt", "repaired", 2, 12)
    one, two = _recording(whole[:500], "one"), _recording(whole[495:], "two", marks=(mark,))
    joined = continued([one, two])
    assert joined.samples.collect().equals(whole)
    (told,) = [each for each in joined.findings if each.code == "continued_rows_repeated"]
    assert told.values["count"] == 5
    assert joined.marks == (Mark("voltage_volt", "repaired", 500, 507),)


def test_a_gap_is_told_and_under_current_is_a_warning(whole: pl.DataFrame) -> None:
    flowing = whole.with_row_index().filter(pl.col("current_ampere") < -1)["index"]
    row = int(flowing[len(flowing) // 2])
    for drop, severity in ((60, "warning"),):
        joined = continued([_recording(whole[:row], "one"), _recording(whole[row + drop :], "two")])
        (gap,) = [each for each in joined.findings if each.code == "continued_gap"]
        assert gap.severity == severity
        seconds = whole["unix_time_second"][row + drop] - whole["unix_time_second"][row - 1]
        assert gap.values["gap_second"] == pytest.approx(seconds)


def test_cycle_numbers_stay_as_the_tester_wrote_them(whole: pl.DataFrame) -> None:
    row = _step_starts(whole)[3]
    one = _recording(whole[:row].with_columns(cycle_count=pl.lit(4)), "one", instrument=Instrument(id="1-1"))
    two = _recording(whole[row:].with_columns(cycle_count=pl.lit(1)), "two", instrument=Instrument(id="1-2"))
    joined = continued([one, two])
    assert {"continued_cycles_restart", "continued_other_channel"} <= set(_codes(joined))
    assert joined.samples.collect()["cycle_count"].unique().sort().to_list() == [1, 4]


def test_step_counters_go_on_only_when_the_seam_lies_inside_the_step() -> None:
    frame = cell_test(3).samples.drop("step_charging_energy_wh", "step_discharging_energy_wh")
    name, steps = "step_discharging_capacity_ah", _step_starts(frame)
    row = max(range(len(frame)), key=lambda row: frame[name][row]) - 40
    inside = pl.col("step_count") == frame["step_count"][row]
    counted = pl.when(inside).then(pl.col(name) - frame[name][row]).otherwise(pl.col(name))
    second = frame[row:].with_columns(counted.alias(name))
    joined = continued([_recording(frame[:row], "one"), _recording(second, "two")]).samples.collect()
    after = min(start for start in steps if start > row)
    lost = frame[name][row] - frame[name][row - 1]
    assert joined[name][after - 1] == pytest.approx(frame[name][after - 1] - lost)
    assert joined[name][after:].to_list() == frame[name][after:].to_list()


def test_findings_of_the_parts_name_their_part(whole: pl.DataFrame) -> None:
    parts = _parts(whole, 900)
    noted = replace(parts[1], findings=(Finding("cycle_numbers_skip", "note", "rows 3", {"count": 1, "rows": "3"}),))
    joined = continued([parts[0], noted])
    (skip,) = [each for each in joined.findings if each.code == "cycle_numbers_skip"]
    assert skip.where == "part2: rows 3"


def _refusal(*recordings: Recording) -> str:
    with pytest.raises(UsageError) as caught:
        continued(recordings)
    for language in LANGUAGES:
        assert "{" not in caught.value.message(language)
    assert caught.value.exit_code == 2
    return caught.value.code


def test_what_cannot_be_one_test_is_refused(whole: pl.DataFrame) -> None:
    one, two = _recording(whole[:500], "one"), _recording(whole[500:], "two")
    assert _refusal(one) == "continued_needs_two"
    assert _refusal(one, one) == "continued_same_twice"
    assert _refusal(one, _recording(whole[:500], "copy")) == "continued_same_twice"
    assert _refusal(one, _recording(whole[500:].drop("step_count"), "two")) == "continued_headings_differ"
    other = whole[300:].with_columns(pl.col("voltage_volt") + 0.01)
    assert _refusal(one, _recording(other, "two")) == "continued_overlap"
    assert (
        _refusal(
            *(replace(each, samples=each.samples.drop("unix_time_second")) for each in (one, _recording(other, "x")))
        )
        == "continued_overlap"
    )
    pack = whole[500:].with_columns(pl.col("voltage_volt") * 4)
    assert _refusal(one, _recording(pack, "two")) == "continued_voltage_apart"
    named = [replace(each, metadata={"TestInfo.TestInfo.Barcode": name}) for each, name in ((one, "A"), (two, "B"))]
    assert _refusal(*named) == "continued_other_battery"
