"""Randomness that can be asked again: every draw is a function of the seed, a word for what it is for, and a number.

Nothing here has a state. A process that starts anew, or asks for one case out of a million, gets the same draws
as the one that ran through from the beginning. Only additions, multiplications and look-ups follow a draw, never
a logarithm, so that one number and a column of numbers give the same result to the last bit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from random import Random
from typing import Any, TypeAlias

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Booleans: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

_WORD = (1 << 64) - 1
_TO_UNIT = 2.0**-53
_NOTHING = 1e-16  # what adds nothing to a sum near 1
# The finaliser of SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014).
_STEP, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@cache
def salt(seed: str, what: str) -> int:
    """64 bits that keep the draws for one purpose apart from all others."""
    return int.from_bytes(blake2b(f"{seed}:{what}".encode(), digest_size=8).digest(), "big")


def number_of_text(text: str) -> int:
    """A number below 2^62 for a thing that has only a name."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 2


class Draws(Random):
    """A generator for whoever needs choices and texts rather than one draw; `begin` sets it to a thing's own sequence.

    A generator of the standard library takes longer to seed than a whole sentence takes to choose.
    """

    def __init__(self) -> None:
        super().__init__(0)
        self._state = 0

    def begin(self, salted: int, number: int) -> Draws:
        """From here on the draws of `number`, whatever was drawn before."""
        self._state = _mixed((salted + (number + 1) * _STEP) & _WORD)
        return self

    def random(self) -> float:
        self._state = (self._state + _STEP) & _WORD
        return (_mixed(self._state) >> 11) * _TO_UNIT

    def choice(self, seq: Any) -> Any:
        return seq[int(self.random() * len(seq))]


def stream(seed: str, what: str, number: int) -> Draws:
    """A generator of its own for one thing."""
    return Draws().begin(salt(seed, what), number)


def unit(salted: int, number: int) -> float:
    """The draw for `number` in [0, 1). Equal to `units` for the same number."""
    return (_mixed((salted + (number + 1) * _STEP) & _WORD) >> 11) * _TO_UNIT


def _mixed(z: int) -> int:
    z = ((z ^ (z >> 30)) * _MIX_1) & _WORD
    z = ((z ^ (z >> 27)) * _MIX_2) & _WORD
    return z ^ (z >> 31)


def units(salted: int, numbers: Integers) -> Floats:
    """The draws for a column of numbers in [0, 1)."""
    z = numbers.astype(np.uint64)
    z += np.uint64(1)
    z *= np.uint64(_STEP)
    z += np.uint64(salted)
    z ^= z >> np.uint64(30)
    z *= np.uint64(_MIX_1)
    z ^= z >> np.uint64(27)
    z *= np.uint64(_MIX_2)
    z ^= z >> np.uint64(31)
    z >>= np.uint64(11)
    drawn: Floats = z.astype(np.float64)
    drawn *= _TO_UNIT
    return drawn


class Quantiles:
    """A distribution as its quantiles: straight lines between points (share, value)."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        """Shares rise from 0 to 1, values never fall. Raises ValueError otherwise."""
        shares, values = [p[0] for p in points], [p[1] for p in points]
        if len(points) < 2 or shares[0] != 0 or shares[-1] != 1:
            raise ValueError("quantiles: give points from share 0 to share 1")
        if any(a >= b for a, b in pairwise(shares)):
            raise ValueError(f"quantiles: shares must rise, these do not: {shares}")
        if any(a > b for a, b in pairwise(values)):
            raise ValueError(f"quantiles: values must not fall, these do: {values}")
        self._shares, self._values = shares, values
        self._slopes = [(values[i + 1] - values[i]) / (shares[i + 1] - shares[i]) for i in range(len(points) - 1)]
        self._columns = tuple(np.array(column) for column in (self._shares, self._values, self._slopes))

    @property
    def mean(self) -> float:
        """Mean of the distribution, in the unit of its values."""
        widths = [b - a for a, b in pairwise(self._shares)]
        parts = zip(self._values, self._slopes, widths, strict=False)
        return sum((value + slope * width / 2) * width for value, slope, width in parts)

    def of(self, drawn: float) -> float:
        """The value at one draw in [0, 1)."""
        i = bisect_right(self._shares, drawn) - 1
        return self._values[i] + self._slopes[i] * (drawn - self._shares[i])

    def of_all(self, drawn: Floats) -> Floats:
        """The values at a column of draws."""
        shares, values, slopes = self._columns
        i = np.searchsorted(shares, drawn, side="right") - 1
        found: Floats = values[i] + slopes[i] * (drawn - shares[i])
        return found


class Shares:
    """A choice among numbered things by weight."""

    def __init__(self, weights: Sequence[float] | Floats) -> None:
        """Raises ValueError when no weight is positive or one is negative."""
        given = np.asarray(weights, dtype=np.float64)
        if given.ndim != 1 or not given.size or given.min() < 0 or given.sum() <= 0:
            raise ValueError("shares: give weights of which none is negative and one is positive")
        self._ends: Floats = np.cumsum(given) / given.sum()
        self._ends[-1] = 1.0

    def of_all(self, drawn: Floats) -> Integers:
        """The index chosen by each draw in [0, 1)."""
        return np.searchsorted(self._ends, drawn, side="right")


def poisson(drawn: Floats, means: Floats) -> Integers:
    """How many events each draw stands for: the Poisson quantile. A higher mean never gives fewer.

    Sums the distribution from zero upwards, which holds to means of about 700; callers with more split their mean.
    """
    counts: Integers = np.zeros(len(drawn), dtype=np.int64)
    term = np.exp(-means)
    below = term.copy()
    pending = np.flatnonzero(drawn >= below)
    k = 0
    while pending.size:
        k += 1
        term[pending] *= means[pending] / k
        below[pending] += term[pending]
        counts[pending] = k
        # Beyond the hill the terms get too small to add anything: rounding would keep a draw next to 1 waiting.
        grows = (term[pending] > _NOTHING) | (means[pending] > k)
        pending = pending[(drawn[pending] >= below[pending]) & grows]
    return counts
