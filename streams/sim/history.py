"""What happened before the simulation began, by the same laws: counts of closed days, and whatever still matters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from streams.events import Envelope
from streams.sim.contacts import MINUTE_MS, PER_MINUTE, Columns, Contact
from streams.sim.floor import Call, CallTimes, Floor
from streams.sim.ids import call_id
from streams.sim.laws import Laws
from streams.sim.lives import DAY_MS, HOUR_MS
from streams.sim.randomness import Booleans, Integers, salt, units
from streams.sim.steps import STEPS, Step, instant, milliseconds
from streams.sim.telling import Teller, Words

DAYS = 15  # of counts
WARM_UP_MS = HOUR_MS  # the floor is simulated from a little before it matters
_SLICE_MS = HOUR_MS
_RECEIVED, _STOOD = -1, len(STEPS)  # before and after the steps of lives at one instant


@dataclass(frozen=True)
class Counts:
    """Cases received in closed days. `minutes[i]` counts the minute `first_minute + i` since 1970.

    `hours` counts by hour since 1970, category and area: columns (hour, category, area, n), only where n > 0;
    categories and areas by position in `categories` and `areas`.
    """

    first_minute: int
    minutes: Integers
    hours: Integers
    categories: tuple[str, ...]
    areas: tuple[str, ...]


class PastCall(NamedTuple):
    """A call that is over, as the engine's documents would say it."""

    call_id: str
    channel: str
    language: str
    offered_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    abandoned_at: datetime | None
    ended_at: datetime | None
    agent_id: str


