from __future__ import annotations

import numpy as np
import pytest

from hwan.health.rapid._chart import control_chart


@pytest.mark.parametrize(
    ("scores", "signal"),
    [
        ([0.1, -0.4, 1.2, -1.9], "in_control"),
        ([0.1, 3.2], "beyond_limit"),
        ([2.1, 0.3, 2.4], "two_of_three"),
        ([2.1, 0.3, -2.4], "in_control"),
        ([0.5] * 7, "in_control"),
        ([0.5] * 8, "one_side"),
        ([], "in_control"),
    ],
)
def test_what_the_last_point_says(scores: list[float], signal: str) -> None:
    reference = np.full(len(scores), 0.8)
    chart = control_chart(reference + 0.02 * np.array(scores), reference, 0.02)
    assert chart.signal == signal
    np.testing.assert_allclose(chart.score, scores, atol=1e-9)


def test_points_without_a_reference_are_refused() -> None:
    with pytest.raises(ValueError, match="one reference for each"):
        control_chart([0.8, 0.9], [0.8], 0.02)
    with pytest.raises(ValueError, match="sigma above 0"):
        control_chart([0.8], [0.8], 0.0)
