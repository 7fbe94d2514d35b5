"""Write the half-cell tables of src/hwan/health/halfcells/tables from PyBaMM's published parameter sets.

Run with a Python that has PyBaMM (BSD-3-Clause); hwan itself does not need it:

    python -m venv .pybamm && .pybamm/bin/pip install pybamm==26.10.1.1
    .pybamm/bin/python tools/half_cells.py [--check]

`--check` writes nothing and fails where a file would change. What each table is, its domain and why, stands in
tools/half_cells.toml. The rows of a table are the fewest at which linear interpolation errs by at most 0.2 mV, or by
`most_error_volt` where the entry states another bound and why.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "src/hwan/health/halfcells/tables"
MOST_ERROR_VOLT: Final = 2e-4
ROWS: Final = (501, 1001, 2001, 4001, 8001)
NOT_WRITTEN: Final = ("set", "parameter", "most_error_volt")
CHECKED_PER_STEP: Final = 5
DIGITS: Final = 7
PYBAMM: Final = "26.10.1.1"
Potential = Callable[[Any], Any]


def potential_of(parameter_set: str, parameter: str) -> Potential:
    """Return a parameter of a PyBaMM set as a function of arrays."""
    import pybamm

    function = pybamm.ParameterValues(parameter_set)[parameter]

    def potential(stoichiometry: Any) -> Any:
        return np.asarray(function(pybamm.Vector(stoichiometry)).evaluate()).ravel()

    return potential


def table_of(potential: Potential, low: float, high: float, most: float) -> tuple[Any, float]:
    """Return the potentials on the coarsest grid that is fine enough, and its largest interpolation error in V."""
    for rows in ROWS:
        grid = np.linspace(low, high, rows)
        values = np.round(potential(grid), DIGITS)
        between = np.linspace(low, high, (rows - 1) * CHECKED_PER_STEP + 1)
        error = float(np.abs(np.interp(between, grid, values) - potential(between)).max())
        if error <= most:
            return values, error
    raise SystemExit(f"no grid of {ROWS[-1]} rows is fine enough: {1e3 * error:.2f} mV between {low} and {high}")


def document_of(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
    """Return a table's document and its interpolation error in V."""
    about = {**defaults, **{name: value for name, value in entry.items() if name not in NOT_WRITTEN}}
    domain = about["domain"]
    most = entry.get("most_error_volt", MOST_ERROR_VOLT)
    values, error = table_of(potential_of(entry["set"], entry["parameter"]), domain["low"], domain["high"], most)
    return {**about, "potential_volt": [float(value) for value in values]}, error


def written(document: Mapping[str, Any]) -> str:
    """Return a document as JSON: a field per line, the table as one list."""
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write every table, or compare; print rows and error of each."""
    os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
    import pybamm

    if pybamm.__version__ != PYBAMM:
        raise SystemExit(f"PyBaMM {pybamm.__version__} is installed, expected {PYBAMM}: pip install pybamm=={PYBAMM}")
    plan = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    stale = 0
    for entry in plan["table"]:
        document, error = document_of(entry, plan["defaults"])
        path = FOLDER / f"{entry['id'].replace('/', '-')}.json"
        text = written(document)
        same = path.is_file() and path.read_text(encoding="utf-8") == text
        stale += not same
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        print(f"{entry['id']}: {len(document['potential_volt'])} rows, {1e3 * error:.3f} mV{'' if same else ' (new)'}")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
