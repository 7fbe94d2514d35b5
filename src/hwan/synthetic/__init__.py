"""Cells and packs with known truth, tested on a simulated tester with known errors.

For tests, benches of coverage, and demonstrations: every test comes as the recording that a laboratory
would have, and the truth that it would not. A `Truth` is what an ideal instrument would have obtained
on the same cells under the same protocol; its fields are defined in the class's own module.

>>> from hwan.synthetic import cell_test
>>> test = cell_test(7, chemistry="lfp", rated_capacity_ah=100)
>>> sorted(test.truth.discharge_resistances_ohm)
[0.1, 1.0, 2.0, 5.0, 10.0]
"""

from hwan.synthetic._batch import SyntheticTest, cell_test, cell_tests, pack_test
from hwan.synthetic._cells import Cells, Spread, draw_cells
from hwan.synthetic._faults import Faults
from hwan.synthetic._ocv import OPEN_CIRCUITS, OpenCircuit
from hwan.synthetic._programme import Programme, Step
from hwan.synthetic._tester import Tester, accuracy_class
from hwan.synthetic._truth import Truth, truths
from hwan.synthetic._write import write_bdf_csv, write_bdf_parquet

__all__ = [
    "OPEN_CIRCUITS", "Cells", "Faults", "OpenCircuit", "Programme", "Spread", "Step", "SyntheticTest", "Tester",
    "Truth", "accuracy_class", "cell_test", "cell_tests", "draw_cells", "pack_test", "truths", "write_bdf_csv",
    "write_bdf_parquet",
]  # fmt: skip
