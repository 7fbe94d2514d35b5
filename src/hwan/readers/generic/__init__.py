"""Delimited text by a mapping: the user's own TOML file, or one shipped here as data."""

from hwan.readers.generic._layout import PROPOSED
from hwan.readers.generic._mapping import (
    ColumnRule,
    Header,
    Mapping,
    Section,
    State,
    load_mapping,
    shipped_mappings,
)
from hwan.readers.generic._propose import Proposal, propose_mapping
from hwan.readers.generic._reader import MappedCsv
from hwan.readers.generic._text import PROPOSED_TEXT, ProposedText, shipped_readers
from hwan.readers.generic._toml import mapping_toml

__all__ = [
    "PROPOSED", "PROPOSED_TEXT", "ColumnRule", "Header", "MappedCsv", "Mapping", "Proposal", "ProposedText",
    "Section", "State", "load_mapping", "mapping_toml", "propose_mapping", "shipped_mappings", "shipped_readers",
]  # fmt: skip
