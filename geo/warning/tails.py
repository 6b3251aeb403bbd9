"""How unlikely a count is: tails of the negative binomial, likelihood ratios, and the largest of many (Gumbel)."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from geo.warning.arrays import Floats

_POISSON_BELOW = 1e-6  # below this over-dispersion the negative binomial is a Poisson to all digits that matter
_SMALLEST = 1e-300


def upper_tail(n: Floats, expected: Floats, dispersion: Floats) -> Floats:
    """P(X >= n) for negative binomial counts with variance m + dispersion * m^2; Poisson where dispersion is 0.

    Arrays of one shape (or that broadcast to it), n >= 0; 1 where n is 0. Never quite 0: logarithms stay finite.
    """
    n, expected, dispersion = np.broadcast_arrays(
        np.asarray(n, dtype=np.float64),
        np.asarray(expected, dtype=np.float64),
        np.asarray(dispersion, dtype=np.float64),
    )
    mean = np.maximum(expected, 1e-12)
    least = np.maximum(n, 1e-9)
    is_poisson = dispersion < _POISSON_BELOW
    size = 1.0 / np.where(is_poisson, 1.0, dispersion)
    tail = np.where(
        is_poisson,
        special.gammainc(least, mean),
        special.betainc(least, size, mean / (size + mean)),
    )
    found: Floats = np.where(n <= 0, 1.0, np.maximum(tail, _SMALLEST))
    return found


def likelihood_ratio(n: Floats, expected: Floats, dispersion: Floats) -> Floats:
    """Logarithm of the likelihood of the best raised mean over that of the expected one; 0 where n <= expected.

    For dispersion 0 this is the expectation-based Poisson scan statistic (D. Neill, "Expectation-based scan
    statistics for monitoring spatial time series data", 2009): n log(n/m) - (n - m).
    """
    mean = np.maximum(np.asarray(expected, dtype=np.float64), 1e-12)
    count = np.asarray(n, dtype=np.float64)
    gain = special.xlogy(count, count / mean)
    size = 1.0 / np.maximum(dispersion, _POISSON_BELOW)
    spread = (count + size) * np.log1p((mean - count) / (size + count))
    poisson = gain - (count - mean)
    ratio = np.where(np.asarray(dispersion) < _POISSON_BELOW, poisson, gain + spread)
    found: Floats = np.where(count > mean, np.maximum(ratio, 0.0), 0.0)
    return found


def normal_tail(z: Floats) -> Floats:
    """P(Z >= z) of the standard normal distribution, never quite 0."""
    found: Floats = np.maximum(special.ndtr(-np.asarray(z, dtype=np.float64)), _SMALLEST)
    return found


def gumbel_fit(largest: Floats) -> tuple[float, float]:
    """(location, scale) of a Gumbel distribution by moments, from the largest values of simulated quiet cities."""
    scale = max(float(np.std(largest, ddof=1)) * math.sqrt(6) / math.pi, 1e-6)
    return float(np.mean(largest)) - np.euler_gamma * scale, scale


def gumbel_tail(value: Floats, location: Floats, scale: Floats) -> Floats:
    """P(largest >= value) for a Gumbel distribution, never quite 0."""
    found: Floats = np.maximum(-np.expm1(-np.exp(-(value - location) / scale)), _SMALLEST)
    return found


def intervals(expected: Floats, dispersion: Floats, share: float = 0.95) -> tuple[Floats, Floats]:
    """The counts between which `share` of usual ones lie, for negative binomials (Poisson where dispersion is 0).

    Arrays of one shape, or that broadcast to it. The same as the quantiles of scipy.stats, without loading it: that
    alone would be 48 MB of a process that runs all day.
    """
    mean, scatter = np.broadcast_arrays(np.maximum(expected, 1e-12), np.asarray(dispersion, dtype=np.float64))
    low, high = (_quantile(q, mean.ravel(), scatter.ravel()) for q in ((1 - share) / 2, (1 + share) / 2))
    return low.reshape(mean.shape), high.reshape(mean.shape)


def interval(expected: float, dispersion: float, share: float = 0.95) -> tuple[float, float]:
    """`intervals` of a single count."""
    low, high = intervals(np.array([expected]), np.array([dispersion]), share)
    return float(low[0]), float(high[0])


def _quantile(q: float, mean: Floats, dispersion: Floats) -> Floats:
    """Per mean the smallest count that is not exceeded with a chance of at least `q`."""
    low, high = np.zeros(len(mean)), np.ones(len(mean))  # the count lies from low to high - 1
    rows = np.arange(len(mean))
    while (rows := rows[_at_most(high[rows] - 1, mean[rows], dispersion[rows]) < q]).size:
        low[rows], high[rows] = high[rows], 2 * high[rows]
    rows = np.flatnonzero(low < high - 1)
    while rows.size:
        middle = np.floor((low[rows] + high[rows] - 1) / 2)
        is_enough = _at_most(middle, mean[rows], dispersion[rows]) >= q
        high[rows] = np.where(is_enough, middle + 1, high[rows])
        low[rows] = np.where(is_enough, low[rows], middle + 1)
        rows = rows[low[rows] < high[rows] - 1]
    return low


def _at_most(n: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """P(X <= n)."""
    is_poisson = dispersion < _POISSON_BELOW
    size = 1.0 / np.where(is_poisson, 1.0, dispersion)
    found: Floats = np.where(
        is_poisson, special.gammaincc(n + 1, mean), special.betainc(size, n + 1, size / (size + mean))
    )
    return found
