"""Arbin workbooks: one sheet or several of samples for each channel, and a sheet about the test."""

from hwan.readers.arbin._reader import ARBIN_XLSX, ArbinXlsx

__all__ = ["ARBIN_XLSX", "ArbinXlsx"]
