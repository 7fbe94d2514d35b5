"""Series resistance and up to two resistor-capacitor pairs of one pulse, or of many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hwan.core import Conditions, Measurement, Refusal
from hwan.health._levenberg import Floats
from hwan.health.pulses._batch import LEAST_PULSE_SAMPLES, Curves, Fitted, checked, fitted, refusals
from hwan.health.pulses._curve import Curve, curve_of
from hwan.health.pulses._estimate import FIGURES
from hwan.health.pulses._figures import Source, figure
from hwan.health.pulses._response import Background

COLUMNS: Final = ("r0_ohm", "r1_ohm", "tau1_second", "r2_ohm", "tau2_second")


@dataclass(frozen=True, slots=True)
class TwoRc:
    """Circuit of one pulse: series resistance and up to two resistor-capacitor pairs.

    Parameters
    ----------
    pairs
        How many pairs the data hold, 0 to 2.
    figures
        R0, R1, τ1, R2, τ2, each measured or refused, the faster pair first. The pulse time in R0's Conditions is
        that of the sampling: everything faster is in it.
    sampling_second
        That time.
    noise_volt
        Standard deviation of the residuals.
    inflation
        Factor on the variances for residuals that go together: 1 for white ones, more where the circuit does not
        describe the cell within the noise.
    curve
        The fitted response over time.
    """

    pairs: int
    figures: tuple[Measurement | Refusal, ...]
    sampling_second: float
    noise_volt: float
    inflation: float
    curve: Curve

    @property
    def r0(self) -> Measurement | Refusal:
        """Series resistance, ohm."""
        return self.figures[0]

    @property
    def r1(self) -> Measurement | Refusal:
        """Resistance of the faster pair, ohm."""
        return self.figures[1]

    @property
    def tau1(self) -> Measurement | Refusal:
        """Time constant of the faster pair, s."""
        return self.figures[2]

    @property
    def r2(self) -> Measurement | Refusal:
        """Resistance of the slower pair, ohm."""
        return self.figures[3]

    @property
    def tau2(self) -> Measurement | Refusal:
        """Time constant of the slower pair, s."""
        return self.figures[4]


def fit_two_rcs(
    time_second: Curves,
    response_volt: Curves,
    current_ampere: npt.ArrayLike,
    pulse_second: npt.ArrayLike,
    *,
    background: Background = "none",
    rest_before_second: npt.ArrayLike = np.inf,
) -> pl.DataFrame:
    """Fit R0 + R1‖C1 + R2‖C2 to many pulses, and tell how well each figure is known.

    Assumes rectangular pulses of constant current from rest, on any sampling grid, even or uneven; the rest after
    the pulse is used as far as it is given. Pulses that share a grid are fitted at once.

    Parameters
    ----------
    time_second
        Seconds since the current began, shape (samples,) for all pulses, or one array per pulse. A sample at 0 lies
        after the current began, one at `pulse_second` after it ended; negative times are the rest before.
    response_volt
        Voltage less the rest voltage before the pulse, shape (pulses, samples), or one array per pulse.
    current_ampere
        Current of the pulse, positive charging, one for all or one per pulse.
    pulse_second
        How long the current flowed, one for all or one per pulse.
    background
        What is fitted beside the circuit: ``none``; ``constant``, an error of the rest voltage; ``charge``, also the
        open-circuit voltage moving with the charge of the pulse; ``drift``, also the drift of a rest before the
        pulse that had not ended: straight, or bent with the age of that rest where it is given.
    rest_before_second
        Age of the rest when the current began, one for all or one per pulse; used with ``drift`` only.

    Returns
    -------
    polars.DataFrame
        One row per pulse: ``pairs``; ``r0_ohm``, ``r1_ohm``, ``tau1_second``, ``r2_ohm``, ``tau2_second`` each
        with ``_low`` and ``_high`` (90 % interval); ``r0_time_second``, below which everything is in R0;
        ``merged`` where a pair as fast as the sampling was; ``bound`` where the slowest pair is slower than what
        was observed: its figures are null, ``_low`` holds, ``_high`` is null; ``noise_volt``; ``inflation``;
        ``refusal_code``, null where there is an answer.

    Raises
    ------
    hwan.core.BadDefinition
        When shapes differ, a value is NaN, time goes back, the current is 0, or a pulse is longer than an hour.

    Notes
    -----
    Variable projection on a grid of τ, then damped Gauss-Newton in ln τ (doi:10.1137/0710036,
    doi:10.1007/BF01932995). Two pairs, one or none by the lowest n ln(cost/n) + p ln n
    (doi:10.1214/aos/1176344136). Valid for a linear, time-invariant answer: a real cell's diffusion is not two
    pairs, and `inflation` above 1 tells so.
    """
    pulses = checked(time_second, response_volt, current_ampere, pulse_second, background, rest_before_second)
    groups = fitted(pulses)
    codes = refusals(pulses, groups)
    columns: dict[str, npt.NDArray[np.generic]] = {
        "pairs": np.zeros(len(pulses), dtype=np.int64),
        **{name: np.full(len(pulses), np.nan) for name in _FLOATS},
        "merged": np.zeros(len(pulses), dtype=np.bool_),
        "bound": np.zeros(len(pulses), dtype=np.bool_),
    }
    for group in groups:
        for name, values in _told(group, pulses.current_ampere):
            columns[name][group.rows] = values
    frame = pl.DataFrame(columns, schema=_SCHEMA).with_columns(pl.Series("refusal_code", codes, dtype=pl.String))
    answered = pl.col("refusal_code").is_null()
    return frame.with_columns(
        pl.when(answered & pl.col(_FLOATS).is_finite()).then(pl.col(_FLOATS)),
        pl.when(answered).then(pl.col("pairs", "merged", "bound")),
    )


_FLOATS: Final = [
    *(f"{name}{end}" for name in COLUMNS for end in ("", "_low", "_high")), "r0_time_second", "noise_volt", "inflation",
]  # fmt: skip
_SCHEMA: Final = {"pairs": pl.Int64} | dict.fromkeys(_FLOATS, pl.Float64) | {"merged": pl.Boolean, "bound": pl.Boolean}


def _told(group: Fitted, current_ampere: Floats) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    found = group.estimates
    for at, name in enumerate(COLUMNS):
        yield from ((f"{name}{end}", values[:, at]) for end, values in
                    (("", found.value), ("_low", found.low), ("_high", found.high)))  # fmt: skip
    yield "r0_time_second", np.full(len(group.rows), group.space.grid.sampling_second)
    yield "noise_volt", found.noise_ohm * np.abs(current_ampere[group.rows])
    yield "inflation", found.inflation
    yield "pairs", found.pairs
    yield "merged", found.merged
    yield "bound", found.bound


def fit_two_rc(
    time_second: npt.ArrayLike,
    response_volt: npt.ArrayLike,
    current_ampere: float,
    pulse_second: float,
    *,
    background: Background = "none",
    rest_before_second: float = np.inf,
) -> TwoRc | Refusal:
    """Fit R0 + R1‖C1 + R2‖C2 to one pulse: :func:`fit_two_rcs` of one, with measurements.

    Parameters
    ----------
    time_second, response_volt
        Shape (samples,); as in :func:`fit_two_rcs`.
    current_ampere, pulse_second, background, rest_before_second
        As in :func:`fit_two_rcs`.

    Returns
    -------
    TwoRc
        R0 always; R1, τ1, R2, τ2 measured, or refused where the data do not hold the pair, or where it is slower
        than what was observed (the refusal's values then hold the lower bound).
    Refusal
        With too few samples while the current flows, no response above the noise, or one against the current.

    Raises
    ------
    hwan.core.BadDefinition
        As :func:`fit_two_rcs`.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(0, 30, 0.1)
    >>> volts = -5 * (0.01 + 0.004 * (1 - np.exp(-t / 1.5)) + 0.006 * (1 - np.exp(-t / 20)))
    >>> circuit = fit_two_rc(t, volts, -5.0, 30.0)
    >>> [round(each.value, 4) for each in circuit.figures]
    [0.01, 0.004, 1.5, 0.006, 20.0]
    """
    direction = Conditions(current_ampere=current_ampere, direction="charge" if current_ampere > 0 else "discharge")
    return fitted_circuit(
        time_second, response_volt, current_ampere, pulse_second, background, rest_before_second, Source(direction)
    )


def fitted_circuit(
    time_second: npt.ArrayLike, response_volt: npt.ArrayLike, current_ampere: float, pulse_second: float,
    background: Background, rest_before_second: float, source: Source,
) -> TwoRc | Refusal:  # fmt: skip
    """Return :func:`fit_two_rc` with what is known of the pulse."""
    pulses = checked([time_second], [response_volt], current_ampere, pulse_second, background, rest_before_second)
    groups = fitted(pulses)
    code = refusals(pulses, groups)[0]
    if code is not None:
        values = {"samples": len(pulses.time_second[0]), "least": LEAST_PULSE_SAMPLES}
        return Refusal("pulse_circuit", str(code), ("pulse",), _TESTS[str(code)], values, source.evidence)
    group = groups[0]
    found, grid = group.estimates, group.space.grid
    return TwoRc(
        pairs=int(found.pairs[0]),
        figures=tuple(figure(group, at, source) for at in range(len(FIGURES))),
        sampling_second=grid.sampling_second,
        noise_volt=float(found.noise_ohm[0]) * abs(current_ampere),
        inflation=float(found.inflation[0]),
        curve=curve_of(grid, found, 0, current_ampere),
    )


_TESTS: Final = {
    "pulse_too_few_samples": "pulse_sampled_finer",
    "pulse_no_response": "pulse_of_more_current",
    "pulse_against_current": "mend_the_sign",
}
