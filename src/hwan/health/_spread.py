"""The spread of cell voltages at rest: a witness at the safety gate, and none of the weakest cell."""

from __future__ import annotations

from typing import Final

from hwan.core import UNKNOWN, Conditions, ErrorComponent, Measurement, Validation
from hwan.health._accuracy import taps_of
from hwan.health._analysis import Analysis
from hwan.health._cells import Cells
from hwan.health._uncertainty import Figure

REST_LEAST_SECOND: Final = 600.0
"""After a shorter rest the spread still holds the cells' different polarisation."""


def spread_of(analysis: Analysis) -> Measurement | None:
    """Return the highest minus the lowest cell voltage, in V, at the end of the longest rest.

    Assumes that all cells were recorded (:class:`~hwan.health._signals.Cells`); None without them or
    without a rest of `REST_LEAST_SECOND`.
    """
    cells = analysis.data.cells
    rests = analysis.steps.filter(kind="rest").sort("duration_second")
    if (
        not isinstance(cells, Cells)
        or cells.unseen
        or not len(rests)
        or rests["duration_second"][-1] < REST_LEAST_SECOND
    ):
        return None
    last = int(rests["last_sample"][-1])
    value = float(cells.highest_volt[last] - cells.lowest_volt[last])
    taps = taps_of(analysis.recording)
    offset = taps.voltage_offset_volt
    parts = tuple(ErrorComponent(f"{which}_tap_offset", offset, "uniform", taps.id) for which in ("highest", "lowest"))
    figure = Figure(value, parts)
    temperature = analysis.temperature(last, last)
    return Measurement(
        quantity="cell_voltage_spread",
        value=value,
        unit="V",
        quantiles=figure.quantiles(),
        conditions=Conditions(
            temperature_celsius=UNKNOWN if temperature is None else temperature,
            rest_before_second=float(rests["duration_second"][-1]),
        ),
        method="cell_voltage_spread.rest",
        method_version="1",
        components=figure.components,
        evidence=analysis.evidence(last, last),
        validation=Validation(),
    )
