"""The chance that an open case misses its deadline, learnt from cases that were closed or are still open.

Two life tables per group of cases (age in worked hours; age as a share of the allowed time) say how likely a case that
is open now still is at its deadline. A logistic combination of the two, with the time left and the age, is fitted on
weeks that the tables had not seen: that is what makes the chances calibrated. Its check comes from the last third of
those weeks, which the checked combination had not seen either.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hotline.forecast.columns import HOUR_S, Columns, Flags, Floats
from hotline.forecast.combining import fit, logistic, logit
from hotline.forecast.rule import Rule
from hotline.forecast.scores import Scores, scores
from hotline.forecast.survival import Survival
from hotline.forecast.worktime import WorkTime

DAY_S = 86_400.0
LEAST_CLOSED, LEAST_DAYS = 500, 7  # before that nothing is learnt: a cold start
HELD_OUT = 0.35  # of the known time: the newest weeks, for the combination
LOOKED_EVERY_S = 7 * HOUR_S  # every hour of the day comes up in a week
MOST_ROWS = 60_000
AGES = np.concatenate(([0.0], np.geomspace(0.1, 24.0 * 400, 56)))  # worked hours
SHARES = np.concatenate((np.linspace(0.0, 1.2, 25), np.geomspace(1.3, 20.0, 10)))  # of the allowed worked time
_PRIOR = np.array([0.0, 0.5, 0.5])  # what the combination is drawn towards: the mean of both tables


class Tables(NamedTuple):
    """Life tables and the hours of work, as learnt up to an instant."""

    work: WorkTime
    by_age: Survival
    by_share: Survival

    @classmethod
    def learnt(cls, past: Columns, since: float, at: float, zone: str) -> Tables:
        """From what was known at `at` of cases that were watched from `since` on (seconds since 1970)."""
        work = WorkTime.learnt(past.closed, since, at, zone)
        closed = np.isfinite(past.closed)
        received = work.at(past.received)
        lived = np.maximum(work.at(np.minimum(past.closed, at)) - received, 0.0)
        entered = np.clip(work.at(np.maximum(past.received, since)) - received, 0.0, lived)
        allowed = np.maximum(work.at(past.target) - received, 0.5)
        by_age = Survival.learnt(AGES, entered, lived, closed, past.groups)
        by_share = Survival.learnt(SHARES, entered / allowed, lived / allowed, closed, past.groups)
        return cls(work, by_age, by_share)

    def features(self, cases: Columns, at: Floats, until: Floats) -> Floats:
        """Rows of the combination for cases open at `at` (one instant each): are they still at `until`?"""
        received, now, target, then = (self.work.at(each) for each in (cases.received, at, cases.target, until))
        age, left = np.maximum(now - received, 0.0), np.maximum(then - now, 0.0)
        allowed = np.maximum(target - received, 0.5)
        by_age = self.by_age.lives_on(cases.groups, age, age + left)
        by_share = self.by_share.lives_on(cases.groups, age / allowed, (age + left) / allowed)
        return np.column_stack((np.ones(cases.n), logit(by_age), logit(by_share)))


class MissModel(NamedTuple):
    """What was learnt at `learnt_at` (seconds since 1970) from `n` closed cases; `check` and `rule_check` from the
    newest weeks, None where they held no case whose deadline had come."""

    learnt_at: float
    n: int
    tables: Tables
    weights: Floats
    rule: Rule
    check: Scores | None
    rule_check: Scores | None

    def chances(self, cases: Columns, at: float) -> Floats:
        """The chance of each case to miss its deadline, as known at `at`: open ones; one past its deadline is 1."""
        if not cases.n:
            return np.zeros(0)
        chance = logistic(self.tables.features(cases, np.full(cases.n, at), cases.target) @ self.weights)
        return np.where(cases.target <= at, 1.0, np.clip(chance, 0.0, 1.0))


def learn(cases: Columns, since: float, at: float, zone: str) -> MissModel | None:
    """The model from what was known at `at`; None while there is too little to learn from.

    `cases` must hold every case that was open at some time from `since` on, or a choice of them by receipt; what was
    closed before is passed over. Instants in seconds since 1970; `zone`: of the city.
    """
    past = cases.known_at(at)
    past = past.taken(past.closed > since)
    closed = int(np.isfinite(past.closed).sum())
    if closed < LEAST_CLOSED or at - since < LEAST_DAYS * DAY_S:
        return None
    held_out = at - HELD_OUT * (at - since)
    earlier = Tables.learnt(past.known_at(held_out), since, held_out, zone)
    looked, seen_at, missed = _looks(past, held_out, at)
    if not looked.n:
        return None
    check, rule_check = _checked(past, looked, seen_at, earlier, at)
    rows = earlier.features(looked, seen_at, np.minimum(looked.target, at))
    weights = fit(rows, missed.astype(float), _PRIOR)
    return MissModel(at, closed, Tables.learnt(past, since, at, zone), weights, Rule.learnt(past), check, rule_check)


def open_at(cases: Columns, at: float) -> Flags:
    """Which cases were open at an instant with their deadline still to come."""
    found: Flags = (cases.received <= at) & (cases.closed > at) & (cases.target > at)
    return found


def _looks(past: Columns, since: float, until: float) -> tuple[Columns, Floats, Flags]:
    """Open cases at instants of the held-out weeks, and whether each was still open at its deadline, or now if that is
    still to come: so every one of them has an outcome, whatever its allowed time. Too many are thinned evenly."""
    instants = np.arange(since, until, LOOKED_EVERY_S)
    found = [np.flatnonzero(open_at(past, at)) for at in instants]
    which = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    seen_at = np.repeat(instants, [len(each) for each in found])
    if len(which) > MOST_ROWS:
        kept = np.linspace(0, len(which) - 1, MOST_ROWS).astype(np.int64)
        which, seen_at = which[kept], seen_at[kept]
    looked = past.taken(which)
    return looked, seen_at, looked.closed > np.minimum(looked.target, until)


def _checked(
    past: Columns, looked: Columns, seen_at: Floats, earlier: Tables, until: float
) -> tuple[Scores | None, Scores | None]:
    """The scores of a combination of the older looks on the newer ones whose deadline has come, and of the rule."""
    since = float(seen_at.min()) + 2 / 3 * (until - float(seen_at.min()))
    older, newer = seen_at < since, (seen_at >= since) & (looked.target <= until)
    if not older.any() or not newer.any():
        return None, None
    # The older looks are fitted to what was known when the newer ones began.
    before, asked = looked.taken(older), looked.taken(newer)
    then = np.minimum(before.target, since)
    weights = fit(earlier.features(before, seen_at[older], then), (before.closed > then).astype(float), _PRIOR)
    chances = logistic(earlier.features(asked, seen_at[newer], asked.target) @ weights)
    ruled = _ruled(Rule.learnt(past.known_at(since)), asked, seen_at[newer])
    missed = asked.closed > asked.target
    return scores(chances, missed), scores(ruled, missed)


def _ruled(rule: Rule, cases: Columns, at: Floats) -> Floats:
    found = np.zeros(cases.n)
    for instant in np.unique(at):
        mine = at == instant
        found[mine] = rule.chances(cases.taken(mine), float(instant))
    return found
