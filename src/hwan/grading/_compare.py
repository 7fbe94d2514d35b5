"""What differs between two rulesets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from hwan.core import Rule, Ruleset, to_plain


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a rule, a class or the decision that reads otherwise; ``where`` is its path."""

    where: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class Difference:
    """Rules by id: those only in the new ruleset, only in the old one, and what changed in the rest."""

    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]
    changed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare_rulesets(old: Ruleset, new: Ruleset) -> Difference:
    """Return what a battery's grader has to know when `new` takes the place of `old`.

    Rules are the same when their ids are; a rule under another id is one removed and one added. Id,
    title, issuer and hash of the rulesets are no rules and are not compared.

    >>> from hwan.grading import load_ruleset
    >>> bool(compare_rulesets(load_ruleset("house/1"), load_ruleset("house/1")))
    False
    """
    before, after = ({rule.id: rule for rule in each.rules} for each in (old, new))
    return Difference(
        added=tuple(rule for name, rule in after.items() if name not in before),
        removed=tuple(rule for name, rule in before.items() if name not in after),
        changed=tuple(_changes(old, new)),
    )


def _changes(old: Ruleset, new: Ruleset) -> Iterator[Change]:
    before = {rule.id: rule for rule in old.rules}
    for rule in new.rules:
        if rule.id in before:
            yield from _fields(f"rules.{rule.id}", _flat(before[rule.id]), _flat(rule))
    yield from _fields("decision", _flat(old.decision), _flat(new.decision))
    names = [[entry.id for entry in each.classes] for each in (old, new)]
    yield from _fields("classes", {"order": names[0]}, {"order": names[1]})
    known = {entry.id: entry for entry in old.classes}
    for entry in new.classes:
        if entry.id in known:
            yield from _fields(f"classes.{entry.id}", _flat(known[entry.id]), _flat(entry))


def _fields(where: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield Change(f"{where}.{name}", old.get(name, "unknown"), new.get(name, "unknown"))


def _flat(noun: Any, path: str = "") -> dict[str, object]:
    """Return the fields of a noun as plain values; those of a noun inside it with its name before theirs."""
    found: dict[str, object] = {}
    for name in (each.name for each in fields(noun)):
        value = getattr(noun, name)
        if is_dataclass(value):
            found |= _flat(value, f"{path}{name}.")
        elif isinstance(value, Mapping):
            found |= {f"{path}{name}.{key}": to_plain(word) for key, word in value.items()}
        else:
            found[path + name] = to_plain(value)
    return found
