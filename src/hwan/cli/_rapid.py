"""Rapid evaluation as it is asked for: which models, which stages; and which of them a battery is told by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hwan.core import Assessment, BatteryType, Finding, known_or

if TYPE_CHECKING:
    from hwan.assess import Rapid, Stages
    from hwan.health.rapid import RapidModel

DEFAULT_STAGES: Final = "house-stages/1"
QUANTITY: Final = "state_of_health_capacity"


@dataclass(frozen=True, slots=True)
class RapidAsked:
    """What a call says of rapid evaluation: models by id or path, none for those of the type; and the stages."""

    models: tuple[str, ...] = ()
    stages: str | None = None

    def loaded(self) -> RapidWanted:
        """Return the same with every definition loaded.

        Raises
        ------
        hwan.core.UsageError
            Names what is unknown or malformed.
        """
        from hwan.assess import load_stages
        from hwan.health.rapid import load_model, models

        stages = load_stages(self.stages or DEFAULT_STAGES)
        return RapidWanted(tuple(load_model(name) for name in self.models or models()), stages, named=bool(self.models))


@dataclass(frozen=True, slots=True)
class RapidWanted:
    """Models and stages, loaded; `named` where the user chose the models, `shifted` where the series said so."""

    models: tuple[RapidModel, ...]
    stages: Stages
    named: bool
    shifted: bool = False

    def of(self, kind: BatteryType, batch: str) -> Rapid:
        """Return how one battery is evaluated: by the models named, else by those of its type.

        Where there is none of its type all are asked, the nearest first: its refusal says what differs.
        """
        from hwan.assess import Rapid

        chosen = self.models if self.named else self._of_type(kind) or self._nearest_first(kind)
        return Rapid(chosen, self.stages, batch, self.shifted)

    def of_series(self, assessments: Sequence[Assessment]) -> RapidWanted:
        """Return the same, shifted where the batteries of one call lie too far from the calibrated ones together."""
        from hwan.assess import Rapid, is_shifted

        return replace(self, shifted=is_shifted(Rapid(self.models, self.stages), assessments))

    def beside(self, assessment: Assessment) -> Assessment:
        """Return the assessment; where no model is of the battery's type, the known types are a finding."""
        if self.named or self._of_type(assessment.battery.type):
            return assessment
        finding = Finding("rapid_types_known", "warning", "rapid", {"known": ", ".join(self._types())})
        return replace(assessment, findings=(*assessment.findings, finding))

    def used(self, assessment: Assessment) -> dict[str, str]:
        """Return id and SHA-256 of the models whose answers stand in an assessment."""
        named = {each.validation.note for each in assessment.measurements if each.method.startswith("rapid.")}
        return {each.id: each.sha256 for each in self.models if each.id in named}

    def _of_type(self, kind: BatteryType) -> tuple[RapidModel, ...]:
        from hwan.health.rapid import is_of_type

        return tuple(each for each in self.models if is_of_type(each, kind))

    def _nearest_first(self, kind: BatteryType) -> tuple[RapidModel, ...]:
        other = known_or(kind.chemistry, "unknown")
        return tuple(sorted(self.models, key=lambda each: each.population.chemistry != other))

    def _types(self) -> Iterator[str]:
        for each in self.models:
            yield f"{each.population.chemistry} {each.population.rated_capacity_ah:g} Ah ({each.id})"
