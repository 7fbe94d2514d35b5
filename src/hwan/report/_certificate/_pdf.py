"""The certificate as PDF, set by typst from plain texts: nothing of a battery is ever read as markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from hwan import core
from hwan.report._certificate._fonts import CODE_FAMILIES, FAMILIES, book, drawable
from hwan.report._certificate._parts import mapped
from hwan.report._palette import COLOURS, light

STANDARD: Final = "a-3b"
"""PDF/A of the part that may carry attachments: it opens in decades, and the content travels with it."""


def printed(view: dict[str, Any], document: str, issued_at: datetime) -> bytes:
    """Return the PDF of a view, with the content attached and the date of issue as its only date.

    Raises
    ------
    MissingExtra
        When typst, fonttools or the package that carries the Korean font is not installed.
    """
    moment = issued_at.astimezone(UTC) if issued_at.tzinfo else issued_at
    data = {**mapped(view, drawable), **_drawings(view), **_look(), "moment": list(moment.timetuple()[:6])}
    files = {
        "main.typ": _template(),
        "data.json": json.dumps(data).encode("ascii"),
        "content.json": document.encode("ascii"),
    }
    return _compiled(files, moment)


def _compiled(files: dict[str, bytes], moment: datetime) -> bytes:
    try:
        import typst
    except ImportError as error:
        raise core.MissingExtra("typst", "report") from error
    stamp = int(moment.replace(tzinfo=UTC).timestamp())
    options = {"ignore_system_fonts": True, "pdf_standards": [STANDARD], "timestamp": stamp}
    return bytes(typst.compile(files, font_paths=book(), **options))  # type: ignore[call-overload]


@cache
def _template() -> bytes:
    return (resources.files("hwan.report") / "templates" / "certificate.typ").read_bytes()


def _look() -> dict[str, Any]:
    return {
        "palette": {role: light(role) for role in COLOURS},
        "families": list(FAMILIES),
        "code_families": list(CODE_FAMILIES),
    }


def _drawings(view: dict[str, Any]) -> dict[str, Any]:
    curve = {**mapped(view["curve"], drawable), "svg": standing_alone(drawable(view["curve"]["svg"]))}
    return {"curve": curve}


def standing_alone(svg: str) -> str:
    """Return a figure of the page as a file of its own: colours for variables, our font, its namespace."""
    if not svg:
        return ""
    for role in COLOURS:
        svg = svg.replace(f"var(--{role})", light(role))
    font = quoteattr(", ".join(FAMILIES))
    return svg.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" font-family={font} ', 1)
