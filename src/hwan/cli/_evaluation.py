"""The commands that evaluate batteries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from hwan.cli import _options as option
from hwan.cli._call import Call, with_call
from hwan.cli._certificate import Certificates, certify, existing, places_of
from hwan.cli._evaluate import Assessed, Job, evaluate_jobs, of_series
from hwan.cli._outcome import document, print_document, print_failures
from hwan.cli._report import check_place, write_report
from hwan.cli._work import Done

REPORT: Final = Path("hwan-report.html")
CERTIFICATES: Final = Path("certificates")


@with_call
def evaluate(context: typer.Context, call: Call, report: option.ReportFile = None) -> int:
    """Evaluate batteries, print what was found, and write the report where one is wanted."""
    path = report or (REPORT if context.info_name == "report" else None)
    outputs = (path,) if path else ()
    jobs, asked, language = _planned(call, outputs), call.request(), call.lang.value
    done = evaluate_jobs(jobs, asked, language, keep=bool(path))
    written = path is not None and done.attempt(
        lambda: write_report(path, done.results, done.failures, asked, language), str(path), language
    )
    _print_evaluation(done, call, path if written else None)
    return done.exit_code(*(each.exit_code for each in done.results))


def _planned(call: Call, outputs: Sequence[Path]) -> tuple[Job, ...]:
    """Return what is to be evaluated, once it is sure that no output replaces an input."""
    _check_places(outputs, list(call.inputs()))
    jobs = call.jobs()
    _check_places(outputs, _inputs(jobs))
    return jobs


def _check_places(outputs: Sequence[Path], inputs: Sequence[Path | str | None]) -> None:
    for path in outputs:
        check_place(path, inputs)


def _inputs(jobs: Sequence[Job]) -> list[Path | None]:
    return [path for job in jobs for path in job.inputs()]


@with_call
def certify_batteries(call: Call, out: option.Out = CERTIFICATES, issuer: option.Issuer = None) -> int:
    """Evaluate batteries, and write a certificate of each."""
    language = call.lang.value
    jobs, asked = call.jobs(), call.request()
    if asked.rapid is not None and len(jobs) > 1:
        asked = of_series(asked, evaluate_jobs(jobs, asked, language, keep=False))
    places, issuing = places_of(jobs, out, language), Certificates(language, issuer)
    _check_places(existing(places), [*call.inputs(), *_inputs(jobs)])
    done = certify(list(zip(jobs, places, strict=True)), asked, issuing)
    assessments = [each.assessment for each in done.results]
    if call.json:
        parts = {"assessments": assessments, "certificates": issuing.written}
        print_document(document("hwan.certificate/1", done.failures, **parts))
    else:
        from hwan.cli._tables import print_assessments, print_certificates

        print_assessments(assessments, language)
        print_certificates(issuing.written, language)
        print_failures(done.failures)
    return done.exit_code(*(each.exit_code for each in done.results))


def _print_evaluation(done: Done[Assessed], call: Call, report: Path | None) -> None:
    assessments = [each.assessment for each in done.results]
    if call.json:
        print_document(document("hwan.evaluate/1", done.failures, assessments=assessments))
    else:
        from hwan.cli._tables import print_assessments

        print_assessments(assessments, call.lang.value, report)
        print_failures(done.failures)
