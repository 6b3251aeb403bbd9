"""What becomes of a case: sent on, given back, taken on, handled, closed, asked about, opened again.

Pure in seed and id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property, lru_cache

import numpy as np

from geo.cities import Deadline
from streams.sim.ids import life_number
from streams.sim.profile import GRADES, KINDS, Profile
from streams.sim.randomness import Booleans, Floats, Integers, Quantiles, salt, units
from streams.sim.steps import PAYLOADS, ROUNDS, STEPS, Answer, Receipt, Step, instant, milliseconds

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NEVER = 1 << 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FINE = 4096
_CLOSED, _REOPENED, _CLOSED_AGAIN = (STEPS.index(name) for name in ("closed", "reopened", "closed-2"))
_SECOND = 1 << 61  # sets the draws of a second follow-up apart from the first
_ALMOST = 1 - 2.0**-53  # the largest draw


@dataclass(frozen=True)
class Fates:
    """When things happen to cases: a row per case, a column per step of `STEPS`, in milliseconds since 1970.

    `NEVER` stands where a step does not happen. The answers are columns of what `Answer` holds.
    """

    times: Integers
    answers: tuple[Booleans, Booleans, Booleans, Integers]

    def closed_for_good(self) -> Integers:
        """When each case is closed and not opened again."""
        again = self.times[:, _REOPENED] < NEVER
        return np.where(again, self.times[:, _CLOSED_AGAIN], self.times[:, _CLOSED])

    def open_at(self, at_ms: int) -> Booleans:
        """Which cases, all received by then, are open at an instant."""
        reopened = (self.times[:, _REOPENED] <= at_ms) & (self.times[:, _CLOSED_AGAIN] > at_ms)
        return (self.times[:, _CLOSED] > at_ms) | reopened

    def rows(self) -> Iterator[tuple[list[int], Answer]]:
        """Case by case."""
        answers = zip(*(column.tolist() for column in self.answers), strict=True)
        return zip(self.times.tolist(), map(Answer._make, answers), strict=True)


class Lives:
    """The law of lives for one seed, one profile and one city's deadlines."""

    def __init__(self, profile: Profile, seed: str, deadlines: Mapping[str, Deadline], zone: tzinfo) -> None:
        """Raises ValueError when the city gives no deadline for a grade."""
        if missing := [grade for grade in GRADES if grade not in deadlines]:
            raise ValueError(f"deadlines: the simulation needs grades I to IV, missing {', '.join(missing)}")
        self._profile, self._life, self._seed, self.zone = profile, profile.life, seed, zone
        self._feedback_ms = np.array([deadlines[grade].feedback_h * HOUR_MS for grade in GRADES])
        life = profile.life
        self._closing = [Quantiles(life.closing[grade]) for grade in GRADES]
        self._quantiles = {
            name: Quantiles(getattr(life, name))
            for name in (
                *("dispatch_min", "answer_min", "returned_h", "redispatched_min", "follow_up_h", "reopened_min"),
                *("accept_min", "contacted_share", "handled_share"),
            )
        }

    @cached_property
    def longest_ms(self) -> int:
        """No case is open longer than this after its receipt."""
        return max(map(self.longest_first_ms, range(len(GRADES)))) + self.reopening_ms

    @cached_property
    def reopening_ms(self) -> int:
        """No case is closed for good later than this after its first closing."""
        second = max(map(self.longest_first_ms, range(len(GRADES)))) * self._life.second_closing
        asked_h, asked_min = (self._quantiles[name].of(_ALMOST) for name in ("follow_up_h", "reopened_min"))
        return int(second + asked_h * HOUR_MS + asked_min * 60_000) + 2 * DAY_MS  # two nights

    def longest_first_ms(self, grade: int) -> int:
        """The longest life of a grade up to its first closing."""
        return int(self._closing[grade].of(_ALMOST) * self._feedback_ms[grade]) + DAY_MS

    def target_at(self, received_at: datetime, grade: str) -> datetime | None:
        """By when the caller must be answered; None for what has no grade."""
        if not grade:
            return None
        return received_at + timedelta(milliseconds=int(self._feedback_ms[GRADES.index(grade)]))

    # ---- columns

    def fates(self, numbers: Integers, received: Integers, kind: Integers, grade: Integers, spoken: Booleans) -> Fates:
        """What happens when to cases of those numbers. Kinds and grades by position, grade -1 for none."""
        lives_on = grade >= 0
        graded = np.maximum(grade, 0)
        dispatched = self._after("dispatch_min", numbers, received, 60_000, self._haste(graded))
        returned = self._after("returned_h", numbers, dispatched, HOUR_MS)
        redispatched = self._after("redispatched_min", numbers, returned, 60_000)
        closed = np.maximum(self._closed("closing", numbers, received, graded, 1.0), dispatched + 60_000)
        goes_back = lives_on & (self._units("returned", numbers) < self._life.returned) & (redispatched < closed)
        answered = np.where(spoken, received, self._after("answer_min", numbers, received, 60_000))
        sent = np.where(goes_back, redispatched, dispatched)
        accepted = np.minimum(self._after("accept_min", numbers, sent, 60_000), sent + (closed - sent) // 3)
        told, handled = (
            accepted + ((closed - accepted) * self._quantiles[name].of_all(self._units(name, numbers))).astype(np.int64)
            for name in ("contacted_share", "handled_share")
        )
        closed = np.where(lives_on, closed, answered)
        is_asked = ~lives_on & ~spoken & (kind == KINDS.index("enquiry"))
        reaches = lives_on & self._happens("contacted", numbers)
        asked = kind == KINDS.index("complaint")
        followed_up = self._by_day(self._after("follow_up_h", numbers, closed, HOUR_MS))
        again = asked & self.may_reopen(numbers)
        reopened = self._after("reopened_min", numbers, followed_up, 60_000)
        closed_again = self._closed("closing again", numbers, reopened, graded, self._life.second_closing)
        asked_again = self._by_day(self._after("follow_up_h", numbers + _SECOND, closed_again, HOUR_MS))
        happens = (
            *(lives_on, goes_back, goes_back, lives_on, reaches, lives_on, is_asked),
            *(True, asked, again, again, again),
        )
        at = (
            *(dispatched, returned, redispatched, accepted, told, handled, answered),
            *(closed, followed_up, reopened, closed_again, asked_again),
        )
        times = np.stack([np.where(yes, when, NEVER) for yes, when in zip(happens, at, strict=True)], axis=1)
        resolved = self._happens("resolved", numbers)
        reached, contacted = self._happens("reached", numbers), self._happens("contacted", numbers)
        return Fates(times, (reached, contacted, resolved, self._satisfaction(numbers, resolved)))

    def may_reopen(self, numbers: Integers) -> Booleans:
        """Which cases, if they are complaints, will be opened again."""
        unhappy = self._happens("reached", numbers) & ~self._happens("resolved", numbers)
        unhappy &= self._happens("reopened", numbers)
        return unhappy

    def may_live(self, numbers: Integers, arrived: Integers, since_ms: int) -> Booleans:
        """Which cases may be open at or after an instant, whatever their grade: false only when they cannot be."""
        slowest = self._slowest_ms[(self._units("closing", numbers) * len(self._slowest_ms)).astype(np.int64)]
        longest_first = int(self._slowest_ms[-1])
        after = since_ms - arrived - HOUR_MS  # nobody talks for an hour
        return (after <= slowest) | ((after <= longest_first + self.reopening_ms) & self.may_reopen(numbers))

    @cached_property
    def _slowest_ms(self) -> Integers:
        """By the draw for the closing, in steps: how long the slowest grade takes, the night included."""
        draws = np.minimum(np.arange(1, _FINE + 1) / _FINE, _ALMOST)
        taken = [q.of_all(draws) * f for q, f in zip(self._closing, self._feedback_ms, strict=True)]
        slowest: Integers = np.max(taken, axis=0).astype(np.int64) + DAY_MS
        return slowest

    def _happens(self, what: str, numbers: Integers) -> Booleans:
        share: float = getattr(self._life, what)
        return self._units(what, numbers) < share

    def _haste(self, grade: Integers) -> Floats:
        return np.where(grade == 0, self._life.grave_dispatch, 1.0)

    def _after(
        self, what: str, numbers: Integers, since: Integers, unit_ms: int, factor: Floats | float = 1.0
    ) -> Integers:
        delay = self._quantiles[what].of_all(self._units(what, numbers)) * (unit_ms * factor)
        return since + delay.astype(np.int64)

    def _closed(self, what: str, numbers: Integers, since: Integers, grade: Integers, share: float) -> Integers:
        drawn = self._units(what, numbers)
        taken = np.zeros(len(numbers))
        for position, quantiles in enumerate(self._closing):
            rows = np.flatnonzero(grade == position)
            taken[rows] = quantiles.of_all(drawn[rows])
        at = since + (taken * self._feedback_ms[grade] * share).astype(np.int64)
        return np.where(grade >= GRADES.index("III"), self._by_day(at), at)

    def _by_day(self, at: Integers) -> Integers:
        """What would happen at night happens the next morning, the night's work spread over its first hours."""
        life = self._life
        opens, night_ms = life.works_from_h * HOUR_MS, (24 - life.works_until_h + life.works_from_h) * HOUR_MS
        since_end = (at + self._offset_ms(at) - life.works_until_h * HOUR_MS) % DAY_MS
        is_night = since_end < night_ms
        morning = at - since_end + (24 - life.works_until_h) * HOUR_MS + opens + since_end * 4 * HOUR_MS // night_ms
        return np.where(is_night, morning, at)

    def _offset_ms(self, at: Integers) -> Integers:
        """How far local clocks are ahead of UTC on each instant's day."""
        days = at // DAY_MS
        first = int(days.min()) if len(days) else 0
        known = [_offset_ms(day, self.zone) for day in range(first, int(days.max(initial=first)) + 1)]
        return np.array(known, dtype=np.int64)[days - first]

    def _satisfaction(self, numbers: Integers, resolved: Booleans) -> Integers:
        """5 and 4 are satisfied; whoever was not helped is seldom."""
        drawn = self._units("satisfied", numbers)
        stretched = drawn / self._life.satisfied
        pleased = np.where(stretched < 0.72, 5, np.where(stretched < 1.0, 4, np.where(drawn < 0.99, 3, 2)))
        return np.where(resolved, pleased, np.where(drawn < 0.25, 3, np.where(drawn < 0.6, 2, 1)))

    def _units(self, what: str, numbers: Integers) -> Floats:
        return units(salt(self._seed, f"life {what}"), numbers)

    # ---- case by case

    def plan(self, receipt: Receipt) -> list[Step]:
        """Everything that will happen to one case, earliest first."""
        return self.plans([receipt])[0]

    def plans(self, receipts: Sequence[Receipt]) -> list[list[Step]]:
        """The plans of many cases, at a small part of the cost of asking one by one."""
        fates = self.fates_of(receipts)
        return [
            [self.step(receipt, which, at_ms, answer) for which, at_ms in enumerate(times) if at_ms < NEVER]
            for receipt, (times, answer) in zip(receipts, fates.rows(), strict=True)
        ]

    def fates_of(self, receipts: Sequence[Receipt]) -> Fates:
        """The fates of cases by their receipts."""
        return self.fates(
            np.array([life_number(r.case_id, self.zone) for r in receipts], dtype=np.int64),
            np.array([milliseconds(r.received_at) for r in receipts], dtype=np.int64),
            np.array([KINDS.index(r.kind) if r.kind in KINDS else 0 for r in receipts], dtype=np.int64),
            np.array([GRADES.index(r.grade) if r.grade in GRADES else -1 for r in receipts], dtype=np.int64),
            np.array([r.spoken for r in receipts], dtype=np.bool_),
        )

    def step(self, receipt: Receipt, which: int, at_ms: int, answer: Answer) -> Step:
        """One step of a life: the `which`-th of `STEPS`."""
        payload = PAYLOADS[which](self._profile, receipt, at_ms, answer)
        return Step(instant(at_ms), STEPS[which], payload, ROUNDS[which])


@lru_cache(maxsize=1024)
def _offset_ms(day: int, zone: tzinfo) -> int:
    offset = (_EPOCH + timedelta(days=day)).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) * 1000 if offset is not None else 0
