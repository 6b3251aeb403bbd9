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


def interval(expected: float, dispersion: float, share: float = 0.95) -> tuple[float, float]:
    """The counts between which `share` of usual ones lie, for a negative binomial (or, at dispersion 0, a Poisson)."""
    from scipy import stats

    low, high = (1 - share) / 2, (1 + share) / 2
    mean = max(expected, 1e-12)
    if dispersion < _POISSON_BELOW:
        found = stats.poisson.ppf([low, high], mean)
    else:
        found = stats.nbinom.ppf([low, high], 1 / dispersion, 1 / (1 + dispersion * mean))
    return float(found[0]), float(found[1])
