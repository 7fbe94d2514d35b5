"""Charge on an even grid of voltage. Loops over numbers; see `_machine`."""

from __future__ import annotations

from typing import Any

Array = Any


def copied(source: Array, target: Array) -> None:
    """Copy one array over another, as a loop: numba takes a second to compile an assignment of arrays."""
    for i in range(len(target)):
        target[i] = source[i]


def laid_out(charge: Array, voltage: Array, far: float, low: float, step: float, pad: int, mass: Array) -> float:
    """Lay the charge of each sample on the grid; return the sum of the squares of these charges, for the variance.

    Where half a rise from sample to sample is more than `far`, in places, the charge lies evenly between them: half of
    each interval belongs to either end. Where noise shuffles it, the charge lies at the sample: to take neighbours into
    account would lessen a noise that the kernel takes out.
    """
    mass[:] = 0.0
    last, per_volt, squares = len(voltage) - 1, 1 / step, 0.0
    for k in range(last + 1):
        before, after = max(k - 1, 0), min(k + 1, last)
        part = 0.5 * (charge[after] - charge[before])
        place = (voltage[k] - low) * per_volt + pad
        left = 0.5 * per_volt * (voltage[before] - voltage[k])
        right = 0.5 * per_volt * (voltage[after] - voltage[k])
        if max(abs(left), abs(right)) < far:
            laid(mass, part, place)
        else:
            spread(mass, 0.5 * (charge[k] - charge[before]), place, left)
            spread(mass, 0.5 * (charge[after] - charge[k]), place, right)
        squares += part * part
    return squares


def laid(mass: Array, part: float, place: float) -> None:
    """Lay a charge on the two places of the grid beside it."""
    x = min(max(place, 0.0), len(mass) - 2.0)
    left = int(x)
    beside = part * (x - left)
    mass[left] += part - beside
    mass[left + 1] += beside


def spread(mass: Array, part: float, place: float, wide: float) -> None:
    """Lay a charge evenly between a place of the grid and the one `wide` beside it."""
    pieces = max(1, int(2 * abs(wide)))
    for piece in range(pieces):
        laid(mass, part / pieces, place + (piece + 0.5) / pieces * wide)


def mirrored(mass: Array, pad: int, size: int, whole: Array) -> None:
    """Continue a curve evenly beyond both of its ends, pad and pad+size on the grid; else it falls there."""
    last = pad + size
    copied(mass, whole)
    for end in (pad, last):
        # On an end itself its own mirror image lies as well.
        whole[end] += mass[end]
        for away in range(1, min(pad, size) + 1):
            whole[end - away] += mass[end + away]
            whole[end + away] += mass[end - away]


def halved(fine: Array, size: int, coarse: Array) -> int:
    """Write `fine` on a grid of twice the step, its even places kept; return how many places that are."""
    half = (size + 1) // 2
    for i in range(half):
        total = fine[2 * i]
        if i > 0:
            total += 0.5 * fine[2 * i - 1]
        if 2 * i + 1 < size:
            total += 0.5 * fine[2 * i + 1]
        coarse[i] = total
    return half


def between(values: Array, place: float) -> float:
    """Return a value at a place between two of the grid."""
    left = min(max(int(place), 0), len(values) - 2)
    return float(values[left] + (place - left) * (values[left + 1] - values[left]))


def refined(coarse: Array, scale: int, pad: int, size: int, fine: Array) -> None:
    """Write a density of a coarser grid on the fine one, nowhere negative; `pad` is a multiple of the scale."""
    part = 1.0 / scale
    for i in range(size // scale + 1):
        start = coarse[pad // scale + i]
        rise = (coarse[pad // scale + i + 1] - start) * part
        for k in range(min(scale, size + 1 - i * scale)):
            fine[i * scale + k] = max(start + k * rise, 0.0)


def distance(one: Array, scale: int, other: Array, finer: int, pad: int, size: int) -> float:
    """Return the sum of squares between two densities at the places of the coarser grid."""
    every, mine, theirs, total = scale // finer, one[pad // scale :], other[pad // finer :], 0.0
    for i in range(size // scale + 1):
        total += (mine[i] - theirs[every * i]) ** 2
    return total
