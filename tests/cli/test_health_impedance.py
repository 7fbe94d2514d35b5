"""hwan health impedance: tables, document, points, page; refusals in both languages; the instruments' files."""

from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest
import typer

from hwan.cli._health_impedance import SCHEMA, analyse_impedance
from hwan.core import BadDefinition

FREQUENCY = np.geomspace(1e4, 1e-2, 61)
OMEGA = 2 * np.pi * FREQUENCY
ELAPSED = np.cumsum(1 / FREQUENCY) / np.sum(1 / FREQUENCY)


def cell(drift=0.0):
    arcs = 0.008 / (1 + (1e-3j * OMEGA) ** 0.9) + 0.02 / (1 + (0.2j * OMEGA) ** 0.85)
    clean = 5e-8j * OMEGA + 0.01 + arcs * (1 + drift * ELAPSED) + 0.001 / np.sqrt(1j * OMEGA)
    white = np.random.default_rng(1).standard_normal((2, 61))
    return clean + 0.001 * np.abs(clean) * (white[0] + 1j * white[1])


@pytest.fixture(scope="module")
def spectra(tmp_path_factory):
    """Files of a steady cell, a drifting one, one with the sign turned, and two sweeps in one file."""
    folder = tmp_path_factory.mktemp("spectra")
    made = {"steady": cell(), "drifting": cell(0.3), "turned": cell().conj(), "two": np.tile(cell(), 2)}
    for name, impedance in made.items():
        columns = {
            "Frequency / Hz": np.tile(FREQUENCY, len(impedance) // 61),
            "Real Impedance / ohm": impedance.real,
            "Imaginary Impedance / ohm": impedance.imag,
        }
        pl.DataFrame(columns).write_csv(folder / f"{name}.bdf.csv")
    return folder


@pytest.fixture
def call(capsys):
    """Call the command as its own program; the code it returns, and what it printed."""
    app = typer.Typer(add_completion=False)
    app.command()(analyse_impedance)

    def _call(*words):
        code = app([str(word) for word in words], standalone_mode=False)
        return code, capsys.readouterr().out

    return _call


def test_a_steady_cell_is_told_in_tables(call, spectra):
    code, out = call(spectra / "steady.bdf.csv")
    assert code == 0
    for words in ("Kramers–Kronig: passed", "Total polarisation", "peak 2", "Equivalent circuit L0-R0-p(R1,CPE1)"):
        assert words in out


def test_the_screen_speaks_korean(call, spectra):
    code, out = call(spectra / "steady.bdf.csv", "--lang", "ko")
    assert code == 0
    assert "크라머스-크로니히: 통과" in out
    assert "전체 분극 저항" in out


def test_the_document_holds_all_figures(call, spectra):
    code, out = call(spectra / "steady.bdf.csv", "--json")
    document = json.loads(out, parse_constant=pytest.fail)
    (spectrum,) = document["spectra"]
    assert (code, document["schema"]) == (0, SCHEMA)
    assert spectrum["kramers_kronig"]["passed"] is True
    assert spectrum["relaxation_times"]["total_polarisation"]["value"] == pytest.approx(0.028, rel=0.02)
    assert len(spectrum["relaxation_times"]["peaks"]) == 2
    assert len(spectrum["relaxation_times"]["tau_second"]) == len(spectrum["relaxation_times"]["gamma_ohm"])
    assert spectrum["equivalent_circuit"]["parameters"]["R0"]["value"] == pytest.approx(0.01, rel=0.05)
    assert spectrum["refusals"] == []
    assert spectrum["evidence"][0]["last_row"] == 60


def test_a_drift_is_refused_with_exit_code_4(call, spectra):
    code, out = call(spectra / "drifting.bdf.csv", "--json", "--circuit", "none")
    (spectrum,) = json.loads(out)["spectra"]
    assert code == 4
    assert spectrum["kramers_kronig"]["passed"] is False
    assert "relaxation_times" not in spectrum
    assert [each["code"] for each in spectrum["refusals"]] == ["kramers_kronig_failed"]
    assert "spectrum_drifted" in [each["code"] for each in spectrum["findings"]]


def test_despite_the_gate_it_answers_and_says_so(call, spectra):
    code, out = call(spectra / "drifting.bdf.csv", "--json", "--circuit", "none", "--despite-gate")
    (spectrum,) = json.loads(out)["spectra"]
    assert code == 0
    assert spectrum["relaxation_times"]["peaks"]
    assert "relaxation_despite_gate" in [each["code"] for each in spectrum["findings"]]


def test_a_turned_sign_is_refused_once_and_never_turned(call, spectra):
    code, out = call(spectra / "turned.bdf.csv", "--json")
    (spectrum,) = json.loads(out)["spectra"]
    assert code == 4
    assert [each["code"] for each in spectrum["refusals"]] == ["imaginary_sign_turned"]
    assert "kramers_kronig" not in spectrum


def test_each_sweep_of_a_file_is_a_spectrum(call, spectra):
    code, out = call(spectra / "two.bdf.csv", "--json", "--circuit", "none")
    assert code == 0
    assert [each["name"] for each in json.loads(out)["spectra"]] == ["two.bdf.csv #1", "two.bdf.csv #2"]


def test_a_circuit_of_ones_own(call, spectra):
    _, out = call(spectra / "steady.bdf.csv", "--json", "--circuit", "R0-p(R1,CPE1)-p(R2,CPE2)-W1")
    (spectrum,) = json.loads(out)["spectra"]
    assert spectrum["equivalent_circuit"]["circuit"] == "R0-p(R1,CPE1)-p(R2,CPE2)-W1"


def test_a_circuit_that_cannot_be_read_is_said_before_any_file(call, spectra):
    with pytest.raises(BadDefinition, match="R0-p"):
        call(spectra / "missing.csv", "--circuit", "R0-p(R1")


def test_the_points_are_a_table(call, spectra, tmp_path):
    code, _ = call(spectra / "two.bdf.csv", "--csv", tmp_path / "points.csv")
    points = pl.read_csv(tmp_path / "points.csv")
    assert code == 0
    assert points.height == 122
    assert points["spectrum"].n_unique() == 2
    measured = points["real_impedance_ohm"].to_numpy()
    assert np.allclose(points["circuit_real_ohm"].to_numpy(), measured, rtol=0.02)
    assert points["kramers_kronig_real_misfit"].abs().max() < 0.01


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_has_the_pictures(call, spectra, tmp_path, language):
    pytest.importorskip("matplotlib")
    page = tmp_path / "page.html"
    call(spectra / "steady.bdf.csv", spectra / "drifting.bdf.csv", "--report", page, "--lang", language)
    html = page.read_text(encoding="utf-8")
    for name in ("z1-nyquist", "z1-relaxation", "z1-bode", "z1-residuals", "z2-nyquist", "z2-residuals"):
        assert f"{name}-title" in html
    assert "z2-relaxation-title" not in html
    assert not re.search(r">[a-z]+_[a-z_]+<", html), "a code without a sentence"
    assert ("나이퀴스트 선도" if language == "ko" else "Nyquist plot") in html


def test_a_file_without_impedance_is_said_so(call, files, capsys):
    code, out = call(files / "good.bdf.csv", "--json")
    (failure,) = json.loads(out)["failures"]
    assert code == 3
    assert failure["code"] == "spectrum_columns_missing"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("eis-autolab/exampleDataAutolab.txt", 0),
        ("eis-chinstruments/exampleDataCHInstruments.txt", 4),
        ("eis-gamry/exampleDataGamry.DTA", 4),
        ("eis-parstat/exampleDataParstat.txt", 4),
        ("eis-powersuite/exampleDataPowersuite.txt", 4),
        ("eis-versastudio/exampleDataVersaStudio.par", 4),
        ("eis-zplot/Circuit1_EIS_1.z", 0),
        ("biologic/exampleDataBioLogic.mpt", 0),
        ("biologic/PEIS-0.mpr", 4),
    ],
)
def test_the_instruments_files(call, lab_data, tmp_path, file, code):
    found, out = call(lab_data / "testers" / file, "--json", "--circuit", "none", "--report", tmp_path / "page.html")
    document = json.loads(out, parse_constant=pytest.fail)
    assert found == code
    assert document["failures"] == []
    assert (tmp_path / "page.html").stat().st_size > 50_000
