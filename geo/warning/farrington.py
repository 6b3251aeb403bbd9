"""Farrington's algorithm in its flexible form: what a day or week should hold, by the same time of earlier ones.

Sources: C. P. Farrington et al., "A statistical algorithm for the early detection of outbreaks of infectious
disease", 1996; A. Noufaily et al., "An improved algorithm for outbreak detection in multiple surveillance systems",
2013; M. Salmon et al. 2016 describe the reference implementation with which the tests compare.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from geo.warning.arrays import Floats, Integers

_STEPS = 40
_CLOSE = 1e-10


class Plan(NamedTuple):
    """How to look back. Between two references lie `frequency` steps: 52 for weeks of a year, 7 for days of a week.

    `back` references with `half_window` steps to either side, the rest of each period in `periods` - 1 seasonal
    groups when there is more than one; `recent` steps before the one judged are not learnt from. `alpha` one-sided.
    """

    frequency: int = 52
    back: int = 5
    half_window: int = 3
    periods: int = 1
    recent: int | None = None
    alpha: float = 0.05
    trend: bool = True
    trend_p: float = 0.05
    reweight_from: float = 2.58
    least_cases: int = 5
    least_steps: int = 4
    method: str = "delta"  # or "nbPlugin"


class Verdict(NamedTuple):
    """Per series: the count expected, the bound above which it alarms, over-dispersion (1: none), whether it does."""

    expected: Floats
    upper: Floats
    phi: Floats
    has_trend: np.ndarray[tuple[int], np.dtype[np.bool_]]
    alarm: np.ndarray[tuple[int], np.dtype[np.bool_]]


def farrington(counts: Floats, at: int, plan: Plan) -> Verdict:
    """Judge step `at` (from 0) of every series in `counts` (rows, steps).

    All rows share the references, so one batch of weighted quasi-Poisson fits serves them. Raises ValueError when
    the history is too short for the plan.
    """
    groups = reference_groups(at, plan)
    steps = np.flatnonzero(groups >= 0)
    recent = plan.half_window if plan.recent is None else plan.recent
    steps = steps[steps < at - recent]
    seasons = groups[steps]
    y = counts[:, steps]
    base = _design(seasons, plan.periods)
    now = _design(groups[[at]], plan.periods)[0]
    plain = _fit(y, base, plan.reweight_from)
    chosen = [np.exp(plain.beta @ now), _spread(plain, now), plain.phi]
    with_trend = np.zeros(len(y), dtype=bool)
    if plan.trend and plan.back >= 3:
        # Time is 0 at the step judged: neither the slope nor its p-value depends on the origin.
        sloped = _fit(y, np.column_stack([base, steps.astype(np.float64) - at]), plan.reweight_from)
        then = np.append(now, 0.0)
        predicted = np.exp(sloped.beta @ then)
        t = np.abs(sloped.beta[:, -1]) / np.sqrt(np.maximum(sloped.error_phi * sloped.covariance[:, -1, -1], 1e-300))
        p = 2 * special.stdtr(sloped.freedom, -t)
        with_trend = (p < plan.trend_p) & (predicted <= y.max(axis=1))
        for place, value in enumerate((predicted, _spread(sloped, then), sloped.phi)):
            chosen[place] = np.where(with_trend, value, chosen[place])
    expected, spread, phi = chosen
    empty = y.sum(axis=1) == 0
    expected = np.where(empty, 0.0, expected)
    upper = np.where(empty, 0.0, _upper(expected, spread, phi, plan))
    begin = max(0, at - plan.least_steps + 1)
    enough = counts[:, begin : at + 1].sum(axis=1) >= plan.least_cases
    return Verdict(expected, upper, phi, with_trend, enough & (counts[:, at] > upper))


def reference_groups(at: int, plan: Plan) -> Integers:
    """For each step up to `at` its seasonal group: the last for windows around the references, -1 for unused steps."""
    groups = np.full(at + 1, -1, dtype=np.int64)
    last, w = plan.periods - 1, plan.half_window
    references = [at - plan.frequency * number for number in range(plan.back + 1)]
    if references[-1] - w < 0:
        raise ValueError(f"step {at}: {plan.back} references need {plan.back * plan.frequency + w} steps of history")
    groups[at - w : at + 1] = last
    for later, reference in pairwise(references):
        groups[reference - w : reference + w + 1] = last
        if plan.periods == 1:
            continue
        between = later - 2 * w - 1 - reference
        size, rest = divmod(between, plan.periods - 1)
        begin = reference + w + 1
        for group in range(plan.periods - 1):
            length = size + (1 if group < rest else 0)
            groups[begin : begin + length] = group
            begin += length
    return groups


class _Fit(NamedTuple):
    beta: Floats  # (rows, p)
    covariance: Floats  # (rows, p, p), not yet times the over-dispersion
    phi: Floats  # (rows), at least 1
    error_phi: Floats
    freedom: int


def _design(seasons: Integers, periods: int) -> Floats:
    """A column of ones and one per seasonal group but the first."""
    if periods == 1:
        return np.ones((len(seasons), 1))
    return np.column_stack([np.ones(len(seasons)), seasons[:, None] == np.arange(1, periods)]).astype(np.float64)


def _fit(y: Floats, x: Floats, reweight_from: float) -> _Fit:
    """Quasi-Poisson, then once more with steps far above the fit counting less."""
    first = _glm(y, x, np.ones_like(y))
    mean = np.exp(np.clip(first.beta @ x.T, -30, 30))
    hat = mean * np.einsum("ni,rij,nj->rn", x, first.covariance, x)
    anscombe = 1.5 * (y ** (2 / 3) * mean ** (-1 / 6) - np.sqrt(mean))
    residual = anscombe / np.sqrt(first.phi[:, None] * np.maximum(1 - hat, 1e-12))
    raw = np.where(residual > reweight_from, 1 / np.maximum(residual, 1e-12) ** 2, 1.0)
    weight = raw * (y.shape[1] / raw.sum(axis=1, keepdims=True))
    return _glm(y, x, weight)


def _glm(y: Floats, x: Floats, weight: Floats) -> _Fit:
    """Iterated weighted least squares with a log link, all rows at once."""
    mean = np.maximum(y, 0.0) + 0.1
    eta = np.log(mean)
    deviance = np.full(len(y), np.inf)
    beta = np.zeros((len(y), x.shape[1]))
    for _ in range(_STEPS):
        working = eta + (y - mean) / mean
        weights = weight * mean
        information = np.einsum("ni,rn,nj->rij", x, weights, x) + 1e-12 * np.eye(x.shape[1])
        beta = np.linalg.solve(information, np.einsum("ni,rn->ri", x, weights * working)[..., None])[..., 0]
        eta = np.clip(beta @ x.T, -30, 30)
        mean = np.exp(eta)
        before, deviance = deviance, 2 * (weight * (special.xlogy(y, y / mean) - (y - mean))).sum(axis=1)
        if np.all(np.abs(deviance - before) <= _CLOSE * (np.abs(deviance) + 0.1)):
            break
    covariance = np.linalg.inv(np.einsum("ni,rn,nj->rij", x, weight * mean, x) + 1e-12 * np.eye(x.shape[1]))
    freedom = max(1, y.shape[1] - x.shape[1])
    pearson = (weight * (y - mean) ** 2 / mean).sum(axis=1) / freedom
    # The reference weighs squared working residuals, not Pearson's, when it comes to standard errors. Kept, so that
    # alarms agree.
    working = (weight * ((y - mean) / mean) ** 2).sum(axis=1) / freedom
    return _Fit(beta, covariance, np.maximum(pearson, 1.0), working, freedom)


def _spread(fit: _Fit, now: Floats) -> Floats:
    """Standard error of the expected count."""
    variance = np.einsum("i,rij,j->r", now, fit.covariance, now) * fit.error_phi
    found: Floats = np.exp(fit.beta @ now) * np.sqrt(np.maximum(variance, 0.0))
    return found


def _upper(expected: Floats, spread: Floats, phi: Floats, plan: Plan) -> Floats:
    mean = np.maximum(expected, 1e-12)
    if plan.method == "nbPlugin":
        size = mean / np.maximum(phi - 1, 1e-9)
        wide = stats.nbinom.ppf(1 - plan.alpha, size, size / (size + mean))
        found: Floats = np.where(phi > 1, wide, stats.poisson.ppf(1 - plan.alpha, mean))
        return found
    tau = phi + spread**2 / mean
    z = -float(special.ndtri(plan.alpha))
    transformed = mean ** (2 / 3) + z * np.sqrt(4 / 9 * mean ** (1 / 3) * tau)
    upper: Floats = np.maximum(transformed, 0.0) ** 1.5
    return upper


def score(counts: Floats, verdict: Verdict) -> Floats:
    """How far each count goes towards its bound: 0 as expected, above 1 an alarm."""
    found: Floats = (counts - verdict.expected) / np.maximum(verdict.upper - verdict.expected, 1e-9)
    return found


def least_history(plan: Plan) -> int:
    """The first step that can be judged."""
    return plan.back * plan.frequency + plan.half_window
