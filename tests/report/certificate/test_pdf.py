"""The PDF as it is read and seen: text, fonts, line breaks, margins, code, pages; English, Korean and hostile."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pypdfium2
import pytest
import typst
import zxingcpp
from hypothesis import HealthCheck, example, given, settings
from hypothesis.strategies import text

from hwan import core
from hwan.core.language import catalogue
from hwan.report import Certificate, Entry, certificate
from hwan.report._certificate import _pdf
from hwan.report._certificate._content import Issue as Issued
from hwan.report._certificate._fonts import characters, drawable, files
from hwan.report._certificate._parts import mapped
from hwan.report._certificate._view import view
from hwan.report._words import Words

Issue = Callable[..., Certificate]
ISSUED_AT = datetime(2026, 3, 12, 14, 5, tzinfo=timezone(timedelta(hours=9), "KST"))  # as the fixtures are
LANGUAGES = pytest.mark.parametrize("language", core.LANGUAGES)
POINTS_PER_MM = 72 / 25.4
MARGIN = 16 * POINTS_PER_MM
SENTENCE = 10  # fewer letters may also stand at the seam of two other texts
ODD = "가각\u0301\u1100\u1161\u200d\ufe0f☺a한\u3099\u05d0"  # marks, joiners and letters in parts beside Hangul
HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True)
class Letters:
    """Every visible letter of a document with its page and box, in the order of the text."""

    text: str
    page: np.ndarray
    box: np.ndarray  # left, bottom, right, top in points

    def lines(self, start: int, stop: int) -> int:
        """Return on how many lines some letters stand."""
        middle = (self.box[start:stop, 1] + self.box[start:stop, 3]) / 2
        apart = (abs(np.diff(middle)) > 5) | (np.diff(self.page[start:stop]) != 0)
        return 1 + int(apart.sum())


def letters(pdf: bytes) -> Letters:
    found, pages, boxes = [], [], []
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document):
            layer = page.get_textpage()
            for index in range(layer.count_chars()):
                letter = layer.get_text_range(index, 1)
                if letter.strip():
                    found.append(letter[0])
                    pages.append(number)
                    boxes.append(layer.get_charbox(index, loose=True))
    return Letters("".join(found), np.array(pages), np.array(boxes))


def pages_of(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def texts(tree: Any) -> Iterator[str]:
    """Yield what a person reads of a view."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        skipped = {
            "svg",
            "tone",
            "kind",
            "role",
            "description",
            "language",
            "short",
            "author",
            "page",
            "save",
            "mark",
            "brief",
        }
        for key, value in tree.items():
            if key not in skipped:
                yield from texts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from texts(value)


def shown(entry: Entry, made: Certificate, language: str) -> list[str]:
    """Return every text that the document has to show."""
    seen = view(entry, Issued(ISSUED_AT, "0.1.0", "경북 평가센터", "07"), made.sha256, Words(language))
    if seen["graded"]:
        seen["verdict"]["reasons"] = seen["verdict"]["tests"] = []
        seen["verdict"]["reasons_title"] = seen["verdict"]["tests_title"] = ""
    return [each for each in texts(mapped(seen, drawable)) if each]


def whole(text: str) -> str:
    """Return a text without hyphens: at the end of a line the reader of the PDF takes them for its own."""
    return re.sub("[-\x02\xad\ufffe]", "", text)


@LANGUAGES
def test_all_that_is_stated_is_in_the_text_and_in_the_page(pack: Entry, issue: Issue, language: str) -> None:
    made = issue(pack, language)
    printed = whole(letters(made.pdf).text)
    page = re.sub(r"\s", "", re.sub(r"<[^>]*>", "", made.html.partition("<body")[2]))
    wanted = [re.sub(r"\s", "", each) for each in shown(pack, made, language)]
    assert len(wanted) > 200
    assert [each for each in wanted if whole(each) not in printed] == []
    escaped = page.replace("&#39;", "'").replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">")
    assert [each for each in wanted if each not in escaped.replace("&amp;", "&")] == []


def broken(found: Letters, wanted: list[str]) -> set[str]:
    """Return the Korean words that stand on more than one line."""
    torn = set()
    for sentence in wanted:
        words = sentence.replace("\N{NO-BREAK SPACE}", " ").split()
        compact = "".join(words)
        if len(compact) < SENTENCE:
            continue
        start = found.text.find(compact)
        while start >= 0:
            at = start
            for word in words:
                if HANGUL.search(word) and len(word) <= 14 and found.lines(at, at + len(word)) > 1:
                    torn.add(word)
                at += len(word)
            start = found.text.find(compact, start + len(compact))
    return torn


