"""What a person sees in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hwan.cli._certificate import Written
from hwan.cli._figures import with_interval
from hwan.cli._pack import print_pack
from hwan.cli._rapid_print import print_rapid
from hwan.cli._seen import Seen
from hwan.core import (
    Assessment,
    Finding,
    Measurement,
    Refusal,
    Route,
    format_number,
    format_percent,
    format_probability,
    is_known,
    text,
)
from hwan.readers import Format, Recognition

HEADLINES = ("capacity", "retained_discharged_charge", "discharged_charge")
RESISTANCE_SECOND = 10.0
WIDE = 130
"""Columns of a screen from which the summary is one table."""
_SUMMARY = ("column_battery", "column_headline", "column_health", "column_resistance", "column_grade", "column_route")


def ui(code: str, language: str, **values: object) -> str:
    """Return a word or sentence of the screen."""
    return text("screen", code, language, values)


def _table(language: str, *headings: str) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for heading in headings:
        table.add_column(ui(heading, language), overflow="fold")
    return table


def print_formats(found: Sequence[Format], language: str) -> None:
    """Print the table of formats."""
    table = _table(language, "column_format", "column_title", "column_suffixes", "column_proof")
    for each in found:
        table.add_row(each.name, each.title, " ".join(each.suffixes), text("screen", f"proof_{each.proof}", language))
    Console().print(table)


def print_recognitions(found: Iterable[tuple[str, Sequence[Recognition]]], language: str) -> None:
    """Print what each reader said about each file, and why."""
    for source, said in found:
        table = _table(language, "column_format", "column_confidence", "column_reason")
        for each in said:
            table.add_row(each.reader, ui(f"confidence_{each.confidence}", language), _reason(each, language))
        Console().print(source, style="bold", markup=False)
        Console().print(table)


def _reason(said: Recognition, language: str) -> str:
    return text("reason", said.reason, language, said.values)


def print_recordings(found: Iterable[Seen], language: str) -> None:
    """Print what is in each recording, and its findings."""
    console = Console(highlight=False)
    for each in found:
        origin = each.provenance
        console.print(origin.source_name, style="bold", markup=False)
        console.print(
            ui("recording", language, rows=f"{each.rows:,}", over=_over(each, language), reader=origin.reader,
               version=origin.reader_version, id=origin.recording_id[:12]), markup=False,
        )  # fmt: skip
        console.print("  " + ", ".join(each.columns), style="dim", markup=False)
        _print_findings(console, each.findings, language)


def _over(each: Seen, language: str) -> str:
    """Return what a recording goes over: hours and volts of a test, frequencies of a spectrum."""
    said = []
    if is_known(each.time_second) and is_known(each.voltage_volt):
        hours = format_number((each.time_second[1] - each.time_second[0]) / 3600)
        low, high = each.voltage_volt
        said.append(ui("recording_in_time", language, hours=hours, low=f"{low:.4g}", high=f"{high:.4g}"))
    if is_known(each.frequency_hertz):
        low, high = each.frequency_hertz
        said.append(ui("recording_spectrum", language, low=f"{low:.4g}", high=f"{high:.4g}"))
    return ", ".join(said)


def _print_findings(console: Console, findings: Iterable[Finding], language: str) -> None:
    style = {"stop": "red", "warning": "yellow", "note": "dim"}
    for each in findings:
        sentence = text("finding", each.code, language, each.values)
        severity = ui(f"severity_{each.severity}", language)
        console.print(f"  {severity}: {sentence} ({each.where})", style=style[each.severity], markup=False)


def print_assessments(
    assessments: Sequence[Assessment], language: str, report: Path | None = None, *, reasons: bool = True
) -> None:
    """Print one line per battery, then what keeps a grade from being given."""
    console = Console(highlight=False)
    rows = [_summary_row(each, language) for each in assessments]
    if console.width >= WIDE and rows:
        table = _table(language, *_SUMMARY)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    else:
        for row in rows:
            _print_block(console, row, language)
    for each in assessments:
        print_rapid(console, each, language)
        print_pack(console, each, language)
    for each in assessments if reasons else ():
        _print_reasons(console, each, language)
    if report:
        console.print(ui("report_written", language, path=report), markup=False)


def print_certificates(written: Iterable[Written], language: str) -> None:
    """Say where each certificate is, and the hash of what it states."""
    console = Console(highlight=False)
    for each in written:
        said = ui("certificate_written", language, pdf=each.pdf, html=each.html, sha256=each.sha256)
        console.print(said, markup=False, soft_wrap=True)


def _summary_row(assessment: Assessment, language: str) -> tuple[str, ...]:
    return (
        assessment.battery.id,
        headline(assessment, language),
        _health(find(assessment, "state_of_health_capacity"), language),
        _resistance(assessment),
        _grade(assessment, language),
        _route(assessment.route, language),
    )


def _print_block(console: Console, row: Sequence[str], language: str) -> None:
    """Print one battery as lines: a narrow screen has no room for a table."""
    console.print(row[0], style="bold", markup=False)
    block = Table(show_header=False, box=None, pad_edge=True)
    for heading, value in zip(_SUMMARY[1:], row[1:], strict=True):
        block.add_row(ui(heading, language), value)
    console.print(block)


def find(assessment: Assessment, quantity: str) -> Measurement | None:
    """Return the last measurement of a quantity."""
    return next((each for each in reversed(assessment.measurements) if each.quantity == quantity), None)


def headline(assessment: Assessment, language: str) -> str:
    """Return the battery's charge: capacity, or the lower bound where no capacity test was made."""
    found = next(filter(None, (find(assessment, quantity) for quantity in HEADLINES)), None)
    if found is None:
        return "–"
    name = text("name", found.quantity, language)
    return f"{name} {with_interval(found)}"


