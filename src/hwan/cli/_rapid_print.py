"""What a person sees of a rapid evaluation: the answer, how it was obtained, and which test comes next."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from hwan.core import Assessment, Conditions, Measurement, NextTest, format_percent, is_known, text

_HEADINGS = ("column_stage", "column_minutes", "column_decides", "column_expected_minutes", "column_reason")


def print_rapid(console: Console, assessment: Assessment, language: str) -> None:
    """Print the rapid answers and the next test; nothing where no rapid evaluation was asked for."""
    told = [each for each in assessment.measurements if each.method.startswith("rapid.")]
    upcoming = assessment.next_test
    if not told and not is_known(upcoming):
        return
    console.print(f"\n{assessment.battery.id}", style="bold", markup=False)
    for each in told:
        _print_answer(console, each, language)
    if is_known(upcoming):
        _print_next(console, upcoming, language)


def _print_answer(console: Console, told: Measurement, language: str) -> None:
    """Print the figure with its interval, then how it was obtained."""
    low, high = told.interval
    figure = f"{format_percent(told.value)} [{low * 100:.1f}, {high * 100:.1f}]"
    name = text("name", told.quantity, language)
    console.print(f"  {text('screen', 'rapid_answer', language)}: {name} {figure}", style="bold", markup=False)
    console.print(f"  {text('method', told.method, language)} ({_of(told.conditions)})", markup=False)
    for each in (each for each in told.findings if each.severity == "note"):
        console.print(f"  {text('finding', each.code, language, each.values)}", markup=False)


def _of(given: Conditions) -> str:
    """Return the conditions of the full test that is meant."""
    ends = [f"{each:g}" for each in (given.lower_cutoff_volt, given.upper_cutoff_volt) if is_known(each)]
    said = [f"{given.rate_per_hour:g}C"] if is_known(given.rate_per_hour) else []
    said += [f"{given.temperature_celsius:g} °C"] if is_known(given.temperature_celsius) else []
    return ", ".join((*said, *([f"{'–'.join(ends)} V"] if ends else [])))


def _print_next(console: Console, upcoming: NextTest, language: str) -> None:
    stage = stage_name(upcoming.stage, language) if upcoming.stage else text("screen", "next_test_none", language)
    reason = text("reason", upcoming.reason, language, upcoming.values)
    label = text("screen", "next_test", language)
    console.print(f"  {label}: {stage}. {reason}.", style="bold", markup=False)
    if upcoming.choices:
        console.print(_choices(upcoming, language))


def _choices(upcoming: NextTest, language: str) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=True)
    for heading in _HEADINGS:
        number = heading in _HEADINGS[1:4]
        table.add_column(text("screen", heading, language), overflow="fold", justify="right" if number else "left")
    for row in _rows(upcoming, language):
        table.add_row(*row)
    return table


def _rows(upcoming: NextTest, language: str) -> Iterator[tuple[str, ...]]:
    for each in upcoming.choices:
        chosen = "→ " if each.stage == upcoming.stage else ""
        yield (
            f"{chosen}{stage_name(each.stage, language)}",
            f"{each.minutes:.0f}",
            format_percent(each.decides, 0),
            f"{each.expected_minutes:.0f}",
            text("reason", each.reason, language, each.values),
        )


def stage_name(stage: str, language: str) -> str:
    """Return the name of a test; a centre's own is called as its file calls it."""
    return text("name", f"stage_{stage}", language).removeprefix("stage_")
