"""Battery Data Format: csv and Parquet, preferred labels or machine names, older names converted."""

from hwan.readers.bdf._csv import BDF_CSV, BdfCsv
from hwan.readers.bdf._parquet import BDF_PARQUET, BdfParquet

__all__ = ["BDF_CSV", "BDF_PARQUET", "BdfCsv", "BdfParquet"]
