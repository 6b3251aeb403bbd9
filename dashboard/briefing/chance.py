"""Whether a count is out of the usual: against the same weekdays before, and with how many questions were asked."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import msgspec

from hotline.expected import Z_95, Band, expected_band

FEWEST = 7  # earlier counts


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A count beside what was to be expected. `is_unusual` None: too little is known to say."""

    value: int
    band: Band | None
    questions: int = 1

    @property
    def is_unusual(self) -> bool | None:
        if self.band is None:
            return None
        return not self.low <= self.value <= self.high

    @property
    def low(self) -> float:
        return 0.0 if self.band is None else max(0.0, self.band.expected - self._half)

    @property
    def high(self) -> float:
        return 0.0 if self.band is None else self.band.expected + self._half

    @property
    def ratio(self) -> float | None:
        """How many times the expected count."""
        return self.value / self.band.expected if self.band is not None and self.band.expected > 0 else None

    @property
    def excess(self) -> float:
        return 0.0 if self.band is None else self.value - self.band.expected

    @property
    def _half(self) -> float:
        assert self.band is not None
        return (self.band.high - self.band.expected) * widened(self.questions) / Z_95


def widened(questions: int) -> float:
    """The normal quantile that leaves 5 % for all questions together (Bonferroni)."""
    return NormalDist().inv_cdf(1 - 0.025 / max(1, questions))


def judged(value: int, before: Sequence[int], questions: int = 1) -> Judged:
    """A count against the counts of earlier periods of its kind."""
    return Judged(value=value, band=expected_band(before), questions=questions)
