"""``hwan health modes``: electrode balance and degradation modes of the slow charges and discharges of files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hwan.cli import _options as option
from hwan.cli._chemistry import chemistry_or_file
from hwan.cli._health_modes_said import Evaluated, Run, chapters, plain_recording, points, print_runs
from hwan.cli._health_page import Direction, Outputs, Page, Points, Way, in_time
from hwan.cli._health_pairs import Pairs, origins, pairs_of
from hwan.cli._outcome import DONE, REFUSED, document
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._work import over
from hwan.core import UNKNOWN, BatteryType, Recording, Refusal, is_known, text

if TYPE_CHECKING:
    from hwan.health.modes import Curve

SCHEMA: Final = "hwan.health.modes/1"


Negative = Annotated[
    str | None,
    typer.Option("--negative", help="Half-cell of the negative: an id, or your own file; by default the chemistry's."),
]
Positive = Annotated[
    str | None,
    typer.Option("--positive", help="Half-cell of the positive: an id, or your own file; by default the chemistry's."),
]
Silicon = Annotated[
    str | None, typer.Option("--silicon", help="Half-cell of a second material of the negative; its share is fitted.")
]
Fresh = Annotated[
    list[Path] | None,
    typer.Option("--fresh", help="Slow charge of the fresh cell, or of fresh cells of its type; without: no losses."),
]
Resistance = Annotated[
    float | None,
    typer.Option("--resistance-ohm", help="Take the drop of the current out with this resistance (up to C/5)."),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call says beside its files."""

    pairs: Pairs
    fresh: tuple[Curve, ...]
    kind: BatteryType
    way: Way
    resistance_ohm: float | None


def evaluate_modes(
    files: option.Files,
    negative: Negative = None,
    positive: Positive = None,
    silicon: Silicon = None,
    fresh: Fresh = None,
    rated_capacity_ah: option.Capacity = None,
    chemistry: option.Chemistry = "unknown",
    series_count: option.Series = None,
    direction: Direction = Way.both,
    resistance_ohm: Resistance = None,
    continued: option.Continued = False,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Capacities of both electrodes, lithium inventory, and what was lost of them, from slow charges of a cell."""
    own = (mapping, chemistry, negative, positive, silicon)
    outputs = Outputs(csv, report, lang.value, (*files, *(fresh or ()), *own))
    kind = BatteryType(
        chemistry=chemistry_or_file(chemistry),
        rated_capacity_ah=rated_capacity_ah or UNKNOWN,
        series_count=series_count or UNKNOWN,
    )
    pairs = pairs_of(negative, positive, silicon, chemistry)
    wanted = Wanted.of(key, mapping, continued=continued)
    curves = tuple(each for path in fresh or () for each in _fresh(path, wanted, kind, resistance_ohm))
    asked = Asked(pairs, curves, kind, direction, resistance_ohm)
    done = over(
        wanted.groups(files),
        lambda group: [_evaluated(in_time(each), asked) for each in wanted.recordings(group)],
        name_of,
        outputs.language,
    )
    used = origins([pairs.chosen] if pairs.chosen else [], text("name", "half_cell", outputs.language))
    outputs.write(
        done, lambda: points(done.results), "modes_title", lambda: chapters(done.results, pairs, outputs.language), used
    )
    told = [plain_recording(each, pairs) for each in done.results] if json else []
    content = document(SCHEMA, done.failures, recordings=told) if json else None
    outputs.tell(done, content, lambda: print_runs(done.results, pairs, outputs.language), chemistry, "modes")
    return done.exit_code(*(DONE if each.answered else REFUSED for each in done.results))


def _fresh(path: Path, wanted: Wanted, kind: BatteryType, resistance_ohm: float | None) -> Iterable[Curve]:
    """Return the first slow charge and the first slow discharge of a fresh cell's file."""
    from hwan.core import NothingInside
    from hwan.health.modes import slow_curves

    found = [slow_curves(each, kind) for each in wanted.recordings((path,))]
    curves = [curve for each in found if not isinstance(each, Refusal) for curve in each]
    first = {curve.direction: curve for curve in reversed(curves) if is_known(curve.direction)}
    if not first:
        raise NothingInside("modes_fresh_without_run", source=str(path))
    return [_corrected(curve, resistance_ohm) for curve in first.values()]


def _evaluated(recording: Recording, asked: Asked) -> Evaluated:
    """Evaluate every slow run of a recording, each against fresh runs of its own direction where there are any."""
    from hwan.health.modes import slow_curves

    source = recording.provenance.source_name
    runs = asked.pairs.refusal or slow_curves(recording, asked.kind)
    if isinstance(runs, Refusal):
        return Evaluated(source, refusal=runs)
    wanted = [each for each in runs if asked.way is Way.both or each.direction == asked.way.value]
    if not wanted:
        missing = Refusal("degradation_modes", "modes_no_run_of_direction", ("slow charge",), "modes_slow_full_charge")
        return Evaluated(source, refusal=missing)
    return Evaluated(source, tuple(_run(each, asked) for each in wanted))


def _run(run: Curve, asked: Asked) -> Run:
    from hwan.health.modes import Design, degradation_modes

    kind = asked.kind
    alike = tuple(each for each in asked.fresh if each.direction == run.direction) or asked.fresh
    curve = _corrected(run, asked.resistance_ohm)
    electrodes = asked.pairs.settled((*alike, curve)[0], kind.rated_capacity_ah)
    design = Design(rated_capacity_ah=kind.rated_capacity_ah)
    found = degradation_modes(curve, electrodes, fresh=alike, design=design, chemistry=kind.chemistry)
    return Run(int(run.name.rpartition(" ")[2]), run.direction, electrodes, found)


def _corrected(curve: Curve, resistance_ohm: float | None) -> Curve:
    from hwan.health.modes import without_drop

    return curve if resistance_ohm is None else without_drop(curve, resistance_ohm)
