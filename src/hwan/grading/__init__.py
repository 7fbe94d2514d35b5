"""From measurements and hand readings to a grade, by a ruleset that is data, not code."""

from hwan.grading._compare import Change, Difference, compare_rulesets
from hwan.grading._grade import grade
from hwan.grading._load import check_file, load_ruleset, rulesets
from hwan.grading._regrade import Regrade, regrade

__all__ = [
    "Change",
    "Difference",
    "Regrade",
    "check_file",
    "compare_rulesets",
    "grade",
    "load_ruleset",
    "regrade",
    "rulesets",
]
