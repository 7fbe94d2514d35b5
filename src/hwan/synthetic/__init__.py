"""Cells and packs with known truth, tested on a simulated tester with known errors.

For tests, benches of coverage, and demonstrations: every test comes as the recording that a laboratory
would have, and the truth that it would not. A `Truth` is what an ideal instrument would have obtained
on the same cells under the same protocol; its fields are defined in the class's own module. Packs also
come as centres meet them: logs of battery management systems beside the tester's file, each by its own
clock and numbering (:class:`Bms`), and several channels in parallel.

>>> from hwan.synthetic import cell_test
>>> test = cell_test(7, chemistry="lfp", rated_capacity_ah=100)
>>> sorted(test.truth.discharge_resistances_ohm)
[0.1, 1.0, 2.0, 5.0, 10.0]
"""

from hwan.synthetic._batch import SyntheticTest, cell_test, cell_tests
from hwan.synthetic._bms import Bms, DrawnBms
from hwan.synthetic._cells import Cells, Spread, draw_cells
from hwan.synthetic._channels import Channel
from hwan.synthetic._clock import Clock
from hwan.synthetic._faults import Faults
from hwan.synthetic._ocv import OPEN_CIRCUITS, OpenCircuit
from hwan.synthetic._packs import pack_test, pack_tests
from hwan.synthetic._programme import Programme, Step
from hwan.synthetic._tester import Tester, accuracy_class
from hwan.synthetic._truth import Truth, truths
from hwan.synthetic._write import write_bdf_csv, write_bdf_parquet

__all__ = [
    "OPEN_CIRCUITS", "Bms", "Cells", "Channel", "Clock", "DrawnBms", "Faults", "OpenCircuit", "Programme", "Spread",
    "Step", "SyntheticTest", "Tester", "Truth", "accuracy_class", "cell_test", "cell_tests", "draw_cells", "pack_test",
    "pack_tests", "truths", "write_bdf_csv", "write_bdf_parquet",
]  # fmt: skip
