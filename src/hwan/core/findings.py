"""A finding is what was noticed about data: a code and its values, never a sentence.

The sentence is rendered from (code, language) by :mod:`hwan.core.language`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Scalar = str | int | float | bool
Severity = Literal["note", "warning", "stop"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed about a recording, a step or a measurement.

    Parameters
    ----------
    code
        Name of the finding in the language files, for example ``auxiliary_data_lost``.
    severity
        ``note`` informs, ``warning`` widens or qualifies a figure, ``stop`` refuses the grade.
    where
        File, column or rows, for example ``column voltage_volt`` or ``rows 120-155``.
    values
        Numbers and names that the sentence needs; each name carries its unit.
    """

    code: str
    severity: Severity
    where: str = "file"
    values: Mapping[str, Scalar] = field(default_factory=dict)


def stops(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that refuse a grade."""
    return tuple(finding for finding in findings if finding.severity == "stop")
