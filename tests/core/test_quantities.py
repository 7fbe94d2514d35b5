"""What a person read by hand is a figure that can be, in the unit of its quantity."""

from __future__ import annotations

import pytest

from hwan.core import (
    LANGUAGES,
    MEASURED,
    OBSERVED,
    UNKNOWN,
    BadDefinition,
    BmsSnapshot,
    Observation,
    UnknownName,
    check_claims,
    check_observations,
)

GOOD = (
    Observation("visual_inspection", False),
    Observation("insulation_resistance", 0.0, "ohm/V"),
    Observation("surface_temperature", -20.0, "degC"),
    Observation("self_discharge", UNKNOWN),
)
BAD = [
    (Observation("visual_inspection", 1.0), "value", "true, false"),
    (Observation("insulation_resistance", -1.0, "ohm/V"), "value", "≥ 0 ohm/V"),
    (Observation("insulation_resistance", True, "ohm/V"), "value", "≥ 0 ohm/V"),
    (Observation("insulation_resistance", 2.0, "Mohm"), "unit", "ohm/V"),
    (Observation("cell_voltage_spread", -0.01, "V"), "value", "0 … 2000 V"),
    (Observation("ambient_temperature", 298.0, "degC"), "value", "-60 … 150 degC"),
]


def test_what_can_be_passes():
    check_observations(GOOD, "sheet.toml")
    check_claims(BmsSnapshot(state_of_health=0.78, minimum_cell_voltage_volt=3.6), "sheet.toml")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("reading", "field", "expected"), BAD)
def test_what_cannot_be_is_named(reading, field, expected, language):
    with pytest.raises(BadDefinition) as caught:
        check_observations((GOOD[0], reading), "sheet.toml")
    said = caught.value.message(language)
    assert f"observations[1] {reading.quantity}, {field}" in said
    assert expected in said
    assert "sheet.toml" in said


def test_an_unknown_quantity_gets_the_nearest_and_its_place():
    with pytest.raises(UnknownName, match=r"sheet\.toml, observations\[0\].*Did you mean 'insulation_resistance'"):
        check_observations((Observation("insulation_resistence", 900.0, "ohm/V"),), "sheet.toml")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_claim_in_per_cent_is_told_its_fraction(language):
    with pytest.raises(BadDefinition) as caught:
        check_claims(BmsSnapshot(state_of_health=78.0), "sheet.toml")
    assert "0.78" in caught.value.message(language)


def test_a_claim_that_is_no_percentage_gets_no_fraction():
    with pytest.raises(BadDefinition) as caught:
        check_claims(BmsSnapshot(state_of_health=-3.0), "sheet.toml")
    assert [code for code, _ in caught.value.problems] == ["out_of_range"]


def test_the_page_names_every_quantity_with_its_unit():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
    units = {name: "true or false" if each.truth else each.unit for name, each in {**MEASURED, **OBSERVED}.items()}
    assert [name for name, unit in units.items() if f"`{name}` [{unit}]" not in page] == []
