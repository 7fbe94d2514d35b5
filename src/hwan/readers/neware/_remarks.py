"""What fastnda logs or warns while it reads, turned into findings: heard, never printed, never lost."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from hwan.core import Finding, Severity
from hwan.readers._detail import detail_of

_LOGGER: Final = logging.getLogger("fastnda")
# The level and the handlers of a logger and the list of warnings belong to the process: one read at a time.
_ONE_AT_A_TIME: Final = threading.RLock()
_KNOWN: Final[tuple[tuple[str, str, Severity], ...]] = (
    ("could not read testinfo.xml", "auxiliary_data_lost", "stop"),
    ("different number of aux channels", "auxiliary_data_lost", "stop"),
    ("negative jumps in the 'unix_time_s'", "clock_runs_backwards", "warning"),
    ("raw cycle column missing", "cycle_count_derived", "note"),
    ("unexpected cycle numbers", "cycle_count_derived", "note"),
    ("read_metadata for nda 129/130", "metadata_unverified", "note"),
    ("section chain covers", "sections_missing", "stop"),
    ("has not been verified against real neware", "format_version_unverified", "warning"),
    ("has not been checked against a vendor export", "format_version_unverified", "warning"),
    ("has not been seen before", "format_version_unverified", "warning"),
)


@dataclass(slots=True)
class Heard:
    """Texts in the order in which they were said."""

    texts: list[str] = field(default_factory=list)

    def findings(self) -> tuple[Finding, ...]:
        """Return one finding per code, its texts joined; unknown texts one by one."""
        by_code: dict[str, tuple[Severity, list[str]]] = {}
        for text in map(detail_of, self._once()):
            code, severity = _code_of(text)
            key = code if code != "reader_remark" else f"reader_remark {text}"
            by_code.setdefault(key, (severity, []))[1].append(text)
        return tuple(
            Finding(key.split(" ", 1)[0], severity, "file", {"detail": "; ".join(dict.fromkeys(texts))[:400]})
            for key, (severity, texts) in by_code.items()
        )

    def _once(self) -> Iterator[str]:
        """Yield the texts but for those that another one holds as one of its lines."""
        lines = {line for text in self.texts if "\n" in text for line in text.splitlines()}
        return (text for text in self.texts if text not in lines)


def _code_of(text: str) -> tuple[str, Severity]:
    for mark, code, severity in _KNOWN:
        if mark in text.lower():
            return code, severity
    return "reader_remark", "warning"


class _Ear(logging.Handler):
    def __init__(self, heard: Heard) -> None:
        super().__init__(logging.WARNING)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        cause = f" ({record.exc_info[1]})" if record.exc_info and record.exc_info[1] else ""
        self.heard.texts.append(record.getMessage() + cause)


@contextmanager
def remarks() -> Iterator[Heard]:
    """Listen to fastnda's logger and warnings inside the block, and leave both as they were."""
    heard = Heard()
    ear = _Ear(heard)
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = (_LOGGER.level, _LOGGER.propagate, _LOGGER.disabled)
        _LOGGER.addHandler(ear)
        _LOGGER.setLevel(logging.WARNING)
        _LOGGER.propagate, _LOGGER.disabled = False, False
        try:
            yield heard
        finally:
            _LOGGER.removeHandler(ear)
            _LOGGER.setLevel(before[0])
            _LOGGER.propagate, _LOGGER.disabled = before[1:]
            heard.texts.extend(str(warning.message) for warning in caught)
