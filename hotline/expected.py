"""What is usual: the band in which a count is expected, from the same hour on earlier days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import msgspec

FEWEST_DAYS = 7
Z_95 = 1.96


class Band(msgspec.Struct, frozen=True):
    """Expected count and the interval that holds about 95 % of usual ones, from `days` earlier counts."""

    low: float
    expected: float
    high: float
    days: int


def expected_band(counts: Sequence[int]) -> Band | None:
    """The band for the next count after equals `counts`, or None with fewer than seven.

    A normal prediction interval, mean ± 1.96 sqrt(v (1 + 1/n)), with v the sample variance but never below the
    mean: counts vary at least as much as a Poisson variable does. Cut at zero.
    """
    n = len(counts)
    if n < FEWEST_DAYS:
        return None
    mean = fmean(counts)
    sample = sum((c - mean) ** 2 for c in counts) / (n - 1)
    half = Z_95 * math.sqrt(max(sample, mean) * (1 + 1 / n))
    return Band(low=max(0.0, mean - half), expected=mean, high=mean + half, days=n)
