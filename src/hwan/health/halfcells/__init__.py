"""Half-cells: the open-circuit potential of one electrode over its stoichiometry, as tables with a source.

A table comes with hwan (:func:`half_cells` lists their ids), from a file of the user's own (:func:`half_cell`,
:func:`half_cell_from_table`), or of two tables at one potential (:func:`blended`).
"""

from hwan.health.halfcells._blend import blended
from hwan.health.halfcells._halfcell import HalfCell, check_pair
from hwan.health.halfcells._lab import LabHalfCell, LabTable, half_cell_from_table
from hwan.health.halfcells._load import half_cell, half_cells

__all__ = [
    "HalfCell",
    "LabHalfCell",
    "LabTable",
    "blended",
    "check_pair",
    "half_cell",
    "half_cell_from_table",
    "half_cells",
]