def test_no_line_breaks_inside_a_korean_word(pack: Entry, refused: Entry, issue: Issue) -> None:
    for entry in (pack, refused):
        made = issue(entry, "ko")
        found, wanted = letters(made.pdf), shown(entry, made, "ko")
        assert sum(found.lines(i, i + 2) > 1 for i in range(len(found.text) - 1)) > 100  # there are lines to break
        assert broken(found, wanted) == set()


def test_without_the_care_for_words_they_would_break(
    pack: Entry, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = issue(pack, "ko")
    careless = _pdf._template().replace(
        b'map(word => if word == "" { "" } else { pieces(word) })', b"map(word => word)"
    )
    assert careless != _pdf._template()
    monkeypatch.setattr(_pdf, "_template", lambda: careless)
    seen = view(pack, Issued(ISSUED_AT, "0.1.0", "경북 평가센터", "07"), made.sha256, Words("ko"))
    found = letters(_pdf.printed(seen, made.content, ISSUED_AT))
    assert len(broken(found, shown(pack, made, "ko"))) > 3


def test_the_fonts_draw_every_letter_of_every_sentence() -> None:
    for language in core.LANGUAGES:
        sentences = "".join(text for kind in catalogue(language).values() for text in kind.values())
        assert {each for each in sentences if ord(each) not in characters()} == set()
    syllables = {ord("가") + index for index in range(11_172)}
    assert syllables <= characters()
    assert [path.is_file() for path in files()] == [True] * 4


def test_a_letter_without_a_glyph_is_spelled_out_not_lost() -> None:
    assert drawable("手动 停") == "手[U+52A8] 停"
    assert drawable("용량\u202e\x00") == "용량" + "\N{REPLACEMENT CHARACTER}" * 2


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=text(min_size=1, max_size=40),
    more=text(alphabet="가각\u0301\u1100\u1161\u200d\ufe0f☺a한\u3099\u05d0", max_size=20),
)
@example(name="ᄒ\u1161\u11ab\u0301", more="")
@example(name="\u200b\u00ad\ufeff\ue000\U0001f50b\U000e0041", more="")
def test_no_name_stops_a_certificate_or_is_lost(bare: Entry, name: str, more: str) -> None:
    """Where no font has a letter typst draws an empty box and says nothing."""
    battery = core.Battery(name + more, identifiers=(core.Identifier(more, name),))
    entry = replace(bare, assessment=replace(bare.assessment, battery=battery))
    made = certificate(entry, issued_at=ISSUED_AT, hwan_version="0.1.0", issuer=more + name)
    assert made.pdf.startswith(b"%PDF")
    if not any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in name + more):
        assert whole(re.sub(r"\s", "", drawable(name + more))) in whole(letters(made.pdf).text)


def test_a_name_of_letters_in_parts_is_read_as_a_name(bare: Entry) -> None:
    """Some systems write Hangul in parts in the names of files."""
    parts = unicodedata.normalize("NFD", "전기버스 모듈")
    entry = replace(bare, assessment=replace(bare.assessment, battery=core.Battery(parts)))
    made = certificate(entry, issued_at=ISSUED_AT, hwan_version="0.1.0")
    assert "전기버스모듈" in letters(made.pdf).text


@LANGUAGES
def test_only_our_fonts_are_embedded(pack: Entry, issue: Issue, language: str) -> None:
    names = set()
    with pypdfium2.PdfDocument(issue(pack, language).pdf) as document:
        for page in document:
            for each in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
                names.add(each.get_font().get_base_name().partition("+")[2])
    assert names <= {"NanumGothic", "NanumGothicBold", "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"}
    assert "NanumGothic" in names


def test_a_backslash_is_no_sign_of_the_won(crowded: Entry, issue: Issue) -> None:
    """Korean fonts draw the one as the other, and a path would be read wrongly."""
    drawn = set()
    with pypdfium2.PdfDocument(issue(crowded).pdf) as document:
        page = document[0]
        for each in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT], textpage=page.get_textpage()):
            if "\\" in each.extract():
                drawn.add(each.get_font().get_base_name().partition("+")[2])
    assert drawn
    assert all(each.startswith("DejaVu") for each in drawn)


def test_every_page_says_that_a_battery_is_synthetic(pack: Entry, refused: Entry, issue: Issue) -> None:
    for language in core.LANGUAGES:
        said = re.sub(r"\s", "", core.text("ui", "certificate_synthetic", language))
        pages = [re.sub(r"\s", "", each) for each in pages_of(issue(pack, language).pdf)]
        assert len(pages) <= 3
        assert all(said in page for page in pages)
        assert not any(said in re.sub(r"\s", "", page) for page in pages_of(issue(refused, language).pdf))


