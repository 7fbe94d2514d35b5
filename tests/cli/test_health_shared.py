"""What the commands of hwan health share: outputs that overwrite nothing, spectra told apart, a chemistry of one's own.

The chemistry and the half-cell are the examples of docs/chemistries.md and docs/halfcells.md, as a user copies them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hwan.cli import main
from hwan.cli._health_pairs import pairs_of
from hwan.core import COLUMNS
from hwan.core.language import text
from hwan.health.halfcells import half_cell
from hwan.health.modes import Curve

DOCS = Path(__file__).parents[2] / "docs"
GRAPHITE = half_cell("graphite-mohtat2020/1")
IN_TIME = ("ica", "modes", "pulses")


def example(page: str) -> str:
    """Return the first TOML example of a page."""
    found = re.search(r"```toml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)
    assert found is not None
    return found.group(1)


def lmfp(lithium: np.ndarray) -> np.ndarray:
    """A potential with the two plateaus of manganese and iron."""
    step = 0.62 / (1 + np.exp((lithium - 0.6) / 0.01))
    return 3.45 + step - 0.05 * lithium + 0.12 * np.exp(-lithium / 0.01) - 0.25 * np.exp((lithium - 0.98) / 0.01)


@pytest.fixture
def laboratory(tmp_path: Path) -> Path:
    """A folder with a chemistry and a half-cell of one's own."""
    lithium = np.linspace(0.98, 0.02, 400)
    pl.DataFrame({"Ah": 0.003 * (0.98 - lithium), "U": lmfp(lithium)}).write_csv(tmp_path / "lmfp.csv")
    (tmp_path / "lmfp-half.toml").write_text(example("halfcells.md"), encoding="utf-8")
    (tmp_path / "lmfp.toml").write_text(example("chemistries.md"), encoding="utf-8")
    return tmp_path


