"""What all tests share: the lab's real files, and synthetic tests that are made once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hwan.synthetic import SyntheticTest, cell_test, pack_test


@pytest.fixture(scope="session")
def lab_data() -> Path:
    """The folder with real tester files; without it the test skips."""
    folder = os.environ.get("HWAN_LAB_DATA")
    if not folder:
        pytest.skip("HWAN_LAB_DATA is not set")
    path = Path(folder).resolve()
    if not path.is_dir():
        pytest.fail(f"HWAN_LAB_DATA={folder} is no folder")
    return path


def pytest_terminal_summary(terminalreporter, config):
    """Where the lab's data are named, a test that skips for want of them is a failure."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    if os.environ.get("HWAN_LAB_DATA") and any("HWAN_LAB_DATA" in reason for reason in skipped):
        terminalreporter.write_line("HWAN_LAB_DATA is set, and yet tests skipped for want of it", red=True)
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without it the test skips, where HWAN_SYSTEM=1 it fails."""
    path = shutil.which("chromium")
    if path is None:
        message = "no chromium; on Debian: apt install chromium fonts-noto-cjk"
        pytest.fail(message) if os.environ.get("HWAN_SYSTEM") == "1" else pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def cell() -> SyntheticTest:
    return cell_test(7)


@pytest.fixture(scope="session")
def pack() -> SyntheticTest:
    return pack_test(11, series=24, rated_capacity_ah=100.0)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the installed sample tables; ``make demo`` and ``make test`` install them."""
    folder = Path(__file__).parent.parent / ".samples"
    if not (folder / "ampworks").is_dir():
        pytest.skip("the sample tables are not installed: make .samples/made")
    return folder
