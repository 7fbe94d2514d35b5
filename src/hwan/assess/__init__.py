"""The chain from tests to a decision, as one function."""

from hwan.assess._evaluate import evaluate

__all__ = ["evaluate"]
