"""Rapid evaluation through the command: the answer, the next test, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hwan.core import text

KIND = ("--chemistry", "lmo", "--rated-capacity-ah", "10")


@pytest.fixture
def rapid(call, own_model):
    def _rapid(*words):
        return call("evaluate", *KIND, "--rapid-model", own_model, *words)

    return _rapid


def health_of(assessment):
    return [each for each in assessment["measurements"] if each["quantity"] == "state_of_health_capacity"]


def codes(assessment):
    return {each["code"] for each in assessment["refusals"]}


def test_the_interval_holds_the_truth_of_cells_never_seen(rapid, rapid_test):
    truths = [0.58, 0.63, 0.68, 0.73, 0.78, 0.83, 0.88, 0.93]
    answer = rapid(*map(rapid_test, truths), "--json")
    found = [health_of(each)[0] for each in answer.document["assessments"]]
    ends = [{each["probability"]: each["value"] for each in one["quantiles"]} for one in found]
    inside = [end[0.05] <= truth <= end[0.95] for end, truth in zip(ends, truths, strict=True)]
    assert sum(inside) >= 7, inside
    assert all(abs(end[0.5] - truth) < 0.05 for end, truth in zip(ends, truths, strict=True))


def test_the_answer_says_how_it_was_obtained(rapid, rapid_test):
    (assessment,) = rapid(rapid_test(0.7), "--json").document["assessments"]
    (found,) = health_of(assessment)
    assert found["method"] == "rapid.pulses"
    assert found["validation"]["note"] == "own/1"
    assert found["validation"]["cells"] == 12
    assert assessment["grade"]["ruleset_id"] == "house-rapid/1"
    assert assessment["next_test"]["stage"] == "gate"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_answer_is_printed_with_its_method(rapid, rapid_test, language):
    told = " ".join(rapid(rapid_test(0.7), "--lang", language).out.split())
    assert text("screen", "rapid_answer", language) in told
    assert text("method", "rapid.pulses", language) in told
    assert "own/1" in told


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_next_test_is_printed_with_its_alternatives(rapid, rapid_test, files, language):
    """Nothing is known of a battery of another batch but its population: every test is considered."""
    words = ("--batch", "B7", "--sheet", files / "readings.toml", "--lang", language)
    told = " ".join(rapid(rapid_test(0.7), *words).out.split())
    assert text("screen", "next_test", language) in told
    assert text("name", "stage_full", language) in told
    assert text("screen", "column_decides", language) in told
    assert "488" in told


@pytest.mark.parametrize("health", [0.7, 0.8])
def test_no_further_test_is_named_where_there_is_a_class_and_one_where_there_is_none(rapid, rapid_test, files, health):
    sheet = ("--sheet", files / "readings.toml")
    (assessment,) = rapid(rapid_test(health), *sheet, "--json").document["assessments"]
    graded = assessment["grade"]["status"] == "graded"
    assert (assessment["next_test"]["reason"] == "stage_decided") == graded
    assert (assessment["next_test"]["stage"] == "") == graded


def test_a_ruleset_that_is_stated_stays(rapid, rapid_test):
    (assessment,) = rapid(rapid_test(0.7), "--ruleset", "house/1", "--json").document["assessments"]
    assert assessment["grade"]["ruleset_id"] == "house/1"


def test_without_rapid_nothing_is_told(call, rapid_test):
    (assessment,) = call("evaluate", rapid_test(0.7), *KIND, "--json").document["assessments"]
    assert assessment["next_test"] == "unknown"
    assert not health_of(assessment)
    assert assessment["grade"]["ruleset_id"] == "house/1"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--chemistry", "lfp"), "rapid_other_chemistry"),
        (("--rated-capacity-ah", "12"), "rapid_other_rating"),
        (("--batch", "B7"), "rapid_other_batch"),
    ],
)
def test_other_populations_are_refused(rapid, rapid_test, words, code):
    answer = rapid(rapid_test(0.8), *words, "--json")
    (assessment,) = answer.document["assessments"]
    assert answer.code == 4
    assert code in codes(assessment)
    assert not health_of(assessment)


def test_a_known_batch_is_answered(rapid, rapid_test):
    (assessment,) = rapid(rapid_test(0.8), "--batch", "B2", "--json").document["assessments"]
    assert health_of(assessment)


def test_other_pulses_are_refused_with_those_that_were_found(rapid, rapid_test):
    answer = rapid(rapid_test(0.8, width_second=3.0))
    assert "Pulses in the file: 3 s" in " ".join(answer.out.split())


def test_a_missing_temperature_is_refused_and_a_stated_one_taken(rapid, rapid_test):
    path = rapid_test(0.8, temperature=None)
    (assessment,) = rapid(path, "--json").document["assessments"]
    assert "rapid_temperature_unknown" in codes(assessment)
    (assessment,) = rapid(path, "--temperature-celsius", "24", "--json").document["assessments"]
    assert health_of(assessment)
    (assessment,) = rapid(path, "--temperature-celsius", "2", "--json").document["assessments"]
    assert "rapid_temperature_outside" in codes(assessment)


def test_no_model_of_the_type_names_those_there_are(call, rapid_test):
    words = ("--chemistry", "lto", "--rated-capacity-ah", "3", "--rapid")
    (assessment,) = call("evaluate", rapid_test(0.8), *words, "--json").document["assessments"]
    (finding,) = [each for each in assessment["findings"] if each["code"] == "rapid_types_known"]
    assert "pulsebat-lmo10/1" in finding["values"]["known"]
    assert "rapid_other_chemistry" in codes(assessment)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--rapid-model", "nobody/1"), "unknown_name"),
        (("--rapid", "--stages", "nobody/1"), "unknown_name"),
        (("--batch", "B1"), "option_without_rapid"),
        (("--stages", "house-stages/1"), "option_without_rapid"),
    ],
)
def test_wrong_calls_are_told_before_anything_is_read(call, tmp_path, words, code):
    answer = call("evaluate", tmp_path / "absent.csv", *words, "--json")
    assert answer.code == 2
    assert answer.document["failures"][0]["code"].startswith(code)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2", b'{"schema": "hwan.rapid/1", "id": "x"}', b"\xff\xfe" * 50])
def test_a_file_that_is_no_model_is_told(call, rapid_test, tmp_path, content):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    answer = call("evaluate", rapid_test(0.8), *KIND, "--rapid-model", path)
    assert answer.code == 2
    assert "model.json" in answer.err
    assert not answer.out


def test_a_table_states_the_batch_of_each_battery(call, own_model, rapid_test, tmp_path):
    name = rapid_test(0.8).name
    path = tmp_path / "today.csv"
    path.write_text(f"battery,files,생산 배치\na,{name},B1\nb,{name},B9\nc,{name},\n", encoding="utf-8")
    found = call("evaluate", "--batteries", path, *KIND, "--rapid-model", own_model, "--json").document["assessments"]
    assert [bool(health_of(each)) for each in found] == [True, False, True]
    assert "rapid_other_batch" in codes(found[1])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_page_and_certificate_name_model_and_next_test(call, own_model, rapid_test, tmp_path, language):
    words = (rapid_test(0.8), *KIND, "--rapid-model", own_model, "--lang", language)
    call("report", *words, "--report", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text("ui", "section_next_test", language) in page
    assert text("ui", "rapid_model", language) in page
    assert "own/1" in page
    answer = call("certificate", *words, "--out", tmp_path / "certificates", "--json")
    (written,) = answer.document["certificates"]
    html = (tmp_path / written["html"]).read_text(encoding="utf-8")
    assert text("method", "rapid.pulses", language) in html
    assert text("ui", "certificate_at_reference", language) in html
    assert text("ui", "rapid_model", language) in html


def test_heavy_packages_stay_away(rapid_test):
    """A centre waits for its answer: what draws, fits or makes batteries is not imported to print one."""
    code = "import sys; from hwan.cli import main; main(sys.argv[1:]); print(*sys.modules, sep='\\n')"
    words = ("evaluate", "--rapid", str(rapid_test(0.8)), *KIND)
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines())
    assert "hwan.health.rapid" in loaded
    assert loaded.isdisjoint({"matplotlib", "jinja2", "hwan.report", "hwan.synthetic", "typst", "fontTools"})


def checks_of(folder, factor=1.0):
    """Write check cells whose overpotentials are `factor` times those of the calibrated series."""
    import numpy as np
    from tests.cli.conftest import turning_points

    from hwan.health.rapid import PULSES_5_SECOND, corrected

    rows = ["cell,soh," + ",".join(PULSES_5_SECOND.names)]
    for number, health in enumerate((0.62, 0.7, 0.78, 0.86)):
        values = turning_points(health, 3.72, np.random.default_rng(number))
        moved = corrected(np.array([values]), factor, PULSES_5_SECOND)[0]
        rows.append(f"check-{number},{health}," + ",".join(f"{value:.5f}" for value in moved))
    path = folder / f"checks-{factor}.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def width_of(answer):
    (assessment,) = answer.document["assessments"]
    ends = {each["probability"]: each["value"] for each in health_of(assessment)[0]["quantiles"]}
    return ends[0.95] - ends[0.05], ends[0.5]


def test_check_cells_narrow_the_interval_and_take_out_a_shift(rapid, rapid_test, tmp_path):
    alone = width_of(rapid(rapid_test(0.75), "--json"))
    same = width_of(rapid(rapid_test(0.75), "--check-cells", checks_of(tmp_path), "--json"))
    assert same[0] < alone[0]
    assert same[1] == pytest.approx(alone[1], abs=0.03)
    moved = width_of(rapid(rapid_test(0.75), "--check-cells", checks_of(tmp_path, 0.92), "--json"))
    assert moved[1] < same[1]  # the series answered with too little: the same pulses now mean an older cell


@pytest.mark.parametrize("content", ["", "cell,soh\na,0.8\n", "cell,soh,U1\na,-0.8,3.7\n", "\x00\x01"])
def test_check_cells_that_cannot_be_used_are_refused(rapid, rapid_test, tmp_path, content):
    path = tmp_path / "checks.csv"
    path.write_text(content, encoding="utf-8")
    answer = rapid(rapid_test(0.75), "--check-cells", path, "--json")
    assert answer.code in (2, 3)
    assert answer.document["failures"]


def test_check_cells_of_another_type_or_unit_are_refused(rapid, rapid_test, tmp_path):
    good = checks_of(tmp_path).read_text(encoding="utf-8").splitlines()
    halved, moved = [good[0]], [good[0]]
    for line in good[1:]:
        cell, health, *volts = line.split(",")
        halved.append(",".join([cell, str(float(health) / 2), *volts]))
        moved.append(",".join([cell, health, *(str(1000 * float(each)) for each in volts)]))
    for rows in (halved, moved):
        path = tmp_path / "off.csv"
        path.write_text("\n".join(rows), encoding="utf-8")
        answer = rapid(rapid_test(0.75), "--check-cells", path, "--json")
        assert [each["code"] for each in answer.document["failures"]] == ["rapid_checks_off"]


def test_what_check_cells_said_is_a_finding(rapid, rapid_test, tmp_path):
    (assessment,) = rapid(rapid_test(0.75), "--check-cells", checks_of(tmp_path, 0.92), "--json").document[
        "assessments"
    ]
    (found,) = [each for each in assessment["findings"] if each["code"] == "rapid_checked"]
    assert found["values"]["rows"] == 4
    assert found["values"]["factor"] < 0.98


def test_check_cells_ask_for_a_rapid_evaluation(call, rapid_test, tmp_path):
    answer = call("evaluate", rapid_test(0.75), *KIND, "--check-cells", checks_of(tmp_path), "--json")
    assert answer.code == 2
