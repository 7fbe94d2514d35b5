"""Every example of docs/definitions.md can be used as it stands."""

import re
from dataclasses import dataclass
from pathlib import Path

from hwan.core import UNKNOWN, BmsSnapshot, Observation, parse_toml
from hwan.grading import grade, load_ruleset
from hwan.routing import load_prices, route

PAGE = Path(__file__).parents[2] / "docs" / "definitions.md"


@dataclass(frozen=True, slots=True)
class Sheet:
    observations: tuple[Observation, ...]
    bms: BmsSnapshot


def example(kind):
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return next(block for block in blocks if block.startswith(f"# {kind}\n"))


def saved(tmp_path, kind):
    path = tmp_path / f"{kind}.toml"
    path.write_text(example(kind), encoding="utf-8")
    return path


def test_ruleset_example(tmp_path, health):
    rules = load_ruleset(saved(tmp_path, "ruleset"))
    assert grade([health(0.8)], [], rules).status == "refused"


def test_price_example(tmp_path, pack, health, graded):
    prices = load_prices(saved(tmp_path, "prices"))
    for chemistry in prices.contents:
        assert route(graded("reuse"), pack(chemistry), [health(0.75)], prices).choice == "reuse"


def test_readings_example_passes_the_house_gate():
    sheet = parse_toml(example("readings"), Sheet, "readings.toml")
    outcome = grade([], sheet.observations, load_ruleset("house/1"))
    gates = [entry for entry in outcome.outcomes if entry.rule_id.startswith("gate-")]
    assert [entry.verdict for entry in gates] == ["passed"] * 3
    assert sheet.observations[-1].value is UNKNOWN
    assert sheet.bms.state_of_health == 0.87


def test_the_page_names_every_field_of_the_packaged_list(prices):
    text = PAGE.read_text(encoding="utf-8")
    tables = [name for name in type(prices).__slots__ if name not in ("id", "title", "currency", "sha256")]
    assert all(name in text for name in tables)
