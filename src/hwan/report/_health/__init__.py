"""The pages of the health methods: curves, spectra and pulses as a scientist expects to see them."""

from hwan.report._health._page import HealthChapter, Told, found, health_page, refused

__all__ = ["HealthChapter", "Told", "found", "health_page", "refused"]
