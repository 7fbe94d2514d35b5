"""Neware .nda and .ndax, through the package fastnda behind one adapter."""

from hwan.readers.neware._reader import NDA, NDAX, NewareReader

__all__ = ["NDA", "NDAX", "NewareReader"]
