"""What a centre hands over: the page for the engineer, and the certificate for customer and inspector."""

from hwan.report._calibration import Calibration, Check, calibration_page
from hwan.report._certificate import Certificate, certificate, content
from hwan.report._entry import Entry, Failure
from hwan.report._health import HealthChapter, health_page
from hwan.report._page import html

__all__ = [
    "Calibration", "Certificate", "Check", "Entry", "Failure", "HealthChapter", "calibration_page", "certificate",
    "content", "health_page", "html",
]  # fmt: skip
