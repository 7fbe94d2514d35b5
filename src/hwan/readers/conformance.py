"""The conformance kit: what every reader must keep, for authors of plug-ins.

In a test of the plug-in::

    from hwan.readers import conformance

    def test_conforms(sample):
        conformance.check(MY_READER, sample)

`check` raises AssertionError that says what was broken, and returns the recordings otherwise.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import LANGUAGES, Finding, InputError, needed, text
from hwan.core.columns import RAW_PREFIX
from hwan.readers._contract import RawRecording, Reader
from hwan.readers._door import column_of, pass_door
from hwan.readers._read import recording_with
from hwan.readers._source import open_source

__all__ = ["check", "check_contract", "check_findings", "check_foreign_bytes", "check_sign", "check_source_order"]

_FOREIGN: Final = {
    "PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64),
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "empty zip": b"PK\x05\x06" + bytes(18),
    "text": b"Sehr geehrte Damen und Herren,\nanbei die Zellen.\n",
    "zeros": bytes(4096),
}
_CUTS: Final = (0.999, 0.9, 0.5, 0.1, 0.01)
_DECIDABLE_STEPS: Final = 3


def check(reader: Reader, path: Path | str) -> tuple[RawRecording, ...]:
    """Check `reader` on one good file, on cut copies of it and on foreign bytes.

    Parameters
    ----------
    path
        A file that `reader` recognises and reads.

    Returns
    -------
    tuple of RawRecording
        What the reader gave, for further checks by the caller.

    Raises
    ------
    AssertionError
        Says which rule was broken, and by what.
    """
    path = Path(path)
    source = open_source(path)
    said = reader.recognise(path, source.head)
    _demand(said.confidence != "no", f"{reader.name} does not recognise {path.name}: {said.message()}")
    keys = reader.keys(path) or ("",)
    _demand(len(set(keys)) == len(keys), f"keys repeat: {keys}")
    recordings = tuple(reader.read(path, key) for key in keys)
    for key, raw in zip(keys, recordings, strict=True):
        check_contract(raw)
        check_source_order(raw)
        check_sign(raw)
        check_findings(raw.findings)
        again = recording_with(reader, source, key).id
        _demand(again == recording_with(reader, source, key).id, "the same bytes gave two ids")
    check_foreign_bytes(reader, path)
    return recordings


def _demand(kept: object, broken: str) -> None:
    # Not an assert statement: the kit must also speak where Python runs with -O.
    if not kept:
        raise AssertionError(broken)


def check_contract(raw: RawRecording) -> None:
    """Columns are BDF, wide or raw with their declared dtypes, required ones present, metadata strings."""
    schema = raw.frame.collect_schema()
    missing = [name for name in needed(schema) if name not in schema]
    _demand(not missing, f"required columns are missing: {missing}")
    for name, dtype in schema.items():
        column = column_of(name)
        _demand(column or name.startswith(RAW_PREFIX), f"column {name} is neither BDF, nor a cell's, nor raw_*")
        declared = column.dtype if column else dtype
        _demand(column is None or _fits(dtype, column.dtype), f"column {name} is {dtype}, declared {declared}")
    for key, value in raw.metadata.items():
        _demand(isinstance(key, str), f"metadata key {key!r} is not a string")
        _demand(isinstance(value, str), f"metadata {key!r} is {type(value).__name__}, not a string")


def _fits(dtype: pl.DataType, declared: type[pl.DataType]) -> bool:
    if declared == pl.Float64:
        return dtype in (pl.Float64, pl.Float32)
    if declared == pl.Int64:
        return dtype.is_integer()
    return dtype in (pl.String, pl.Categorical)


def check_source_order(raw: RawRecording) -> None:
    """Rows are as the source has them: the door changes neither their number nor their order."""
    frame = raw.frame.lazy().collect()
    through, *_ = pass_door(frame, "conformance")
    _demand(through.height == frame.height, f"{frame.height} rows went in, {through.height} came out")
    clock = "record_index" if "record_index" in frame.columns else "test_time_second"
    before, after = frame[clock].cast(pl.Float64), through[clock].cast(pl.Float64)
    kept = ((before == after) | after.is_null()).all()
    _demand(kept, f"{clock} was put into another order")
    if clock == "record_index":
        _demand(not (before.diff() < 0).any(), "record_index falls: the rows are not in the order of the source")


def check_sign(raw: RawRecording) -> None:
    """Positive current charges: where current begins from rest, the voltage goes with it.

    Decided by the jumps at which a current begins; with fewer than three it cannot be told.
    """
    frame = raw.frame.lazy().select("current_ampere", "voltage_volt").drop_nulls().collect().cast(pl.Float64)
    scale = frame["current_ampere"].abs().max()
    if not isinstance(scale, float) or scale == 0:
        return
    begins = (pl.col("current_ampere").shift().abs() < 0.01 * scale) & (pl.col("current_ampere").abs() > 0.1 * scale)
    agrees = pl.col("current_ampere").sign() * pl.col("voltage_volt").diff()
    jumps = frame.select(agrees.filter(begins)).to_series().drop_nulls()
    jumps = jumps.filter(jumps != 0)
    if len(jumps) >= _DECIDABLE_STEPS:
        share = int((jumps > 0).sum()) / len(jumps)
        _demand(share >= 0.5, f"positive current does not charge: only {share:.0%} of {len(jumps)} jumps agree")


def check_findings(findings: tuple[Finding, ...]) -> None:
    """Every finding has a sentence in every language, with all its values."""
    for finding in findings:
        for language in LANGUAGES:
            sentence = text("finding", finding.code, language, finding.values)
            bare = sentence.startswith(finding.code) or sentence.endswith(str(dict(finding.values)))
            _demand(not bare, f"finding {finding.code} has no whole sentence in {language}: {sentence}")


def check_foreign_bytes(reader: Reader, path: Path) -> None:
    """Foreign bytes and cut copies of a good file are refused with InputError, or read in part."""
    with tempfile.TemporaryDirectory(prefix="hwan-") as folder:
        for what, content in _foreign(path):
            strange = Path(folder) / f"strange{path.suffix}"
            strange.write_bytes(content)
            _refused_or_read(reader, strange, what, must_refuse=not what.startswith("cut"))


def _foreign(path: Path) -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield from _FOREIGN.items()
    yield "random", random.Random(0).randbytes(8192)  # noqa: S311  # reproducible, no secret
    whole = path.read_bytes()
    for share in _CUTS:
        yield f"cut to {share:.1%}", whole[: int(len(whole) * share)]


def _refused_or_read(reader: Reader, path: Path, what: str, *, must_refuse: bool) -> None:
    try:
        reader.recognise(path, path.read_bytes()[:65_536])
        for key in reader.keys(path) or ("",):
            pass_door(reader.read(path, key).frame, path.name)
    except InputError:
        return
    except Exception as error:
        raise AssertionError(f"{what} bytes: {type(error).__name__} instead of InputError: {error}") from error
    _demand(not must_refuse, f"{what} bytes were read as if they were a recording")
