"""Arbin's delimited exports, written by the tests: units, clocks, tables of cycles, steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwan.core import ColumnProblem, DamagedFile, Mark
from hwan.readers import conformance
from hwan.readers.arbin import ARBIN_CSV
from hwan.readers.arbin._samples import meaning_of

Write = Callable[[str, str | bytes], Path]

HEADINGS = (
    "Data_Point,Date_Time,Test_Time(s),Step_Time(s),Cycle_Index,Step_Index,"
    "Current(A),Voltage(V),Charge_Capacity(Ah),Discharge_Capacity(Ah)"
)


def _text(clock: Callable[[int], str], headings: str = HEADINGS, factor: float = 1.0) -> str:
    """Rest, charge and discharge at 1 A, 36 s each, in two cycles whose counters are set back."""
    lines = [headings]
    for cycle in (1, 2):
        charged = discharged = 0.0
        for step, (current, volt) in enumerate(((0, 3.7), (1, 3.9), (-1, 3.6)), 1):
            for n in range(1, 5):
                point = len(lines)
                charged += 0.0025 * (current > 0)
                discharged += 0.0025 * (current < 0)
                row = (point, clock(9 * point), 9 * point, 9 * n, cycle, step, current * factor, volt,
                       charged * factor, discharged * factor)  # fmt: skip
                lines.append(",".join(map(str, row)))
    return "\n".join(lines) + "\n"


def _day(second: int, form: str) -> str:
    return form.format(minute=second // 60, second=second % 60)


CLOCKS = {
    "unix": lambda second: str(1_714_856_400 + second),
    "iso": lambda second: _day(second, "2024-05-04 21:{minute:02d}:{second:02d}.000"),
    "slash": lambda second: _day(second, "2024/05/04 21:{minute:02d}:{second:02d}"),
    "month first": lambda second: _day(second, "\t05/04/2024 21:{minute:02d}:{second:02d}.000"),
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_way_of_writing_the_clock(write: Write, clock: str) -> None:
    path = write("Channel_1.csv", _text(CLOCKS[clock]))
    (raw,) = conformance.check(ARBIN_CSV, path)
    frame = raw.frame.lazy().collect()
    assert frame["unix_time_second"].to_list() == [1_714_856_400 + 9 * n for n in range(1, 25)]
    zone = {"clock_without_zone"} & {finding.code for finding in raw.findings}
    assert zone == (set() if clock == "unix" else {"clock_without_zone"})


def test_a_clock_in_no_known_way_is_empty_and_told(write: Write) -> None:
    raw = ARBIN_CSV.read(write("odd.csv", _text(lambda second: f"tick {second}")))
    assert raw.frame.lazy().collect()["unix_time_second"].null_count() == 24
    (found,) = [finding for finding in raw.findings if finding.code == "clock_not_read"]
    assert found.values["got"] == "tick 9"


def test_day_and_month_are_told_apart_by_the_test_time(write: Write) -> None:
    text = _text(lambda _: "")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    for number, row in enumerate(rows):
        day = 1 + number // 12
        row[1], row[2] = f"0{day}/05/2024 00:00:{number % 12:02d}", str(86_400 * (day - 1) + number % 12)
    path = write("days.csv", "\n".join([HEADINGS, *(",".join(row) for row in rows)]) + "\n")
    clock = ARBIN_CSV.read(path).frame.lazy().collect()["unix_time_second"]
    assert clock[-1] - clock[0] == 86_400 + 11


def test_steps_are_counted_and_counters_scoped(write: Write) -> None:
    raw = ARBIN_CSV.read(write("Channel_1.csv", _text(CLOCKS["iso"])))
    frame = raw.frame.lazy().collect()
    assert frame["step_count"].to_list() == [1 + n // 4 for n in range(24)]
    assert frame["cycle_charging_capacity_ah"].max() == pytest.approx(0.01)
    assert {"step_count_derived", "counter_scope_cycle"} <= {finding.code for finding in raw.findings}
    assert raw.marks == (Mark("step_count", "derived", 0, 23),)


def test_units_in_the_headings_count(write: Write) -> None:
    headings = HEADINGS.replace("Current(A)", "Current (mA)").replace("Capacity(Ah)", "Capacity (mAh)")
    frame = ARBIN_CSV.read(write("milli.csv", _text(CLOCKS["iso"], headings, 1000.0))).frame.lazy().collect()
    assert frame["current_ampere"].max() == 1.0
    assert frame["cycle_discharging_capacity_ah"].max() == pytest.approx(0.01)
    assert meaning_of("Voltage(K)") == (None, 1.0)


def test_a_table_of_cycles_is_refused_for_what_it_is(write: Write) -> None:
    text = (
        "Cycle_Index,Test_Time(s),Charge_Capacity(Ah),Discharge_Capacity(Ah),Charge_Time(s),Discharge_Time(s),"
        "V_Max_On_Cycle(V),Coulombic_Efficiency(%)\n1,100,1,0.99,50,50,4.2,99\n"
    )
    path = write("Channel_1_StatisticByCycle.csv", text)
    assert ARBIN_CSV.recognise(path, text.encode()).reason == "arbin_csv_cycles"
    with pytest.raises(ColumnProblem, match="one row for each cycle"):
        ARBIN_CSV.read(path)


def test_text_of_others_is_not_ours(write: Write) -> None:
    path = write("other.csv", "time,current,voltage,charge\n0,1,3.7,0\n")
    assert ARBIN_CSV.recognise(path, path.read_bytes()).confidence == "no"
    with pytest.raises(DamagedFile, match="none of its first lines"):
        ARBIN_CSV.read(path)


def test_strange_text_beside_the_samples_says_nothing(write: Write) -> None:
    write("a_Metadata.csv", b"\xff\x00,\n")
    assert ARBIN_CSV.read(write("a.csv", _text(CLOCKS["iso"]))).metadata == {}


def test_a_cell_that_is_no_number_is_named(write: Write) -> None:
    text = _text(CLOCKS["iso"]).replace(",3.9,", ",OVER,", 1)
    with pytest.raises(ColumnProblem, match=r"Voltage\(V\)"):
        ARBIN_CSV.read(write("over.csv", text))
