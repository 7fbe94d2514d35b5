"""From measurements and hand readings to a grade, by a ruleset that is data, not code."""

from hwan.grading._grade import grade
from hwan.grading._load import load_ruleset, rulesets

__all__ = ["grade", "load_ruleset", "rulesets"]
