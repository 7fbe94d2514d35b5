"""Rapid state of health: from the answer to a short test, with an interval that holds on cells never seen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from hwan.health.rapid._evaluate import CLAIM, FAR, FULL_TEST, is_of_type, rapid_state_of_health
from hwan.health.rapid._library import load_model, models, populations
from hwan.health.rapid._model import Origin, Population, RapidModel, Reference
from hwan.health.rapid._nearness import chance, series_shifted
from hwan.health.rapid._partial import partial_responses
from hwan.health.rapid._predict import CALIBRATED_VISIT, Predictions, Visit, corrected, predict
from hwan.health.rapid._protocol import PULSES_5_SECOND, PartialProtocol, PulseProtocol, RapidProtocol, Response
from hwan.health.rapid._pulses import pulse_responses

if TYPE_CHECKING:
    from hwan.health.rapid._calibrate import About, Calibrated, calibrate, with_later_visits
    from hwan.health.rapid._chart import ControlChart, control_chart
    from hwan.health.rapid._checks import prove_checks, visit_of_checks
    from hwan.health.rapid._conformal import assumed_bound, cell_quantile, least_cells
    from hwan.health.rapid._deferral import (
        Deferral,
        by_limit,
        by_tolerance,
        coverage_band,
        interval_score,
        minutes_per_battery,
        upper_bound,
    )
    from hwan.health.rapid._table import CalibrationTable, calibration_table, check_responses

__all__ = [
    "About", "CALIBRATED_VISIT", "CLAIM", "Calibrated", "CalibrationTable", "ControlChart", "Deferral", "FAR",
    "FULL_TEST", "Origin", "PULSES_5_SECOND", "PartialProtocol", "Population", "Predictions", "PulseProtocol",
    "RapidModel", "RapidProtocol", "Reference", "Response", "Visit", "assumed_bound", "by_limit", "by_tolerance",
    "calibrate", "calibration_table", "cell_quantile", "chance", "check_responses", "control_chart", "corrected",
    "coverage_band", "interval_score", "is_of_type", "least_cells", "load_model", "minutes_per_battery", "models",
    "partial_responses", "populations", "predict", "prove_checks", "pulse_responses", "rapid_state_of_health",
    "series_shifted", "upper_bound", "visit_of_checks", "with_later_visits",
]  # fmt: skip

_LATER: Final = {
    "_calibrate": ("About", "Calibrated", "calibrate", "with_later_visits"),
    "_chart": ("ControlChart", "control_chart"),
    "_checks": ("prove_checks", "visit_of_checks"),
    "_conformal": ("assumed_bound", "cell_quantile", "least_cells"),
    "_deferral": (
        "Deferral", "by_limit", "by_tolerance", "coverage_band", "interval_score", "minutes_per_battery", "upper_bound",
    ),
    "_table": ("CalibrationTable", "calibration_table", "check_responses"),
}  # fmt: skip
"""What calibrates and compares, by its module: a battery that is evaluated does not wait for it."""


def __getattr__(name: str) -> Any:
    """Import what calibrates when it is first used."""
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