class History:
    """The past of one start. `now` and `day_start` (local midnight) are aware; nothing is kept but what was asked."""

    def __init__(self, laws: Laws, words: Words, now: datetime, day_start: datetime) -> None:
        self._laws, self._teller = laws, Teller(laws, words)
        self._now_ms, self._day_ms = milliseconds(now), milliseconds(day_start)
        # Since then every case is told: those of today, and those of the last 24 hours.
        self._since_ms = min(self._day_ms, self._now_ms - DAY_MS)
        self._floor_from_ms = (self._since_ms - WARM_UP_MS) // MINUTE_MS * MINUTE_MS

    # ---- counts

    def counts(self, days: int = DAYS) -> Counts:
        """Cases received in the closed local days before today, by the law alone: nobody waits, a share gives up."""
        first_ms = milliseconds(instant(self._day_ms) - timedelta(days=days))
        # Received means the talk is over, so some who contacted the hotline before the first midnight count too.
        columns = self._columns(first_ms - HOUR_MS, self._day_ms)
        received_ms, counted = self._nominal(columns)
        counted &= (received_ms >= first_ms) & (received_ms < self._day_ms)
        rows, received_ms = columns.where(counted), received_ms[counted]
        law = self._laws.contacts
        length = (self._day_ms - first_ms) // MINUTE_MS
        minutes = np.bincount((received_ms - first_ms) // MINUTE_MS, minlength=length)
        n_categories, n_areas = len(law.categories), len(self._laws.places.areas)
        keys = (received_ms // HOUR_MS * n_categories + rows.category) * n_areas + law.areas(rows)
        found, n = np.unique(keys, return_counts=True)
        hours = np.stack([found // (n_categories * n_areas), found // n_areas % n_categories, found % n_areas, n])
        return Counts(first_ms // MINUTE_MS, minutes, hours, law.categories, self._laws.places.areas)

    # ---- events

    def events(self) -> Iterator[tuple[datetime, Envelope]]:
        """Everything that makes the documents of `now`, oldest first.

        All cases received since local midnight and in the last 24 hours with their lives so far; of older ones those
        that are open or were closed today; calls that wait or talk now, and the agents who are signed in.
        """
        for told in self.facts():
            envelope = self._teller.step(told) if isinstance(told, Step) else told
            yield envelope.occurred_at, envelope

    def facts(self) -> Iterator[Envelope | Step]:
        """The same, steps of lives as they are: a quarter of a million need not become messages to be folded."""
        teller, lives = self._teller, self._laws.lives
        cases = self._old_cases() + self._recent_cases
        receipts = [teller.receipt(contact, at_ms) for at_ms, contact in cases]
        fates = lives.fates_of(receipts)
        answers = [answer for _, answer in fates.rows()]
        standing = self._floor.standing()
        received = np.array([at_ms for at_ms, _ in cases], dtype=np.int64)
        stood = np.array([happening.at_ms for happening in standing], dtype=np.int64)
        for at_ms, what, i in self._in_order(received, fates.times, stood):
            if what == _RECEIVED:
                yield teller.received(cases[i][1], at_ms)
            elif what < len(STEPS):
                yield lives.step(receipts[i], what, at_ms, answers[i])
            else:
                happening = standing[i]
                yield teller.happening(happening, self._floor, self._callers.get(happening.number))

    def _in_order(self, received: Integers, steps: Integers, stood: Integers) -> Iterator[tuple[int, int, int]]:
        """(when, what, number in its list), oldest first: `_RECEIVED`, a step of a life, or `_STOOD`."""
        columns = [received, *steps.T, stood]
        kinds = [_RECEIVED, *range(len(STEPS)), _STOOD]
        at = np.concatenate(columns)
        what = np.concatenate([np.full(len(column), kind) for column, kind in zip(columns, kinds, strict=True)])
        number = np.concatenate([np.arange(len(column)) for column in columns])
        order = np.lexsort((number, what, at))
        order = order[: np.searchsorted(at[order], self._now_ms, side="right")]
        return zip(at[order].tolist(), what[order].tolist(), number[order].tolist(), strict=True)

    def calls(self) -> Iterator[PastCall]:
        """Calls of the last 24 hours and of today that are over. Live ones come with `events`, so none counts twice."""
        zone, callers = self._laws.zone, self._callers
        for call in self._past:
            if call.offered_ms < self._since_ms:
                continue
            caller = callers[call.number]
            yield PastCall(
                call_id=call_id(call.number, zone),
                channel=caller.channel,
                language=caller.language,
                offered_at=instant(call.offered_ms),
                queued_at=instant(call.queued_ms) if call.queued_ms <= call.over_ms else None,
                answered_at=instant(call.answered_ms) if call.answered_ms else None,
                abandoned_at=None if call.answered_ms else instant(call.over_ms),
                ended_at=instant(call.over_ms) if call.answered_ms else None,
                agent_id=self._floor.agent_id(call.agent) if call.agent >= 0 else "",
            )

    # ---- recent: the floor is played

    @cached_property
    def _recent(self) -> list[Contact]:
        return self._laws.contacts.contacts(self._columns(self._floor_from_ms, self._now_ms))

    @cached_property
    def _callers(self) -> dict[int, Contact]:
        spoken = self._laws.profile.with_calls
        return {contact.number: contact for contact in self._recent if contact.channel in spoken}

    @cached_property
    def _floor(self) -> Floor:
        """The floor now, with all calls since it is played in its past."""
        floor = Floor(self._laws.profile, self._laws.seed, self._laws.zone, self._floor_from_ms - 1)
        floor.past = []
        floor.offer(self._recent)
        for until_ms in (*range(self._floor_from_ms, self._now_ms, _SLICE_MS), self._now_ms):
            floor.advance(until_ms)
        return floor

    @property
    def _past(self) -> list[Call]:
        return self._floor.past or []

    @cached_property
    def _recent_cases(self) -> list[tuple[int, Contact]]:
        """(received, contact) of everybody whom the floor served or who wrote, since the floor is played.

        Of those before `since` only what is open or was closed today.
        """
        callers = self._callers
        found = [(call.over_ms, callers[call.number]) for call in self._past if call.answered_ms]
        found += [(contact.at_ms, contact) for contact in self._recent if contact.number not in callers]
        early = [(at_ms, contact) for at_ms, contact in found if at_ms < self._since_ms]
        return self._still_matter(early) + [pair for pair in found if pair[0] >= self._since_ms]

    def _still_matter(self, received: list[tuple[int, Contact]]) -> list[tuple[int, Contact]]:
        fates = self._laws.lives.fates_of([self._teller.receipt(contact, at_ms) for at_ms, contact in received])
        matters = (fates.closed_for_good() >= self._day_ms).tolist()
        return [pair for pair, does in zip(received, matters, strict=True) if does]

    # ---- older: only what is left of it

    def _old_cases(self) -> list[tuple[int, Contact]]:
        """(received, contact) of cases from before the floor is played that are open or were closed today."""
        lives, law = self._laws.lives, self._laws.contacts
        first, last = (self._floor_from_ms - lives.longest_ms) // MINUTE_MS, self._floor_from_ms // MINUTE_MS
        numbers = law.numbers(np.arange(first, last))
        # Most closed long ago whatever they were: only the few others are worth asking what they are.
        numbers = numbers[lives.may_live(numbers, numbers // PER_MINUTE * MINUTE_MS, self._day_ms)]
        columns = law.columns(numbers)
        columns = columns.where(columns.grade >= 0)
        received_ms, counted = self._nominal(columns)
        spoken = self._laws.are_spoken(columns)
        fates = lives.fates(columns.number, received_ms, columns.kind, columns.grade, spoken)
        chosen = np.flatnonzero(counted & (fates.closed_for_good() >= self._day_ms))
        received = dict(zip(columns.number[chosen].tolist(), received_ms[chosen].tolist(), strict=True))
        return [(received[contact.number], contact) for contact in law.contacts(columns.where(chosen))]

    def _columns(self, from_ms: int, until_ms: int) -> Columns:
        """Contacts from `from_ms` on and up to `until_ms`, in whole minutes at the beginning."""
        law = self._laws.contacts
        columns = law.columns(law.numbers(np.arange(from_ms // MINUTE_MS, until_ms // MINUTE_MS + 1)))
        return columns.where((columns.at_ms >= from_ms) & (columns.at_ms <= until_ms))

    def _nominal(self, columns: Columns) -> tuple[Integers, Booleans]:
        """When each contact became a case if nobody ever waited, and whether it did: a set share of callers gave up."""
        profile, law = self._laws.profile, self._laws.contacts
        spoken = self._laws.are_spoken(columns)
        factors = np.array([profile.calls.talk_factors.get(channel, 1.0) for channel in law.channels])
        times = CallTimes(profile, self._laws.seed)
        greeting, _, talk = times.of_all(columns.number, factors[columns.channel])
        received = columns.at_ms + np.where(spoken, greeting + times.ring_ms + talk, 0)
        gave_up = units(salt(self._laws.seed, "call nominal"), columns.number) < profile.calls.abandoned
        return received, ~(spoken & gave_up)
