"""Several channels that feed one battery in parallel: each takes its share and writes its own file.

All see the same voltage. Where the controller asks for the current `m`, channel `k` brings what it
takes for ``share_k·m``, so its true current is ``(share_k·m - offset_k) / (1 + gain_k)``; the battery
gets the sum of these. At rest every channel has opened its relay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.synthetic._clock import Clock
from hwan.synthetic._samples import Course
from hwan.synthetic._tester import Tester

# Shares differ from equal ones by this fraction at most, starts from the first channel's by this time.
SHARE_LIMIT: Final = 0.02
START_LIMIT_SECOND: Final = 2.0


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel with its errors, its share of the current and its clock."""

    tester: Tester
    share: float
    clock: Clock


def draw_channels(testers: Sequence[Tester], seed: Sequence[int], longest_second: float) -> tuple[Channel, ...]:
    """Draw share and clock of each tester; the first clock is the true one, none is off by `longest_second`."""
    if len(testers) == 1:
        return (Channel(testers[0], 1.0, Clock()),)
    random = np.random.default_rng(seed)
    weights = 1 + SHARE_LIMIT * random.uniform(-1, 1, len(testers))
    limit = min(START_LIMIT_SECOND, longest_second)
    ahead = np.round(limit * random.uniform(-1, 1, len(testers)), 3)
    ahead[0] = 0.0
    shares = weights / weights.sum()
    drawn = zip(testers, shares.tolist(), ahead.tolist(), strict=True)
    return tuple(Channel(tester, share, Clock(offset)) for tester, share, offset in drawn)


def together(channels: Sequence[Channel]) -> Tester:
    """Return the one tester that the battery feels: the first, with gain and offset of the summed current."""
    first = channels[0].tester
    if len(channels) == 1:
        return first
    gain = 1 / sum(each.share / (1 + each.tester.current_gain) for each in channels)
    lost = sum(each.tester.current_offset_ampere / (1 + each.tester.current_gain) for each in channels)
    return replace(first, current_gain=gain - 1, current_offset_ampere=gain * lost)


def own_course(course: Course, channel: Channel, sum_of_all: Tester) -> Course:
    """Return what of `course` passes through `channel`, at the times of its clock."""
    scale = 1 + channel.tester.current_gain
    part = channel.share * (1 + sum_of_all.current_gain) / scale
    extra = (channel.share * sum_of_all.current_offset_ampere - channel.tester.current_offset_ampere) / scale
    through = extra * (course.current != 0)
    shared = replace(
        course,
        current=part * course.current + through,
        charge_ah=part * course.charge_ah + through * course.step_time / 3600,
        energy_wh=part * course.energy_wh + through * course.volt_seconds / 3600,
    )
    return _started(shared, channel.clock.offset_second)


def _started(course: Course, ahead: float) -> Course:
    """Return the course by a clock that began `ahead` s before the first channel's, its first row at 0.

    The first step is a rest from equilibrium, so its first row is true a little earlier and later, too.
    """
    if not ahead:
        return course
    resting = np.where(course.step == 0, ahead, 0.0)
    shifted = replace(
        course,
        time=course.time + ahead,
        step_time=course.step_time + resting,
        volt_seconds=course.volt_seconds + resting * course.voltage,
    )
    return course.take(np.array([0])).then(shifted.take(np.flatnonzero(shifted.time > 0)))
