"""The hotline side of the simulated city: contacts come, calls are answered, cases are written and live on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from streams.events import Envelope
from streams.sim.contacts import MINUTE_MS, PER_MINUTE, USUAL, Contact, Demand
from streams.sim.floor import ABANDONED, AGENT, ANSWERED, ENDED, OFFERED, Floor, Happening
from streams.sim.laws import Laws
from streams.sim.speaking import Speaking
from streams.sim.steps import AGAIN, Receipt, Stands, Step, fits, instant, milliseconds
from streams.sim.telling import Teller, Words

MINUTE = timedelta(minutes=1)
# How cases stand, by id. Those that are not there yet are absent.
Standing = Mapping[str, Stands]
DemandAt = Callable[[datetime], Demand]


def usual(minute: datetime) -> Demand:
    """No scene, no surge."""
    return USUAL


class HotlineSide:
    """What the hotline does from `at` on. Holds nothing that the documents and the laws do not give again."""

    def __init__(self, laws: Laws, words: Words, at: datetime, floor: Floor, demand: DemandAt = usual) -> None:
        """`at` (aware) is the city time up to which everything was told; `demand` says what a minute is like."""
        self.at = at
        self._laws, self._teller, self._floor, self._demand = laws, Teller(laws, words), floor, demand
        self._speaking = Speaking(laws, words)
        self._callers: dict[int, Contact] = {}
        self._steps: list[tuple[datetime, str, str, int, Step]] = []
        self._adopted = 0
        self._written: list[tuple[int, int, Contact]] = []  # contacts without a call, when they are received
        self._next_minute = _minute_of(at)
        self.counts = {"cases": 0, "calls": 0}
        self._meet_callers()

    @classmethod
    def fresh(cls, laws: Laws, words: Words, at: datetime, demand: DemandAt = usual) -> HotlineSide:
        """A hotline that begins at `at` with everybody at their place, no call and no case."""
        return cls(laws, words, at, Floor(laws.profile, laws.seed, laws.zone, milliseconds(at)), demand)

    @classmethod
    def resumed(
        cls,
        laws: Laws,
        words: Words,
        at: datetime,
        cases: Iterable[Mapping[str, Any]],
        calls: Iterable[Mapping[str, Any]],
        agents: Iterable[Mapping[str, Any]],
        demand: DemandAt = usual,
    ) -> HotlineSide:
        """The hotline as the committed documents say it was at `at`, when all it told up to then was committed.

        Documents are mappings with the field names of the engine's cases, calls and agents; times are aware
        datetimes or ISO texts. What the plans say of times up to `at` was told already and is not told again.
        """
        floor = Floor.resumed(laws.profile, laws.seed, laws.zone, milliseconds(at), calls, agents)
        side = cls(laws, words, at, floor, demand)
        side.adopt([receipt for case in cases if (receipt := receipt_of(case, laws)) is not None])
        return side

    def adopt(self, receipts: Sequence[Receipt]) -> None:
        """Take care of these cases from `self.at` on: those of a restart, or of another source."""
        steps = [step for plan in self._laws.lives.plans(receipts) for step in plan if step.at > self.at]
        coming = [(s.at, s.payload.case_id, s.name, self._adopted + i, s) for i, s in enumerate(steps)]
        self._adopted += len(coming)
        if len(coming) > len(self._steps):
            self._steps += coming
            heapify(self._steps)
        else:
            for step in coming:
                heappush(self._steps, step)

    def advance(self, until: datetime, standing: Callable[[Sequence[str]], Standing] | None = None) -> list[Envelope]:
        """Everything that happens after the last advance up to and including `until`, in order of time.

        `standing` tells how cases stand, so that no plan runs over what a person decided.
        """
        until_ms = milliseconds(until)
        self._let_arrive(until_ms)
        told: list[Envelope] = []
        receipts: list[tuple[Contact, int]] = []
        for happening in self._floor.advance(until_ms):
            told.append(self._happened(happening, receipts))
        receipts += self._written_until(until_ms)
        told += [self._teller.received(contact, at_ms) for contact, at_ms in receipts]
        self.counts["cases"] += len(receipts)
        self.adopt([self._teller.receipt(contact, at_ms) for contact, at_ms in receipts])
        told += self._speaking.until(until_ms)
        told += [self._teller.step(step) for step in self._due_steps(until, standing)]
        self.at = until
        # The order of one instant: the floor, then receipts, what is said, and what becomes of cases.
        told.sort(key=lambda envelope: envelope.occurred_at)
        return told

    def _let_arrive(self, until_ms: int) -> None:
        at_ms = milliseconds(self.at)
        while self._next_minute * MINUTE_MS <= until_ms:
            minute = instant(self._next_minute * MINUTE_MS)
            contacts = self._laws.contacts.arrivals(minute, self._demand(minute))
            coming = [contact for contact in contacts if contact.at_ms > at_ms]
            spoken = [c for c in coming if c.channel in self._laws.profile.with_calls]
            self._callers.update((contact.number, contact) for contact in spoken)
            self._floor.offer(spoken)
            for contact in coming:
                if contact.channel not in self._laws.profile.with_calls:
                    heappush(self._written, (contact.at_ms, contact.number, contact))
            self._next_minute += 1

    def _happened(self, happening: Happening, receipts: list[tuple[Contact, int]]) -> Envelope:
        contact = None if happening.what == AGENT else self._callers.get(happening.number)
        with_number = happening.what == OFFERED and contact is not None and self._speaking.follows(contact)
        envelope = self._teller.happening(happening, self._floor, contact, with_number)
        if happening.what == ANSWERED and contact is not None and self._speaking.follows(contact):
            talk_ms = self._floor.talk_ms(contact)
            self._speaking.begin(contact, happening.at_ms, talk_ms, milliseconds(self.at))
        if happening.what in (ENDED, ABANDONED):
            self._callers.pop(happening.number, None)
        self.counts["calls"] += happening.what == "offered"
        if happening.what == ENDED and contact is not None:
            receipts.append((contact, happening.at_ms))
        return envelope

    def _written_until(self, until_ms: int) -> list[tuple[Contact, int]]:
        found = []
        while self._written and self._written[0][0] <= until_ms:
            at_ms, _, contact = heappop(self._written)
            found.append((contact, at_ms))
        return found

    def _due_steps(self, until: datetime, standing: Callable[[Sequence[str]], Standing] | None) -> list[Step]:
        due = []
        while self._steps and self._steps[0][0] <= until:
            due.append(heappop(self._steps)[-1])
        if standing is None or not due:
            return due
        known = standing([step.payload.case_id for step in due])
        # What the same batch did before is not in the documents yet: a case is followed through the batch.
        now: dict[str, Stands] = dict(known)
        kept = []
        for step in due:
            case = step.payload.case_id
            if case not in now or fits(step, *now[case]):
                kept.append(step)
                now[case] = _after(step, now.get(case))
        return kept

    def _meet_callers(self) -> None:
        """Know again who the calls on the floor are from."""
        numbers = sorted(self._floor.calls)
        by_minute: dict[int, list[int]] = {}
        for number in numbers:
            by_minute.setdefault(number // PER_MINUTE, []).append(number)
        law = self._laws.contacts
        for minute, group in by_minute.items():
            demand = self._demand(instant(minute * MINUTE_MS))
            for contact in law.contacts(law.columns(np.array(group, dtype=np.int64), demand)):
                self._callers[contact.number] = contact
                call = self._floor.calls[contact.number]
                if call.answered_ms:
                    self._speaking.begin(contact, call.answered_ms, call.talk_ms, milliseconds(self.at))


def receipt_of(case: Mapping[str, Any], laws: Laws) -> Receipt | None:
    """What a case's document says of its receipt; None for one that was never received."""
    at = case.get("occurred_at") or case.get("received_at")
    if at is None or case.get("received_at") is None:
        return None
    received_at = datetime.fromisoformat(at) if isinstance(at, str) else at
    channel = str(case.get("channel", ""))
    return Receipt(
        str(case["case_id"]),
        received_at.astimezone(UTC),
        str(case.get("kind", "complaint")),
        str(case.get("category", "other")),
        str(case.get("grade", "")),
        str(case.get("area", "")),
        channel in laws.profile.with_calls,
    )


def _after(step: Step, before: Stands | None) -> Stands:
    """How the case stands after the step."""
    known = before or Stands(not step.name.startswith("followed-up"), step.round)
    if step.name.startswith("reopened"):
        return Stands(True, known.reopened + 1)
    if step.name.startswith("closed"):
        return Stands(False, known.reopened)
    if step.name in ("returned", AGAIN):
        return known._replace(returning=step.name == "returned")
    return known


def _minute_of(at: datetime) -> int:
    return milliseconds(at) // MINUTE_MS
