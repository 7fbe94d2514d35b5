"""Rapid state of health: from the answer to a few pulses, with an interval that holds on cells never seen."""
