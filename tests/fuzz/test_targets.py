"""Bytes from outside never break the house: each fuzz target for a few seconds, without a fuzzer, always the same."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from fuzz.mutate import DAMAGES, mutated
from fuzz.targets import BY_NAME, TARGETS, Broken, Target, examine

from fuzz import seeds, targets
from hwan.core import HwanError
from hwan.readers import RawRecording
from hwan.readers._registry import registry

# Text is one target, in which detection chooses among these and every mapping.
TEXT = {"biologic-mpt", "arbin-csv"}


@pytest.mark.parametrize("name", BY_NAME)
def test_every_seed_is_read(name: str, tmp_path: Path) -> None:
    target = BY_NAME[name]
    assert [examine(target, seed, tmp_path) for seed in target.seeds()] == ["read"] * len(target.seeds())


@pytest.mark.parametrize("name", BY_NAME)
def test_damaged_bytes_are_read_or_refused(name: str, tmp_path: Path) -> None:
    target = BY_NAME[name]
    whole = target.seeds()
    outcomes = set()
    for number in range(target.rounds):
        data, _ = mutated(whole[number % len(whole)], f"{name} {number}")
        outcomes.add(examine(target, data, tmp_path))
    assert len(outcomes) > 1


def test_every_reader_has_a_target() -> None:
    names = {reader.name for reader in registry().readers}
    mapped = {name for name in names if name.startswith("csv:")}
    assert names - mapped - TEXT == {target.reader for target in TARGETS} - {""}


class _Failing:
    """A reader that does what a target must report."""

    name = "failing"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def recognise(self, *_: object) -> None: ...

    def keys(self, *_: object) -> tuple[str, ...]:
        return ()

    def read(self, *_: object) -> RawRecording:
        raise self.error


@pytest.mark.parametrize(
    "error", [KeyError("x"), RecursionError(), pl.exceptions.PanicException(), HwanError("reader_failed", reader="x")]
)
def test_a_target_reports_what_is_not_allowed(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "reader_of", lambda _: _Failing(error))
    with pytest.raises(Broken):
        examine(Target("failing", "failing", seeds.ndas), b"x", tmp_path)


def test_a_target_reports_what_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "LONGEST_SECONDS", -1.0)  # the clock of work ticks in hundredths
    with pytest.raises(Broken, match="s, at most"):
        examine(BY_NAME["nda"], seeds.ndas()[0], tmp_path)


def test_damage_is_named_by_its_seed() -> None:
    content = bytes(range(256)) * 20
    made = [mutated(content, str(number)) for number in range(400)]
    assert made == [mutated(content, str(number)) for number in range(400)]
    assert {damage for _, damage in made} == set(DAMAGES)
    assert sum(data != content for data, _ in made) > 350


def test_one_member_is_replaced_under_a_checksum_that_holds() -> None:
    archive = seeds.ndaxs()[0]
    (member,) = seeds.members(archive)
    assert member[0] == 0
    changed = seeds.packed(archive, member[:1] + b"other" + member[6:])
    assert seeds.members(changed) == [member[:1] + b"other" + member[6:]]
