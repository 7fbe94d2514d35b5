"""What a person sees of rulesets in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from hwan.cli._figures import unit_sign
from hwan.cli._tables import ui
from hwan.core import (
    Clause,
    Grade,
    Limit,
    Parameter,
    Requirement,
    Rule,
    Ruleset,
    Scalar,
    Unknown,
    format_date,
    is_known,
    text,
)
from hwan.grading import Difference, Regrade

SIGNS = {"at_least": "≥", "at_most": "≤"}
_FIELDS = {
    "ruleset_unit": ".unit",
    "ruleset_number": ".minimum",
    "ruleset_is_true_value": ".value",
    "ruleset_confidence": "decision.confidence",
    "ruleset_decision": "decision",
    "ruleset_no_class": "classes",
    "ruleset_class_order": "classes",
}
"""The field that a contradiction is about, where its values do not say it."""


def _console() -> Console:
    return Console(highlight=False)


def _indented(said: str, style: str = "") -> Padding:
    return Padding(Text(said, style), (0, 0, 0, 2), expand=False)


def print_list(found: Iterable[Ruleset], language: str) -> None:
    """Print each ruleset with its title, and how many of its rules have no public number."""
    console = _console()
    for each in found:
        unknown = sum(limit_text(rule, language) == ui("rules_no_number", language) for rule in each.rules)
        console.print(f"{each.id}  {each.title[language]}", style="bold", markup=False)
        console.print(_indented(ui("rules_counts", language, count=len(each.rules), unknown=unknown)))
        if not each.classes:
            console.print(_indented(ui("rules_no_classes", language)))


def print_ruleset(ruleset: Ruleset, language: str) -> None:
    """Print every rule with its limit and its origin, then the classes."""
    console = _console()
    console.print(f"{ruleset.id}  {ruleset.title[language]}", style="bold", markup=False)
    console.print(f"{ruleset.issuer}\nsha256 {ruleset.sha256}", style="dim", markup=False)
    for rule in ruleset.rules:
        console.print(f"\n{_headline(rule, language)}", markup=False)
        console.print(_indented(_origin(rule.origin, language), "dim"))
    labels = ", ".join(each.label[language] for each in ruleset.classes)
    said = ui("rules_classes", language, classes=labels) if labels else ui("rules_no_classes", language)
    console.print(f"\n{said}", markup=False)


def _headline(rule: Rule, language: str) -> str:
    kind = ui(f"rules_kind_{rule.kind}", language)
    gate = f", {ui('rules_gate', language)}" if isinstance(rule, Limit) and rule.safety else ""
    name = text("rule", rule.id, language)
    title = rule.id if name == rule.id else f"{rule.id} ({name})"
    return f"{title}: {_what(rule, language)} · {limit_text(rule, language)} [{kind}{gate}]"


def _what(rule: Rule, language: str) -> str:
    quantity = text("name", rule.quantity, language)
    if isinstance(rule, Requirement):
        return f"{quantity}, {text('name', rule.condition, language)}"
    return quantity


def limit_text(rule: Rule, language: str) -> str:
    """Return the number of a rule with its sign and unit, or that there is none."""
    if isinstance(rule, Parameter):
        return ui("rules_no_limit", language)
    if isinstance(rule, Requirement):
        return _bounds(rule, language)
    if isinstance(rule.value, Unknown):
        return ui("rules_no_number", language)
    if rule.bound == "is_true":
        return ui("rules_is_true", language)
    return f"{SIGNS[rule.bound]} {rule.value:g} {unit_sign(rule.unit)}".rstrip()


def _bounds(rule: Requirement, language: str) -> str:
    low, high = rule.minimum, rule.maximum
    told = [f"≥ {low:g}"] if is_known(low) else []
    told += [f"≤ {high:g}"] if is_known(high) else []
    return f"{', '.join(told)} {unit_sign(rule.unit)}".rstrip() if told else ui("rules_no_number", language)


def _origin(origin: Clause, language: str) -> str:
    unknown = ui("rules_unknown", language)
    return ui(
        "rules_origin",
        language,
        source=origin.source,
        clause=origin.clause if is_known(origin.clause) else unknown,
        read_on=format_date(origin.read_on, language) if is_known(origin.read_on) else unknown,
        evidence=ui(f"rules_evidence_{origin.evidence}", language),
        status=ui(f"rules_status_{origin.status}", language),
    )


def field_of(code: str, values: Mapping[str, Scalar]) -> str:
    """Return where in the file a problem is: a field, a rule, a class; empty for the file as a whole."""
    if "rule" in values:
        return f"rules.{values['rule']}{_FIELDS.get(code, '')}"
    if "class_id" in values:
        return f"classes.{values['class_id']}"
    if values.get("where"):
        return str(values["where"]).strip(" ()").rsplit(", ", 1)[-1]
    return str(values.get("field", values.get("id", _FIELDS.get(code, ""))))


def print_problems(source: str, problems: Sequence[Mapping[str, str]], language: str) -> None:
    """Print each problem on a line, or that there is none."""
    console = _console()
    if not problems:
        console.print(ui("rules_fine", language, source=source), markup=False)
    for each in problems:
        console.print(each["field"] or source, style="bold", markup=False, end=": ")
        console.print(each["reason"], markup=False)


def print_difference(found: Difference, language: str) -> None:
    """Print rules added and removed, then every field that reads otherwise."""
    console = _console()
    if not found:
        console.print(ui("rules_same", language), markup=False)
    for mark, word, rules in (("+", "rules_added", found.added), ("-", "rules_removed", found.removed)):
        for rule in rules:
            console.print(f"{mark} {ui(word, language)}: {_headline(rule, language)}", markup=False)
    for each in found.changed:
        said = ui("rules_change", language, field=each.where, old=_word(each.old), new=_word(each.new))
        console.print(f"~ {said}", markup=False)


def _word(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def print_regrades(found: Iterable[Regrade], old: Ruleset, new: Ruleset, language: str) -> None:
    """Print each battery's grade under both rulesets, and whether the old one was confirmed."""
    console = _console()
    for each in found:
        before, after = grade_word(each.old, old, language), grade_word(each.new, new, language)
        grades = f"{before} → {after}" if each.changes else ui("rules_grade_stays", language, grade=before)
        console.print(f"\n{each.battery}: {grades}", style="bold" if each.changes else "", markup=False)
        console.print(_indented(_check(each, old, language)))
        for refusal in dict.fromkeys(_why(each.new, language)):
            console.print(_indented(refusal))
        if each.not_stored:
            names = ", ".join(text("name", name, language) for name in each.not_stored)
            console.print(_indented(ui("rules_not_stored", language, quantities=names)))


def _check(graded: Regrade, old: Ruleset, language: str) -> str:
    stored = graded.old.ruleset_sha256[:12]
    return ui(f"rules_check_{graded.check}", language, stored=stored, given=old.sha256[:12])


def _why(grade: Grade, language: str) -> Iterable[str]:
    return (text("refusal", each.code, language, each.values) for each in grade.refusals)


def grade_word(grade: Grade, ruleset: Ruleset, language: str) -> str:
    """Return the class in the words of its ruleset, or that there is none."""
    labels = {each.id: each.label[language] for each in ruleset.classes}
    if is_known(grade.grade_class):
        return labels.get(grade.grade_class, grade.grade_class)
    return text("name", grade.status, language)
