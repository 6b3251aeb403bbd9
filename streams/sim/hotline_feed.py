"""The hotline side as a running feed: it takes up where the documents stand, and tells what happens up to now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import redis

from streams.events import CaseReceived, Envelope, type_of
from streams.keys import Keys
from streams.sim.cursor import SimLog
from streams.sim.hotline_side import DemandAt, HotlineSide, usual
from streams.sim.laws import Laws
from streams.sim.telling import Words

# After a break the past is told in parts, so that no transaction is huge.
MOST_AT_ONCE = timedelta(minutes=5)
RECEIVED = type_of(CaseReceived)
More = Callable[[datetime, datetime], list[Envelope]]


class HotlineFeed:
    """Contacts, calls, agents and cases of one simulated city. `turn(now)` tells what happened up to `now`.

    `more(since, until)` adds events of a scene after `since` and up to `until`.
    """

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        laws: Laws,
        words: Words,
        demand: DemandAt = usual,
        more: More = lambda since, until: [],
    ) -> None:
        self._log = SimLog(client, keys)
        self._laws, self._words, self._demand, self._more = laws, words, demand, more
        self._side: HotlineSide | None = None
        self._behind = b""  # the entry that the engine must have passed before the documents can be trusted

    @property
    def until(self) -> datetime | None:
        """The city time told so far."""
        return self._log.until

    def begin(self, at: datetime) -> None:
        """Set the cursor of a city that has its past (`History`) and no present yet. Nothing when it has one."""
        if self._log.until is None:
            self._log.append([], at)

    def turn(self, now: datetime) -> int:
        """Tell what happened up to `now`, at most five minutes of it; returns how many events.

        Nothing happens while the engine has not read what was told before this process began: the documents would
        not say how things stand. Raises Taken and redis errors; the next turn then starts from what was committed.
        """
        side = self._side or self._taken_up(now)
        if side is None:
            return 0
        self._side = side
        if now <= side.at:
            return 0
        # What is told to nobody must be told again: without a commit the next turn starts from the documents.
        self._side = None
        until = min(now, side.at + MOST_AT_ONCE)
        since, before = side.at, dict(side.counts)
        told = side.advance(until, self._log.standing)
        counts = {name: n - before[name] for name, n in side.counts.items()}
        if more := self._more(since, until):
            counts["cases"] += sum(envelope.type == RECEIVED for envelope in more)
            told = sorted([*told, *more], key=lambda envelope: envelope.occurred_at)
        self._log.append(told, until, counts)
        self._side = side
        return len(told)

    def _taken_up(self, now: datetime) -> HotlineSide | None:
        log = self._log
        self._behind = self._behind or log.end()
        if not log.is_passed(self._behind):
            return None
        self._behind = b""
        until = log.load()
        if until is None:
            return HotlineSide.fresh(self._laws, self._words, now, self._demand)
        cases, calls, agents = (log.documents(noun) for noun in ("cases", "calls", "agents"))
        return HotlineSide.resumed(self._laws, self._words, until, cases, calls, agents, self._demand)
