"""A laboratory's own chemistry: LMFP against graphite, with a half-cell table of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwan.health.profiles import profiles
from hwan.health.profiles._load import FOLDER

HALF_CELL = """
id = "lmfp-mine/1"
electrode = "positive"
chemistry = "lmfp"
direction = "mean"
error_volt = 0.005
source = "our laboratory, C/30"
[table]
file = "lmfp.csv"
axis = "stoichiometry"
"""
REFUSED = '[methods.modes]\nstatus = "refused"\nreason = "profile_no_half_cells"\nlifted_by = "two_half_cell_curves"\n'
APPLIES = '[methods.modes]\nstatus = "applies"\n'
PAIR = '[[half_cells]]\nnegative = "graphite-mohtat2020/1"\npositive = "lmfp-half.toml"\n\n'
Lmfp = Callable[..., Path]


@pytest.fixture
def lmfp(tmp_path) -> Lmfp:
    """Write the three files of the chemistry, pieces of the profile replaced; return the profile's path."""
    x = np.linspace(0.01, 0.99, 300)
    potential = (
        3.75 + 0.3 * np.tanh((0.6 - x) / 0.03) - 0.05 * x + 0.3 * np.exp(-x / 0.01) - 0.3 * np.exp((x - 1) / 0.02)
    )
    lines = (f"{a:.6f},{u:.6f}" for a, u in zip(x, potential, strict=True))
    (tmp_path / "lmfp.csv").write_text("\n".join(["sto,U", *lines]), encoding="utf-8")
    (tmp_path / "lmfp-half.toml").write_text(HALF_CELL, encoding="utf-8")

    def _lmfp(*changes: tuple[str, str]) -> Path:
        document = (FOLDER / "nmc111.toml").read_text(encoding="utf-8").replace('"nmc111"', '"lmfp"')
        document = document.replace(REFUSED, APPLIES).replace("[methods.capacity]", PAIR + "[methods.capacity]")
        document = document.replace("lower_volt = 3.0", "lower_volt = 2.5")
        for old, new in changes:
            assert old in document
            document = document.replace(old, new)
        path = tmp_path / "lmfp.toml"
        path.write_text(document, encoding="utf-8")
        return path

    return _lmfp


@pytest.fixture(params=profiles())
def chemistry(request) -> str:
    return str(request.param)
