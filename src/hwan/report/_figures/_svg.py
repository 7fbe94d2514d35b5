"""From a painted figure to inline SVG: text stays text, ids stay apart, colours follow the page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from hwan import core
from hwan.report._palette import light, recoloured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS_PER_INCH: Final = 72
_FONT: Final = re.compile(r"font-family:[^;]*;?\s*")
_LINK: Final = re.compile(r"#([\w-]+)")
_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}


def render(paint: Callable[[Figure], None], width: float, height: float, prefix: str, label: str) -> str:
    """Paint a figure of `width` by `height` CSS pixels and return it as an ``<svg>`` element.

    Parameters
    ----------
    prefix
        Stands before every id inside, so that several figures share one page.
    label
        Ids of the elements that describe the figure, for ``aria-labelledby``.
    """
    with _our_style():
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        FigureCanvasSVG(figure)
        paint(figure)
        written = io.BytesIO()
        figure.savefig(written, format="svg", transparent=True, metadata=_NO_METADATA)
    return _inline(written.getvalue(), prefix, label)


@contextmanager
def _our_style() -> Iterator[None]:
    try:
        import matplotlib
    except ImportError as error:
        raise core.MissingExtra("matplotlib", "report") from error
    with matplotlib.rc_context(_settings()), warnings.catch_warnings():
        # Hangul is drawn by the reader's browser; the measuring font need not have it.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*missing.*")
        yield


def _settings() -> Any:
    return {
        "svg.fonttype": "none", "svg.hashsalt": "hwan", "text.parse_math": False, "axes.unicode_minus": False,
        "font.family": ["DejaVu Sans"], "font.size": 12, "text.color": light("ink"),
        "axes.edgecolor": light("rule"), "axes.labelcolor": light("muted"), "axes.linewidth": 1,
        "axes.facecolor": "none", "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
        "axes.grid": True, "axes.grid.axis": "y", "axes.axisbelow": True, "axes.formatter.useoffset": False,
        "grid.color": light("grid"), "grid.linewidth": 1,
        "xtick.color": light("rule"), "ytick.color": light("rule"), "ytick.major.size": 0, "xtick.major.size": 4,
        "xtick.labelcolor": light("muted"), "ytick.labelcolor": light("muted"), "xtick.minor.size": 0,
        "xtick.labelsize": 12, "ytick.labelsize": 12, "lines.linewidth": 1.6, "lines.solid_joinstyle": "round",
    }  # fmt: skip


def _inline(document: bytes, prefix: str, label: str) -> str:
    root = ET.fromstring(document)  # noqa: S314 - written by ourselves a moment ago
    for parent in root.iter():
        for child in [each for each in parent if each.tag.endswith(("metadata", "title"))]:
            parent.remove(child)
    used = {name for element in root.iter() for value in element.attrib.values() for name in _LINK.findall(value)}
    for element in root.iter():
        _tidy(element, prefix, used)
    view = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": view, "role": "img", "aria-labelledby": label, "class": "figure"})
    return ET.tostring(root, encoding="unicode")


def _tidy(element: ET.Element, prefix: str, used: set[str]) -> None:
    element.tag = element.tag.rpartition("}")[2]
    for key, value in tuple(element.attrib.items()):
        del element.attrib[key]
        name = key.rpartition("}")[2]
        if name == "id":
            if value in used:
                element.set("id", f"{prefix}-{value}")
        elif name == "style":
            element.set("style", _FONT.sub("", _linked(recoloured(value), prefix, used)))
        else:
            element.set(name, _linked(value, prefix, used))


def _linked(value: str, prefix: str, used: set[str]) -> str:
    return _LINK.sub(lambda match: f"#{prefix}-{match[1]}" if match[1] in used else match[0], value)
