"""The commands of ``hwan health``: one method each, on tester files."""

from __future__ import annotations

import typer

from hwan.cli._health_ica import analyse_capacity
from hwan.cli._health_impedance import analyse_impedance
from hwan.cli._health_modes import evaluate_modes
from hwan.cli._health_profiles import list_half_cells, list_profiles
from hwan.cli._health_pulses import map_pulses

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What the battery is beyond its capacity: incremental capacity, electrodes, impedance, pulses.",
)
app.command("ica")(analyse_capacity)
app.command("modes")(evaluate_modes)
app.command("impedance")(analyse_impedance)
app.command("pulses")(map_pulses)
app.command("profiles")(list_profiles)
app.command("halfcells")(list_half_cells)
