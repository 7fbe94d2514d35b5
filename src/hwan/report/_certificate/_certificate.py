"""The one public function: an entry becomes a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hwan import core
from hwan.report._certificate._content import Issue, canonical, hashed
from hwan.report._certificate._html import page
from hwan.report._certificate._pdf import printed
from hwan.report._certificate._view import view
from hwan.report._entry import Entry
from hwan.report._words import Words


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in one language.

    Parameters
    ----------
    pdf
        PDF/A-3b with the content attached as ``content.json``.
    html
        The same as one self-contained page that prints on A4.
    content
        What is stated, as canonical JSON; see :func:`content`.
    sha256
        Hash of the ASCII bytes of `content`; printed, and in the QR code as ``hwan:certificate:sha256:…``.
    """

    pdf: bytes
    html: str
    content: str
    sha256: str


def certificate(
    entry: Entry,
    *,
    issued_at: datetime,
    hwan_version: str,
    language: str = "en",
    issuer: str | None = None,
    number: str | None = None,
) -> Certificate:
    """Return the certificate of one battery; without a grade it is an evaluation record and says so.

    It prints figures of the assessment and nothing else; what nobody stated is *not stated*. A class is
    valid from the day of the test, not of the issue. The same input gives the same bytes.

    What is hashed: the bytes of :func:`content`, which the PDF carries as its attachment and the page as a
    link. To check a certificate, save that file and compare its sha256 with the printed one, then compare
    the printed figures with the file's.

    Parameters
    ----------
    entry
        The battery; `recordings` give instruments and dates, `samples` and `steps` the curve.
    issued_at
        The clock is an argument; it also dates the PDF.
    hwan_version
        Shown at the end.
    language
        ``en`` or ``ko``; the hash is the same in both.
    issuer, number
        Who issues it, under which number; None is printed as *not stated*.

    Raises
    ------
    MissingExtra
        When typst, segno, fonttools, jinja2, matplotlib, tsdownsample or the Korean font is not installed
        (extra ``report``).
    UnknownName
        When `language` is not one of the languages.
    ValueError
        When a figure is not a finite number.
    """
    if language not in core.LANGUAGES:
        raise core.UnknownName("language", language, core.LANGUAGES)
    issue = Issue(issued_at, hwan_version, issuer or core.UNKNOWN, number or core.UNKNOWN)
    document = canonical(entry, issue)
    digest = hashed(document)
    seen = view(entry, issue, digest, Words(language))
    return Certificate(printed(seen, document, issued_at), page(seen, document), document, digest)
