"""Damage to bytes, as disks, networks and wrong programs do it: seeded, so that a number names a damage."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

Damage = Callable[[bytearray, random.Random], None]
BLOCKS: Final = (4, 16, 59, 512, 4096)


def mutated(content: bytes, seed: str) -> tuple[bytes, str]:
    """Return damaged bytes and the name of the damage; the same for the same `seed`."""
    chance, data = random.Random(seed), bytearray(content)  # noqa: S311  # reproducible, no secret
    name = chance.choice(tuple(DAMAGES))
    if data:
        DAMAGES[name](data, chance)
    return bytes(data), name


def _bit_flips(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 1, 4, 32))):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _other_bytes(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 4, 32))):
        data[_place(data, chance)] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))


def _truncated(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _blocks_swapped(data: bytearray, chance: random.Random) -> None:
    size = min(chance.choice(BLOCKS), max(len(data) // 2, 1))
    first, second = (_place(data, chance) // size * size for _ in range(2))
    one, other = bytes(data[first : first + size]), bytes(data[second : second + size])
    if len(one) == len(other):
        data[first : first + size], data[second : second + size] = other, one


def _block_inserted(data: bytearray, chance: random.Random) -> None:
    size, to = chance.choice(BLOCKS), _place(data, chance)
    start = _place(data, chance)
    data[to:to] = chance.choice((data[start : start + size], chance.randbytes(size)))


def _block_removed(data: bytearray, chance: random.Random) -> None:
    start = _place(data, chance)
    del data[start : start + chance.choice(BLOCKS)]


def _run_zeroed(data: bytearray, chance: random.Random) -> None:
    start = _place(data, chance)
    end = min(start + chance.choice(BLOCKS), len(data))
    data[start:end] = bytes(end - start)


def _place(data: bytearray, chance: random.Random) -> int:
    """Choose where to hit: every fourth time in the head, where sizes and counts stand."""
    return chance.randrange(min(len(data), 2048) if chance.randrange(4) == 0 else len(data))


DAMAGES: Final[dict[str, Damage]] = {
    "bit flips": _bit_flips,
    "other bytes": _other_bytes,
    "truncation": _truncated,
    "blocks swapped": _blocks_swapped,
    "block inserted": _block_inserted,
    "block removed": _block_removed,
    "run zeroed": _run_zeroed,
}
