"""The table of many fits: one row per spectrum, a column and an interval for each parameter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from hwan.health.impedance._circuit import Circuit, from_coordinates
from hwan.health.impedance._elements import SUFFIXES, Floats
from hwan.health.impedance._fit_batch import GridFits, Group, arranged
from hwan.health.impedance._fit_checks import Checked
from hwan.health.impedance._fit_derived import DERIVED, admittance_names, admittances

Block = tuple[tuple[int, ...], GridFits]
_FIXED: Final = {
    "position": pl.Int64, "circuit": pl.String, "noise": pl.Float64, "passed": pl.Boolean,
    "residuals_alike": pl.Boolean, "converged": pl.Boolean, "points_left_out": pl.Int64, "refusal_code": pl.String,
}  # fmt: skip
_LAST: Final = ("noise", "passed", "residuals_alike", "converged", "points_left_out", "refusal_code")


def table_of(names: Sequence[str], blocks: Sequence[Block], wanted: Circuit | None) -> pl.DataFrame:
    """Return the table; `names` are those of the spectra, in their order."""
    frames = [pl.DataFrame(schema=_FIXED)]
    for positions, grid in blocks:
        frames += [_of_group(positions, group, grid.checks) for group in grid.groups]
        frames.append(_of_refused(positions, grid.checks))
    circuits = [arranged(wanted)] if wanted else [g.fits.found.circuit for _, grid in blocks for g in grid.groups]
    columns = list(dict.fromkeys(name for each in circuits for name in _columns(each)))
    frame = pl.concat(frames, how="diagonal").sort("position")
    frame = frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in columns if name not in frame.columns)
    return frame.with_columns(pl.Series("name", names, pl.String)).select("name", "circuit", *columns, *_LAST)


def _columns(circuit: Circuit) -> Iterator[str]:
    derived = [name + SUFFIXES[DERIVED] for name in admittance_names(circuit)]
    for name in (*(each.column for each in circuit.parameters), *derived):
        yield from (name, f"{name}_low", f"{name}_high")


def _of_group(positions: tuple[int, ...], group: Group, checks: Checked) -> pl.DataFrame:
    fits, described = group.fits, group.described
    frame = pl.DataFrame(
        {
            "position": np.array(positions)[group.positions],
            "circuit": [fits.found.circuit.text] * len(described),
            "noise": fits.noise,
            "passed": pl.Series([checks.passed[place] for place in group.positions], dtype=pl.Boolean),
            "residuals_alike": fits.alike,
            "converged": fits.found.converged,
            "points_left_out": np.count_nonzero(group.spectra.weight == 0, axis=1),
            "refusal_code": pl.Series(
                [None if good else "circuit_not_described" for good in described], dtype=pl.String
            ),
            **dict(_figures(group)),
        }
    )
    figures = [name for name in frame.columns if name not in _FIXED]
    return frame.with_columns(
        pl.when(pl.col("refusal_code").is_null()).then(pl.col(name)).alias(name) for name in figures
    )


def _figures(group: Group) -> Iterator[tuple[str, Floats]]:
    fits, circuit = group.fits, group.fits.found.circuit
    middle, low, high = (from_coordinates(circuit, each) for each in (fits.found.at, fits.low, fits.high))
    for number, each in enumerate(circuit.parameters):
        yield each.column, middle[:, number]
        yield f"{each.column}_low", low[:, number]
        yield f"{each.column}_high", high[:, number]
    for name, center, half in admittances(fits):
        column = name + SUFFIXES[DERIVED]
        yield column, np.exp(center)
        yield f"{column}_low", np.exp(center - half)
        yield f"{column}_high", np.exp(center + half)


def _of_refused(positions: tuple[int, ...], checks: Checked) -> pl.DataFrame:
    rows = [place for place, code in enumerate(checks.refused) if code]
    columns = {
        "position": [positions[place] for place in rows],
        "passed": [checks.passed[place] for place in rows],
        "refusal_code": [checks.refused[place] for place in rows],
    }
    return pl.DataFrame(columns, schema={name: _FIXED[name] for name in columns})
