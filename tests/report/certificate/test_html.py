"""The page: self-contained, closed, whole tags, and on paper as it is on screen."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest

from hwan import core
from hwan.report import Certificate, Entry
from hwan.report._certificate import _fonts

Issue = Callable[..., Certificate]
LANGUAGES = pytest.mark.parametrize("language", core.LANGUAGES)
VOID = {"meta", "br", "img", "link", "input", "hr"}
A4_POINTS = (595, 842)


class Strict(HTMLParser):
    """Reads a document: every tag closed in order, every id once."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids += [value or "" for key, value in attrs if key == "id"]


@LANGUAGES
def test_the_page_is_whole_and_asks_nobody(
    pack: Entry, refused: Entry, crowded: Entry, issue: Issue, language: str
) -> None:
    for entry in (pack, refused, crowded):
        page = issue(entry, language).html
        seen = Strict(page)
        assert len(seen.ids) == len(set(seen.ids))
        assert seen.tags.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
        assert f'<html lang="{language}">' in page
        assert "default-src 'none'" in page
        assert set(re.findall(r"https?:[^\s\"'<>]+", page)) == {"http://www.w3.org/2000/svg"}
        assert re.search(r"url\((?!#)|@import", page) is None


def test_the_synthetic_label_stands_on_every_printed_page(
    pack: Entry, issue: Issue, chromium: str, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(issue(pack).html, encoding="utf-8")
    command = (
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer",
        f"--print-to-pdf={tmp_path / 'page.pdf'}", (tmp_path / "page.html").as_uri(),
    )  # fmt: skip
    subprocess.run(command, capture_output=True, check=True, timeout=90)
    with pypdfium2.PdfDocument(tmp_path / "page.pdf") as document:
        assert len(document) <= 4
        assert all(abs(side - wanted) < 1 for side, wanted in zip(document[0].get_size(), A4_POINTS, strict=True))
        pages = [page.get_textpage().get_text_range() for page in document]
    label = core.text("ui", "certificate_synthetic", "en")
    assert all(label in page for page in pages)


def test_without_the_korean_font_the_extra_is_named(pack: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fonts, "find_spec", lambda _: None)
    _fonts.files.cache_clear()
    try:
        with pytest.raises(core.MissingExtra, match=r"hwan\[report\]"):
            _fonts.files()
    finally:
        monkeypatch.undo()
        _fonts.files.cache_clear()
