"""The certificate as one self-contained page that prints on A4."""

from __future__ import annotations

import base64
from typing import Any

from hwan.report._page import environment
from hwan.report._palette import variables


def page(view: dict[str, Any], document: str) -> str:
    """Return the HTML form of a view; the content hangs on it as a link that needs no network.

    Raises
    ------
    MissingExtra
        When jinja2 is not installed.
    """
    attached = base64.b64encode(document.encode("ascii")).decode("ascii")
    template = environment().get_template("certificate.html")
    return template.render(it=view, colours=variables(0), attached=attached)
