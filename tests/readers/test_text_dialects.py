"""Text that no reader knows: what is decided, why, what is assumed, and that a saved mapping reads the same."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwan import readers
from hwan.core import LANGUAGES, ColumnProblem, FormatNotRecognised, HwanError
from hwan.readers._encoding import encoding_of
from hwan.readers._table import cells
from hwan.readers.generic import load_mapping, mapping_toml, propose_mapping

Write = Callable[[str, str | bytes], Path]


def table(
    *, mark: str = ",", decimal: str = ".", heads: tuple[str, ...] = ("Test Time (s)", "Voltage (V)", "Current (A)"),
    scale: tuple[float, ...] = (1.0, 1.0, 1.0), sign: float = 1.0,
) -> str:  # fmt: skip
    """A cell that rests, charges, rests and discharges, four times, as text of the given dialect."""
    lines = [mark.join(heads)]
    for row in range(160):
        phase = row // 10 % 4
        current = (0.0, 1.5, 0.0, -1.5)[phase] * sign
        volt = 3.6 + (0.0, 0.1, 0.03, -0.1)[phase] + (0.0, 0.001, 0.0, -0.001)[phase] * (row % 10)
        values = (10.0 * row / scale[0], volt / scale[1], current / scale[2])
        lines.append(mark.join(f"{value:.6g}".replace(".", decimal) for value in values))
    return "\n".join(lines) + "\n"


def _frame(path: Path) -> pl.DataFrame:
    return readers.read(path).samples.collect()


SIGNALS = ["test_time_second", "voltage_volt", "current_ampere"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949", "cp1252"])
def test_delimiter_decimal_sign_and_encoding_are_decided(write: Write, mark: str, decimal: str, encoding: str) -> None:
    if mark == decimal:
        pytest.skip("one sign for two things")
    heads = {"cp949": ("경과 시간(초)", "전압(V)", "전류(A)"), "cp1252": ("Prüfzeit (s)", "U [V]", "I [A]")}
    names = heads.get(encoding, ("Test Time (s)", "Voltage (V)", "Current (A)"))
    path = write("unknown.txt", table(mark=mark, decimal=decimal, heads=names).encode(encoding))
    frame = _frame(path)
    base = _frame(write("base.txt", table()))
    assert frame.select(SIGNALS).equals(base.select(SIGNALS))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("시험시간,전압,전류", "cp949"), ("测试时间,电压(V),电流(A),循环号", "gb18030"),
        ("経過時間,電圧(V),電流(A)", "cp932"),
        ("Spannung °C µA", "cp1252"), ("Zeit (s)", "utf-8"), ("전압(V)", "utf-8"),
    ],
)  # fmt: skip
def test_the_encoding_is_told_by_the_bytes(text: str, name: str) -> None:
    said = encoding_of(text.encode(name))
    assert said.name == name
    assert text.encode(name).decode(said.name) == text


@pytest.mark.parametrize(
    ("heads", "scale"),
    [
        (("Time/h", "Ecell/mV", "I/mA"), (3600.0, 1e-3, 1e-3)),
        (("t [min]", "U [V]", "I [mA]"), (60.0, 1.0, 1e-3)),
        (("test_time_s", "voltage_mV", "current_uA"), (1.0, 1e-3, 1e-6)),
        (("Run Time (h)", "Potential (V)", "Current(µA)"), (3600.0, 1.0, 1e-6)),
        (("시험 시간(분)", "셀전압(mV)", "전류(mA)"), (60.0, 1e-3, 1e-3)),
        (("Seconds", "Volts", "Milliamps"), None),
    ],
)
def test_units_in_headings(write: Write, heads: tuple[str, ...], scale: tuple[float, ...] | None) -> None:
    path = write("units.csv", table(heads=heads, scale=scale or (1.0, 1.0, 1.0)))
    if scale is None:  # a word that is not known is not guessed at
        with pytest.raises(ColumnProblem, match="current_ampere"):
            readers.read(path)
        return
    base = _frame(write("base.csv", table()))
    for name in SIGNALS:
        assert _frame(path)[name].to_list() == pytest.approx(base[name].to_list(), rel=1e-5, abs=1e-5), name


def test_a_line_of_units_under_the_headings(write: Write) -> None:
    text = table(heads=("Test Time", "Voltage", "Current"), scale=(60.0, 1e-3, 1e-3))
    head, rest = text.split("\n", 1)
    path = write("units.csv", f"Cell: x\nOperator: y\n\n{head}\n[min],[mV],[mA]\n{rest}")
    recording = readers.read(path)
    base = _frame(write("base.csv", table()))
    assert recording.samples.collect()["current_ampere"].to_list() == pytest.approx(base["current_ampere"].to_list())
    assert not [finding for finding in recording.findings if finding.code.endswith("_assumed")]
    assert "decided_units_line" in [one.reason for one in propose_mapping(path).why]


def test_runs_of_blanks(write: Write) -> None:
    lines = table(heads=("time/s", "voltage/V", "current/A")).splitlines()
    path = write("blanks.dat", "\n".join("  " + "   ".join(line.split(",")) for line in lines) + "\n")
    assert _frame(path).select(SIGNALS).equals(_frame(write("base.csv", table())).select(SIGNALS))


def test_a_sign_that_discharges_when_positive_is_turned(write: Write) -> None:
    path = write("sign.csv", table(sign=-1.0))
    assert propose_mapping(path).mapping.sign == "positive_discharges"
    assert _frame(path)["current_ampere"].to_list() == _frame(write("base.csv", table()))["current_ampere"].to_list()


def test_a_unit_that_nothing_says_is_assumed_aloud_and_stops_a_grade(write: Write) -> None:
    path = write("bare.csv", table(heads=("time", "voltage", "current")))
    findings = {finding.code: finding.severity for finding in readers.read(path).findings}
    assert findings["current_unit_assumed"] == "stop"
    assert {"voltage_unit_assumed", "time_unit_assumed", "mapping_proposed"} <= set(findings)


def test_a_clock_and_a_counter_prove_units(write: Write) -> None:
    lines = table(heads=("Time", "Voltage (V)", "Current"), scale=(60.0, 1.0, 1e-3)).splitlines()
    charge, rows = 0.0, [f"{lines[0]},Date,Capacity (Ah),Cycle"]
    for number, line in enumerate(lines[1:]):
        clock = f"2024-03-13 {10 * number // 3600:02d}:{10 * number // 60 % 60:02d}:{10 * number % 60:02d}"
        charge += float(line.split(",")[2]) * 1e-3 * 10 / 3600 if number else 0.0
        rows.append(f"{line},{clock},{charge:.9f},{1 + number // 80}")
    proposal = propose_mapping(write("witness.csv", "\n".join(rows) + "\n"))
    assert proposal.mapping.assumed == ()
    assert proposal.mapping.columns["Time"].factor == 60.0
    assert proposal.mapping.columns["Current"].factor == 1e-3
    assert {"decided_time_by_clock", "decided_current_by_witness", "decided_scope"} <= {
        one.reason for one in proposal.why
    }
    assert proposal.mapping.columns["Capacity (Ah)"].to == "net_capacity_ah"


def test_a_file_with_a_clock_only_gets_its_test_time_from_it(write: Write) -> None:
    rows = [f"2024-03-{13 + n // 1000:02d}T0{n // 60}:{n % 60:02d}:00,{3.6 + n / 1e4:.4f},1.0" for n in range(100)]
    recording = readers.read(write("clock.csv", "Timestamp,Voltage [V],Current [A]\n" + "\n".join(rows) + "\n"))
    assert recording.samples.collect()["test_time_second"].to_list() == [60.0 * n for n in range(100)]
    assert "test_time_from_clock" in [finding.code for finding in recording.findings]


def test_every_decision_is_explained_in_both_languages(write: Write) -> None:
    said = [one for one in readers.explain(write("x.csv", table())) if one.reader == "csv:proposed"]
    assert len(said) > 5
    for one in said:
        for language in LANGUAGES:
            assert one.reason not in one.message(language)
            assert "{" not in one.message(language)


def test_a_saved_proposal_reads_the_same_samples(write: Write) -> None:
    path = write("x.csv", "Operator: me\n" + table(mark=";", decimal=","))
    proposal = propose_mapping(path)
    saved = write("mine.toml", mapping_toml(proposal.mapping))
    assert load_mapping(saved) == proposal.mapping
    first, second = readers.read(path), readers.read(path, mapping=saved)
    assert first.samples.collect().equals(second.samples.collect())
    assert first.provenance.mapping_sha256 == second.provenance.mapping_sha256


def test_headless_rows_are_refused_and_read_with_names(write: Write) -> None:
    path = write("bare.csv", table().split("\n", 1)[1])
    with pytest.raises(FormatNotRecognised, match="without headings") as caught:
        readers.read(path)
    assert caught.value.code == "text_without_headings"
    mapping = write("names.toml", (
        'id = "bare"\ntitle = "Bare"\n[header]\nnames = ["t", "u", "i"]\n[columns]\n'
        't = { to = "test_time_second" }\nu = { to = "voltage_volt" }\ni = { to = "current_ampere" }\n'
    ))  # fmt: skip
    assert readers.read(path, mapping=mapping).samples.collect().height == 160


# --- bad rows -----------------------------------------------------------------------------------------------


def _findings(path: Path) -> dict[str, dict[str, object]]:
    return {finding.code: dict(finding.values) for finding in readers.read(path).findings}


def _lines(extra: str = ",Temperature (°C)") -> list[str]:
    head, *rows = table().splitlines()
    return [head + extra, *(row + ",25.5" for row in rows)]


def test_a_bad_cell_of_an_optional_column_is_emptied_and_placed(write: Write) -> None:
    lines = _lines()
    lines[7] = lines[7].replace("25.5", "warm")
    path = write("warm.csv", "\n".join(lines) + "\n")
    assert _findings(path)["cells_not_numbers"] == {"column": "Temperature (°C)", "line": 8, "got": "warm", "count": 1}
    assert _frame(path)["surface_temperature_celsius"].null_count() == 1


def test_a_bad_cell_of_a_required_column_is_refused_and_placed(write: Write) -> None:
    lines = _lines()
    lines[7] = "60,oops,0,25.5"
    with pytest.raises(ColumnProblem) as caught:
        readers.read(write("oops.csv", "\n".join(lines) + "\n"))
    assert (caught.value.values["line"], caught.value.values["got"]) == (8, "oops")


def test_lines_that_are_no_rows_are_left_out_and_told(write: Write) -> None:
    lines = _lines()
    joined, under = "890,3.6,0,25.5,890,3.6,0,25.5", ["", "Test ended by operator", "Total: rows"]
    broken = [*lines[:50], lines[0], *lines[50:90], joined, *lines[91:], *under]
    path = write("lines.csv", "\n".join(broken) + "\n")
    findings = _findings(path)
    assert findings["repeated_headings_left_out"] == {"count": 1, "lines": "51"}
    assert findings["broken_rows_left_out"] == {"count": 1, "lines": "92"}
    assert findings["trailing_text_left_out"]["line"] == 164
    assert findings["trailing_text_left_out"]["text"] == "Test ended by operator"
    assert _frame(path).height == 159
    severities = {finding.code: finding.severity for finding in readers.read(path).findings}
    assert severities["broken_rows_left_out"] == "stop"


def test_many_lines_with_too_many_cells_are_not_left_out(write: Write) -> None:
    lines = _lines()
    path = write("many.csv", "\n".join([*lines[:100], *(line + ",1,2" for line in lines[100:])]) + "\n")
    with pytest.raises(HwanError) as caught:
        readers.read(path)
    assert caught.value.code == "row_has_more_cells"


@pytest.mark.parametrize(("cell", "decimal", "mark"), [('"1,020.50"', ".", ","), ("1.020,50", ",", ";")])
def test_groups_of_thousands(write: Write, cell: str, decimal: str, mark: str) -> None:
    rows = table(mark=mark, decimal=decimal).splitlines()
    rows[103] = mark.join([cell, *rows[103].split(mark)[1:]])
    frame = _frame(write("groups.csv", "\n".join(rows) + "\n"))
    assert frame["test_time_second"][102] == 1020.5


def test_a_point_under_a_decimal_comma_is_not_read_as_a_decimal_sign(write: Write) -> None:
    rows = table(mark=";", decimal=",").splitlines()
    rows[103] = ";".join(["1.020", *rows[103].split(";")[1:]])
    with pytest.raises(ColumnProblem) as caught:
        readers.read(write("point.csv", "\n".join(rows) + "\n"))
    assert caught.value.values["line"] == 104


# --- any table in any dialect ---------------------------------------------------------------------------------

HEADINGS = {
    "test_time_second": [("Test Time (s)", 1.0), ("t/min", 60.0), ("elapsed_time_h", 3600.0), ("总时间(s)", 1.0)],
    "voltage_volt": [("Voltage [mV]", 1e-3), ("U (V)", 1.0), ("전압(V)", 1.0), ("Ecell/V", 1.0)],
    "current_ampere": [("Current(mA)", 1e-3), ("I / A", 1.0), ("전류(A)", 1.0), ("current_uA", 1e-6)],
}


@st.composite
def dialects(draw: st.DrawFn) -> tuple[bytes, list[list[float]]]:
    mark, decimal = draw(st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ".")]))
    heads = [draw(st.sampled_from(HEADINGS[name])) for name in SIGNALS]
    count = draw(st.integers(12, 60))
    volts = draw(st.lists(st.integers(25_000, 42_000), min_size=count, max_size=count))
    amps = draw(st.lists(st.integers(-30_000, 30_000), min_size=count, max_size=count))
    values = [[10.5 * row, volt / 1e4, amp / 1e4] for row, (volt, amp) in enumerate(zip(volts, amps, strict=True))]
    preamble = draw(st.sampled_from(["", "Operator: A\n", "# made by x\nCell: 7\n\n"]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    rows = [mark.join(head for head, _ in heads)] + [
        mark.join(f"{value / factor:.7f}".replace(".", decimal) for value, (_, factor) in zip(row, heads, strict=True))
        for row in values
    ]
    text = preamble.replace("\n", end) + end.join(rows) + draw(st.sampled_from(["", end]))
    korean, chinese = ("전" in text), ("总" in text)
    local = ["cp949"] if korean and not chinese else ["gb18030"] if chinese and not korean else []
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", *local]))), values


@given(dialects())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_table_written_in_any_dialect_is_read_back(given_table: tuple[bytes, list[list[float]]]) -> None:
    content, values = given_table
    with tempfile.TemporaryDirectory(prefix="hwan-") as folder:
        path = Path(folder) / "any.txt"
        path.write_bytes(content)
        proposal = propose_mapping(path)
        frame = readers.read(path, mapping=proposal.mapping).samples.collect()
    turn = -1.0 if proposal.mapping.sign == "positive_discharges" else 1.0
    assert frame["test_time_second"].to_list() == pytest.approx([row[0] for row in values], abs=1e-3)
    assert frame["voltage_volt"].to_list() == pytest.approx([row[1] for row in values], abs=1e-6)
    assert frame["current_ampere"].to_list() == pytest.approx([turn * row[2] for row in values], abs=1e-6)


@given(st.text(max_size=60), st.sampled_from([",", ";", "\t", "|", " "]))
def test_cutting_a_line_never_fails(line: str, mark: str) -> None:
    assert isinstance(cells(line, mark), tuple)


def test_mutated_texts_raise_nothing_but_our_errors(write: Write) -> None:
    chance = random.Random(7)  # noqa: S311  # reproducible, no secret
    row = "1\t0\t1\t  0d 00:00:0\t  0d 00:00:0\t0\t0\t0\t3.6\tR\t0\t12/11/2023 12:22:12\n"
    maccor = "Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time\n" + row * 5
    korean = table(mark=";", decimal=",", heads=("시간(s)", "전압(V)", "전류(A)"))
    trailing = "\n".join(_lines()) + "\nTest ended\n"
    bases = [table().encode(), korean.encode("cp949"), trailing.encode(), maccor.encode()]
    codes = []
    for number in range(500):
        content = bytearray(bases[number % len(bases)])
        for _ in range(chance.randint(1, 6)):
            _mutate(content, chance)
        path = write("mutant.txt", bytes(content) or b"x")
        try:
            readers.read(path)
        except HwanError as error:
            codes.append(error.code)
    assert "reader_failed" not in codes
    assert 0 < len(codes) < 500


def _mutate(content: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(content)) if content else 0
    kind = chance.randrange(5)
    if kind == 0 and content:
        content[place] = chance.randrange(256)
    elif kind == 1:
        del content[place : place + chance.randint(1, 40)]
    elif kind == 2:
        content[place:place] = content[place : place + chance.randint(1, 80)]
    elif kind == 3:
        content[place:place] = chance.choice([b"\x00", b'"', b";", b",", b"\n", b"\xff\xfe", b"1e999", b"NaN", b"-"])
    else:
        del content[max(1, place) :]


# --- testers without a mapping of their own -------------------------------------------------------------------


def _steps() -> list[tuple[int, float, float, int]]:
    rows = table().splitlines()[1:]
    values = [[float(cell) for cell in row.split(",")] for row in rows]
    return [(number // 10 % 4, *row[1:], number) for number, row in enumerate(values)]


def test_units_line_durations_and_decimal_commas_together(write: Write) -> None:
    lines = ["Digatron;Test 7", "Step;Status;Prog Time;Cycle;Voltage;Current", ";;[h:m:s];;[V];[A]"]
    for step, volt, amp, row in _steps():
        time = f"{row // 6 // 60:02d}:{row // 6 % 60:02d}:{row % 6 * 10:02d},00"
        lines.append(f"{step};{['PAU', 'CHA', 'PAU', 'DCH'][step]};{time};1;{volt:.4f};{amp:.4f}".replace(".", ","))
    path = write("d.csv", "\n".join(lines) + "\n")
    assert _frame(path).select(SIGNALS).equals(_frame(write("base.csv", table())).select(SIGNALS))
    assert [finding.severity for finding in readers.read(path).findings if finding.code.endswith("_assumed")] == []


def test_an_unsigned_current_takes_its_sign_from_korean_states(write: Write) -> None:
    rows = [
        f"{10 * row},{volt:.4f},{abs(amp) * 1000:.1f},{['휴지', '충전', '휴지', '방전'][step]}"
        for step, volt, amp, row in _steps()
    ]
    path = write("k.csv", ("시험시간(초),전압(V),전류(mA),상태\n" + "\n".join(rows) + "\n").encode("cp949"))
    assert propose_mapping(path).mapping.state.discharge == ("방전",)
    assert _frame(path)["current_ampere"].to_list() == _frame(write("base.csv", table()))["current_ampere"].to_list()


def test_a_time_that_starts_anew_is_the_step_s(write: Write) -> None:
    rows = []
    for step, volt, amp, row in _steps():
        elapsed, clock = 10 * (row % 10), f"2024-03-13 09:{row // 6:02d}:{row % 6 * 10:02d}"
        rows.append(f"{step},00:0{elapsed // 60}:{elapsed % 60:02d},{volt},{amp},{clock}")
    path = write("old.csv", "Step ID,Time(h:min:s),Voltage(V),Current(A),Realtime\n" + "\n".join(rows) + "\n")
    frame = _frame(path)
    assert frame["test_time_second"].to_list() == [10.0 * row for row in range(160)]
    assert frame["step_time_second"].to_list() == [10.0 * (row % 10) for row in range(160)]
    assert "decided_time_of_step" in [one.reason for one in propose_mapping(path).why]


def test_headings_behind_a_sign_of_a_comment(write: Write) -> None:
    rows = [f"{10 * row}   {volt}   {amp}" for _, volt, amp, row in _steps()]
    path = write("c.dat", "# t/s   U/V   I/A\n" + "\n".join(rows) + "\n")
    assert _frame(path).select(SIGNALS).equals(_frame(write("base.csv", table())).select(SIGNALS))
    saved = write("c.toml", mapping_toml(propose_mapping(path).mapping))
    assert readers.read(path, mapping=saved).samples.collect().equals(_frame(path))


def test_a_column_whose_unit_nothing_says_stays_raw(write: Write) -> None:
    rows = [f"{10 * row},{volt},{amp},{amp * volt},25.5" for _, volt, amp, row in _steps()]
    path = write("p.csv", "Time (s),Voltage (V),Current (A),Power,Temperature\n" + "\n".join(rows) + "\n")
    frame = _frame(path)
    assert "raw_power" in frame.columns
    assert frame["surface_temperature_celsius"][0] == 25.5
    assert "temperature_unit_assumed" in [finding.code for finding in readers.read(path).findings]
    assert "unit_unsaid" in [one.reason for one in propose_mapping(path).why]


def test_minus_the_imaginary_part_is_turned(write: Write) -> None:
    points = [(10.0 ** (4 - n / 5), 1 + 10 / (1 + 1j * 10.0 ** (4 - n / 5) / 10)) for n in range(30)]
    rows = [f"{f:.6g};{z.real:.6g};{-z.imag:.6g}" for f, z in points]
    path = write("eis.txt", "Frequenz (kHz);Zreal (mohm);-Zimag (mohm)\n" + "\n".join(rows) + "\n")
    frame = _frame(path)
    assert frame["frequency_hertz"][0] == pytest.approx(1e7)
    assert frame["imaginary_impedance_ohm"].to_list() == pytest.approx([z.imag * 1e-3 for _, z in points], rel=1e-4)
