"""Every shipped mapping on a small text of its dialect, and on the laboratory's samples with their truth."""

# ruff: noqa: E501  # rows of testers are long
from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hwan import readers
from hwan.core import REQUIRED, SPECTRUM, FormatNotRecognised, HwanError, Recording, parse_toml
from hwan.readers import conformance
from hwan.readers._detect import choose
from hwan.readers._source import open_source
from hwan.readers.generic import MappedCsv, mapping_toml, shipped_mappings
from hwan.readers.generic._mapping import Mapping, checked

Write = Callable[[str, str | bytes], Path]


def _rows(*cells: object, mark: str = "\t") -> str:
    return mark.join(str(cell) for cell in cells) + "\n"


MACCOR_HEAD = "Rec#\tCyc#\tStep\t{test}\t{step}\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time\tVAR1\n"
MACCOR_SIGNED = (
    "Today's Date 03/07/2024  Date of Test:\t03/01/2024\t Filename:\tC:\\x.001\n"
    + MACCOR_HEAD.format(test="Test (Sec)", step="Step (Sec)")
    + _rows(1, 0, 1, "0.0000", "0.0000", 0, 0, "0.0", "3.6000", "R", 0, "03/13/2024 23:59:50", "N/A")
    + _rows(2, 0, 2, "10.0000", "10.0000", "0.0050000", "0.0185", "1.8", "3.7000", "C", 1, "03/14/2024 00:00:00", "N/A")
    + _rows(
        3, 0, 3, "20.0000", "10.0000", "0.0050000", "0.0175", "-1.8", "3.5000", "D", 1, "03/14/2024 00:00:10", "N/A"
    )
)
MACCOR_UNSIGNED = (
    "Procedure:\tP.000\tDescription:\n"
    + MACCOR_HEAD.format(test="TestTime", step="StepTime")
    + _rows(1, 0, 1, "  0d 00:00:0", "  0d 00:00:0", 0, 0, 0, 3.6, "R", 0, "12/11/2023 12:22:12", 0)
    + _rows(2, 0, 2, "  0d 23:59:58.5", "  0d 00:00:5", 0, 0, 1.5, 3.7, "C", 0, "12/12/2023 12:22:10", 0)
    + _rows(3, 0, 3, "  2d 00:00:1.25", "  0d 00:00:5", 0, 0, 1.5, 3.5, "D", 0, "12/13/2023 12:22:13", 0)
)
NOVONIX_BLOCK = (
    "[Summary]\nNovonix HPC data file\nChannel: 4\n[End Summary]\n[Data]\n"
    "Date and Time,Cycle Number,Step Number,Run Time (h), Step Time (h),Current (A),Potential (V),Capacity (Ah),"
    "Temperature (°C),Circuit Temperature (°C)\n"
    "13/3/2024 11:59:50 PM,1,0,0.0,0.0,0.0,3.5,0.0,20.0,23.3\n"
    "14/3/2024 12:00:26 AM,1,1,0.01,0.01,2.0,3.6,0.02,20.0,23.4\n"
)
CASES: dict[str, tuple[str, str | bytes, dict[str, list[float | str | None]]]] = {
    "maccor": ("a.022", MACCOR_SIGNED, {
        "test_time_second": [0.0, 10.0, 20.0], "current_ampere": [0.0, 1.8, -1.8], "step_type": ["R", "C", "D"],
        "step_cumulative_capacity_ah": [0.0, 0.005, 0.005], "unix_time_second": [1710374390.0, 1710374400.0, 1710374410.0],
    }),
    "maccor unsigned": ("a.txt", MACCOR_UNSIGNED, {
        "test_time_second": [0.0, 86_398.5, 172_801.25], "current_ampere": [0.0, 1.5, -1.5], "step_id": [1, 2, 3],
    }),
    "maccor minutes": ("a.001", MACCOR_SIGNED.replace("(Sec)", "(Min)"), {
        "test_time_second": [0.0, 600.0, 1200.0], "step_time_second": [0.0, 600.0, 600.0],
    }),
    "maccor-lines": ("a.txt", (
        "Name:\tX\nSCap\t0,017\n\n"
        "Rec\tCycle P\tCycle C\tStep\tTestTime\tStepTime\tCap. [Ah]\tEner. [Wh]\tCurrent [A]\tVoltage [V]\tMd\tES\tDPT Time\n\n"
        "1\t0\t1\t1\t0,000000\t0,000000\t0,0\t0,0\t0,00000000\t0,1377\tR\t0\t06/25/2021 11:23:46\n"
        "2\t0\t1\t2\t1,500000\t1,500000\t0,025\t0,0\t1,00000000\t1,1385\tC\t1\t06/25/2021 11:25:16\n"
    ), {"test_time_second": [0.0, 90.0], "voltage_volt": [0.1377, 1.1385], "current_ampere": [0.0, 1.0]}),
    "maccor-csv": ("a.csv", (
        "Today's Date ,28-Nov-23\nRec,Cycle C,Step,Test Time (sec),Step Time (sec),Capacity,Energy,Current,Voltage,DPT Time,Temp 1\n"
        "1,1,1,0.0,0.0,0,0,0,3.668,23-Nov-23 3:56:11 PM,22.26\n2,1,2,1.0,1.0,0.008,0.03,28.8,3.709,23-Nov-23 3:56:12 PM,22.3\n"
    ), {"current_ampere": [0.0, 28.8], "temperature_t1_celsius": [22.26, 22.3], "unix_time_second": [1700754971.0, 1700754972.0]}),
    "maccor-headings": ("a.csv", (
        "Cyc#,Step,TestTime(s),StepTime(s),Capacity(Ah),Watt-hr,Current(A),Voltage(V),DPt Time,Temp 1\n"
        '0,1,240,  0d 00:04:00.00,0,0,0,3.7095,1,32.67\n1,2,"1,020.50",  0d 00:17:00.00,8.5,"2,005.98",30,3.8,1,32.4\n1,2,1021,0,8.5,0,30,3.8,1,32.4\n'
    ), {"test_time_second": [240.0, 1020.5, 1021.0], "step_time_second": [240.0, 1020.0, 0.0]}),
    "maccor-fra": ("a.001", (
        "MACCOR, INC.    AC Impedance Test\n\nFreq(Hz)\tPolar(V)\ttime(sec)\tZ'(a)\tZ''(b)\tPhase_Angle\tZ-Mag\tC(F)\tStatus\tirg\tVMag\tIMag\tV-DC\tisg\trc\n\n"
        "1000.0\t6283.1\t38.2\t3.0\t-4.0\t-53.13\t5.0\t0.0\t7.1\t\t\t\t3.91\n100.0\t628.3\t53.6\t6.0\t-8.0\t-53.13\t10.0\t0.0\t1.1\t\t\t\t3.91\n"
    ), {"frequency_hertz": [1000.0, 100.0], "imaginary_impedance_ohm": [-4.0, -8.0], "voltage_volt": [3.91, 3.91]}),
    "basytec": ("a.txt", (
        "~Resultfile from Basytec Battery Test System\n~\n"
        "~Time[s]\tDataSet\tt-Step[s]\tLine\tCommand\tU[V]\tI[A]\tAh-Cyc-Charge\tT1[°C]\tCyc-Count\n"
        "0\t1\t0\t3\tPause\t3.5\t0\t0\t25.5\t1\n36\t2\t36\t4\tCharge\t3.6\t1\t0.01\t25.6\t1\n"
    ).encode("cp1252"), {"temperature_t1_celsius": [25.5, 25.6], "cycle_charging_capacity_ah": [0.0, 0.01], "step_type": ["Pause", "Charge"]}),
    "landt": ("a.csv", (
        "cell model:,,\nchannel_index,cycle_index,step_index,date_time_iso_string,test_time_s,step_time_s,current_A,voltage_V,discharge_capacity_Ah,charge_capacity_Ah,step_name\n"
        "1,1,1,04/30/2024 14:33:19,0.0,0.0,0,2.9,0,0,rest,\n2,1,2,04/30/2024 14:33:29,10.0,0,-1,2.8,0.1,0,discharge CC,\n"
    ), {"current_ampere": [0.0, -1.0], "step_discharging_capacity_ah": [0.0, 0.1], "step_type": ["rest", "discharge CC"]}),
    "pec": ("a.csv", (
        "Request Year:,2019\nTest:,187\nTest,Cell,Rack,Shelf,Position,Cell ID,Step,Cycle,Total Time (Seconds),Step Time (Seconds),Real Time,Voltage (mV),Current (mA),Charge Capacity (mAh),Discharge Capacity (mWh),ReasonCode,Ambient temperature (°C),\n"
        "187,1,R,001,1,,0,0,1,1,02/22/2019 16:23:27,3272.5,0,0,0,30,25.8,\n187,1,R,001,1,,1,0,21.5,20,02/22/2019 16:23:47,3268.25,-1640.5,0,1.5,5,,\n"
    ), {"test_time_second": [1.0, 21.5], "voltage_volt": [3.2725, 3.26825], "current_ampere": [0.0, -1.6405], "cycle_discharging_energy_wh": [0.0, 0.0015]}),
    "pec hours": ("a.csv", (
        "Test,Cell,Rack,Shelf,Position,Cell ID,Step,Instruction Name,Cycle,Total Time (Hours in hh:mm:ss.xxx),Step Time (Seconds),Real Time,Voltage (V),Current (A),ReasonCode\n"
        "7,1,A,014,1,x,0,Idle,0,00:00:00.002,0.002,01/06/2026 17:51:06,3.569,-8E-06,1\n7,1,A,014,1,x,1,CC,0,26:00:10.500,10,01/07/2026 19:51:16,3.6,1.5,30\n"
    ), {"test_time_second": [0.002, 93_610.5], "current_ampere": [-8e-6, 1.5], "step_type": ["Idle", "CC"]}),
    "batteryarchive": ("a.csv", (
        "Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),Discharge_Capacity (Ah),Cell_Temperature (C)\n"
        "2010-09-02 14:35:40,30.0,1.0,0.0,3.8,0,0,25\n2010-09-02 14:36:10,60.0,1.0,0.6,3.9,0.005,0,25.5\n"
    ), {"cycle_count": [1, 1], "schedule_charging_capacity_ah": [0.0, 0.005], "unix_time_second": [1283438140.0, 1283438170.0]}),
    "batterydata": ("a.csv", (
        "Cycle_Index,Step,Time_s,Amphr,Current_A,Voltage_V,Datenum_d,Charge_Capacity_Ah,Frequency_Hz,Z_Imag_Ohm\n"
        "1,1,0,NaN,0,3.2,719530.0,0,NaN,NaN\n1,2,10,NaN,1,3.3,719530.5,0.002,1000,-0.5\n"
    ), {"unix_time_second": [86_400.0, 129_600.0], "frequency_hertz": [None, 1000.0], "voltage_volt": [3.2, 3.3]}),
    "neware-csv": ("a.csv", (
        "DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(µA),Voltage(mV),Capacity(mAs),Chg. Cap.(mAs),Date,Power(mW),\n"
        "1,1,1,Rest,00:00:00.000,00:00:00.000,0,3200.5,0,0,2025-06-17 09:26:39.383,0.0,\n"
        "2,1,2,CC Chg,00:00:36.000,30:00:36.000,2000,3300.5,72,72,2025-06-18 15:27:15.383,6.6,\n"
    ).encode("latin-1"), {"test_time_second": [0.0, 108_036.0], "current_ampere": [0.0, 2e-3], "step_charging_capacity_ah": [0.0, 2e-5], "unix_time_second": [1750152399.383, 1750260435.383]}),
    "neware-levels": ("a.csv", (
        "Cycle ID,Cap_Chg(mAh)\n,Step ID,Step Name\n,,Record ID,Time(h:min:s.ms),Voltage(V),Current(mA),Realtime\n1,2.5\n,1,Rest\n"
        ",,1,0:00:00.000,3.2000,0.0,2020-01-01 00:00:00\n,,2,0:00:10.000,3.2001,0.0,2020-01-01 00:00:10\n,2,CC_Chg\n"
        ",,3,0:00:00.000,3.3000,2000.0,2020-01-01 00:00:20\n"
    ), {"test_time_second": [0.0, 10.0, 20.0], "step_id": [1, 1, 2], "current_ampere": [0.0, 0.0, 2.0], "step_type": ["Rest", "Rest", "CC_Chg"]}),
    "gamry": ("a.DTA", (
        "EXPLAIN\nTAG\tEISPOT\nOCVCURVE\tTABLE\t2\n\tPt\tT\tVf\n\t#\ts\tV\n\t0\t0.2\t-0.3\nZCURVE\tTABLE\n"
        "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZmod\tZphz\tIdc\tVdc\tIERange\n\t#\ts\tHz\tohm\tohm\tV\tohm\t°\tA\tV\t#\n"
        "\t0\t1\t1000\t3\t-4\t1\t5\t-53.13\t1e-6\t3.7\t9\n\t1\t2\t100\t6\t-8\t1\t10\t-53.13\t1e-6\t3.7\t9\nEXPERIMENTABORTED\tTOGGLE\tT\n"
    ).encode("latin-1"), {"frequency_hertz": [1000.0, 100.0], "imaginary_impedance_ohm": [-4.0, -8.0], "phase_degree": [-53.13, -53.13]}),
    "zplot": ("a.z", (
        "ZPLOT2 ASCII\n  Data Points:                2\n  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange\nEnd Comments\n"
        "1.0E+03\t1.0E-02\t0\t2.59\t3.0\t-4.0\t0\t0\t4\n1.0E+02\t1.0E-02\t0\t3.28\t6.0\t-8.0\t0\t0\t4\n"
    ), {"frequency_hertz": [1000.0, 100.0], "real_impedance_ohm": [3.0, 6.0], "test_time_second": [2.59, 3.28]}),
    "autolab": ("a.txt", (
        '"Z60W Data File: Version 1.1"\n""\n0,2,0\n2\n"  Freq (Hz)    Ampl     Bias   Time(Sec)   Z\'(a)    Z\'\'(b)    GD   Err   Range"\n'
        "1000,0,0,0,3,-4,0,0,0\n100,0,0,0,6,-8,0,0,0\n"
    ), {"frequency_hertz": [1000.0, 100.0], "imaginary_impedance_ohm": [-4.0, -8.0]}),
    "parstat": ("a.txt", (
        "Potential (V)\tCurrent (A)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)\t|Vac| (V)\t\n"
        "3.5\t-0.15\t10\t0\t0\t0\t0\t\n3.4\t-0.15\t20\t0\t0\t0\t0\t\n3.5\t0\t30\t100\t0.03\t-0.004\t0.005\t\n"
    ), {"voltage_volt": [3.5, 3.4, 3.5], "frequency_hertz": [None, None, 100.0], "imaginary_impedance_ohm": [None, None, -0.004]}),
    "powersuite": ("a.txt", b"\nFrequency\t Zre\t Zimg\r\r\n0.1\t 6\t -8\r\r\n10\t 3\t -4\r\r\n", {
        "frequency_hertz": [0.1, 10.0], "real_impedance_ohm": [6.0, 3.0], "imaginary_impedance_ohm": [-8.0, -4.0],
    }),
    "versastudio": ("a.par", (
        "<Application>\nName=x\n</Application>\n<Segment1>\nType=2\nDefinition=Segment #, Point #, E(V), I(A), Elapsed Time(s), Frequency(Hz), Z Real, Z Imag, 0\n"
        "0,0,0.1,-3e-06,1.8,1000,3,-4,0\n0,1,0.1,-3e-06,2.1,100,6,-8,0\n</Segment1>\n<Graph1>\nGrid=True\n</Graph1>\n"
    ), {"frequency_hertz": [1000.0, 100.0], "current_ampere": [-3e-6, -3e-6], "record_index": [0, 1]}),
    "chinstruments": ("a.txt", (
        "Feb. 20, 2020   15:55:08\nA.C. Impedance\n\nFreq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n"
        "1.0e+3, 3.0e+0, -4.0e+0, 5.0e+0, -53.1\n1.0e+2, 6.0e+0, -8.0e+0, 1.0e+1, -53.1\n"
    ), {"frequency_hertz": [1000.0, 100.0], "absolute_impedance_ohm": [5.0, 10.0]}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_small_text_of_each_dialect_is_read_right(write: Write, name: str) -> None:
    file, content, expected = CASES[name]
    recording = readers.read(write(file, content))
    assert recording.provenance.reader == f"csv:{name.split(maxsplit=1)[0]}"
    frame = recording.samples.collect()
    for column, values in expected.items():
        assert frame[column].to_list() == (values if isinstance(values[-1], str) else pytest.approx(values)), column


@pytest.mark.parametrize("name", CASES)
def test_each_dialect_conforms(write: Write, name: str) -> None:
    path = write(*CASES[name][:2])
    reader = choose(open_source(path))
    raw = reader.read(path, "")
    if set(REQUIRED) <= set(raw.frame.collect_schema()):
        conformance.check(reader, path)
        return
    conformance.check_contract(raw)  # a spectrum has no current whose sign or time whose order could be checked
    conformance.check_findings(raw.findings)
    conformance.check_foreign_bytes(reader, path)


def test_mutated_dialects_raise_nothing_but_our_errors(write: Write) -> None:
    chance = random.Random(11)  # noqa: S311  # reproducible, no secret
    texts = [content.encode() if isinstance(content, str) else content for _, content, _ in CASES.values()]
    readable, codes = 0, []
    for number in range(500):
        content = bytearray(texts[number % len(texts)])
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(content))
            size = chance.randint(0, 30)
            content[place : place + size] = chance.randbytes(chance.randint(0, 2)) + bytes(content[:size])
        try:
            for recording in readers.read_all(write("mutant.txt", bytes(content))):
                readable += recording.samples.collect().height > 0
        except HwanError as error:
            codes.append(error.code)
    assert "reader_failed" not in codes
    assert readable > 0


def test_every_shipped_mapping_has_a_small_text() -> None:
    own = {"ampworks", "bitrode", "prime-instrument", "novonix"}  # tested in their own places
    ours = {name for name in shipped_mappings() if not name.startswith(("arbin", "biologic")) and _samples(name)}
    assert ours - own == {name.split()[0] for name in CASES}


def _samples(name: str) -> bool:
    return shipped_mappings()[name].holds == "samples"


@pytest.mark.parametrize("name", sorted(shipped_mappings()))
def test_a_mapping_written_as_toml_is_the_same(name: str) -> None:
    mapping = shipped_mappings()[name]
    again = checked(parse_toml(mapping_toml(mapping), Mapping, name), name)
    assert again.sha256 == mapping.sha256
    assert dict(again.columns) == dict(mapping.columns)


def test_novonix_data_sections_are_recordings_with_keys(write: Write) -> None:
    path = write("n.csv", NOVONIX_BLOCK + NOVONIX_BLOCK.replace("0.01,0.01,2.0", "0.02,0.02,-2.0"))
    first, second = readers.read_all(path)
    assert (first.provenance.key, second.provenance.key) == ("1", "2")
    assert first.samples.collect()["current_ampere"].to_list() == [0.0, 2.0]
    assert second.samples.collect()["test_time_second"].to_list() == pytest.approx([0.0, 72.0])
    assert first.samples.collect()["net_capacity_ah"][-1] == 0.02
    assert first.samples.collect()["unix_time_second"].to_list() == [1710374390.0, 1710374426.0]
    single = readers.read(write("one.csv", NOVONIX_BLOCK))
    assert single.provenance.key == ""
    conformance.check(MappedCsv(shipped_mappings()["novonix"]), write("again.csv", NOVONIX_BLOCK))


def test_an_error_in_a_later_section_names_the_line_of_the_file(write: Write) -> None:
    from hwan.core import ColumnProblem

    path = write("n.csv", NOVONIX_BLOCK + NOVONIX_BLOCK.replace("2.0,3.6", "2.0,oops"))
    with pytest.raises(ColumnProblem) as caught:
        readers.read(path, key="2")
    assert caught.value.values["line"] == 16


def test_tables_of_cycles_are_refused_by_name(write: Write) -> None:
    archive = write("c.csv", (
        "Cycle_Index,Start_Time,End_Time,Test_Time (s),Min_Current (A),Max_Current (A),Min_Voltage (V),Max_Voltage (V),Charge_Capacity (Ah)\n"
        "1.0,,,12923.4,-0.6,1.1,2.7,4.2,0.6\n2.0,,,29533.2,-0.6,1.1,2.7,4.2,1.3\n"
    ))  # fmt: skip
    other = write("d.csv", "Cycle,Charge Capacity (Ah),Discharge Capacity (Ah)\n1,1.0,0.99\n2,1.0,0.98\n3,1.0,0.97\n")
    for path, said in ((archive, "BatteryArchive"), (other, "Cycle, Charge Capacity (Ah)")):
        with pytest.raises(FormatNotRecognised) as caught:
            readers.read(path)
        assert caught.value.code == "table_of_cycles"
        assert said in caught.value.message()


def test_the_order_of_day_and_month_comes_from_the_rows_or_is_left_open(write: Write) -> None:
    text = MACCOR_SIGNED
    ambiguous = (
        text.replace("03/13/2024", "03/04/2024").replace("23:59:50", "00:00:00").replace("03/14/2024", "03/04/2024")
    )
    recording = readers.read(write("b.001", ambiguous.replace("00:00:00\tN/A\n3", "00:00:05\tN/A\n3")))
    frame = recording.samples.collect()
    assert "unix_time_second" not in frame.columns
    assert "raw_dpt_time" in frame.columns
    assert "date_order_unknown" in [finding.code for finding in recording.findings]
    # From the third to the fourth of a month a day passes; a month would not keep pace with the test.
    pace = text.replace("03/13/2024", "03/04/2024").replace("03/14/2024", "04/04/2024")
    paced = readers.read(write("c.001", pace)).samples.collect()
    assert paced["unix_time_second"].to_list() == [1712188790.0, 1712188800.0, 1712188810.0]


def test_a_sign_in_the_current_is_not_turned_again(write: Write) -> None:
    codes = [finding.code for finding in readers.read(write("s.001", MACCOR_SIGNED)).findings]
    assert "sign_by_state" not in codes
    assert "sign_by_state" in [finding.code for finding in readers.read(write("u.txt", MACCOR_UNSIGNED)).findings]


def test_an_imaginary_part_of_the_wrong_sign_is_told(write: Write) -> None:
    def spectrum(sign: float) -> str:
        points = [(10.0 ** (3 - n / 4), 1 / (1 + 1j * 10.0 ** (3 - n / 4) / 50)) for n in range(20)]
        return "Frequency\tZre\tZimg\n" + "".join(_rows(f, z.real, sign * z.imag) for f, z in points)

    told = {
        sign: [one.code for one in readers.read(write(f"z{sign}.txt", spectrum(sign))).findings] for sign in (1.0, -1.0)
    }
    assert told == {1.0: [], -1.0: ["imaginary_sign_contradicted"]}


# --- the laboratory's samples -------------------------------------------------------------------------------


def _read(lab: Path, name: str, key: str | None = None) -> tuple[Recording, pl.DataFrame]:
    recording = readers.read(lab / name, key=key)
    return recording, recording.samples.collect()


GOLDEN = [  # file, reader, rows, last test time / s
    ("maccor/PreDiag_000412_00008Fshort.022", "maccor", 10344, 3477720.65),
    ("maccor/xTESLADIAG_000038.078", "maccor", 10714, 161827.16),
    ("maccor/PredictionDiagnostics_000151_paused.052", "maccor", 332, 769270.57),
    ("maccor/maccor_001.txt", "maccor", 6704, 183171.57),
    ("maccor/maccor_example.001", "maccor", 8, 70.002),
    ("maccor/maccor_test_file_4267-66-6519.041", "maccor", 74, 10.0),
    ("maccor/maccor_two.txt", "maccor-lines", 214, 12780.0),
    ("maccor/sample_data_maccor.csv", "maccor-csv", 15, 13.06),
    ("maccor/testdata_errors.csv", "maccor-headings", 21, 23802.06),
    ("basytec/sample_data_basytec.txt", "basytec", 74, 70.2358),
    ("pec/Test25195.csv", "pec", 19, 162.363),
    ("batteryarchive/CALCE_CX2-33_prism_LCO_25C_0-100_0.5-0.5C_d_timeseries.csv", "batteryarchive", 15, 450.16),
    ("batterydata-gov/p492-13-raw.csv", "batterydata", 2021, 305712.498),
    ("neware/neware_uio.csv", "neware-csv", 9065, 518538.0),
    ("galv-suite/headered.csv", "proposed", 39, 96777.5),
    ("galv-suite/preamble.csv", "proposed", 39, 96777.5),
]


@pytest.mark.parametrize(("name", "reader", "rows", "last"), GOLDEN)
def test_samples_have_their_rows_and_end(lab: Path, name: str, reader: str, rows: int, last: float) -> None:
    recording, frame = _read(lab, name)
    assert recording.provenance.reader == f"csv:{reader}"
    assert frame.height == rows
    assert frame["test_time_second"].drop_nulls()[-1] == pytest.approx(last, abs=0.01)


SPECTRA = [  # file, points, first frequency / Hz, last imaginary part / ohm
    ("eis-autolab/exampleDataAutolab.txt", 41, 10_000.0, -0.00390292888845954),
    ("eis-chinstruments/exampleDataCHInstruments.txt", 73, 99_610.0, -15_860.0),
    ("eis-gamry/exampleDataGamry.DTA", 72, 200_015.6, -6635.557),
    ("eis-parstat/exampleDataParstat.txt", 31, 10_000.0, -0.00399791080333837),
    ("eis-powersuite/exampleDataPowersuite.txt", 30, 0.1, -1397.7358),
    ("eis-versastudio/exampleDataVersaStudio.par", 61, 100_000.0, None),
    ("eis-zplot/Circuit1_EIS_1.z", 48, 50_000.0, None),
    ("eis-zplot/exampleDataZPlot.z", 21, 300_000.0, -137.13),
    ("maccor/maccor_test_file_4267-66-6519.EDA0001.041", 60, 999_999.0, -0.307756),
]


@pytest.mark.parametrize(("name", "points", "first", "last"), SPECTRA)
def test_spectra_have_their_points_and_sign(
    lab: Path, name: str, points: int, first: float, last: float | None
) -> None:
    recording, frame = _read(lab, name)
    spectrum = frame.select(SPECTRUM).drop_nulls()
    assert spectrum.height == points
    assert spectrum["frequency_hertz"][0] == pytest.approx(first)
    assert last is None or spectrum["imaginary_impedance_ohm"][-1] == pytest.approx(last)
    assert "imaginary_sign_contradicted" not in [finding.code for finding in recording.findings]


def test_the_novonix_file_is_two_recordings(lab: Path) -> None:
    both = readers.read_all(lab / "novonix/example_data.csv")
    assert [one.samples.collect().height for one in both] == [941, 5758]
    codes = {finding.code: finding.values.get("count") for finding in both[1].findings}
    assert codes["test_time_runs_backwards"] == 5  # rows that the instrument repeated


def test_landt_equals_its_bdf_truth(lab: Path) -> None:
    stem = "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt"
    ours, truth = _read(lab, f"{stem}.csv")[1], _read(lab, f"{stem}.bdf.csv")[1]
    pairs = {name: name for name in ("test_time_second", "voltage_volt", "current_ampere", "step_id")}
    pairs |= {
        "step_charging_capacity_ah": "charging_capacity_ah",
        "step_discharging_capacity_ah": "discharging_capacity_ah",
    }
    for mine, theirs in pairs.items():
        assert ours[mine].cast(pl.Float64).equals(truth[theirs].cast(pl.Float64), null_equal=False), mine


def test_pec_equals_what_cellpy_reads(lab: Path) -> None:
    ours = _read(lab, "pec/pec.csv")[1]
    truth = pl.read_parquet(lab / "truth/cellpy/loader_pec_csv/raw.parquet")
    pairs = {
        "test_time_second": "test_time", "voltage_volt": "voltage", "current_ampere": "current",
        "cycle_charging_capacity_ah": "charge_capacity", "cycle_discharging_energy_wh": "discharge_energy",
    }  # fmt: skip
    for mine, theirs in pairs.items():
        assert np.allclose(ours[mine].to_numpy(), truth[theirs].to_numpy(), rtol=1e-12, atol=0), mine
    assert ours["unix_time_second"].to_list() == [
        moment.timestamp() for moment in truth["date_time"].dt.replace_time_zone("UTC")
    ]


def test_neware_text_equals_the_ndax_of_the_same_test(lab: Path) -> None:
    text = _read(lab, "neware/interp-test.csv")[1]
    truth = pl.read_parquet(lab / "truth/fastnda/interp-test.parquet")
    assert text["test_time_second"].to_numpy() == pytest.approx(truth["Total Time"].to_numpy(), abs=1e-3)
    assert text["voltage_volt"].to_numpy() == pytest.approx(truth["Voltage(mV)"].to_numpy() / 1e3, abs=1e-7)
    moments = [moment.timestamp() for moment in truth["Date"].dt.replace_time_zone("UTC")]
    assert text["unix_time_second"].to_list() == pytest.approx(moments, rel=0, abs=1e-5)


COUNTERS = [  # file, key, counter, agreement
    ("maccor/xTESLADIAG_000038.078", None, "step_cumulative_capacity_ah", 1e-3),
    ("maccor/maccor_001.txt", None, "step_cumulative_capacity_ah", 1e-3),
    ("novonix/example_data.csv", "1", "net_capacity_ah", 2e-3),
    ("pec/pec.csv", None, "cycle_charging_capacity_ah", 1e-4),
    ("pec/pec.csv", None, "cycle_discharging_capacity_ah", 1e-4),
    ("neware/neware_uio.csv", None, "step_charging_capacity_ah", 1e-4),
    ("neware/neware_uio.csv", None, "step_discharging_capacity_ah", 1e-4),
    ("batterydata-gov/p492-13-raw.csv", None, "step_discharging_capacity_ah", 1e-2),
]


@pytest.mark.parametrize(("name", "key", "counter", "limit"), COUNTERS)
def test_the_scope_of_counters_is_proven_by_the_integral(
    lab: Path, name: str, key: str | None, counter: str, limit: float
) -> None:
    from hwan.readers.generic._prove import Samples, scope_of

    frame = _read(lab, name, key)[1]
    of = {column: frame[column].cast(pl.Float64).to_numpy() for column in
          ("test_time_second", "current_ampere", "voltage_volt", "cycle_count", "step_id", counter)}  # fmt: skip
    data = Samples(*list(of.values())[:5])
    amount = next((word for word in ("discharging", "charging") if word in counter.split("_")), "either")
    scope = scope_of(of[counter], data, amount)
    assert scope is not None
    assert "_".join(filter(None, (scope.since, scope.flow))) == counter.removesuffix("_capacity_ah")
    assert scope.residual < limit


def test_unsigned_currents_of_an_old_maccor_are_turned_by_its_states(lab: Path) -> None:
    frame = _read(lab, "maccor/maccor_001.txt")[1]
    assert frame.filter(pl.col("step_type") == "D")["current_ampere"].max() < 0  # type: ignore[operator]
    conformance.check_sign(MappedCsv(shipped_mappings()["maccor"]).read(lab / "maccor/maccor_001.txt"))


def test_samples_that_are_refused_say_why(lab: Path) -> None:
    cases = {
        "batteryarchive/CALCE_CX2-33_prism_LCO_25C_0-100_0.5-0.5C_d_cycle_data.csv": "table_of_cycles",
        "batterydata-gov/p492-13-summary.csv": "table_of_cycles",
        "galv-suite/headerless.csv": "text_without_headings",
    }
    for name, code in cases.items():
        with pytest.raises(FormatNotRecognised) as caught:
            readers.read(lab / name)
        assert caught.value.code == code
