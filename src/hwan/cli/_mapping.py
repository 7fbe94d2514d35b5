"""The mapping that is proposed for a text file, kept as a file of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hwan.cli._report import check_place, writing
from hwan.core import UsageError
from hwan.readers import mapping_toml, propose_mapping


def write_mapping(files: Sequence[Path], place: Path) -> None:
    """Write what was decided of one text file, with a comment on each decision.

    Raises
    ------
    hwan.core.UsageError
        Several files were given, the place cannot be written, or it is a file already there.
    """
    if len(files) != 1:
        raise UsageError("one_file_for_a_mapping", count=len(files))
    check_place(place, files)
    if place.exists():
        raise UsageError("output_exists", path=str(place))
    content = mapping_toml(propose_mapping(files[0]).mapping)
    with writing(place):
        place.write_text(content, encoding="utf-8")
