"""Draw page 1 of two certificates for the documents: a synthetic pack, and a cell of the lab's own files.

Run: python tools/certificate.py FOLDER   The cell needs HWAN_LAB_DATA.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pypdfium2
from PIL import Image

import hwan
from hwan import core
from hwan.grading import load_ruleset
from hwan.report import Entry, certificate
from hwan.routing import load_prices
from hwan.synthetic import pack_test

DPI = 120
ISSUED_AT = datetime(2026, 3, 12, 5, 5, tzinfo=UTC)
READ_AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
READINGS = tuple(
    core.Observation(quantity, value, unit, "synthetic", READ_AT)
    for quantity, value, unit in (
        ("visual_inspection", True, "1"), ("insulation_resistance", 1800.0, "ohm/V"),
        ("cell_voltage_spread", 0.021, "V"),
    )
)  # fmt: skip
CLAIMS = core.BmsSnapshot(state_of_health=0.66, charge_throughput_ah=61_000.0, read_at=READ_AT)
CELL = core.BatteryType("lmo", 10.0, upper_voltage_volt=4.2, lower_voltage_volt=2.0, series_count=1, parallel_count=1)


def pack() -> Entry:
    """Return the demonstration's pack."""
    test = pack_test(11, rated_capacity_ah=150)
    return entry(test.recording, test.battery, READINGS, CLAIMS)


def cell(path: Path) -> Entry:
    """Return a retired cell as a pulse test left it."""
    recording = hwan.read(path)
    return entry(recording, core.Battery(path.stem.rpartition("_")[2], CELL, "cell"))


def entry(
    recording: core.Recording,
    battery: core.Battery,
    observations: tuple[core.Observation, ...] = (),
    bms: core.BmsSnapshot | None = None,
) -> Entry:
    """Return a battery evaluated by the centre's own rules."""
    rules, prices = load_ruleset("house/1"), load_prices("everbatt-2023-kr/1")
    assessed = hwan.evaluate(
        [recording], battery, observations=observations, bms=bms, ruleset=rules, prices=prices
    )  # fmt: skip
    return Entry(
        assessed, recording.samples.collect(), hwan.steps(recording),
        ruleset=rules, prices_sha256=prices.sha256, recordings=(recording,),
    )  # fmt: skip


def named() -> Iterator[tuple[str, Entry]]:
    """Yield what is drawn, by the beginning of its file name."""
    yield "certificate", pack()
    if folder := os.environ.get("HWAN_LAB_DATA"):
        yield "certificate-cell", cell(next(Path(folder).glob("retired/cycler_raw/nebula/LMO_C_10_*.xlsx")))


def draw(battery: Entry, language: str, path: Path) -> None:
    """Write page 1 as a picture of few colours, the rare ones of the verdict kept."""
    made = certificate(
        battery, issued_at=ISSUED_AT, hwan_version=version("hwan"), language=language, number="2026-0312"
    )  # fmt: skip
    with pypdfium2.PdfDocument(made.pdf) as document:
        page = document[0].render(scale=DPI / 72).to_pil()
    page.quantize(255, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


if __name__ == "__main__":
    for name, battery in named():
        for language in core.LANGUAGES:
            draw(battery, language, Path(sys.argv[1]) / f"{name}-{language}.png")
