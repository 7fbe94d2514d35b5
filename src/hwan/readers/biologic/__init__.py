"""BioLogic: .mpr from its bytes, and the text exports of EC-Lab and BT-Lab."""

from hwan.readers.biologic._mpr import MPR, MprReader
from hwan.readers.biologic._text import MPT, MptReader

__all__ = ["MPR", "MPT", "MprReader", "MptReader"]
