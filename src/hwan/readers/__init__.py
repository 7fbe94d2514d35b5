"""Readers: from the bytes a tester wrote to :class:`~hwan.core.Recording`.

A file is recognised by its content; each reader says why. Formats come from the built-in packages,
from mappings (TOML) and from plug-ins under the entry-point group ``hwan.readers``.
"""

from hwan.readers import conformance
from hwan.readers._continued import continued
from hwan.readers._contract import Confidence, Proof, RawRecording, Reader, Recognition
from hwan.readers._detect import explain
from hwan.readers._read import read, read_all
from hwan.readers._registry import Format, formats
from hwan.readers.generic import (
    ColumnRule,
    Header,
    Mapping,
    Proposal,
    Section,
    State,
    load_mapping,
    mapping_toml,
    propose_mapping,
)

__all__ = [
    "read", "read_all", "continued", "explain", "formats",
    "Mapping", "ColumnRule", "Header", "load_mapping", "Section", "State",
    "propose_mapping", "mapping_toml", "Proposal",
    "Reader", "RawRecording", "Recognition", "Format", "Confidence", "Proof",
    "conformance",
]  # fmt: skip
