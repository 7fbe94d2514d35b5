"""Arbin: result databases (.res), workbooks, delimited exports, and tables of its SQL database in HDF5."""

from hwan.readers.arbin._csv import ARBIN_CSV, ArbinCsv
from hwan.readers.arbin._hdf5 import ARBIN_HDF5, ArbinHdf5
from hwan.readers.arbin._reader import ARBIN_XLSX, ArbinXlsx
from hwan.readers.arbin._res import ARBIN_RES, ArbinRes

__all__ = [
    "ARBIN_CSV", "ARBIN_HDF5", "ARBIN_RES", "ARBIN_XLSX", "ArbinCsv", "ArbinHdf5", "ArbinRes", "ArbinXlsx",
]  # fmt: skip
