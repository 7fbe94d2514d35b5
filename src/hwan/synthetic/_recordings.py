"""From an executed run to the recordings that a laboratory keeps, each with where it came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from hwan.core import UNKNOWN, Instrument, Provenance, Recording, recording_id
from hwan.synthetic._channels import own_course
from hwan.synthetic._faults import Faults, planted, planted_in_log
from hwan.synthetic._kind import FAULTS, LOG_FAULTS, LOG_NOISE, NOISE, Equipment, Kind
from hwan.synthetic._logs import log_frame
from hwan.synthetic._run import Run
from hwan.synthetic._samples import Course, frame

READER: Final = "hwan.synthetic"
VERSION: Final = "1"
STARTED_AT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
# Options that came later are told only where they are used, so that older seeds keep their ids.
LATER: Final = (
    "bms", "channels", "sentinel_cell", "stuck_cell", "truncated_log", "weak_cell", "weak_capacity", "resistive_cell",
    "resistance_growth", "low_cell", "low_soc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """What was run with one string: the run, its row, the equipment, and kind and seed of them all."""

    executed: Run
    row: int
    equipment: Equipment
    kind: Kind
    seed: int

    def channels(self, course: Course) -> tuple[Recording, ...]:
        """Return what each channel wrote of `course`."""
        return tuple(self._channel(course, number) for number in range(len(self.equipment.channels)))

    def logs(self) -> tuple[Recording, ...]:
        """Return what each battery management system wrote."""
        return tuple(self._log(number) for number in range(1, len(self.equipment.systems) + 1))

    def _channel(self, course: Course, number: int) -> Recording:
        channel, kind = self.equipment.channels[number], self.kind
        if kind.channels > 1:
            course = own_course(course, channel, self.equipment.together)
        words = tuple(step.word for step in self.executed.steps)
        ambient, noise = kind.ambient_celsius(self.seed), [self.seed, NOISE, number]
        cells = kind.bms is None and number == 0
        samples = frame(course, channel.tester, words, ambient, noise, cells=cells)
        # The battery's first temperature is in the first log, or else in the first channel's file.
        faults = kind.faults if cells else replace(kind.faults, dead_temperature=False)
        if faults != Faults():
            samples = planted(samples, faults, self.executed.steps, [self.seed, FAULTS, number])
        part = f"channel-{number + 1}" if number else ""
        return self._recording(samples, channel.tester.instrument, part)

    def _log(self, number: int) -> Recording:
        kind, system = self.kind, self.equipment.systems[number - 1]
        ambient, noise = kind.ambient_celsius(self.seed), [self.seed, LOG_NOISE, number]
        broken = kind.faults.truncated_log and number == 2
        log = log_frame(self.executed, self.row, system, ambient, noise, truncated=broken)
        log = planted_in_log(log, kind.faults, system, [self.seed, LOG_FAULTS, number])
        instrument = system.limits.instrument(number, self.seed, len(system.cells))
        return self._recording(log, instrument, f"bms-{number}")

    def _recording(self, samples: pl.DataFrame, instrument: Instrument, part: str) -> Recording:
        provenance = _provenance(self.kind, self.seed, part)
        # What a system's clock showed is told by its log alone, not when that was.
        started = UNKNOWN if part.startswith("bms") else STARTED_AT
        return Recording(provenance, samples.lazy(), instrument, {"synthetic": "true"}, started_at=started)


def _provenance(kind: Kind, seed: int, part: str) -> Provenance:
    told = {"seed": seed, "version": VERSION, **_told(kind), **({"part": part} if part else {})}
    document = json.dumps(told, sort_keys=True).encode()
    digest = hashlib.sha256(document).hexdigest()
    name = f"synthetic-{kind.chemistry}-{kind.series}S{kind.parallel}P-{seed}"
    return Provenance(
        recording_id=recording_id(digest, READER, VERSION, "", ""),
        source_name=f"{name}-{part}" if part else name,
        source_sha256=digest,
        source_bytes=len(document),
        reader=READER,
        reader_version=VERSION,
    )


def _told(kind: Kind) -> dict[str, Any]:
    faults, sound = asdict(kind.faults), asdict(Faults())
    told = {**asdict(kind), "faults": _used(faults, sound)}
    return _used(told, {"bms": None, "channels": 1})


def _used(options: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: got for name, got in options.items() if name not in LATER or got != defaults[name]}
