import pytest

from hwan.core import LANGUAGES, BadDefinition, UnknownName, from_json, to_json
from hwan.routing import Prices, load_prices, price_lists


@pytest.mark.parametrize("name", price_lists())
def test_packaged_lists_hold_the_id_of_their_file_and_round_trip(name):
    loaded = load_prices(name)
    assert loaded.id == name
    assert from_json(Prices, to_json(loaded)) == loaded


def test_a_list_of_ones_own_is_read_from_its_path(prices, prices_text, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(prices_text.replace("everbatt-2023-kr/1", "own/1"), encoding="utf-8")
    assert load_prices(path).reuse == load_prices(str(path)).reuse == prices.reuse
    assert load_prices(path).id == "own/1"


def test_unknown_id_suggests_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'everbatt-2023-kr/1'"):
        load_prices("everbatt-2023-kr")


def test_a_chemistry_that_does_not_exist_suggests_the_nearest(prices_text, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(prices_text.replace("[contents.nmc622]", "[contents.nmc6222]"), encoding="utf-8")
    with pytest.raises(UnknownName, match="Did you mean 'nmc622'"):
        load_prices(path)


def test_a_chemistry_of_ones_own_is_declared(prices_text, tmp_path):
    path = tmp_path / "own.toml"
    named = prices_text.replace("[contents.nmc622]", "[contents.lmfp]")
    path.write_text(named, encoding="utf-8")
    with pytest.raises(UnknownName, match="own_chemistries"):
        load_prices(path)
    path.write_text('own_chemistries = ["lmfp"]\n' + named, encoding="utf-8")
    assert "lmfp" in load_prices(path).contents


CONTRADICTIONS = [
    ('unit = "USD/kg"', 'unit = "KRW/kg"', "price_unit"),
    ("low = 38", "low = 98", "price_range"),
    ("low = 38", "low = -38", "price_range"),
    ("central = 0.03", "central = nan", "definition_malformed"),
    ("high = 0.1\n", "high = 1.1\n", "price_range"),
    ("pack = 5.147856", "pack = 1.0", "price_content"),
    ("cobalt = 0.", "cobalt = -0.", "price_content"),
    ("ko = ", "kr = ", "price_title_missing"),
    ('evidence = "workbook"', 'evidence = "hearsay"', "definition_malformed"),
    ("[second_life]", "[third_life]", "definition_malformed"),
]


@pytest.mark.parametrize(("old", "new", "code"), CONTRADICTIONS)
def test_contradictions_are_named(prices_text, tmp_path, old, new, code):
    assert old in prices_text
    path = tmp_path / "own.toml"
    path.write_text(prices_text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadDefinition) as caught:
        load_prices(path)
    assert caught.value.code == code
    assert all(str(path) in caught.value.message(language) for language in LANGUAGES)
