"""The recordings of the files of a call: from testers, from the store, or the parts of one test joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwan.cli._lazy import stored
from hwan.core import Recording
from hwan.readers import Mapping, continued, load_mapping, read, read_all


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the files of a call are read: which recording, by which mapping, each alone or as parts of one test."""

    key: str | None = None
    mapping: Mapping | None = None
    continued: bool = False

    @classmethod
    def of(cls, key: str | None, mapping: Path | None, *, continued: bool = False) -> Wanted:
        """Return what the options ask for, the mapping loaded."""
        return cls(key, load_mapping(mapping) if mapping else None, continued)

    @property
    def plain(self) -> bool:
        """Whether files are read each alone, without key and mapping."""
        return self.key is None and self.mapping is None and not self.continued

    def groups(self, files: Sequence[Path]) -> list[tuple[Path, ...]]:
        """Return the files that are read together."""
        return [tuple(files)] if self.continued else [(path,) for path in files]

    def recordings(self, group: Sequence[Path]) -> tuple[Recording, ...]:
        """Read a group: the one test that its files are parts of, or every recording of its one file."""
        if self.continued or self.key or len(group) > 1:
            return (self.recording(group),)
        found = stored(group[0]) if self.mapping is None else None
        return (found,) if found else read_all(group[0], mapping=self.mapping)

    def recording(self, group: Sequence[Path]) -> Recording:
        """Read the one recording of a group; a file of several needs the key."""
        (found,) = whole([self.one(path) for path in group], joined=self.continued)
        return found

    def one(self, path: Path) -> Recording:
        """Read one recording of a file; one of the store comes from the store."""
        found = stored(path) if self.mapping is None else None
        if found and self.key in (None, found.provenance.key):
            return found
        return read(path, key=self.key, mapping=self.mapping)


def whole(found: Sequence[Recording], *, joined: bool) -> tuple[Recording, ...]:
    """Return the recordings as they are, or the one test that they are parts of."""
    return (continued(found),) if joined and len(found) > 1 else tuple(found)


def name_of(group: Sequence[Path]) -> str:
    """Return how a group is called in progress and failures."""
    return ", ".join(map(str, group))
