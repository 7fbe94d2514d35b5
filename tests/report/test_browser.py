"""The page in a browser: at a desk and on a telephone nothing runs out of the page or hides beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hwan.report import Entry, Failure, html

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PROBE = """<script>addEventListener('load',()=>{const e=document.documentElement,w=e.clientWidth;
const wide=[...document.querySelectorAll('body *')].filter(x=>x.getBoundingClientRect().right>w+1
&&!x.closest('.scroll')&&!x.closest('svg')&&!x.closest('.unseen')).map(x=>x.tagName+'.'+x.className);
const hidden=[...document.querySelectorAll('.scroll')].filter(x=>w<=760&&x.scrollWidth>x.clientWidth+1);
parent.postMessage(JSON.stringify([e.scrollWidth,w,wide.slice(0,5),hidden.length]),'*')})</script>"""
FRAME = """<!DOCTYPE html><body style="margin:0"><script>addEventListener('message',m=>
document.documentElement.dataset.seen=m.data)</script><iframe src="page.html"
style="border:0;width:{width}px;height:900px"></iframe>"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        if os.environ.get("HWAN_SYSTEM") == "1":
            pytest.fail("no chromium on PATH: apt-get install chromium fonts-noto-cjk")
        pytest.skip("no chromium on PATH: apt-get install chromium fonts-noto-cjk")
    return found


def run(browser: str, folder: Path, *arguments: str) -> str:
    profile = folder / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    command = (browser, *FLAGS, f"--user-data-dir={profile}", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return done.stdout


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_page_fits_and_is_not_blank(
    browser: str, tmp_path: Path, plausible: Entry, refused: Entry, hostile: Entry, failure: Failure,
    language: str, width: int,
) -> None:  # fmt: skip
    entries = (plausible, refused, hostile)
    made_at = datetime(2026, 3, 1, tzinfo=UTC)
    page = html(entries, language=language, made_at=made_at, hwan_version="0.1.0", failures=(failure,))
    (tmp_path / "page.html").write_text(without_policy(page), encoding="utf-8")
    (tmp_path / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    address = (tmp_path / "frame.html").as_uri()
    seen = run(browser, tmp_path, "--virtual-time-budget=4000", "--allow-file-access-from-files", "--dump-dom", address)
    assert f'data-seen="[{width},{width},[],0]"' in seen, seen[:400]

    picture = tmp_path / f"{language}-{width}.png"
    run(browser, tmp_path, f"--window-size={max(width, 500)},900", f"--screenshot={picture}", address)
    assert ink(picture) > 0.004


def without_policy(page: str) -> str:
    """Return a copy that may run the probe; the page itself forbids every script."""
    policy = next(line for line in page.splitlines() if "Content-Security-Policy" in line)
    return page.replace(policy, "").replace("</body>", PROBE + "</body>")


def ink(picture: Path) -> float:
    """Return the share of pixels that are far from the commonest brightness."""
    from PIL import Image

    grey = np.asarray(Image.open(picture).convert("L")).astype(int)
    return float((abs(grey - np.bincount(grey.ravel()).argmax()) > 40).mean())
