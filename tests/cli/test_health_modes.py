"""hwan health modes: what is printed, written and refused, in both languages."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from hwan.cli._health_modes import evaluate_modes
from hwan.cli._health_modes_said import FIGURES
from hwan.core import COLUMNS, BadDefinition, UsageError
from hwan.core.language import text
from hwan.health.halfcells import half_cell

NEGATIVE, POSITIVE = half_cell("graphite-mohtat2020/1"), half_cell("nmc532-mohtat2020/1")
PAIR = ("--negative", NEGATIVE.id, "--positive", POSITIVE.id)
RATED = ("--rated-capacity-ah", "5", "--chemistry", "nmc532")


def columns(lost: float, hours: float, cells: int = 1) -> dict[str, np.ndarray]:
    """A rest and a slow charge of a cell that lost lithium, 1 mV of noise."""
    x = np.linspace(NEGATIVE.domain_low, NEGATIVE.domain_high, 100_001)
    y = (5.57 * (1 - lost) - 5.97 * x) / 5.81
    inside = (y > POSITIVE.domain_low) & (y < POSITIVE.domain_high)
    x, voltage = x[inside], (POSITIVE.potential_at(y) - NEGATIVE.potential_at(x))[inside]
    x, voltage = x[(voltage > 3) & (voltage < 4.2)], voltage[(voltage > 3) & (voltage < 4.2)]
    charge = np.linspace(0, 5.97 * (x[-1] - x[0]), 800)
    current = charge[-1] / hours
    volt = np.interp(charge, 5.97 * (x - x[0]), voltage) + 1e-3 * np.random.default_rng(3).standard_normal(800)
    rest = np.arange(0.0, 3600, 60)
    return {
        "test_time_second": np.concatenate((rest, 3600 + 3600 * charge / current)),
        "voltage_volt": cells * np.concatenate((np.full(60, volt[0]), volt)),
        "current_ampere": np.concatenate((np.zeros(60), np.full(800, current))),
    }


@pytest.fixture
def made(tmp_path):
    def _made(name: str, lost: float = 0.0, hours: float = 25.0, cells: int = 1):
        path = tmp_path / f"{name}.bdf.csv"
        named = {COLUMNS[key].label: values for key, values in columns(lost, hours, cells).items()}
        pl.DataFrame(named).write_csv(path)
        return path

    return _made


@pytest.fixture
def ask():
    """Call the command by itself, as the program does, with its exit code as result."""
    app = typer.Typer()
    left: list[int] = []

    @app.callback()
    def _program() -> None:
        """Make the command one of several."""

    app.command("modes")(evaluate_modes)
    app.command("other")(lambda: None)

    def _ask(*words: object):
        found = typer.main.get_command(app)
        runner = CliRunner()

        def run() -> None:
            left.append(found.main(["modes", *map(str, words)], standalone_mode=False) or 0)

        shell = typer.Typer()
        shell.command()(run)
        result = runner.invoke(shell, [])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return SimpleNamespace(code=left[-1], out=result.stdout, err=result.stderr)

    return _ask


def test_the_document_has_losses_and_the_fit(ask, made):
    answer = ask(made("aged", 0.1), *PAIR, "--fresh", made("fresh"), *RATED, "--json")
    assert answer.code == 0
    document = json.loads(answer.out)
    assert document["schema"] == "hwan.health.modes/1"
    ((run,),) = (each["runs"] for each in document["recordings"])
    assert run["half_cells"] == {"negative": NEGATIVE.id, "positive": POSITIVE.id, "basis": "stated"}
    told = {each["quantity"]: each for each in run["measurements"]}
    assert told["loss_of_lithium_inventory"]["value"] == pytest.approx(0.1, abs=0.01)
    assert told["negative_electrode_capacity"]["value"] == pytest.approx(5.97, rel=0.03)
    assert told["loss_of_lithium_inventory"]["evidence"][0]["first_row"] > 50
    assert run["balance"]["starts_agreeing"] >= 1
    assert "voltage_volt" not in run["balance"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_person_reads_figures_reasons_and_the_caution(ask, made, language):
    answer = ask(made("aged", 0.1), *PAIR, *RATED, "--lang", language)
    assert answer.code == 0
    flat = " ".join(answer.out.split())
    assert text("name", "lithium_inventory", language) in flat
    assert text("refusal", "modes_no_fresh_curve", language) in flat
    assert text("test", "modes_fresh_curve", language) in flat
    assert text("ui", "modes_caution", language) in flat


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_shows_the_electrodes_and_the_residual(ask, made, tmp_path, language):
    page = tmp_path / "modes.html"
    answer = ask(made("aged", 0.1), *PAIR, "--fresh", made("fresh"), *RATED, "--report", page, "--lang", language)
    assert answer.code == 0
    written = page.read_text(encoding="utf-8")
    for code in ("modes_title", "modes_axis_residual", "modes_axis_negative", "modes_caution"):
        assert text("ui", code, language) in written
    assert NEGATIVE.sha256[:12] in written


def test_the_table_has_the_fit_point_by_point(ask, made, tmp_path):
    table = tmp_path / "fit.csv"
    ask(made("aged", 0.1), *PAIR, "--fresh", made("fresh"), *RATED, "--csv", table)
    frame = pl.read_csv(table)
    assert frame.columns[3:] == ["charge_ah", "voltage_volt", "model_volt", "negative_volt", "positive_volt"]
    left = (frame["model_volt"] - frame["voltage_volt"]).to_numpy()
    assert np.sqrt(np.mean(left**2)) < 2e-3
    assert frame["positive_volt"].to_numpy() - frame["negative_volt"].to_numpy() == pytest.approx(
        frame["model_volt"].to_numpy()
    )


def test_a_fast_run_is_refused_until_its_drop_is_taken_out(ask, made):
    files = (made("aged", 0.1, hours=10), *PAIR, "--fresh", made("fresh", hours=10), *RATED)
    assert ask(*files).code == 4
    assert ask(*files, "--resistance-ohm", "0.0001").code == 0


def test_a_pack_is_refused(ask, made):
    answer = ask(made("pack", cells=12), *PAIR, *RATED, "--series-count", 12, "--json")
    assert answer.code == 4
    assert json.loads(answer.out)["recordings"][0]["refusals"][0]["code"] == "modes_not_one_cell"


def test_swapped_half_cells_are_an_error_of_the_call(ask, made):
    with pytest.raises(BadDefinition) as caught:
        ask(made("aged"), "--negative", POSITIVE.id, "--positive", NEGATIVE.id)
    assert caught.value.code == "half_cells_sides"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_module_taken_for_a_cell_is_refused(ask, made, language):
    answer = ask(made("module", cells=4), *PAIR, *RATED, "--lang", language)
    assert answer.code == 4
    assert text("test", "cell_columns", language) in " ".join(answer.out.split())


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_chemistry_brings_its_pair_and_says_so(ask, made, language):
    answer = ask(made("aged", 0.1), "--fresh", made("fresh"), *RATED, "--lang", language)
    assert answer.code == 0
    values = {"names": f"{NEGATIVE.id}, {POSITIVE.id}", "chemistry": "nmc532"}
    assert text("screen", "modes_half_cells_chemistry", language, values) in " ".join(answer.out.split())


def test_a_chemistry_without_tables_is_refused(ask, made):
    answer = ask(made("aged"), "--chemistry", "nmc111", "--json")
    assert answer.code == 4
    assert json.loads(answer.out)["recordings"][0]["refusals"][0]["code"] == "profile_no_half_cells"


@pytest.mark.parametrize(
    ("options", "code"), [((), "modes_half_cells_not_stated"), (PAIR[:2], "modes_half_cell_alone")]
)
def test_half_cells_are_stated_or_follow_from_the_chemistry(ask, made, options, code):
    with pytest.raises(UsageError) as caught:
        ask(made("aged"), *options)
    assert caught.value.code == code


def test_one_reason_is_told_once_for_all_that_it_concerns(ask, made):
    told = " ".join(ask(made("aged"), *PAIR, *RATED).out.split())
    assert told.count(text("refusal", "modes_no_fresh_curve", "en")) == 1
    assert all(text("name", name, "en") in told for name in FIGURES[:3])


def test_a_rating_in_milliampere_hours_is_seen_in_the_refusal(ask, made):
    answer = ask(made("aged"), *PAIR, "--rated-capacity-ah", 5000, "--json")
    (refusal,) = json.loads(answer.out)["recordings"][0]["refusals"]
    assert refusal["code"] == "modes_no_long_run"
    assert refusal["values"]["capacity"] == 5000
    assert refusal["values"]["largest"] < 6


def test_a_narrow_screen_tears_no_cell(ask, made, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = ask(made("aged", 0.1), "--fresh", made("fresh"), *RATED).out.splitlines()
    rows = [line for line in told if "│" in line]
    assert len(rows) == 6
    assert all("…" in row for row in rows)
