"""The store: recordings as immutable Parquet files, and an index that can be rebuilt from them.

One file per recording, written whole or not at all; what is read back is bit-identical to what was added.
"""

from hwan.store._export import Exported, export_bdf
from hwan.store._export_document import WrittenFile
from hwan.store._index import Entry
from hwan.store._job import Failure, Job, Skipped, expand
from hwan.store._store import Check, Damage, Store, StoredRecording

__all__ = [
    "Store", "StoredRecording", "Entry", "Check", "Damage", "Job", "Failure", "Skipped", "expand",
    "export_bdf", "Exported", "WrittenFile",
]  # fmt: skip
