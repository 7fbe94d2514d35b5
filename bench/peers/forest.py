"""Random forests of the rapid bench, in an environment that has scikit-learn: forest.py QUESTIONS.npz ANSWERS.npz.

Questions: `inputs` (rows, features), `target` (rows,), `trains` and `asks` (fits, rows) as flags. Answers: `said`
(fits, rows), NaN where a row was not asked.
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.ensemble import RandomForestRegressor


def main(questions: str, answers: str) -> None:
    """Fit a forest for each line of flags and write what it says of the rows asked."""
    given = np.load(questions)
    inputs, target = given["inputs"], given["target"]
    said = np.full(given["asks"].shape, np.nan)
    for row, (trains, asks) in enumerate(zip(given["trains"], given["asks"], strict=True)):
        forest = RandomForestRegressor(100, min_samples_leaf=2, max_features=0.4, random_state=0, n_jobs=1)
        said[row, asks] = forest.fit(inputs[trains], target[trains]).predict(inputs[asks])
    np.savez(answers, said=said)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
