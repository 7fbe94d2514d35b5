"""The certificate: one battery, what was found, by what rules, and the evidence, as PDF and as HTML."""

from hwan.report._certificate._certificate import Certificate, certificate
from hwan.report._certificate._content import content

__all__ = ["Certificate", "certificate", "content"]
