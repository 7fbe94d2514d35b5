"""The page a centre hands over: one self-contained HTML file with figures, reasons and evidence."""

from hwan.report._entry import Entry, Failure
from hwan.report._page import html

__all__ = ["Entry", "Failure", "html"]
