from __future__ import annotations

from dataclasses import replace

import pytest

from hwan.core import LANGUAGES, Instrument, text
from hwan.health import analyse
from hwan.health._accuracy import ASSUMED, TAPS, accuracy_class


def test_a_stated_class_is_used_without_remark(cell):
    analysis = analyse(cell.recording)
    assert analysis.accuracy == cell.tester.instrument.accuracy
    assert analysis.findings == ()
    assert analysis.instrument_key == "instrument synthetic-7"


def test_an_unknown_instrument_is_assumed_and_said_so(record, walk):
    analysis = analyse(record(*walk((0, 60), (-8, 600), soc=1.0)))
    assert analysis.accuracy.assumed
    assert analysis.accuracy.current_offset_ampere == pytest.approx(0.0005 * 8)
    (finding,) = analysis.findings
    assert (finding.code, finding.severity) == ("accuracy_assumed", "warning")
    for language in LANGUAGES:
        assert "8" in text("finding", finding.code, language, finding.values)
    assert analysis.instrument_key == "instrument made"


def test_a_known_range_is_taken_for_the_assumed_class(cell):
    instrument = Instrument(current_range_ampere=200.0, voltage_range_volt=10.0)
    analysis = analyse(replace(cell.recording, instrument=instrument))
    assert analysis.accuracy.current_offset_ampere == pytest.approx(0.1)
    assert analysis.accuracy.voltage_offset_volt == pytest.approx(0.005)


@pytest.mark.parametrize("name", [ASSUMED, TAPS])
def test_packaged_classes_name_their_source(name):
    assert accuracy_class(name)["source"].startswith("assumed")
