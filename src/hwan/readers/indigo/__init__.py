"""Indigo: time series of pulse-charging stations, exported to HDF5 with pandas."""

from hwan.readers.indigo._reader import INDIGO_HDF5, IndigoHdf5

__all__ = ["INDIGO_HDF5", "IndigoHdf5"]
