"""How long a certificate takes once the fonts are read: synthetic packs of 96 cells, English and Korean.

Every document is another pack: typst remembers what it has set, and the same one again would cost nothing.

Run: python bench/certificate.py   Limit: 1 s a document, the median of the warm ones.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, datetime

import hwan
from hwan.grading import load_ruleset
from hwan.report import Entry, certificate
from hwan.routing import load_prices
from hwan.synthetic import pack_test

LIMIT_SECOND = 1.0
PACKS = 8
ISSUED_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def pack(seed: int) -> Entry:
    """Return a pack of 96 cells with its assessment."""
    test = pack_test(seed, rated_capacity_ah=150)
    rules, prices = load_ruleset("house/1"), load_prices("everbatt-2023-kr/1")
    assessed = hwan.evaluate([test.recording], test.battery, ruleset=rules, prices=prices)
    return Entry(
        assessed, test.samples, hwan.steps(test.recording),
        ruleset=rules, prices_sha256=prices.sha256, recordings=(test.recording,),
    )  # fmt: skip


def seconds(entry: Entry, language: str) -> float:
    """Return the wall time of one certificate, PDF and page."""
    start = time.perf_counter()
    made = certificate(entry, issued_at=ISSUED_AT, hwan_version="0", language=language)
    assert made.pdf.startswith(b"%PDF")
    return time.perf_counter() - start


def main() -> int:
    """Print the first time and the median of the later ones, each language."""
    packs, over = [pack(seed) for seed in range(11, 11 + PACKS)], False
    for language in ("en", "ko"):
        first, *others = (seconds(each, language) for each in packs)
        median = statistics.median(others)
        over |= median > LIMIT_SECOND
        print(f"first certificate ({language}): {first:.2f} s")
        print(f"RESULT | certificate of a pack ({language}), seconds | {median:.2f} | at most {LIMIT_SECOND:g}")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
