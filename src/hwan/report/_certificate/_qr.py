"""The QR code that carries the certificate's hash."""

from __future__ import annotations

import io

from hwan import core


def code(text: str) -> str:
    """Return a QR code of medium error correction as an SVG element."""
    try:
        import segno
    except ImportError as error:
        raise core.MissingExtra("segno", "report") from error
    drawn = io.BytesIO()
    made = segno.make(text, error="m", micro=False)
    made.save(drawn, kind="svg", border=4, xmldecl=False, svgns=True, omitsize=True, dark="#000", light="#fff")
    return drawn.getvalue().decode("utf-8").strip()
