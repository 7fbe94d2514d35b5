"""Certificates: one per battery, as PDF and as HTML, in a folder."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from hwan.cli._battery import Request
from hwan.cli._evaluate import Assessed, Job, evaluate_job
from hwan.cli._outcome import Failure
from hwan.cli._report import check_place, entry, replace_file, writing
from hwan.cli._work import Done, over
from hwan.core import HwanError

MOST_LETTERS: Final = 60
"""Of a battery's id in a file name: Hangul has three bytes a letter, and a name may have 255."""
SHORT_HASH: Final = 8


@dataclass(frozen=True, slots=True)
class Written:
    """A certificate that was written, with the hash of what it states."""

    battery: str
    pdf: str
    html: str
    sha256: str


@dataclass(slots=True)
class Certificates:
    """How certificates are issued, and which were."""

    language: str
    issuer: str | None
    issued_at: datetime = field(default_factory=lambda: datetime.now().astimezone())
    written: list[Written] = field(default_factory=list)

    def issue(self, assessed: Assessed, asked: Request, place: Path) -> None:
        """Write the certificate of one battery to the names that begin with `place`, over none of its photos."""
        from hwan.report import certificate

        pdf, html = outputs(place)
        for path in (pdf, html):
            check_place(path, assessed.photos)
        made = certificate(
            entry(assessed, asked),
            issued_at=self.issued_at,
            hwan_version=version("hwan"),
            language=self.language,
            issuer=self.issuer,
        )
        for path, content in ((pdf, made.pdf), (html, made.html.encode("utf-8", errors="backslashreplace"))):
            with writing(path):
                replace_file(path.resolve(), content)
        self.written.append(Written(assessed.assessment.battery.id, str(pdf), str(html), made.sha256))


def outputs(place: Path) -> tuple[Path, Path]:
    """Return PDF and HTML of a certificate; the id before may have points in it."""
    return place.with_name(f"{place.name}.pdf"), place.with_name(f"{place.name}.html")


def places_of(jobs: Sequence[Job], folder: Path, language: str) -> tuple[Path, ...]:
    """Return where the certificate of each battery goes, without its suffix; no two are one file."""
    taken: set[str] = set()
    return tuple(folder / _free(f"{safe_name(job.name)}-{language}", taken) for job in jobs)


def _free(name: str, taken: set[str]) -> str:
    """Return the name, numbered where it is taken; some file systems see no difference of case."""
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found.casefold())
    return found


def safe_name(battery_id: str) -> str:
    """Return a file name for a battery's id; one that had to be changed ends in a hash, so that it stays its own.

    >>> safe_name("pack-001"), safe_name("팩 3"), safe_name("../x")
    ('pack-001', '팩_3-10f7493c', 'x-d6b96a97')
    """
    written = unicodedata.normalize("NFC", battery_id)
    plain = re.sub(r"[^\w.-]", "_", written).strip("._")[:MOST_LETTERS]
    if plain and plain == battery_id:
        return plain
    digest = hashlib.sha256(battery_id.encode("utf-8", errors="backslashreplace")).hexdigest()
    return f"{plain or 'battery'}-{digest[:SHORT_HASH]}"


Placed = tuple[Job, Path]


def certify(placed: Sequence[Placed], asked: Request, issuing: Certificates) -> Done[Assessed]:
    """Evaluate batteries and write each one's certificate before the next; one not written stops nobody."""
    unwritten: list[Failure] = []

    def work(one: Placed) -> tuple[Assessed]:
        job, place = one
        assessed = evaluate_job(job, asked)
        try:
            issuing.issue(assessed, asked, place)
        except HwanError as error:
            unwritten.append(Failure.of(error, job.source, issuing.language))
        return (Assessed(assessed.assessment),)

    done = over(placed, work, lambda one: one[0].source, issuing.language)
    done.failures[:0] = unwritten
    return done


def existing(places: Iterable[Path]) -> tuple[Path, ...]:
    """Return the outputs that are there already: only these can be an input."""
    return tuple(path for place in places for path in outputs(place) if path.exists())
