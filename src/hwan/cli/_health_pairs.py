"""The half-cells of a call of ``hwan health modes``: those stated, or a pair that the chemistry names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hwan.core import Refusal, UsageError, text

if TYPE_CHECKING:
    from hwan.health.modes import Curve, Electrodes


@dataclass(slots=True)
class Pairs:
    """The pairs that may be meant; all runs of a call are evaluated with one of them.

    Parameters
    ----------
    candidates
        One where the call or the chemistry leaves no choice; none where the chemistry refuses the method.
    stated
        Whether the call named them.
    chemistry
        Id of the chemistry that names them.
    fitted_to
        The recording whose first run decided between several; empty before, and where nothing had to be decided.
    """

    candidates: tuple[Electrodes, ...]
    stated: bool
    chemistry: str
    refusal: Refusal | None = None
    fitted_to: str = ""
    chosen: Electrodes | None = None

    @property
    def basis(self) -> str:
        """What the choice rests on: the call, the chemistry's one pair, or the best fit of its several."""
        return "stated" if self.stated else "chemistry" if len(self.candidates) == 1 else "best_fit"

    def settled(self, curve: Curve, rated_capacity_ah: Any) -> Electrodes:
        """Return the half-cells of the call; the first curve that is seen decides between several pairs."""
        if self.chosen is None:
            self.chosen = self.candidates[0]
            if len(self.candidates) > 1:
                self.fitted_to = curve.name.rpartition(", ")[0]
                self.chosen = min(self.candidates, key=lambda pair: _misfit(curve, pair, rated_capacity_ah))
        return self.chosen

    def words(self, language: str) -> str:
        """Return which half-cells were used, and why these."""
        values = {
            "names": ", ".join(names(self.chosen).values()) if self.chosen else "", "chemistry": self.chemistry,
            "count": len(self.candidates), "run": self.fitted_to,
        }  # fmt: skip
        return text("screen", f"modes_half_cells_{self.basis}", language, values)


def pairs_of(negative: str | None, positive: str | None, silicon: str | None, chemistry: str) -> Pairs:
    """Return the half-cells that a call states, else the pairs of its chemistry.

    Raises
    ------
    UsageError
        When one of two is stated, or none and no chemistry.
    """
    from hwan.health.halfcells import half_cell
    from hwan.health.modes import Electrodes
    from hwan.health.profiles import applicable, profile

    if (negative is None) != (positive is None):
        raise UsageError("modes_half_cell_alone", given="--negative" if negative else "--positive")
    second = half_cell(silicon) if silicon else None
    if negative is not None and positive is not None:
        return Pairs((Electrodes(half_cell(negative), half_cell(positive), second),), stated=True, chemistry=chemistry)
    if chemistry == "unknown":
        raise UsageError("modes_half_cells_not_stated")
    own = profile(chemistry)
    found = (Electrodes(half_cell(each.negative), half_cell(each.positive), second) for each in own.half_cells)
    refusal = applicable(own, "modes")
    return Pairs(() if refusal else tuple(found), stated=False, chemistry=own.id, refusal=refusal)


def names(electrodes: Electrodes) -> dict[str, str]:
    """Return the ids of half-cells by their place."""
    cells = {"negative": electrodes.negative, "positive": electrodes.positive, "silicon": electrodes.silicon}
    return {place: each.id for place, each in cells.items() if each is not None}


def origins(electrodes: Sequence[Electrodes], kind: str) -> list[tuple[str, str, str]]:
    """Return kind, id and sha256 of each half-cell, for the foot of a page."""
    cells = (each for pair in electrodes for each in (pair.negative, pair.positive, pair.silicon))
    return list(dict.fromkeys((kind, each.id, each.sha256) for each in cells if each is not None))


def _misfit(curve: Curve, electrodes: Electrodes, rated_capacity_ah: Any) -> tuple[bool, float, float]:
    """Return how badly a pair fits: refused or not, how far beyond their stated errors the tables are, the residual."""
    from hwan.health.modes import Design, degradation_modes

    found = degradation_modes(curve, electrodes, design=Design(rated_capacity_ah=rated_capacity_ah))
    if isinstance(found, Refusal):
        return True, float(found.values.get("ratio", 0.0)), float(found.values.get("residual_mv", 0.0))
    return False, found.balance.table_ratio, found.balance.residual_volt
