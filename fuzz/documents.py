"""Bytes that are no recording: the state of a pass, a table of pulse responses, definitions of the user's own.

Each function reads a file the whole way that the program takes with it, and raises only errors of hwan's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from hwan.assess import load_stages
from hwan.cli._calibrate_table import frame_of, is_table
from hwan.cli._instrument import load_instrument
from hwan.cli._sheet import load_readings
from hwan.cli._state import SCHEMA, Known, load_state
from hwan.core import to_json
from hwan.grading import load_ruleset
from hwan.health import state_to_bytes, stream_steps
from hwan.health.rapid import PULSES_5_SECOND, Visit, calibration_table, load_model, predict
from hwan.readers.generic._mapping import load_mapping
from hwan.routing import load_prices
from hwan.synthetic import cell_test

SOURCE: Final = Path(__file__).parent.parent / "src" / "hwan"
STATE_ROWS: Final = 300
CELLS: Final = 4
ROWS_OF_EACH: Final = 5


def read_state(path: Path) -> None:
    """Read a state of ``hwan steps``: its line, then the archive of the pass."""
    load_state(path)


def state_archives() -> list[bytes]:
    """Return the state of a pass whose last step is open, and of one that waits for its first rows."""
    samples = cell_test(3).samples.head(STATE_ROWS)
    bare = samples.select("test_time_second", "voltage_volt", "current_ampere")
    return [state_to_bytes(stream_steps(each.lazy()).state) for each in (bare, samples)]


def state(archive: bytes) -> bytes:
    """Return a state's file around the archive of a pass, as ``hwan steps`` writes it."""
    known = Known(SCHEMA, "test.csv", STATE_ROWS, "0" * 64, "f" * 64, (1.0, 3.7, None))
    return to_json(known).encode() + b"\n" + archive


def states() -> list[bytes]:
    """Return whole files of a state."""
    return [state(each) for each in state_archives()]


def read_responses(path: Path) -> None:
    """Read a table of pulse responses as ``hwan calibrate`` does, up to the table that calibrates."""
    is_table(path)
    calibration_table(frame_of(path, PULSES_5_SECOND), PULSES_5_SECOND, str(path))


def responses() -> list[bytes]:
    """Return tables by state of health, and by capacity and rating as another spreadsheet saves them."""
    chance = np.random.default_rng(1)
    volts = 3.7 + chance.normal(0, 0.05, (CELLS * ROWS_OF_EACH, len(PULSES_5_SECOND.names)))
    lines = [",".join(f"{volt:.4f}" for volt in row) for row in volts]
    named = [f"c{number // ROWS_OF_EACH},0.8{number // ROWS_OF_EACH},50" for number in range(len(lines))]
    rated = [f"c{number // ROWS_OF_EACH},8.{number // ROWS_OF_EACH},10,LMO,5" for number in range(len(lines))]
    heads = ",".join(PULSES_5_SECOND.names)
    first = _table(f"cell,soh,soc,{heads}", named, lines)
    second = _table(f"cell,q_ah,q_nominal_ah,chemistry,pulse_s,{heads}", rated, lines)
    korean = second.replace(",", "\t").replace("c0", "셀0").encode("cp949")
    return [first.encode(), second.replace(",", ";").encode("utf-8-sig"), korean]


def _table(head: str, *parts: list[str]) -> str:
    return "\n".join((head, *(",".join(row) for row in zip(*parts, strict=True)))) + "\n"


def _readings(path: Path) -> None:
    load_readings(path, None)


def _bms(path: Path) -> None:
    load_readings(None, path)


def _loads(load: Callable[[Path], Any]) -> Callable[[Path], None]:
    return lambda path: load(path) and None


KINDS: Final[Mapping[str, Callable[[Path], None]]] = {
    "ruleset": _loads(load_ruleset),
    "prices": _loads(load_prices),
    "stages": _loads(load_stages),
    "mapping": _loads(load_mapping),
    "readings": _readings,
    "bms": _bms,
    "instrument": _loads(load_instrument),
}
"""What the first byte of a definition's input chooses among, by its place."""


def read_definition(path: Path) -> None:
    """Read a definition in TOML as the kind that the first byte says."""
    content = path.read_bytes()
    path.write_bytes(content[1:])
    tuple(KINDS.values())[content[0] % len(KINDS) if content else 0](path)


def definitions() -> list[bytes]:
    """Return the shipped definitions of each kind, and the user's own as the documentation shows them."""
    return [bytes([place]) + each for place, kind in enumerate(KINDS) for each in _written(kind)]


def _written(kind: str) -> Iterator[bytes]:
    folder = {"ruleset": "grading/rulesets", "prices": "routing/prices", "stages": "assess/stages",
              "mapping": "readers/generic/mappings"}.get(kind)  # fmt: skip
    if folder is None:
        yield _OWN[kind].encode()
        return
    shipped = sorted((SOURCE / folder).glob("*.toml"), key=lambda each: each.stat().st_size)
    yield from (each.read_bytes() for each in shipped[:2])


_OWN: Final = {
    "readings": """observer = "J. Kim"
observed_at = 2026-11-21T09:30:00+09:00
[[observations]]
quantity = "visual_inspection"
value = true
[[observations]]
quantity = "insulation_resistance"
value = 1850
unit = "ohm/V"
instrument_id = "insulation tester 1"
[[observations]]
quantity = "open_circuit_voltage"
value = 351.24
unit = "V"
[[photos]]
file = "connector.jpg"
sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
[bms]
state_of_health = 0.87
""",
    "bms": "state_of_health = 0.82\ncharge_throughput_ah = 51200\nread_at = 2026-11-21T09:20:00+09:00\n",
    "instrument": """id = "channel 1"
current_range_ampere = 50
calibrated_on = 2026-01-02
[accuracy]
id = "class A"
current_gain = 0.001
voltage_gain = 0.0005
current_offset_ampere = 0.01
voltage_offset_volt = 0.002
source = "data sheet"
""",
}


def read_model(path: Path) -> None:
    """Read a rapid model in JSON, and ask it: what was taken must answer."""
    named = path.with_suffix(".json")
    path.rename(named)
    try:
        model = load_model(named)
        predict(model, np.ones((1, len(model.protocol.names))), Visit())
    finally:
        named.rename(path)


def models() -> list[bytes]:
    """Return the smallest model that is shipped."""
    shipped = (SOURCE / "health" / "rapid" / "models").glob("*.json")
    return [min((each.read_bytes() for each in shipped), key=len)]
