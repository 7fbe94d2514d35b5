"""Delimited text by a mapping: the user's own TOML file, or one shipped here as data."""

from hwan.readers.generic._mapping import ColumnRule, Header, Mapping, load_mapping, shipped_mappings
from hwan.readers.generic._reader import MappedCsv, shipped_readers

__all__ = [
    "ColumnRule", "Header", "MappedCsv", "Mapping", "load_mapping", "shipped_mappings", "shipped_readers",
]  # fmt: skip
