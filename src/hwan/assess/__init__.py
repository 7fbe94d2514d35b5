"""The chain from tests to a decision, as one function."""

from hwan.assess._evaluate import evaluate
from hwan.assess._next import Belief, next_test
from hwan.assess._rapid import Rapid, is_shifted
from hwan.assess._stages import Minutes, Stage, Stages, load_stages

__all__ = ["Belief", "Minutes", "Rapid", "Stage", "Stages", "evaluate", "is_shifted", "load_stages", "next_test"]
