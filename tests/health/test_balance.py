"""What a pack would hold mended: two cells by hand, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwan.core import BatteryType, Conditions, ErrorComponent, Measurement, Refusal
from hwan.health._balance import ToGo, after_interventions
from hwan.health._cells import Cells
from hwan.health._lags import DOUBT_SIGMA, Lags
from hwan.health._uncertainty import Figure

PAIR = (np.array([0.0, 0.4]), np.array([0.0, 0.3]), np.array([0.0, 0.5]))
FULL, EMPTY = Lags(0, *PAIR), Lags(1, *(part[::-1] for part in PAIR))


def cells(count=2, unseen=()):
    numbers = tuple(number for number in range(1, count + 1) if number not in unseen)
    return Cells(numbers, unseen, (), {}, np.zeros(1), np.zeros(1))


def figure(quantity, value, unit, effect=0.1):
    parts = (ErrorComponent("current_gain", effect, "uniform", "class", "gain"),)
    quantiles = Figure(value, parts).quantiles()
    return Measurement(quantity, value, unit, quantiles, Conditions(rate_per_hour=0.3), "counted", "1", parts)


CAPACITY, ENERGY = figure("capacity", 50.0, "Ah"), figure("energy", 370.0, "Wh", 1.0)
VOLTS = np.array([8.4, 6.0])


def outcomes(to_go, pack, size=1, energy=ENERGY):
    return list(after_interventions(BatteryType(cells_per_module=size), pack, to_go, CAPACITY, energy, VOLTS))


def test_charge_to_go_adds_up_over_both_ends():
    to_go = ToGo.of(FULL, EMPTY)
    assert to_go.central_ah.tolist() == to_go.central_ah[::-1].tolist() == [0.4, 0.4]
    assert to_go.below_ah == pytest.approx([0.1 / DOUBT_SIGMA] * 2)
    assert to_go.above_ah == pytest.approx([0.1 / DOUBT_SIGMA] * 2)
    assert to_go.least_ah == pytest.approx([0.3, 0.3])


def test_of_two_equal_cells_the_smaller_draw_counts():
    """The least of two normal draws lies 0.56 sigma below either's mean; its median at the quantile 1 - sqrt(1/2)."""
    middle, sigma = ToGo.of(FULL, EMPTY).smallest(np.array([0, 1]))
    assert middle == pytest.approx(0.4 - 0.5449 * 0.05, abs=1e-3)
    draws = 0.4 + 0.05 * np.random.default_rng(1).normal(size=(200_000, 2))
    low, high = np.quantile(draws.min(axis=1), (0.05, 0.95))
    assert sigma == pytest.approx((high - low) / 2 / 1.645, rel=0.02)


def test_a_pair_balanced_holds_what_both_had_left():
    """Cell 1 is first full with 0.4 Ah left when empty; cell 2 the other way round: balanced both give 0.4 Ah more."""
    balanced, energy, *_ = outcomes(ToGo.of(FULL, EMPTY), cells())
    assert (balanced.quantity, balanced.unit) == ("capacity_after_balancing", "Ah")
    assert balanced.value == pytest.approx(50.373, abs=1e-3)
    assert balanced.conditions == replace(CAPACITY.conditions, intervention="balanced")
    low, high = balanced.interval
    assert high - low == pytest.approx(2 * np.hypot(0.09, 1.645 * 0.041), rel=0.1)
    assert (energy.quantity, energy.unit) == ("energy_after_balancing", "Wh")
    assert energy.value == pytest.approx(370 + 0.3728 * 7.2, abs=0.01)
    parts = {part.name: part.effect for part in energy.components}
    assert parts["voltage_of_gain"] == pytest.approx(0.3728 * 1.2, rel=1e-2)
    assert parts["current_gain"] == 1.0


def test_a_cell_that_limits_both_ends_leaves_nothing_to_gain():
    both = Lags(0, *(np.array([0.0, 1.0]) for _ in range(3)))
    balanced, _, replaced, *_ = outcomes(ToGo.of(both, both), cells())
    assert balanced.value == pytest.approx(50.0, abs=1e-6)
    assert replaced.quantity == "capacity_after_replacement"
    assert replaced.value == pytest.approx(52.0, abs=1e-3)
    assert replaced.conditions.replaced_modules == (1,)
    assert replaced.conditions.intervention == "replaced_and_balanced"


def test_the_weakest_modules_are_replaced_first():
    central = np.array([3.0, 2.9, 0.5, 4.0, 1.0, 3.5, 2.0, 2.5])
    to_go = ToGo(central, np.full(8, 1e-3), np.full(8, 1e-3), central)
    found = [each for each in outcomes(to_go, cells(8), 2, None)[1:] if isinstance(each, Measurement)]
    assert [each.conditions.replaced_modules for each in found] == [(2,), (2, 3), (2, 3, 4)]
    assert [round(each.value, 2) for each in found] == [51.0, 52.0, 52.9]


def test_one_module_is_always_kept():
    central = np.arange(1.0, 5)
    found = outcomes(ToGo(central, central / 100, central / 100, central), cells(4), 2, None)
    assert [each.conditions.replaced_modules for each in found[1:]] == [(1,)]


@pytest.mark.parametrize("size", [3, 4, 0, 5])
def test_modules_that_do_not_divide_the_cells_are_refused(size):
    central = np.arange(1.0, 5)
    *_, last = outcomes(ToGo(central, central / 100, central / 100, central), cells(4), size, None)
    assert isinstance(last, Refusal)
    assert (last.quantity, last.code) == ("capacity_after_replacement", "modules_unknown")


def test_with_a_cell_that_nobody_saw_nothing_is_promised():
    (only,) = outcomes(ToGo.of(FULL, EMPTY), cells(3, unseen=(3,)))
    assert isinstance(only, Refusal)
    assert (only.quantity, only.code) == ("capacity_after_balancing", "balance_not_observed")


def test_without_any_upper_bound_there_is_no_figure():
    endless = Lags(0, np.full(2, np.inf), np.full(2, 1.0), np.full(2, np.inf))
    (only,) = outcomes(ToGo.of(endless, FULL), cells())
    assert only.code == "balance_not_observed"


def test_where_only_the_replaced_module_is_bounded_the_balanced_figure_stands():
    part = Lags(0, np.array([0.2, np.inf]), np.array([0.1, 2.0]), np.array([0.3, np.inf]))
    balanced, _, refused = outcomes(ToGo.of(part, Lags(0, *(np.zeros(2),) * 3)), cells())
    assert balanced.value == pytest.approx(50.2, abs=0.01)
    assert (refused.quantity, refused.code) == ("capacity_after_replacement", "balance_not_observed")


def test_a_cell_without_an_upper_bound_widens_downwards_to_its_least():
    silent = Lags(0, np.array([0.4, np.inf]), np.array([0.4, 0.0]), np.array([0.4, np.inf]))
    none = Lags(0, *(np.zeros(2),) * 3)
    middle, sigma = ToGo.of(silent, none).smallest(np.array([0, 1]))
    assert middle == pytest.approx(0.4, abs=1e-3)
    assert middle - 1.645 * sigma == pytest.approx(0.0, abs=1e-3)
