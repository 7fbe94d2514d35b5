"""Versioned definitions (rulesets, price lists): by id from the package, or from a file of the user's own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, TypeVar

from hwan.core.errors import UnknownName
from hwan.core.jsonio import bounded_text, parse_json, parse_toml

T = TypeVar("T")
PARSERS: Final = {".toml": parse_toml, ".json": parse_json}


def packaged(folder: Path) -> dict[str, Path]:
    """Return id → file of a folder; ``house-1.toml`` holds ``house/1``; so does a ``.json``."""
    return {"/".join(path.stem.rsplit("-", 1)): path for path in folder.iterdir() if path.suffix in PARSERS}


def load_definition(word: str, name_or_path: str | Path, folder: Path, kind: type[T]) -> tuple[T, str, str]:
    """Return a definition, the path it stood at, and the SHA-256 of its text.

    Parameters
    ----------
    word
        What it is, for the error: ``ruleset``.
    name_or_path
        An id of `folder`, or a path; a name with the suffix ``.toml`` or ``.json`` is always a path.
    folder
        Where the packaged ones are.
    kind
        The noun to read.

    Raises
    ------
    UnknownName
        With the nearest id, when it is neither an id nor a file.
    BadDefinition
        When the file does not fit.
    """
    known, path = packaged(folder), Path(name_or_path)
    if str(name_or_path) in known:
        path = known[str(name_or_path)]
    elif path.suffix not in PARSERS and not path.is_file():
        raise UnknownName(word, str(name_or_path), known)
    document = bounded_text(path)
    parse = PARSERS.get(path.suffix, parse_toml)
    return parse(document, kind, str(path)), str(path), hashlib.sha256(document.encode()).hexdigest()
