"""Calls of an interval, counted, and the formulas of a contact centre on them: each with its variant and source."""

from __future__ import annotations

import math

import msgspec

# Upper bounds of the waits' histogram, in seconds: to the second for the first minute, then coarser.
BOUNDS_S: tuple[int, ...] = (
    *range(0, 60, 1),
    *range(60, 120, 5),
    *range(120, 300, 15),
    *range(300, 600, 30),
    *range(600, 1800, 60),
    *range(1800, 7201, 300),
)
BOUNDS_MS = tuple(1000 * bound for bound in BOUNDS_S)
LAST_BUCKET = len(BOUNDS_S) - 1


class Interval(msgspec.Struct, omit_defaults=True, gc=False):
    """Calls of one channel offered in one quarter of an hour (or in several: intervals add up).

    `within`: answered within the threshold; `late`: abandoned after it; `short`: abandoned before `short_s`.
    `waits` counts answered calls by bucket of `BOUNDS_S`. `met` and `judged` count, by minute of the quarter in
    which a wait **ended** here, the calls within the threshold and all that the service level judges. `spent` is
    agents' time on the channel in milliseconds by what they did, `handled` the contacts that ended for them here.
    `tongues` holds the same counts of calls by language, where a channel is counted so.
    """

    offered: int = 0
    answered: int = 0
    within: int = 0
    abandoned: int = 0
    late: int = 0
    short: int = 0
    wait_ms: int = 0
    talk_ms: int = 0
    waits: dict[int, int] = {}
    met: dict[int, int] = {}
    judged: dict[int, int] = {}
    spent: dict[str, int] = {}
    handled: int = 0
    tongues: dict[str, Interval] = {}

    def add(self, other: Interval) -> None:
        """Count the calls of another interval too; the minutes, which have no meaning in a sum, stay out."""
        self.offered += other.offered
        self.answered += other.answered
        self.within += other.within
        self.abandoned += other.abandoned
        self.late += other.late
        self.short += other.short
        self.wait_ms += other.wait_ms
        self.talk_ms += other.talk_ms
        for bucket, n in other.waits.items():
            shift(self.waits, bucket, n)
        for state, ms in other.spent.items():
            self.spent[state] = self.spent.get(state, 0) + ms
        self.handled += other.handled
        for tongue, interval in other.tongues.items():
            self.tongues.setdefault(tongue, Interval()).add(interval)


def average_wait_s(interval: Interval) -> float | None:
    """ASA, the mean wait of answered calls in seconds, to a tenth; None without any. Show the P90 beside it."""
    return round(interval.wait_ms / interval.answered / 1000, 1) if interval.answered else None


def percentile_wait_s(interval: Interval, share: float = 0.9) -> int | None:
    """The wait in seconds that `share` of the answered calls did not exceed (nearest rank), or None without any.

    Read from the histogram and rounded up to its bound: never too low, and too high by less than 1 s up to a
    minute, 5 s up to 2, 15 s up to 5, 30 s up to 10, 60 s up to 30 minutes, 5 min up to 2 hours; longer waits count
    as 2 hours. Percentiles of several intervals come from their summed histogram, never from a mean of percentiles.
    """
    total = sum(interval.waits.values())
    if total <= 0:
        return None
    rank, seen = max(1, math.ceil(share * total - 1e-9)), 0
    for bucket in sorted(interval.waits):
        seen += interval.waits[bucket]
        if seen >= rank:
            return BOUNDS_S[bucket]
    return BOUNDS_S[LAST_BUCKET]


def shift(counts: dict[int, int], key: int, by: int) -> None:
    """Count, and keep no zeros: documents stay short."""
    n = counts.get(key, 0) + by
    if n:
        counts[key] = n
    else:
        counts.pop(key, None)
