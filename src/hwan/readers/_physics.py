"""Physics on the doorstep: what a file contradicts in itself, found when it is read.

The checks need nothing but the file: its clocks, its battery's voltage, its counters and the repetition of its rows.
What needs the rating, the type or the steps (the sign of the current, the scale, counters against ∫I·dt)
stays with :mod:`hwan.health`. What is checked, how large it must be, and what no check can reveal:
docs/physics.md.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from hwan.core import REQUIRED, Finding, Mark
from hwan.readers._physics_clocks import clocks
from hwan.readers._physics_counters import counters
from hwan.readers._physics_current import ranges, stuck
from hwan.readers._physics_lines import lines
from hwan.readers._physics_rows import rows
from hwan.readers._physics_samples import Range, Samples


def physics(frame: pl.DataFrame, ranges_known: Mapping[str, Range] | None = None) -> tuple[list[Finding], list[Mark]]:
    """Return what samples in declared columns contradict in themselves, and which values were not measured.

    `ranges_known` are the lowest and highest values of columns, where the caller has them.
    """
    if frame.height < 2 or not set(REQUIRED).issubset(frame.columns):
        return [], []
    samples = Samples(frame, ranges_known or {})
    findings = [finding for check in (clocks, ranges, counters, stuck, rows) for finding in check(samples)]
    marks: list[Mark] = []
    for finding, found in lines(samples):
        findings.append(finding)
        marks.extend(found)
    return findings, marks
