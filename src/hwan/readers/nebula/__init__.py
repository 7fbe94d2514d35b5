"""NEBULA workbooks: one line per work step, with Chinese headings."""

from hwan.readers.nebula._reader import NEBULA_XLSX, NebulaXlsx
from hwan.readers.nebula._steps import PulseTest, pulse_test, work_steps

__all__ = ["NEBULA_XLSX", "NebulaXlsx", "PulseTest", "pulse_test", "work_steps"]
