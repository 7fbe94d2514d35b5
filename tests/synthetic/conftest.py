from __future__ import annotations

import pytest

from hwan.synthetic import SyntheticTest, cell_test, pack_test


@pytest.fixture(scope="session", params=["nmc622", "lfp"])
def chemistry(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def cell(chemistry: str) -> SyntheticTest:
    return cell_test(5, chemistry=chemistry)


@pytest.fixture(scope="session")
def perfect(chemistry: str) -> SyntheticTest:
    return cell_test(5, chemistry=chemistry, perfect=True)


@pytest.fixture(scope="session")
def pack(chemistry: str) -> SyntheticTest:
    return pack_test(3, series=17, parallel=2, chemistry=chemistry)


@pytest.fixture(scope="session")
def perfect_pack(chemistry: str) -> SyntheticTest:
    return pack_test(3, series=17, parallel=2, chemistry=chemistry, perfect=True)
