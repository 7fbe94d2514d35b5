"""A chemistry of the user's own: a profile's file stands wherever an id does."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwan.cli._chemistry import chemistry_stated
from hwan.core import BadDefinition, UnknownName
from hwan.health.profiles import profile


@pytest.fixture
def own(tmp_path: Path) -> Path:
    from importlib.resources import files

    told = (files("hwan.health.profiles") / "data" / "lmo.toml").read_text(encoding="utf-8")
    path = tmp_path / "lmfp.toml"
    path.write_text(told.replace('id = "lmo"', 'id = "lmfp"'), encoding="utf-8")
    return path


def test_an_id_is_itself() -> None:
    assert chemistry_stated("lfp") == "lfp"


def test_a_file_gives_the_id_inside(own: Path) -> None:
    assert chemistry_stated(str(own)) == "lmfp" == profile(own).id


def test_what_is_neither_is_told_the_nearest() -> None:
    with pytest.raises(UnknownName, match="lfp"):
        chemistry_stated("lpf")


def test_a_broken_file_is_told_where(own: Path) -> None:
    own.write_text(own.read_text(encoding="utf-8").replace("[window]", "[windows]"), encoding="utf-8")
    with pytest.raises(BadDefinition, match="window"):
        chemistry_stated(str(own))