def _percent(measured: Measurement | None) -> str:
    if measured is None:
        return "–"
    low, high = measured.interval
    return f"{format_percent(measured.value)} [{low * 100:.1f}, {high * 100:.1f}]"


def _health(measured: Measurement | None, language: str) -> str:
    """Return the state of health; of a rapid test it says so."""
    told = _percent(measured)
    rapid = measured is not None and measured.method.startswith("rapid.")
    return ui("health_rapid", language, health=told) if rapid else told


def _resistance(assessment: Assessment) -> str:
    """Return the resistance at 10 s, else at the longest time that was measured."""
    found = [each for each in assessment.measurements if each.quantity == "dc_resistance"]
    times = [float(each.conditions.pulse_time_second) for each in found if is_known(each.conditions.pulse_time_second)]
    if not times:
        return "–"
    time = RESISTANCE_SECOND if RESISTANCE_SECOND in times else max(times)
    return f"{with_interval(found[times.index(time)])} ({time:g} s)"


def _grade(assessment: Assessment, language: str) -> str:
    grade = assessment.grade
    if is_known(grade.grade_class):
        probability = format_probability(grade.probability) if is_known(grade.probability) else ""
        return f"{text('name', grade.grade_class, language)} {probability}".strip()
    return text("name", grade.status, language)


def _route(route: Route, language: str) -> str:
    chosen = next((each for each in route.alternatives if each.route == route.choice), None)
    if chosen is None or not is_known(chosen.central):
        return text("name", route.status, language)
    value = f"{chosen.central:,.0f} [{chosen.low:,.0f}, {chosen.high:,.0f}] {chosen.unit}"
    doubt = f" ({ui('route_leading', language)})" if route.status == "leading" else ""
    return f"{text('name', chosen.route, language)} {value}{doubt}"


def _print_reasons(console: Console, assessment: Assessment, language: str) -> None:
    refusals = dict.fromkeys(
        refusal_text(each, language) for each in (*assessment.grade.refusals, *assessment.route.refusals)
    )
    findings = [each for each in assessment.findings if each.severity != "note"]
    if refusals or findings:
        console.print(f"\n{assessment.battery.id}", style="bold", markup=False)
    _print_findings(console, findings, language)
    for each in refusals:
        console.print(f"  {each}", markup=False)


def refusal_text(refusal: Refusal, language: str) -> str:
    """Return why there is no answer, and which test would give one."""
    why = f"{text('name', refusal.quantity, language)}: {text('refusal', refusal.code, language, refusal.values)}"
    if not is_known(refusal.test_needed):
        return why
    return f"{why} → {text('test', refusal.test_needed, language, refusal.values)}"
