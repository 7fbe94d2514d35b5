"""The rapid models that come with hwan, and those in files of a user's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from hwan.core import from_plain, load_definition, packaged
from hwan.health.rapid._model import Population, RapidModel
from hwan.health.rapid._sound import check_model

FOLDER: Final = Path(__file__).parent / "models"


def load_model(name_or_path: str | Path) -> RapidModel:
    """Return the model with this id, or the one in a file of the user's own.

    Raises
    ------
    hwan.core.UnknownName, hwan.core.BadDefinition
        When there is none of that id; when the file does not fit.
    """
    model, source, sha256 = load_definition("rapid model", name_or_path, FOLDER, RapidModel)
    check_model(model, source)
    return replace(model, sha256=sha256)


def models() -> tuple[str, ...]:
    """Return the ids of the models that come with hwan."""
    return tuple(sorted(packaged(FOLDER)))


def populations() -> dict[str, Population]:
    """Return the population of each model that comes with hwan, by its id, without loading the models."""
    found = packaged(FOLDER)
    plain = {name: json.loads(found[name].read_text(encoding="utf-8"))["population"] for name in sorted(found)}
    return {name: from_plain(Population, each) for name, each in plain.items()}
