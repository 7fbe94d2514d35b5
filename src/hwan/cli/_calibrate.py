"""hwan calibrate: a rapid model from cells that had both the rapid and the full test."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hwan.cli._battery import DEFAULT_RAPID_RULESET
from hwan.cli._calibrate_ask import Ask
from hwan.cli._call import with_fields
from hwan.cli._outcome import INTERRUPTED, Failure, document, print_document, print_failures, worst
from hwan.cli._report import check_place, replace_file, writing
from hwan.core import to_json

if TYPE_CHECKING:
    from hwan.health.rapid import About, Calibrated, CalibrationTable, RapidModel
    from hwan.report import Check

SCHEMA = "hwan.calibrate/1"


def _calibrate_cells(call: Ask) -> int:
    """Calibrate, write the model and the page, and print how good it is."""
    call.check()
    outputs = [path for path in (call.out, call.report) if path is not None]
    for place, path in enumerate(outputs):
        check_place(path, [*call.inputs(), *outputs[:place]])
    about, protocol = call.about(cells=0, rows=0, today=date.today()), call.protocol()
    drawing = _Page.of(call)
    frame, failures = call.frame(protocol)
    if frame is None or any(each.exit_code == INTERRUPTED for each in failures):
        return _finish(call, failures, {})
    from hwan.health.rapid import calibration_table

    table = calibration_table(frame, protocol, call.named())
    count = len(set(table.cells.tolist()))
    about = call.about(cells=count, rows=len(table.cells), today=about.origin.calibrated_on, frame=frame)
    found = _fitted(table, about)
    page = drawing.html(found, table) if drawing else None
    written = _write(call, found.model, page)
    return _finish(call, failures, {"found": found, "table": table, "model": written})


calibrate_cells = with_fields(Ask, _calibrate_cells)


def _fitted(table: CalibrationTable, about: About) -> Calibrated:
    """Calibrate with a bar on stderr."""
    from hwan.health.rapid import calibrate

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(about.id, total=None)
        return calibrate(table, about, progress=lambda done, of: shown.update(task, completed=done, total=of))


def _write(call: Ask, model: RapidModel, page: str | None) -> RapidModel:
    """Write page and model, each whole or not at all, and return the model as it is read back."""
    from hwan.health.rapid import load_model

    if call.report and page is not None:
        with writing(call.report):
            replace_file(call.report.resolve(), page.encode("utf-8", errors="backslashreplace"))
    with writing(call.out):
        replace_file(call.out.resolve(), to_json(model).encode("utf-8"))
    return load_model(call.out)


def _finish(call: Ask, failures: Sequence[Failure], parts: dict[str, Any]) -> int:
    """Print what was found and return the exit code."""
    from hwan.cli._calibrate_print import card_of, print_calibration

    if call.json:
        said = {"model": card_of(parts["model"], str(call.out)), "findings": parts["table"].findings} if parts else {}
        print_document(document(SCHEMA, failures, **said))
    else:
        if parts:
            print_calibration(parts["model"], parts["table"].findings, call.out, call.report, call.lang.value)
        print_failures(failures)
    return worst([each.exit_code for each in failures])


def sha256_of(model: RapidModel) -> str:
    """Return the hash that the model's file will have."""
    return hashlib.sha256(to_json(model).encode("utf-8")).hexdigest()


class _Page:
    """The page about a calibration, its definitions and check cells loaded before the work begins."""

    def __init__(self, call: Ask, checks: tuple[Check, ...]) -> None:
        from hwan.assess import load_stages
        from hwan.cli._rapid import DEFAULT_STAGES
        from hwan.grading import load_ruleset

        self.language, self.checks = call.lang.value, checks
        self.rules = load_ruleset(call.ruleset or DEFAULT_RAPID_RULESET)
        self.stages = load_stages(call.stages or DEFAULT_STAGES)

    @classmethod
    def of(cls, call: Ask) -> _Page | None:
        """Return the page that a call asks for, or None."""
        if not call.report:
            return None
        from hwan.cli._calibrate_checks import load_checks

        return cls(call, load_checks(call.checks) if call.checks else ())

    def html(self, found: Calibrated, table: CalibrationTable) -> str:
        """Return the page."""
        from hwan.report import Calibration, calibration_page

        named = replace(found, model=replace(found.model, sha256=sha256_of(found.model)))
        entry = Calibration(named, table, self.rules, self.stages, self.checks)
        now = datetime.now().astimezone()
        return calibration_page(entry, language=self.language, made_at=now, hwan_version=version("hwan"))
