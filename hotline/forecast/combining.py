"""Logistic regression with a ridge, fitted by Newton's method, and the logit it works in."""

from __future__ import annotations

import numpy as np

from hotline.forecast.columns import Floats

RIDGE = 1.0
STEPS = 25
LEAST = 1e-4  # no chance is believed to be nearer to never or always


def logit(chances: Floats) -> Floats:
    kept = np.clip(chances, LEAST, 1 - LEAST)
    found: Floats = np.log(kept / (1 - kept))
    return found


def logistic(values: Floats) -> Floats:
    found: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -30.0, 30.0)))
    return found


def fit(rows: Floats, outcome: Floats, prior: Floats) -> Floats:
    """Weights of the columns (the first is the constant): those of least loss, drawn towards `prior` by a ridge."""
    weights = prior.copy()
    ridge = RIDGE * np.eye(rows.shape[1])
    for _ in range(STEPS):
        chance = logistic(rows @ weights)
        slope = rows.T @ (outcome - chance) - RIDGE * (weights - prior)
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-6:
            break
    return weights
