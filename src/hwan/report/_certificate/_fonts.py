"""The fonts of the PDF, from installed packages only: NanumGothic (OFL), DejaVu for what it lacks.

Fonts of the system are never asked: a certificate looks the same on every computer, and Hangul does not
vanish where none is installed. A character that no font has is written out as its code point.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwan import core
from hwan.report._words import harmless

if TYPE_CHECKING:
    import typst

FAMILIES: Final = ("NanumGothic", "DejaVu Sans")
CODE_FAMILIES: Final = ("DejaVu Sans Mono", "NanumGothic")
_FILES: Final = {
    "koreanize-matplotlib": ("fonts/NanumGothic.ttf", "fonts/NanumGothicBold.ttf"),
    "matplotlib": ("mpl-data/fonts/ttf/DejaVuSans.ttf", "mpl-data/fonts/ttf/DejaVuSans-Bold.ttf"),
}
# Typst breaks lines at these and shows nothing of them.
_INVISIBLE: Final = frozenset(map(ord, "\n\t \N{NO-BREAK SPACE}"))


@cache
def files() -> tuple[Path, ...]:
    """Return the font files: regular and bold of the text, regular and bold of the fallback.

    Raises
    ------
    MissingExtra
        When a package that carries one is not installed.
    """
    return tuple(_place(package) / name for package, names in _FILES.items() for name in names)


def _place(package: str) -> Path:
    # Found, not imported: the package that carries NanumGothic changes matplotlib's settings when imported.
    found = find_spec(package.replace("-", "_"))
    if found is None or found.origin is None:
        raise core.MissingExtra(package, "report")
    return Path(found.origin).parent


@cache
def book() -> typst.Fonts:
    """Return the fonts as typst wants them, read once."""
    try:
        import typst
    except ImportError as error:
        raise core.MissingExtra("typst", "report") from error
    folders = list(dict.fromkeys(str(path.parent) for path in files()))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


@cache
def characters() -> frozenset[int]:
    """Return every character that the fonts draw, in regular and in bold."""
    try:
        from fontTools.ttLib import TTFont
    except ImportError as error:
        raise core.MissingExtra("fonttools", "report") from error
    drawn = []
    for path in files():
        with TTFont(path, lazy=True) as font:
            drawn.append(frozenset(font.getBestCmap()))
    regular, bold, fallback, fallback_bold = drawn
    return (regular & bold) | (fallback & fallback_bold) | _INVISIBLE


def drawable(words: str) -> str:
    """Return `words` with what no font draws alone written as its code point; Hangul in parts is put together.

    >>> drawable("용량 90 % ✓ 手动"), drawable("\N{HANGUL CHOSEONG HIEUH}\N{HANGUL JUNGSEONG A}")
    ('용량 90 % ✓ 手[U+52A8]', '하')
    """
    return "".join(map(_drawn, unicodedata.normalize("NFC", harmless(words))))


def _drawn(letter: str) -> str:
    # A mark or a joiner needs a font that has its neighbour too; without one typst draws an empty box, silently.
    alone = unicodedata.category(letter)[0] not in "MC" or letter in "\n\t"
    return letter if alone and ord(letter) in characters() else f"[U+{ord(letter):04X}]"