@LANGUAGES
def test_without_a_grade_it_is_no_certificate(refused: Entry, empty: Entry, issue: Issue, language: str) -> None:
    for entry, status in ((refused, "refused"), (empty, "undecided")):
        made = issue(entry, language)
        first = re.sub(r"\s", "", pages_of(made.pdf)[0])
        title = core.text("ui", "certificate_title", language)
        assert re.sub(r"\s", "", core.text("ui", f"certificate_title_{status}", language)) in first
        assert re.sub(r"\s", "", title) not in first
        assert f"<h1>{title}" not in made.html
        assert 'class="large tone-passed"' not in made.html
        with pypdfium2.PdfDocument(made.pdf) as document:
            assert title not in document.get_metadata_dict()["Title"]


@LANGUAGES
def test_what_is_unknown_says_so(bare: Entry, language: str) -> None:
    made = certificate(bare, issued_at=ISSUED_AT, hwan_version="0.1.0", language=language)
    unstated = re.sub(r"\s", "", core.text("ui", "certificate_not_stated", language))
    assert re.sub(r"\s", "", "".join(pages_of(made.pdf))).count(unstated) > 10
    assert len(pages_of(made.pdf)) <= 2


def read_codes(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[0].render(scale=150 / 72).to_numpy()
    return [each.text for each in zxingcpp.read_barcodes(picture)]


@LANGUAGES
def test_the_code_reads_back_from_paper_and_page(pack: Entry, issue: Issue, language: str) -> None:
    made = issue(pack, language)
    assert read_codes(made.pdf) == [f"hwan:certificate:sha256:{made.sha256}"]
    svg = re.search(r'<div class="qr"[^>]*>(<svg.*?</svg>)', made.html, re.DOTALL)
    assert svg is not None
    sheet = {"main.typ": b'#set page(width: 60mm, height: 60mm)\n#image("q.svg")', "q.svg": svg[1].encode()}
    with pypdfium2.PdfDocument(typst.compile(sheet)) as document:
        picture = document[0].render(scale=3).to_numpy()
    assert [each.text for each in zxingcpp.read_barcodes(picture)] == [f"hwan:certificate:sha256:{made.sha256}"]


@LANGUAGES
def test_nothing_leaves_the_margins_or_covers_another(
    pack: Entry, refused: Entry, plausible: Entry, crowded: Entry, issue: Issue, language: str
) -> None:
    for entry in (pack, refused, plausible, crowded):
        found = letters(issue(entry, language).pdf)
        assert found.box[:, 0].min() >= MARGIN - 1
        assert found.box[:, 2].max() <= 210 * POINTS_PER_MM - MARGIN + 1
        assert found.box[:, 1].min() >= 4 * POINTS_PER_MM
        assert covered(found) == []


def covered(found: Letters) -> list[str]:
    """Return letters that lie on one another by more than a third of both sides."""
    left, bottom, right, top = found.box.T
    bad = []
    for number in range(found.page.max() + 1):
        on = np.flatnonzero(found.page == number)
        for start in range(0, len(on), 500):
            some = on[start : start + 500, None]
            wide = np.minimum(right[some], right[on]) - np.maximum(left[some], left[on])
            tall = np.minimum(top[some], top[on]) - np.maximum(bottom[some], bottom[on])
            narrow = np.minimum(right[some] - left[some], right[on] - left[on])
            short = np.minimum(top[some] - bottom[some], top[on] - bottom[on])
            pairs = np.argwhere((wide > narrow / 3) & (tall > short / 3) & (some < on) & (narrow > 0.2))
            bad += [found.text[some[a, 0]] + found.text[on[b]] for a, b in pairs]
    return bad


@LANGUAGES
def test_hostile_text_is_printed_and_not_obeyed(crowded: Entry, issue: Issue, language: str) -> None:
    made = issue(crowded, language)
    pages = pages_of(made.pdf)
    printed = letters(made.pdf).text
    for part in ('#eval("1+1")', "*bold*", "$x$", "_i_", "`raw`", "#setpage(width:1mm)", "/*d*/", "<script>"):
        assert part in printed
    assert "\u202e" not in "".join(pages)
    assert len(pages) <= 12
    assert "<script>" not in made.html
    assert "\u202e" not in made.html
    assert made.html.count("<script") == 0
    left = core.text("ui", "certificate_more", language, {"count": "290"})
    assert re.sub(r"\s", "", left) in re.sub(r"\s", "", printed)


def test_only_the_date_of_issue_dates_the_file(pack: Entry, issue: Issue) -> None:
    with pypdfium2.PdfDocument(issue(pack).pdf) as document:
        told = document.get_metadata_dict()
    assert told["CreationDate"].startswith("D:20260312050500")
    assert told["ModDate"].startswith("D:20260312050500")
    assert b"<pdfaid:part>3</pdfaid:part>" in issue(pack).pdf
