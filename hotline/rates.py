"""Response, resolution and satisfaction of a unit: counted from its cases, with what each rate rests on.

Each case is judged by what its document says, in the period in which its deadline lies. A rate has a numerator, a
denominator and a Wilson interval, and none is shown below a least number: a town with 12 cases must not lead by luck.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import NormalDist

import msgspec

from hotline.cases import Case
from hotline.ranking_rules import RuleSet


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """`n` of `of`, its share and the interval that it lies in with the rules' confidence; all shares 0 to 1."""

    value: float
    n: float
    of: int
    low: float
    high: float


class Why(StrEnum):
    """Why a case of the period is judged in no rate."""

    KIND = "kind"  # no complaint
    MERGED = "merged"  # judged by its lead
    LABEL = "label"  # ruled unreasonable, or out of remit
    NO_UNIT = "no_unit"  # nobody is judged by it


class Counts(msgspec.Struct, kw_only=True):
    """What the rates of one unit are made of.

    `dispatched`: cases that were passed on; `contacted_n` of them in time, out of `contact_known`, those of which that
    is settled. `closed` cases are followed up or `waiting`; `reached` callers said something.
    """

    dispatched: int = 0
    not_due: int = 0  # their deadline lies ahead
    contact_known: int = 0
    contacted_n: int = 0
    closed: int = 0
    waiting: int = 0
    followed_up_n: int = 0
    reached: int = 0
    resolved_n: int = 0
    resolved_of: int = 0
    satisfied: float = 0.0
    satisfied_of: int = 0

    def add(self, case: Case, rules: RuleSet, now: datetime) -> None:
        """Count one case of the unit."""
        if case.target_at is None or case.target_at > now:
            self.not_due += 1
            return
        if case.dispatched_at is not None:
            self.dispatched += 1
            self._add_contact(case, rules, now)
        if case.closed_at is not None:
            self.closed += 1
            self._add_answer(case, rules, now)

    def _add_contact(self, case: Case, rules: RuleSet, now: datetime) -> None:
        since = case.owned_at or case.dispatched_at
        # A body that says it reached the caller, while the caller said when asked that nobody did, reached nobody.
        denied = case.followed_up_at is not None and case.resolved is not None and not case.contacted
        reached_at = None if denied else case.first_contacted_at
        assert since is not None
        limit_at = since + timedelta(hours=rules.contact.hours(case.grade))
        if reached_at is not None and reached_at <= limit_at:
            self.contact_known += 1
            self.contacted_n += 1
        elif now > limit_at:
            self.contact_known += 1

    def _add_answer(self, case: Case, rules: RuleSet, now: datetime) -> None:
        assert case.closed_at is not None
        if case.followed_up_at is None or case.followed_up_at < case.closed_at:
            self.waiting += now < case.closed_at + timedelta(hours=rules.matured_h)
            return
        self.followed_up_n += 1
        self.reached += case.contacted
        if case.resolved is not None:
            self.resolved_of += 1
            self.resolved_n += case.resolved
        if case.satisfied is not None:
            self.satisfied_of += 1
            self.satisfied += rules.satisfaction.values[case.satisfied - 1]

    def merge(self, other: Counts) -> None:
        """Count another unit's cases too."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """The three rates; None where there are too few cases, or where too few callers were asked yet."""

    response: Rate | None
    resolution: Rate | None
    satisfaction: Rate | None

    @property
    def all_known(self) -> bool:
        return None not in (self.response, self.resolution, self.satisfaction)


def excluded(case: Case, rules: RuleSet) -> Why | None:
    """Why a case is judged nowhere; None when it is."""
    if rules.kinds and case.kind not in rules.kinds:
        return Why.KIND
    if case.merged_into:
        return Why.MERGED
    if any(label.flag in rules.excluded_labels for label in case.labels):
        return Why.LABEL
    return None


def counted(cases: Iterable[Case], rules: RuleSet, now: datetime) -> Counts:
    """The counts of some cases, those that are judged nowhere left out."""
    counts = Counts()
    for case in cases:
        if excluded(case, rules) is None:
            counts.add(case, rules, now)
    return counts


def rates_of(counts: Counts, rules: RuleSet) -> Rates:
    """The rates of a unit, as far as its numbers allow."""
    is_covered = counts.closed > 0 and counts.followed_up_n >= rules.least_coverage * counts.closed
    return Rates(
        response=rate(counts.contacted_n, counts.contact_known, rules),
        resolution=rate(counts.resolved_n, counts.resolved_of, rules) if is_covered else None,
        satisfaction=rate(counts.satisfied, counts.satisfied_of, rules) if is_covered else None,
    )


def rate(n: float, of: int, rules: RuleSet) -> Rate | None:
    """`n` of `of` as a rate; None for fewer than the rules' least number."""
    if of < max(rules.least_n, 1):
        return None
    low, high = wilson(n, of, rules.confidence)
    return Rate(value=n / of, n=n, of=of, low=low, high=high)


def wilson(n: float, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a share `n / of`, both bounds within 0 to 1; (0, 1) without any cases.

    Wilson, E. B. (1927), J. Am. Stat. Assoc. 22, 209-212. Raises ValueError unless 0 <= n <= of.
    """
    if not 0 <= n <= of:
        raise ValueError(f"{n} of {of} is no share")
    if of == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, z2 = n / of, z * z
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))
