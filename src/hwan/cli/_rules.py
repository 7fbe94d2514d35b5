"""The commands of ``hwan rules``: rulesets listed, shown, checked and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hwan.cli import _options as option
from hwan.cli._outcome import DONE, REFUSED, Failure, document, print_document, print_failures, worst
from hwan.cli._rules_print import field_of, print_difference, print_list, print_problems, print_regrades, print_ruleset
from hwan.cli._saved import saved_assessments
from hwan.core import Rule, Ruleset, UsageError, text, to_plain
from hwan.grading import Change, Regrade, check_file, compare_rulesets, load_ruleset, regrade, rulesets

SCHEMA = "hwan.rules/1"
Named = Annotated[str, typer.Argument(metavar="ID", help="An id, or the path of a file of your own.")]
Checked = Annotated[Path, typer.Argument(metavar="FILE", help="A ruleset file of your own.")]
Old = Annotated[str, typer.Argument(metavar="A", help="The old ruleset: an id, or a path.")]
New = Annotated[str, typer.Argument(metavar="B", help="The new ruleset: an id, or a path.")]
Saved = Annotated[
    Path | None,
    typer.Option("--assessments", help="What 'hwan evaluate --json' printed: whose grades would change under B?"),
]

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="List, show, check and compare rulesets."
)


@app.command("list")
def list_rulesets(json: option.Json = False, lang: option.Lang = option.Language.en) -> int:
    """List the rulesets that come with hwan."""
    found = [load_ruleset(name) for name in rulesets()]
    if json:
        print_document(document(SCHEMA, [], rulesets=[_summary(each) for each in found]))
    else:
        print_list(found, lang.value)
    return DONE


def _summary(ruleset: Ruleset) -> dict[str, object]:
    return {
        **{name: getattr(ruleset, name) for name in ("id", "title", "issuer", "own", "sha256")},
        "rules": len(ruleset.rules),
        "classes": [each.id for each in ruleset.classes],
    }


@app.command("show")
def show(ruleset: Named, json: option.Json = False, lang: option.Lang = option.Language.en) -> int:
    """Show every rule: its limit or 'no public number', clause, source, date, evidence and status."""
    found = load_ruleset(ruleset)
    if json:
        print_document(document(SCHEMA, [], ruleset=found))
    else:
        print_ruleset(found, lang.value)
    return DONE


@app.command("check")
def check(file: Checked, json: option.Json = False, lang: option.Lang = option.Language.en) -> int:
    """Say everything that is wrong with a ruleset file, each with its field and the reason."""
    errors = check_file(file)
    problems = [problem for error in errors for problem in _problems(error, lang.value)]
    failures = [Failure.of(error, str(file), lang.value) for error in errors]
    if json:
        print_document(document(SCHEMA, failures, check={"source": str(file), "problems": problems}))
    else:
        print_problems(str(file), problems, lang.value)
    return worst([each.exit_code for each in failures])


def _problems(error: UsageError, language: str) -> list[dict[str, str]]:
    """Return the fields that do not fit, or the one contradiction that the error is."""
    if error.problems:
        return [
            {"field": field_of(code, values), "code": code, "reason": text("problem", code, language, values)}
            for code, values in error.problems
        ]
    return [{"field": field_of(error.code, error.values), "code": error.code, "reason": error.message(language)}]


@app.command("diff")
def diff(
    old: Old,
    new: New,
    assessments: Saved = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Compare two rulesets, and say whose grades would change; their old grades are recomputed first."""
    before, after = load_ruleset(old), load_ruleset(new)
    saved = saved_assessments(assessments, lang.value) if assessments else None
    graded = [regrade(each, before, after) for each in saved.assessments] if saved else []
    failures = saved.failures if saved else ()
    if json:
        told = _difference(before, after)
        parts = {"grades": [_regrade(each, before) for each in graded]} if saved else {}
        print_document(document(SCHEMA, failures, difference=told, **parts))
    else:
        print_difference(compare_rulesets(before, after), lang.value)
        print_regrades(graded, before, after, lang.value)
        print_failures(failures)
    return worst([*(_code(each) for each in graded), *(each.exit_code for each in failures)])


def _code(graded: Regrade) -> int:
    return DONE if graded.check == "reproduced" else REFUSED


def _difference(old: Ruleset, new: Ruleset) -> dict[str, object]:
    found = compare_rulesets(old, new)
    return {
        "old": {"id": old.id, "sha256": old.sha256},
        "new": {"id": new.id, "sha256": new.sha256},
        "added": _plain(found.added),
        "removed": _plain(found.removed),
        "changed": _plain(found.changed),
    }


def _plain(found: tuple[Rule, ...] | tuple[Change, ...]) -> list[Any]:
    return [to_plain(each) for each in found]


def _regrade(graded: Regrade, old: Ruleset) -> dict[str, object]:
    return {
        "battery": graded.battery,
        "changes": graded.changes,
        "check": graded.check,
        "stored_sha256": graded.old.ruleset_sha256,
        "old_sha256": old.sha256,
        "not_stored": graded.not_stored,
        "old": graded.old,
        "new": graded.new,
    }
