"""Draw docs/gallery.md from data that installs: a fresh and an aged cell, their half-cells and an HPPC test.

Run: python docs/gallery.py   Needs the samples (`make docs` installs them); pictures go to docs/images/gallery-*.svg.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl

import hwan
from hwan.core import BatteryType, Measurement, Recording, Refusal
from hwan.health.halfcells import LabHalfCell, LabTable, half_cell_from_table
from hwan.health.ica import differential_voltages_of, incremental_capacities_of
from hwan.health.impedance import Spectrum, fit_circuit, kramers_kronig, relaxation_times
from hwan.health.modes import Curve, DegradationModes, Electrodes, degradation_modes
from hwan.health.pulses import pulse_map
from hwan.report._figures._picture import Picture
from hwan.report._health._ica import ica_chapter
from hwan.report._health._impedance import Examined, impedance_chapter
from hwan.report._health._modes import modes_chapter
from hwan.report._health._pulses import pulses_chapter
from hwan.report._palette import variables
from hwan.report._words import Words

ROOT: Final = Path(__file__).resolve().parent.parent
SAMPLES: Final = ROOT / ".samples/ampworks/datasets/resources"
IMAGES: Final = ROOT / "docs/images"
WORDS: Final = Words("en")
CELL: Final = BatteryType("unknown", rated_capacity_ah=0.0252)
TABLE_ERROR_VOLT = 0.01
OPENING: Final = re.compile(r"<svg[^>]*viewBox=\"([^\"]*)\"[^>]*>")
LOSSES: Final = (
    "loss_of_lithium_inventory", "loss_of_active_material_negative", "loss_of_active_material_positive",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of the page: heading, what is said, and its pictures."""

    title: str
    text: str
    pictures: tuple[Picture, ...]


def run(name: str) -> Recording:
    """Return a sample's recording."""
    return hwan.read(SAMPLES / "dqdv" / f"{name}.csv")


def curves() -> Shown:
    """Return incremental capacity and differential voltage of the fresh and the aged cell."""
    found = [run(f"cell{number}_smooth") for number in (1, 2)]
    capacities = [each for one in found for each in incremental_capacities_of(one, CELL)]
    differences = [each for one in found for each in differential_voltages_of(one, CELL)]
    chapter = ica_chapter("cells 1 and 2", capacities, differences, WORDS, "ica")
    said = (
        "Slow discharges (0.085 per hour) of a fresh and an aged cell of graphite and a layered oxide, one over the "
        "other. The peak at 3.61 V is lower and has moved; the bandwidth stands beside every height."
    )
    return Shown("Incremental capacity", said, chapter.pictures)


def half_cell(name: str, electrode: Literal["negative", "positive"], chemistry: str) -> LabHalfCell:
    """Return what is said of a sample's half-cell; the axis is the charge of the run, its ends are not known."""
    table = LabTable("charge_ah", stoichiometry_at_highest_potential=0.0, stoichiometry_at_lowest_potential=1.0)
    source = "sample of ampworks 0.1.0 (BSD-3-Clause); the ends of the run are taken for 0 and 1"
    return LabHalfCell(name, electrode, chemistry, "mean", TABLE_ERROR_VOLT, source, table)


def electrodes() -> Electrodes:
    """Return both half-cells of the samples."""
    negative, positive = (_table(name) for name in ("gr_smooth", "nmc_smooth"))
    return Electrodes(
        half_cell_from_table(half_cell("graphite-sample", "negative", "graphite"), negative),
        half_cell_from_table(half_cell("nmc-sample", "positive", "nmc"), positive),
    )


def _table(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLES / "dqdv" / f"{name}.csv").select(charge_ah="Ah", potential_volt="Volts")


def slow(name: str) -> Curve:
    """Return a sample's discharge as a curve; the drop of its current is called corrected, see the page."""
    frame = pl.read_csv(SAMPLES / "dqdv" / f"{name}.csv")
    return Curve(frame["Ah"].to_numpy(), frame["Volts"].to_numpy(), rate_per_hour=0.0857, corrected=True, name=name)


