"""The page about a calibration: how good a rapid model is, on cells that it had not seen."""

from hwan.report._calibration._entry import Calibration, Check
from hwan.report._calibration._page import calibration_page

__all__ = ["Calibration", "Check", "calibration_page"]