def slow_charge(path: Path, lost: float) -> Path:
    """Write a rest, a slow charge of an LMFP cell that lost lithium, and a pulse of 10 s after another rest."""
    x = np.linspace(0.001, 0.999, 40_001)
    y = (5.5 * (1 - lost) - 5.6 * x) / 5.4
    inside = (y > 0.02) & (y < 0.98)
    x, volt = x[inside], (lmfp(y) - GRAPHITE.potential_at(x))[inside]
    x, volt = x[(volt > 2.6) & (volt < 4.2)], volt[(volt > 2.6) & (volt < 4.2)]
    charge = np.linspace(0, 5.6 * (x[-1] - x[0]), 800)
    noise = 1e-3 * np.random.default_rng(4).standard_normal(800)
    measured = np.interp(charge, 5.6 * (x - x[0]), volt) + noise
    rest, pulse = np.arange(0.0, 3600, 60), np.arange(0.0, 10.05, 0.1)
    current, began = charge[-1] / 25, 3600 + 25 * 3600.0
    time = (rest, 3600 + 3600 * charge / current, began + 60 + rest, began + 3700 + pulse, began + 3711 + rest)
    still, dropped = np.full(60, measured[-1]), measured[-1] - 0.02 - 0.01 * (1 - np.exp(-pulse / 4))
    amps = (0 * rest, np.full(800, current), 0 * rest, np.full(len(pulse), -5.0), 0 * rest)
    volts = (np.full(60, measured[0]), measured, still, dropped, still)
    names = ("test_time_second", "current_ampere", "voltage_volt")
    columns = zip(names, (time, amps, volts), strict=True)
    pl.DataFrame({COLUMNS[name].label: np.concatenate(parts) for name, parts in columns}).write_csv(path)
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["health", *map(str, words)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_chemistry_of_ones_own_answers_in_every_method(laboratory, capsys):
    aged, fresh = (slow_charge(laboratory / f"{name}.bdf.csv", lost) for name, lost in (("aged", 0.1), ("fresh", 0.0)))
    own = ("--chemistry", laboratory / "lmfp.toml", "--json")
    code, out, _ = run(capsys, "modes", aged, "--fresh", fresh, "--rated-capacity-ah", 5, *own)
    assert code == 0
    (found,) = json.loads(out)["recordings"][0]["runs"]
    assert found["half_cells"] == {"negative": GRAPHITE.id, "positive": "lmfp-mine/1", "basis": "chemistry"}
    losses = {each["quantity"]: each["value"] for each in found["measurements"]}
    assert losses["loss_of_lithium_inventory"] == pytest.approx(0.1, abs=0.01)
    code, out, _ = run(capsys, "ica", aged, *own)
    assert code == 0
    assert json.loads(out)["recordings"][0]["curves"][0]["peaks"]
    code, out, _ = run(capsys, "pulses", aged, *own)
    assert code == 0
    assert len(json.loads(out)["recordings"][0]["pulses"]) == 1


@pytest.mark.parametrize("method", [*IN_TIME, "impedance"])
def test_a_method_that_ones_own_chemistry_refuses_is_refused(laboratory, capsys, method):
    path = laboratory / "lmfp.toml"
    stated = re.sub(rf"(?m)^{method} = .*$", f'{method} = {{ status = "refused", reason = "profile_not_validated", '
                    'lifted_by = "validation_on_the_chemistry" }', path.read_text(encoding="utf-8"))  # fmt: skip
    if method == "modes":
        stated = re.sub(r"\[\[half_cells\]\].*?(?=\[methods)", "", stated, flags=re.S)
    path.write_text(stated, encoding="utf-8")
    file = spectrum(laboratory) if method == "impedance" else slow_charge(laboratory / "aged.bdf.csv", 0.1)
    code, out, _ = run(capsys, method, file, "--chemistry", path, "--json")
    assert code == 4
    ((found, *_),) = [each for name, each in json.loads(out).items() if name in ("recordings", "spectra")]
    assert [each["code"] for each in found["refusals"]] == ["profile_not_validated"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_caution_of_the_chemistry_is_said(laboratory, capsys, language):
    aged = slow_charge(laboratory / "aged.bdf.csv", 0.1)
    _, out, _ = run(capsys, "ica", aged, "--chemistry", laboratory / "lmfp.toml", "--lang", language)
    assert text("reason", "profile_peaks_not_named", language) in " ".join(out.split())


@pytest.mark.parametrize("name", ["lmfp.toml", "lmfp-half.toml", "lmfp.csv"])
def test_files_that_a_chemistry_names_are_not_overwritten(laboratory, capsys, name):
    aged, before = slow_charge(laboratory / "aged.bdf.csv", 0.1), (laboratory / name).read_bytes()
    code, _, err = run(capsys, "modes", aged, "--chemistry", laboratory / "lmfp.toml", "--csv", laboratory / name)
    assert code == 2
    assert "nothing was done" in " ".join(err.split())
    assert (laboratory / name).read_bytes() == before


@pytest.mark.parametrize("method", [*IN_TIME, "impedance"])
def test_two_outputs_need_two_places(laboratory, capsys, method):
    aged, place = slow_charge(laboratory / "aged.bdf.csv", 0.1), laboratory / "out"
    own = ("--chemistry", laboratory / "lmfp.toml")
    assert run(capsys, method, aged, *own, "--csv", place, "--report", place)[0] == 2
    assert not place.exists()


@pytest.mark.parametrize("method", IN_TIME)
def test_a_spectrum_is_told_apart_from_a_test_in_time(tmp_path, capsys, method):
    own = ("--chemistry", "nmc811") if method == "modes" else ()
    code, out, _ = run(capsys, method, spectrum(tmp_path), *own, "--json")
    assert code == 3
    (failure,) = json.loads(out)["failures"]
    assert failure["code"] == "spectrum_not_in_time"


def spectrum(folder: Path) -> Path:
    frequency = np.geomspace(1e4, 0.01, 61)
    ohm = 0.01 + 0.02 / (1 + (2j * np.pi * frequency * 0.05) ** 0.9)
    columns = {
        "test_time_second": np.arange(61.0),
        "voltage_volt": np.full(61, 3.7),
        "current_ampere": np.zeros(61),
        "frequency_hertz": frequency,
        "real_impedance_ohm": ohm.real,
        "imaginary_impedance_ohm": ohm.imag,
    }
    path = folder / "spectrum.bdf.csv"
    pl.DataFrame({COLUMNS[name].label: values for name, values in columns.items()}).write_csv(path)
    return path


@pytest.mark.parametrize("method", [*IN_TIME, "impedance"])
def test_one_broken_file_of_several_is_told_on_the_page_and_in_the_document(laboratory, capsys, method):
    good = spectrum(laboratory) if method == "impedance" else slow_charge(laboratory / "aged.bdf.csv", 0.1)
    page = laboratory / "page.html"
    own = ("--chemistry", laboratory / "lmfp.toml", "--report", page, "--json")
    code, out, _ = run(capsys, method, good, laboratory / "missing.csv", *own)
    assert code == 3
    document = json.loads(out)
    assert document["schema"] == f"hwan.health.{method}/1"
    assert [each["source"] for each in document.get("recordings", document.get("spectra"))] == [good.name]
    assert [each["code"] for each in document["failures"]] == ["path_missing"]
    written = page.read_text(encoding="utf-8")
    assert "missing.csv" in written
    assert good.name in written


def test_of_several_pairs_the_one_that_fits_is_taken_for_all_runs():
    positive, negative = half_cell("lfp-afshar2017/1"), half_cell("graphite-ecker2015/1")
    x = np.linspace(0.01, 0.9, 1000)
    volt = positive.potential_at(0.97 - 5.6 * (x - 0.01) / 5.4) - negative.potential_at(x)
    curve = Curve(5.6 * (x - 0.01), volt, rate_per_hour=0.04, name="fresh.csv, step 2")
    pairs = pairs_of(None, None, None, "lfp")
    assert len(pairs.candidates) > 1
    assert pairs.settled(curve, 5.0).negative.id == negative.id
    assert pairs.basis == "best_fit"
    assert "fresh.csv" in pairs.words("en")
    other = Curve(5.6 * (x - 0.01), volt + 0.001, rate_per_hour=0.04, name="other.csv, step 1")
    assert pairs.settled(other, 5.0) is pairs.chosen
    assert pairs.fitted_to == "fresh.csv"


@pytest.mark.parametrize("method", IN_TIME)
def test_a_record_whose_time_cannot_be_is_not_evaluated(method, tmp_path, capsys):
    path = tmp_path / "years.bdf.csv"
    seconds = np.linspace(0, 17 * 365 * 86400, 500)
    columns = {"test_time_second": seconds, "voltage_volt": np.linspace(3, 4.2, 500), "current_ampere": np.ones(500)}
    pl.DataFrame({COLUMNS[key].label: value for key, value in columns.items()}).write_csv(path)
    assert main(["health", method, str(path), "--chemistry", "nmc811", "--rated-capacity-ah", "5", "--json"]) == 3
    (failure,) = json.loads(capsys.readouterr().out)["failures"]
    assert failure["code"] == "health_record_stopped"
    assert "test_time_impossible" in failure["message"]
