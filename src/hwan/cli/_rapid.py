"""Rapid evaluation as it is asked for: which models, which stages; and which of them a battery is told by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwan.core import Assessment, BatteryType, Finding, known_or

if TYPE_CHECKING:
    from hwan.assess import Rapid, Stages
    from hwan.health.rapid import Population, RapidModel, Visit

DEFAULT_STAGES: Final = "house-stages/1"
QUANTITY: Final = "state_of_health_capacity"


@dataclass(frozen=True, slots=True)
class RapidAsked:
    """What a call says of rapid evaluation: models by id or path, none for those of the type; and the stages."""

    models: tuple[str, ...] = ()
    stages: str | None = None
    check_cells: Path | None = None

    def loaded(self) -> RapidWanted:
        """Return the same with every definition of the user's checked.

        Raises
        ------
        hwan.core.UsageError
            Names what is unknown or malformed.
        """
        from hwan.assess import load_stages
        from hwan.health.rapid import load_model, populations

        stages = load_stages(self.stages or DEFAULT_STAGES)
        named = {name: load_model(name) for name in self.models}
        known = {name: model.population for name, model in named.items()} or populations()
        return RapidWanted(known, stages, named=bool(named), held=dict(named), check_cells=self.check_cells)


@dataclass(frozen=True, slots=True)
class RapidWanted:
    """Models by the population of each, and stages; `named` where the user chose the models.

    `shifted` where the series said so. A model is loaded, and `held`, when a battery is of its type.
    """

    populations: Mapping[str, Population]
    stages: Stages
    named: bool
    shifted: bool = False
    held: dict[str, RapidModel] = field(default_factory=dict)
    check_cells: Path | None = None
    checked: dict[str, dict[str, float]] = field(default_factory=dict)

    def of(self, kind: BatteryType, batch: str) -> Rapid:
        """Return how one battery is evaluated: by the models named, else by those of its type.

        Where there is none of its type all are asked, the nearest first: its refusal says what differs.
        """
        from hwan.assess import Rapid

        names = tuple(self.populations) if self.named else self._of_type(kind) or self._nearest_first(kind)
        models = tuple(self._model(name) for name in names)
        return Rapid(models, self.stages, batch, self.shifted, dict(self._visits(models)))

    def _visits(self, models: Iterable[RapidModel]) -> Iterator[tuple[str, Visit]]:
        """Yield what check cells say of the series, by the model."""
        if self.check_cells is not None:
            from hwan.cli._calibrate_table import frame_of
            from hwan.health.rapid import check_responses, prove_checks, visit_of_checks

            source = str(self.check_cells)
            for model in models:
                values, known = check_responses(frame_of(self.check_cells, model.protocol), model.protocol, source)
                visit = visit_of_checks(model, values, known)
                prove_checks(model, visit, values, known, source)
                self.checked[model.id] = {"rows": len(known), "factor": visit.factor}
                yield model.id, visit

    def of_series(self, assessments: Sequence[Assessment]) -> RapidWanted:
        """Return the same, shifted where the batteries of one call lie too far from the calibrated ones together."""
        from hwan.assess import Rapid, is_shifted

        return replace(self, shifted=is_shifted(Rapid(tuple(self.held.values()), self.stages), assessments))

    def beside(self, assessment: Assessment) -> Assessment:
        """Return the assessment; where no model is of the battery's type, the known types are a finding."""
        used = [Finding("rapid_checked", "note", "rapid", self.checked[name]) for name in self.used(assessment)
                if name in self.checked]  # fmt: skip
        assessment = replace(assessment, findings=(*assessment.findings, *used)) if used else assessment
        if self.named or self._of_type(assessment.battery.type):
            return assessment
        finding = Finding("rapid_types_known", "warning", "rapid", {"known": ", ".join(self._types())})
        return replace(assessment, findings=(*assessment.findings, finding))

    def used(self, assessment: Assessment) -> dict[str, str]:
        """Return id and SHA-256 of the models whose answers stand in an assessment."""
        named = {each.validation.note for each in assessment.measurements if each.method.startswith("rapid.")}
        return {each.id: each.sha256 for each in self.held.values() if each.id in named}

    def _model(self, name: str) -> RapidModel:
        if name not in self.held:
            from hwan.health.rapid import load_model

            self.held[name] = load_model(name)
        return self.held[name]

    def _of_type(self, kind: BatteryType) -> tuple[str, ...]:
        from hwan.health.rapid import is_of_type

        return tuple(name for name, own in self.populations.items() if is_of_type(own, kind))

    def _nearest_first(self, kind: BatteryType) -> tuple[str, ...]:
        other = known_or(kind.chemistry, "unknown")
        return tuple(sorted(self.populations, key=lambda name: self.populations[name].chemistry != other))

    def _types(self) -> Iterator[str]:
        for name, own in self.populations.items():
            yield f"{own.chemistry} {own.rated_capacity_ah:g} Ah ({name})"
