"""``hwan health profiles`` and ``hwan health halfcells``: what is known of each chemistry and each electrode.

The rows of both lists are also those of docs/chemistries.md and docs/halfcells.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hwan.cli import _options as option
from hwan.cli._health_page import Outputs, write_points
from hwan.cli._outcome import DONE, document, print_document
from hwan.cli._tables import ui
from hwan.core import UsageError, is_known, text, to_plain
from hwan.health.halfcells import HalfCell, half_cell, half_cells
from hwan.health.profiles import METHODS, FullTestPlan, Profile, VoltageWindow, applicable, profile, profiles

PROFILES_SCHEMA = "hwan.health.profiles/1"
HALF_CELLS_SCHEMA = "hwan.health.halfcells/1"
STATUSES = ("applies", "describes", "refused")
ANSWERS_PLACE = 2
LICENCE_PLACE = 5
"""Where the licence is in a row: on a screen it is said once, below."""
Rows = tuple[Sequence[str], list[tuple[str, ...]]]
Chemistry = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="A chemistry, or the path of a file of your own; none: all.")
]
Electrode = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="A half-cell, or the path of a file of your own; none: all.")
]
Written = Annotated[Path | None, typer.Option("--csv", help="Write the half-cell's table here: stoichiometry, V.")]


def list_profiles(
    chemistry: Chemistry = None, json: option.Json = False, lang: option.Lang = option.Language.en
) -> int:
    """List the chemistries: window of a cell, test plan, which methods answer, and what would lift each refusal."""
    found = [profile(name) for name in ([chemistry] if chemistry else profiles())]
    if json:
        print_document(document(PROFILES_SCHEMA, [], profiles=[_plain_profile(each) for each in found]))
    elif chemistry:
        _print_profile(found[0], lang.value)
    else:
        _print_profiles(lang.value)
    return DONE


def list_half_cells(
    name: Electrode = None,
    csv: Written = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """List the half-cells with source and licence, or show one and write its table."""
    if csv and not name:
        raise UsageError("half_cell_csv_alone")
    Outputs(csv, None, lang.value, (name,))
    found = [half_cell(each) for each in ([name] if name else half_cells())]
    if csv:
        columns = {"stoichiometry": found[0].stoichiometry, "potential_volt": found[0].potential_volt}
        write_points(csv, pl.DataFrame(columns))
    if json:
        told = [_plain_half_cell(each, whole=bool(name)) for each in found]
        print_document(document(HALF_CELLS_SCHEMA, [], half_cells=told))
    elif name:
        _print_half_cell(found[0], lang.value, csv)
    else:
        _print_half_cells(lang.value)
    return DONE


# Chemistries ---------------------------------------------------------------------------------------


def profile_rows(language: str) -> Rows:
    """Return the heading and one row per chemistry: window, and the methods by what they do for it."""
    columns = ("chemistry", "window", *STATUSES)
    heading = tuple(ui(f"profile_column_{column}", language) for column in columns)
    rows: list[tuple[str, ...]] = []
    for each in map(profile, profiles()):
        by_status = (_methods(each, status, language) for status in STATUSES)
        rows.append((each.id, _window(each, language), *by_status))
    return heading, rows


def _window(found: Profile, language: str) -> str:
    window = found.window
    if not is_known(window.lower_volt):
        return ui("profile_window_unknown", language)
    return ui("profile_window", language, lower=window.lower_volt, upper=window.upper_volt)


def _methods(found: Profile, status: str, language: str) -> str:
    return ", ".join(_method(name, language) for name in METHODS if found.of(name).status == status)


def _method(name: str, language: str) -> str:
    return text("name", f"method_{name}", language)


def refusal_rows(language: str) -> Rows:
    """Return the heading and one row per chemistry and refused method: why, and what would lift it."""
    heading = tuple(
        ui(name, language) for name in ("profile_column_chemistry", "profile_column_refused", "profile_column_why")
    )
    rows: list[tuple[str, ...]] = []
    for name in profiles():
        for method in METHODS:
            refusal = applicable(name, method)
            if refusal:
                why = text("refusal", refusal.code, language, refusal.values)
                lifted = text("test", str(refusal.test_needed), language)
                rows.append((name, _method(method, language), f"{why} → {lifted}"))
    return heading, rows


def _print_profiles(language: str) -> None:
    """Print what each chemistry has of its own; most methods answer for most of them, which is said once, below."""
    heading, rows = profile_rows(language)
    kept = [place for place in range(len(heading)) if place != ANSWERS_PLACE]
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for place in kept:
        table.add_column(heading[place], overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(row[place] for place in kept))
    console = Console(highlight=False)
    console.print(table)
    every = ", ".join(_method(name, language) for name in METHODS)
    console.print(ui("profile_others_answer", language, methods=every), style="dim", markup=False)


def _print_profile(found: Profile, language: str) -> None:
    console = Console(highlight=False)
    console.print(f"{found.id}  {_said(found.title, language)}", style="bold", markup=False)
    console.print(f"{ui('profile_column_window', language)}: {_window(found, language)}", markup=False)
    window, plan = found.window, found.plan
    _line(console, ui("profile_possible", language, lowest=window.lowest_volt, highest=window.highest_volt))
    _origin(console, window, "profile_source", language)
    values = {
        "end": plan.end_of_charge_per_hour, "rest": plan.rest_minute, "rate": plan.rate_per_hour,
        "temperature": plan.temperature_celsius, "slow": plan.slow_rate_per_hour, "pulse": plan.pulse_per_hour,
        "seconds": plan.pulse_second, "pulse_rest": plan.pulse_rest_minute,
    }  # fmt: skip
    console.print(ui("profile_plan", language, **values), markup=False)
    _origin(console, plan, "profile_plan_source", language)
    for pair in found.half_cells:
        console.print(f"{ui('profile_half_cells', language)}: {pair.negative}, {pair.positive}", markup=False)
    console.print()
    for name in METHODS:
        _print_method(console, found, name, language)


def _origin(console: Console, stated: VoltageWindow | FullTestPlan, code: str, language: str) -> None:
    if is_known(stated.source):
        _line(console, ui(code, language, source=stated.source), "dim")
    if stated.note:
        _line(console, _said(stated.note, language), "dim")


def _print_method(console: Console, found: Profile, name: str, language: str) -> None:
    entry = found.of(name)
    style = {"applies": "green", "describes": "yellow", "refused": "red"}[entry.status]
    console.print(_method(name, language), style="bold", markup=False, end=": ")
    console.print(ui(f"profile_status_{entry.status}", language), style=style, markup=False)
    refusal = applicable(found, name)
    if refusal:
        _line(console, text("refusal", refusal.code, language, refusal.values))
        _line(console, f"→ {text('test', str(refusal.test_needed), language)}")
    elif is_known(entry.reason):
        _line(console, text("reason", entry.reason, language))


def _plain_profile(found: Profile) -> dict[str, Any]:
    refusals = [refusal for refusal in (applicable(found, name) for name in METHODS) if refusal]
    return {**to_plain(found), "refusals": to_plain(refusals)}


# Half-cells ----------------------------------------------------------------------------------------


def half_cell_rows(language: str) -> Rows:
    """Return the heading and one row per half-cell that comes with hwan."""
    columns = ("id", "electrode", "direction", "domain", "error", "licence", "source")
    heading = tuple(ui(f"half_cell_column_{column}", language) for column in columns)
    rows: list[tuple[str, ...]] = []
    for each in map(half_cell, half_cells()):
        rows.append(
            (each.id, ui(f"half_cell_electrode_{each.electrode}", language),
             ui(f"half_cell_direction_{each.direction}", language), _domain(each, language),
             f"{1e3 * each.error_volt:g} mV", each.licence, _source(each))
        )  # fmt: skip
    return heading, rows


def _domain(found: HalfCell, language: str) -> str:
    told = ui("half_cell_domain", language, low=found.domain_low, high=found.domain_high)
    if not is_known(found.measured_low) or not is_known(found.measured_high):
        return told
    measured = ui("half_cell_measured", language, low=found.measured_low, high=found.measured_high)
    return f"{told} ({measured})"


def _source(found: HalfCell) -> str:
    return f"{found.source}. doi:{found.doi}" if is_known(found.doi) else found.source


def _print_half_cells(language: str) -> None:
    """Print two lines of each half-cell, and the licences below."""
    console = Console(highlight=False)
    heading, rows = half_cell_rows(language)
    for name, electrode, direction, domain, error, _, source in rows:
        console.print(name, style="bold", markup=False, end="  ")
        console.print(f"{electrode}, {direction}, {domain}, ±{error}", markup=False)
        _line(console, source, "dim")
    for licence in dict.fromkeys(row[LICENCE_PLACE] for row in rows):
        console.print(f"{heading[LICENCE_PLACE]}: {licence}", markup=False)


def _print_half_cell(found: HalfCell, language: str, csv: Path | None) -> None:
    console = Console(highlight=False)
    console.print(f"{found.id}  {_said(found.title, language)}", style="bold", markup=False)
    sides = (f"electrode_{found.electrode}", f"direction_{found.direction}")
    console.print(", ".join(ui(f"half_cell_{each}", language) for each in sides), markup=False)
    first, last = found.potential_volt[[0, -1]]
    _line(console, ui("half_cell_rows", language, rows=len(found.stoichiometry), first=first, last=last))
    domain, reason = _domain(found, language), _said(found.domain_reason, language)
    _line(console, ui("half_cell_domain_is", language, domain=domain, reason=reason).strip())
    reason = _said(found.error_reason, language)
    _line(console, ui("half_cell_error_is", language, error_mv=1e3 * found.error_volt, reason=reason).strip())
    if found.caution:
        _line(console, ui("half_cell_beware", language, caution=_said(found.caution, language)), "yellow")
    for column, value in (("source", _source(found)), ("licence", found.licence)):
        _line(console, f"{ui(f'half_cell_column_{column}', language)}: {value}", "dim")
    if csv:
        console.print(ui("half_cell_written", language, path=csv, rows=len(found.stoichiometry)), markup=False)


def _plain_half_cell(found: HalfCell, *, whole: bool) -> dict[str, Any]:
    tables = ("stoichiometry", "potential_volt")
    plain = {each.name: to_plain(getattr(found, each.name)) for each in fields(found) if each.name not in tables}
    return plain | ({name: getattr(found, name).tolist() for name in tables} if whole else {})


# Both ----------------------------------------------------------------------------------------------


def _said(words: Mapping[str, str], language: str) -> str:
    """Return the sentence of the language, else of any: a file of the user's own may have one only."""
    return words.get(language) or next(iter(words.values()), "")


def _line(console: Console, said: str, style: str = "") -> None:
    console.print(Padding(Text(said, style), (0, 0, 0, 2), expand=False))
