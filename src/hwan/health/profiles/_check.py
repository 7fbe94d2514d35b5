"""What a profile must hold to beyond its schema, checked when it is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hwan.core import LANGUAGES, BadDefinition, Quantity, Unknown, UnknownName, UsageError, is_known, outside
from hwan.core.errors import Problem
from hwan.health.halfcells import HalfCell, check_pair, half_cell
from hwan.health.profiles._profile import CAUTIONS, METHODS, REASONS, TESTS, MethodEntry, Profile, VoltageWindow

ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CELL: Final = Quantity("V", 0, 6)
"""No cell of one electrolyte has more."""
REACH_VOLT: Final = 0.3
"""By so much a cell's cut-offs may lie beyond what its two tables give: a flat table may end before its last spike."""
VOLTS: Final = ("lowest_volt", "lower_volt", "upper_volt", "highest_volt")
"""The voltages of a window in the order in which they must rise."""
KINDS: Final = {"reason": "profile reason", "lifted_by": "profile test"}
PLAN: Final = {
    "rate_per_hour": Quantity("1/h", 0.01, 10),
    "end_of_charge_per_hour": Quantity("1/h", 0.001, 1),
    "rest_minute": Quantity("min", 1, 10_000),
    "slow_rate_per_hour": Quantity("1/h", 0.001, 0.2),
    "temperature_celsius": Quantity("degC", -60, 150),
    "pulse_per_hour": Quantity("1/h", 0.05, 50),
    "pulse_second": Quantity("s", 0.1, 600),
    "pulse_rest_minute": Quantity("min", 0, 10_000),
}


def contradictions(found: Profile, source: str) -> Iterator[UsageError]:
    """Yield everything that is wrong with a profile that fits its schema."""
    told = (*_label_problems(found), *_window_problems(found.window), *_plan_problems(found))
    if told:
        yield BadDefinition("definition_malformed", *told, source=source)
    yield from _method_errors(found, source)
    yield from _pair_errors(found, source)


def _label_problems(found: Profile) -> Iterator[Problem]:
    if not ID.fullmatch(found.id):
        yield "profile_id", {"field": "id", "got": found.id}
    for language in LANGUAGES:
        if not found.title.get(language):
            yield "missing", {"field": f"title.{language}"}


def _window_problems(window: VoltageWindow) -> Iterator[Problem]:
    known = {name: value for name in VOLTS if is_known(value := getattr(window, name))}
    for name, value in known.items():
        if not CELL.holds(value):
            yield outside(f"window.{name}", value, CELL)
    order = list(known.values())
    if is_known(window.lower_volt) != is_known(window.upper_volt):
        yield "profile_half_window", {"field": "window.lower_volt, window.upper_volt"}
    elif order != sorted(set(order)):
        yield "profile_window_order", {"field": "window", "got": " … ".join(f"{value:g}" for value in order)}


def _plan_problems(found: Profile) -> Iterator[Problem]:
    for name, quantity in PLAN.items():
        value = getattr(found.plan, name)
        if not quantity.holds(value):
            yield outside(f"plan.{name}", value, quantity)


def _method_errors(found: Profile, source: str) -> Iterator[UsageError]:
    for name in found.methods:
        if name not in METHODS:
            yield UnknownName("method", name, METHODS, f"{source}, methods")
    missing = tuple(("missing", {"field": f"methods.{name}"}) for name in METHODS if name not in found.methods)
    if missing:
        yield BadDefinition("definition_malformed", *missing, source=source)
    for name, entry in found.methods.items():
        yield from _entry_errors(name, entry, source)


def _entry_errors(name: str, entry: MethodEntry, source: str) -> Iterator[UsageError]:
    refused = entry.status == "refused"
    field = f"methods.{name}"
    reasons = REASONS if refused else CAUTIONS
    yield from _code_errors("reason", entry.reason, reasons, entry.status != "applies", field, source)
    yield from _code_errors("lifted_by", entry.lifted_by, TESTS, refused, field, source)
    if is_known(entry.lifted_by) and not refused:
        nothing: Problem = ("profile_nothing_to_lift", {"field": f"{field}.lifted_by"})
        yield BadDefinition("definition_malformed", nothing, source=source)


def _code_errors(
    part: str, code: str | Unknown, known: Sequence[str], needed: bool, field: str, source: str
) -> Iterator[UsageError]:
    if isinstance(code, Unknown):
        if needed:
            yield BadDefinition("definition_malformed", ("missing", {"field": f"{field}.{part}"}), source=source)
    elif code not in known:
        yield UnknownName(KINDS[part], code, known, f"{source}, {field}.{part}")


def _pair_errors(found: Profile, source: str) -> Iterator[UsageError]:
    modes = found.methods.get("modes")
    if modes and (modes.status != "refused") != bool(found.half_cells):
        yield BadDefinition("profile_modes_half_cells", source=source, got=modes.status, count=len(found.half_cells))
    for pair in found.half_cells:
        try:
            negative, positive = half_cell(pair.negative), half_cell(pair.positive)
            check_pair(negative, positive)
        except UsageError as error:
            yield error
        else:
            yield from _reach_errors(found.window, negative, positive, source)


def _reach_errors(window: VoltageWindow, negative: HalfCell, positive: HalfCell, source: str) -> Iterator[UsageError]:
    """Yield an error where two half-cells cannot give the voltages of the window, whatever their balance."""
    low = float(positive.potential_volt.min() - negative.potential_volt.max())
    high = float(positive.potential_volt.max() - negative.potential_volt.min())
    lower, upper = window.lower_volt, window.upper_volt
    if isinstance(lower, Unknown) or isinstance(upper, Unknown):
        return
    if low > lower + REACH_VOLT or high < upper - REACH_VOLT:
        pair = f"{negative.id}, {positive.id}"
        yield BadDefinition(
            "profile_window_reach", source=source, pair=pair, low=low, high=high, lower=lower, upper=upper
        )


def beside(name: str, source: Path) -> str:
    """Return a half-cell's path as seen from the profile's file; an id stays as it is.

    >>> beside("lmfp.toml", Path("lab/lmfp-profile.toml")).replace(chr(92), "/"), beside("lfp/1", Path("lab/x.toml"))
    ('lab/lmfp.toml', 'lfp/1')
    """
    path = Path(name)
    return str(source.parent / path) if path.suffix in (".toml", ".json") and not path.is_absolute() else name
