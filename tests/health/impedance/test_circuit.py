"""Elements and trees: formulas by hand, derivatives by differences, order of arcs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from hwan.health.impedance import circuit_of
from hwan.health.impedance._circuit import bounds, coordinates, evaluate, from_coordinates, in_order

FREQUENCY = np.geomspace(1e4, 1e-2, 31)
OMEGA = 2 * np.pi * FREQUENCY
CIRCUITS = (
    "L0-R0-p(R1,CPE1)-p(R2,CPE2)-W1",
    "R0-p(R1-W1,CPE1)",
    "R0-p(R1-p(R2,C2)-Wo1,CPE1)-Ws2",
    "p(C1,R1)",
    "p(L0,R9)-C3-CPE4",
)


def some_values(circuit, rows=3):
    draw = np.random.default_rng(3)
    return np.where(circuit.is_logarithmic, 10 ** draw.uniform(-2, 0, (rows, len(circuit.names))), 0.8)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("R1", [2.0], 2.0 + 0j * OMEGA),
        ("L1", [1e-6], 1e-6j * OMEGA),
        ("C1", [3.0], 1 / (3j * OMEGA)),
        ("CPE1", [3.0, 0.7], 1 / (3 * (1j * OMEGA) ** 0.7)),
        ("W1", [0.5], 0.5 * (1 - 1j) / np.sqrt(2 * OMEGA)),
        ("Wo1", [0.5, 3.0], 0.5 / np.tanh(np.sqrt(3j * OMEGA)) / np.sqrt(3j * OMEGA)),
        ("Ws1", [0.5, 3.0], 0.5 * np.tanh(np.sqrt(3j * OMEGA)) / np.sqrt(3j * OMEGA)),
        ("p(R1,CPE1)", [2.0, 0.1, 0.8], 2 / (1 + (0.1j * OMEGA) ** 0.8)),
        ("p(R1,C1)", [2.0, 0.1], 2 / (1 + 0.2j * OMEGA)),
        ("p(R1-C1,L2)", [2.0, 0.1, 0.3], 1 / (1 / (2 + 1 / (0.1j * OMEGA)) + 1 / (0.3j * OMEGA))),
    ],
)
def test_formulas(text, values, expected):
    assert_allclose(circuit_of(text).impedance(np.array(values), FREQUENCY), expected, rtol=1e-12)


def test_finite_diffusion_has_its_limits():
    closed, fixed = circuit_of("Wo1"), circuit_of("Ws1")
    low, values = np.array([1e-6]), np.array([2.0, 5.0])
    assert_allclose(fixed.impedance(values, low), 2.0, rtol=1e-4)
    assert_allclose(closed.impedance(values, low).imag, -2 / (2 * np.pi * 1e-6 * 5), rtol=1e-4)
    assert_allclose(closed.impedance(values, low).real, 2 / 3, rtol=1e-4)
    high = np.array([1e5])
    assert_allclose(closed.impedance(values, high), 2 / np.sqrt(5j * 2 * np.pi * 1e5), rtol=1e-9)


def test_an_arc_is_a_resistor_beside_its_constant_phase_element():
    resistance, tau, exponent = 2.0, 0.1, 0.8
    beside = 1 / (1 / resistance + tau**exponent / resistance * (1j * OMEGA) ** exponent)
    assert_allclose(circuit_of("p(CPE1,R1)").impedance(np.array([resistance, tau, exponent]), FREQUENCY), beside)


@pytest.mark.parametrize("text", CIRCUITS)
def test_derivatives_are_those_of_differences(text):
    circuit = circuit_of(text)
    at = coordinates(circuit, some_values(circuit))
    z, derivatives = evaluate(circuit, from_coordinates(circuit, at), OMEGA)
    for number in range(at.shape[1]):
        step = np.zeros(at.shape[1])
        step[number] = 1e-6
        up, down = (evaluate(circuit, from_coordinates(circuit, at + sign * step), OMEGA)[0] for sign in (1, -1))
        assert_allclose((up - down) / 2e-6, derivatives[:, number], rtol=1e-6, atol=1e-6 * np.abs(z).max())


def test_rows_are_independent():
    circuit = circuit_of(CIRCUITS[2])
    values = some_values(circuit, 5)
    together, alone = circuit.impedance(values, FREQUENCY), circuit.impedance(values[3], FREQUENCY)
    assert_allclose(together[3], alone, rtol=1e-14)


def test_arcs_are_sorted_by_time_and_nothing_else_moves():
    circuit = circuit_of("R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,C3)-p(R4,C4)-W1")
    values = np.array([[1.0, 2.0, 9.0, 0.7, 3.0, 0.5, 0.9, 4.0, 5.0, 6.0, 1.0, 8.0]])
    found, order = in_order(circuit, values)
    assert found.tolist() == [[1.0, 3.0, 0.5, 0.9, 2.0, 9.0, 0.7, 6.0, 1.0, 4.0, 5.0, 8.0]]
    assert order[0].tolist() == [0, 4, 5, 6, 1, 2, 3, 9, 10, 7, 8, 11]
    assert_allclose(circuit.impedance(found, FREQUENCY), circuit.impedance(values, FREQUENCY))


def test_coordinates_return():
    circuit = circuit_of(CIRCUITS[0])
    values = some_values(circuit)
    assert_allclose(from_coordinates(circuit, coordinates(circuit, values)), values)


def test_bounds_scale_with_the_spectrum():
    circuit = circuit_of("L0-R0-p(R1,CPE1)-W1")
    one, other = (bounds(circuit, OMEGA, factor * np.ones((1, 31))) for factor in (1.0, 1000.0))
    for first, second in zip(one, other, strict=True):
        assert_allclose(second - first, [[np.log(1e3)] * 3 + [0, 0, np.log(1e3)]], atol=1e-12)
