"""The adapter: recognise, read with fastnda, rename and scale to BDF, turn its remarks into findings.

Cycle numbers are the file's own (``cycle_mode="raw"``). Neware counts capacity and energy from the
beginning of each step, charging less discharging: BDF's step scope, net.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Final, Literal

from hwan.core import DamagedFile, Finding, MissingExtra, NothingInside, raw_name
from hwan.readers._arrange import Target, arrange, rows_finding
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._detail import detail_of
from hwan.readers.neware import _archive, _auxiliary, _between, _header
from hwan.readers.neware._metadata import Told, told_by
from hwan.readers.neware._remarks import Heard, remarks

if TYPE_CHECKING:
    import polars as pl

# 1 mA = 1e-3 A, 1 mAh = 1e-3 Ah, 1 mWh = 1e-3 Wh
_TARGETS: Final = (
    Target("index", "record_index"),
    Target("total_time_s", "test_time_second"),
    Target("unix_time_s", "unix_time_second"),
    Target("cycle_count", "cycle_count"),
    Target("step_count", "step_count"),
    Target("step_index", "step_id"),
    Target("step_type", "step_type"),
    Target("step_time_s", "step_time_second"),
    Target("voltage_V", "voltage_volt"),
    Target("current_mA", "current_ampere", 1e-3),
    Target("capacity_mAh", "step_net_capacity_ah", 1e-3),
    Target("energy_mWh", "step_net_energy_wh", 1e-3),
)
_SENSOR: Final = re.compile(r"aux(-?\d*)_temperature_degC")
_MOST_SENSORS: Final = 5


@dataclass(frozen=True, slots=True)
class NewareReader:
    """Reads one of the two containers of Neware testers."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    container: Literal["nda", "ndax"]
    proof: Proof = "vendor truth"

    @property
    def version(self) -> str:
        """The adapter's version and fastnda's, as both decide the values."""
        try:
            return f"1+fastnda.{version('fastnda')}"
        except PackageNotFoundError:
            return "1+fastnda.none"

    def recognise(self, path: Path, head: bytes) -> Recognition:
        """Ask for the signature of the container, whatever the suffix."""
        if self.container == "nda":
            return _header.recognise(self.name, head)
        return _archive.recognise(self.name, path, head)

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002  # the contract's
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read the samples; what fastnda remarks on the way becomes findings.

        Raises
        ------
        NothingInside
            The test has a schedule and no samples.
        DamagedFile
            fastnda cannot read it, or the container is larger than it may be.
        """
        with _suffixed(path, f".{self.container}") as file:
            if self.container == "ndax":
                frame, findings, told, between = _ndax(file, path)
            else:
                with remarks() as heard:
                    frame = _samples(file, path.name)
                findings, told, between = heard.findings(), told_by(file), _between.NOTHING
        frame, more = _to_bdf(frame)
        findings = (*_with_rows(findings, frame), *more, *told.findings, *self._short(path, frame, told))
        return RawRecording(frame, told.metadata, (*findings, *between.findings), told.instrument, marks=between.marks)

    def _short(self, path: Path, frame: pl.DataFrame, told: Told) -> tuple[Finding, ...]:
        cut = _header.completeness(path, told.samples) if self.container == "nda" else ()
        if told.samples is None or told.samples <= frame.height:
            return cut
        values = {"got": frame.height, "expected": told.samples}
        return (*cut, Finding("fewer_rows_than_declared", "stop", "file", values))


NDA: Final = NewareReader("neware-nda", "Neware .nda", (".nda",), "nda")
NDAX: Final = NewareReader("neware-ndax", "Neware .ndax", (".ndax",), "ndax")


@contextmanager
def _suffixed(path: Path, suffix: str) -> Iterator[Path]:
    """Give the file under a name with `suffix`, by which fastnda tells the containers apart."""
    if path.suffix.lower() == suffix:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="hwan-") as folder:
        link = Path(folder) / f"file{suffix}"
        try:
            link.symlink_to(path.resolve())
        except OSError:  # no links here (Windows without the right, some network disks)
            copyfile(path, link)
        yield link


def _ndax(file: Path, path: Path) -> tuple[pl.DataFrame, tuple[Finding, ...], Told, _between.Between]:
    """Return samples, remarks, what the file says and what was filled in; `path` names it in errors.

    fastnda leaves a processor idle, on which the rest of the archive is read meanwhile. One ear hears both:
    fastnda remarks nothing on metadata, and on a member twice the same, of which one is told.
    """
    _archive.check(path)
    _auxiliary.bound_join(path)
    with remarks() as heard, ThreadPoolExecutor(1) as beside:
        telling = beside.submit(told_by, file, nullcontext(Heard()))
        looking = beside.submit(_between.own_rows, file)
        frame = _samples(file, path.name)
        told, own = telling.result(), looking.result()
    return frame, heard.findings(), told, _between.interpolated(own, frame)


def _samples(file: Path, source: str) -> pl.DataFrame:
    try:
        import fastnda  # type: ignore[import-untyped]
        import polars as pl
    except ImportError as error:
        raise MissingExtra(error.name or "fastnda", "all") from error
    try:
        frame: pl.DataFrame = fastnda.read(file, cycle_mode="raw", raw_categories=True)
    except (Exception, pl.exceptions.PanicException) as error:  # foreign bytes: anything may be raised
        raise DamagedFile("tester_file_unreadable", source=source, detail=detail_of(error)) from error
    if frame.is_empty():
        raise NothingInside("test_without_samples", source=source)
    if "step_type" in frame.columns:
        frame = frame.with_columns(_step_words(frame["step_type"], fastnda.step_type_map))
    return frame


def _step_words(codes: pl.Series, words: Mapping[int, str]) -> pl.Series:
    """Return the tester's words for its step codes; a code without a word is kept as its number."""
    import polars as pl

    # Looking 256 words up by position is five times cheaper than joining or casting categories.
    table = pl.Series([words.get(code, str(code)) for code in range(256)], dtype=pl.String)
    return table.gather(codes).alias("step_type")


def _with_rows(findings: tuple[Finding, ...], frame: pl.DataFrame) -> Iterator[Finding]:
    """Add the rows at which the clock jumps back; fastnda only says that it does."""
    import polars as pl

    for finding in findings:
        if finding.code == "clock_runs_backwards" and "unix_time_second" in frame.columns:
            falls = pl.col("unix_time_second").diff() < 0
            yield rows_finding(finding.code, finding.severity, frame, falls, column="unix_time_second")
        else:
            yield finding


def _to_bdf(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    known = [target for target in _TARGETS if target.column in frame.columns]
    rest = [name for name in frame.columns if name not in {target.column for target in known}]
    sensors = [name for name in rest if _SENSOR.fullmatch(name)][:_MOST_SENSORS]
    others = [name for name in rest if name not in sensors]
    placed = [Target(name, f"temperature_t{number}_celsius") for number, name in enumerate(sensors, 1)]
    raw = [Target(name, raw_name(name)) for name in others]
    arranged, findings = arrange(frame, [*known, *placed, *raw])
    if placed:
        pairs = ", ".join(f"{target.column} → {target.name}" for target in placed)
        findings.append(Finding("sensors_numbered", "note", "columns", {"pairs": pairs}))
    if others:
        findings.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(others)}))
    return arranged, findings