def modes() -> Shown:
    """Return the electrode balance of the aged cell, against the fresh one."""
    found = degradation_modes(slow("cell2_smooth"), electrodes(), fresh=[slow("cell1_smooth")])
    if isinstance(found, Refusal):
        raise TypeError(found.code)
    said = (
        "The aged cell's discharge between the curves of its two electrodes. "
        f"Against the fresh cell: {'; '.join(_losses(found))}. Cautiously: the run is at 0.085 per hour, faster than "
        "the C/20 up to which hwan answers by itself; it is called corrected here to show the picture, both cells ran "
        f"at one rate, and {1e3 * TABLE_ERROR_VOLT:g} mV is our own choice for the error of the half-cells. "
        "Nobody knows this cell's true losses."
    )
    return Shown("Degradation modes", said, modes_chapter("cell 2", found, WORDS, "modes").pictures)


def _losses(found: DegradationModes) -> Iterator[str]:
    for name in LOSSES:
        each = getattr(found, name)
        if isinstance(each, Measurement):
            low, high = (100 * end for end in each.interval)
            yield f"{WORDS.name(name)} {100 * each.value:.1f} % [{low:.1f}, {high:.1f}]"


def spectrum() -> Shown:
    """Return a made spectrum whose truth is known."""
    frequency = np.geomspace(1e4, 1e-2, 61)
    s = 2j * np.pi * frequency
    truth = 2e-7 * s + 0.012 + 0.006 / (1 + (4e-4 * s) ** 0.9) + 0.011 / (1 + (0.06 * s) ** 0.85) + 0.0016 / np.sqrt(s)
    noise = np.random.default_rng(7)
    scatter = 0.002 * np.abs(truth) * (noise.standard_normal(61) + 1j * noise.standard_normal(61))
    made = Spectrum(frequency, truth + scatter, "made")
    chapter = impedance_chapter(
        Examined(made, kramers_kronig(made), relaxation_times(made), fit_circuit(made)), WORDS, "impedance"
    )
    said = (
        "A made spectrum with 0.2 % of noise: 12 mΩ in series, 6 mΩ at 0.4 ms, 11 mΩ at 60 ms, diffusion. "
        "It passes the Kramers-Kronig test; circuit and relaxation times find both arcs."
    )
    return Shown("Impedance", said, chapter.pictures)


def pulses() -> Shown:
    """Return resistance over the state of charge of an HPPC test."""
    recording = hwan.read(SAMPLES / "hppc/hppc_discharge.csv")
    kind = BatteryType("unknown", rated_capacity_ah=0.004, upper_voltage_volt=4.2, lower_voltage_volt=2.8)
    chapter = pulses_chapter("HPPC", pulse_map(recording, kind), WORDS, "pulses")
    said = (
        "Nine pairs of pulses of a coin cell, found without step names. The rating of 4 mAh is our own guess, so the "
        "state of charge is relative to it; a resistance is named by the time after which it was read."
    )
    return Shown("Pulses", said, chapter.pictures)


def main() -> int:
    """Write the page and its pictures."""
    if not SAMPLES.is_dir():
        print("no samples. Next: make docs", file=sys.stderr)
        return 2
    parts = [
        "# Gallery",
        "Drawn by `make docs` from data that installs (ampworks 0.1.0, BSD-3-Clause) and one made spectrum. "
        "`hwan health ica|modes|impedance|pulses FILE --report page.html` draws the same of your own files, with cards "
        "and tables, in English and Korean.",
    ]
    for shown in (curves(), modes(), spectrum(), pulses()):
        parts += [f"## {shown.title}", shown.text, *map(_written, shown.pictures)]
    (ROOT / "docs/gallery.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return 0


def _written(picture: Picture) -> str:
    """Write a picture that stands alone, and return its place on the page with caption and key."""
    name = f"gallery-{picture.id}.svg"
    opening = OPENING.match(picture.wide)
    if opening is None:
        raise ValueError(picture.wide[:100])
    colours = f"<style>:root{{{variables(0)}}}text{{font-family:sans-serif}}</style>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{opening[1]}">'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    body = picture.wide[opening.end() :]
    (IMAGES / name).write_text(f"{head}{colours}{ground}{body}\n", encoding="utf-8")
    keys = " · ".join(f"{key.mark} {key.label}" for key in picture.keys)
    titled = f"**{picture.said.title}**{f' ({keys})' if keys else ''}. {picture.said.caption}"
    return f"{titled}\n\n![{picture.said.description}](images/{name})"


if __name__ == "__main__":
    sys.exit(main())
