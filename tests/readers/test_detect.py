from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hwan import readers
from hwan.core import LANGUAGES, FormatNotRecognised
from hwan.readers._detect import choose
from hwan.readers._registry import Registry, assemble, registry
from hwan.readers._source import open_source
from hwan.readers.bdf import BDF_CSV, BdfCsv

Write = Callable[[str, str | bytes], Path]


def _zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG"),
        (b"%PDF-1.7\n" + bytes(50), "PDF"),
        (gzip.compress(b"hello"), "gzip"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (_zip("a.txt", "b.txt"), "zip (a.txt, b.txt)"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), "Excel .xlsx"),
        (b"\x00\x01\x00\x00Standard Jet DB\x00", "Microsoft Access (Jet)"),
        (b"once upon a time\nthere was a cell\n", "first line is 'once upon a time'"),
        (bytes(range(256)), "begins with the bytes 00 01 02"),
    ],
)
def test_foreign_content_is_named_whatever_the_suffix(write: Write, content: bytes, said: str) -> None:
    with pytest.raises(FormatNotRecognised) as caught:
        readers.read(write("pretender.ndax", content))
    message = caught.value.message()
    assert said in message
    assert "Neware .ndax" in message
    assert "--mapping" in message
    assert caught.value.exit_code == 3


def test_the_suffix_does_not_decide(write: Write, bdf_csv: Path, ndax: Path, nda: Path) -> None:
    for path, reader in ((bdf_csv, "bdf-csv"), (ndax, "neware-ndax"), (nda, "neware-nda")):
        disguised = write(f"{path.stem}.png", path.read_bytes())
        assert readers.read(disguised).provenance.reader == reader
        assert readers.read(disguised).id == readers.read(path).id


def test_explain_asks_everyone_and_gives_reasons(bdf_csv: Path) -> None:
    said = {one.reader: one for one in readers.explain(bdf_csv)}
    assert set(said) >= {line.name for line in readers.formats()}
    assert said["bdf-csv"].confidence == "certain"
    assert all(one.confidence == "no" for name, one in said.items() if name != "bdf-csv")
    for one in said.values():
        for language in LANGUAGES:
            assert one.reason not in one.message(language)
            assert "{" not in one.message(language)


class _Stumbling(BdfCsv):
    def recognise(self, path: Path, head: bytes) -> readers.Recognition:  # noqa: ARG002
        raise RuntimeError("tripped")


def test_a_reader_that_stumbles_says_no(bdf_csv: Path) -> None:
    source = open_source(bdf_csv)
    assert choose(source, Registry((_Stumbling(name="stumbling"), BDF_CSV))) is BDF_CSV
    with pytest.raises(FormatNotRecognised):
        choose(source, Registry((_Stumbling(name="stumbling"),)))


def test_four_ways_of_not_recognising_are_four_errors(bdf_csv: Path, write: Write) -> None:
    text = open_source(write("letter.txt", "Dear all,\n"))
    broken = assemble((BDF_CSV,), [EntryPoint("vendor", "no_such_module_of_vendor:READER", "hwan.readers")])
    cases = {
        "no_readers_installed": (text, Registry(())),
        "format_not_recognised_text": (text, registry()),
        "format_maybe_of_plugin": (text, broken),
        "format_ambiguous": (open_source(bdf_csv), Registry((BDF_CSV, BdfCsv(name="twin")))),
    }
    for code, (source, known) in cases.items():
        with pytest.raises(FormatNotRecognised) as caught:
            choose(source, known)
        assert caught.value.code == code
