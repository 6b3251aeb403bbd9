"""The telephone floor: callers wait in line, agents take them, talk, write up, rest and go home.

An event at a time, in whole milliseconds. All that is drawn hangs on a call's number or on an agent and an instant,
so the floor can be made anew from the committed documents of calls and agents and goes on as if nothing had happened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from streams.sim.contacts import Contact
from streams.sim.ids import number_of
from streams.sim.profile import Group, Profile
from streams.sim.randomness import Floats, Integers, Quantiles, salt, unit, units
from streams.sim.rosters import Rosters
from streams.sim.steps import milliseconds

# What may happen, in the order in which it happens within one millisecond.
_ENDED, _WRITTEN_UP, _DUTY, _OFFERED, _QUEUED, _READY, _GAVE_UP = range(7)

OFFERED, QUEUED, ANSWERED, ABANDONED, ENDED, AGENT = "offered", "queued", "answered", "abandoned", "ended", "agent"
AVAILABLE, TALKING, WRAP_UP, AWAY, SIGNED_OUT = "available", "talking", "wrap_up", "away", "signed_out"
_BUSY = frozenset({TALKING, WRAP_UP})


class Happening(NamedTuple):
    """Something on the floor at `at_ms`. `number` is the call's contact; for `AGENT` the agent, `state` theirs."""

    at_ms: int
    what: str
    number: int
    agent: int = -1
    state: str = ""


class Call:
    """One call on the floor, with everything that was drawn for it."""

    __slots__ = (
        *("agent", "answered_ms", "gives_up_ms", "group", "number", "offered_ms", "over_ms", "queued_ms", "talk_ms"),
    )

    def __init__(self, number: int, group: int, offered_ms: int, greeting_ms: int, patience_ms: int, talk_ms: int):
        self.number, self.group, self.offered_ms, self.talk_ms = number, group, offered_ms, talk_ms
        self.queued_ms = offered_ms + greeting_ms
        self.gives_up_ms = self.queued_ms + patience_ms
        self.answered_ms = self.over_ms = 0
        self.agent = -1


class _Agent:
    __slots__ = ("group", "since_ms", "state")

    def __init__(self, group: int):
        self.group, self.state, self.since_ms = group, SIGNED_OUT, 0


class CallTimes:
    """What is drawn for a call from its number."""

    def __init__(self, profile: Profile, seed: str) -> None:
        calls = profile.calls
        self._calls, self._seed = calls, seed
        self._greeting, self._patience = Quantiles(calls.greeting_s), Quantiles(calls.patience_s)
        self._talk = Quantiles(calls.talk_s)
        self.ring_ms = round(calls.ring_s * 1000)

    def of_all(self, numbers: Integers, factors: Floats) -> tuple[Integers, Integers, Integers]:
        """(greeting, patience from the queue on, talk) in milliseconds; a negative patience hangs up while greeted."""
        greeting = (self._greeting.of_all(self._units("greeting", numbers)) * 1000).astype(np.int64)
        patience = (self._patience.of_all(self._units("patience", numbers)) * 1000).astype(np.int64)
        talk = (self._talk.of_all(self._units("talk", numbers)) * 1000 * factors).astype(np.int64)
        hangs_up = self._units("hangs up", numbers) < self._calls.hangs_up
        return greeting, np.where(hangs_up, -(greeting * 2 // 5), patience), talk

    def _units(self, what: str, numbers: Integers) -> Floats:
        return units(salt(self._seed, f"call {what}"), numbers)


class Floor:
    """The floor at one instant. `offer` tells it who will call, `advance` lets time pass."""

    def __init__(self, profile: Profile, seed: str, zone: tzinfo, at_ms: int) -> None:
        """An empty floor at `at_ms` with everybody at their place whose shift it is."""
        self._begin(profile, seed, zone, at_ms)
        for number in self._ids_on_duty():
            self._recheck(number, at_ms)

    @classmethod
    def resumed(
        cls,
        profile: Profile,
        seed: str,
        zone: tzinfo,
        at_ms: int,
        calls: Iterable[Mapping[str, Any]],
        agents: Iterable[Mapping[str, Any]],
    ) -> Floor:
        """The floor as its documents say it was at `at_ms`, when everything up to then was committed.

        `calls` are mappings with call_id, channel, language, offered_at, queued_at, answered_at, agent_id (and
        abandoned_at, ended_at, which are skipped); `agents` with agent_id, state, since. Times are aware datetimes or
        ISO texts. Calls that no simulated contact made are left alone.
        """
        floor = cls.__new__(cls)
        floor._begin(profile, seed, zone, at_ms)
        for document in agents:
            floor._seat(document)
        floor._connect([c for c in calls if not (c.get("ended_at") or c.get("abandoned_at"))], at_ms)
        floor._settle(at_ms)
        return floor

    # ---- what a caller needs

    def agent_id(self, number: int) -> str:
        return self._rosters.agent_id(number)

    def channel_of(self, agent: int) -> str:
        """The channel an agent serves."""
        return self._groups[self._agents[agent].group].channel

    def talk_ms(self, contact: Contact) -> int:
        """How long this contact talks once somebody answers."""
        [call] = self._calls_of([(contact.number, contact.at_ms, contact.channel, contact.language)])
        return call.talk_ms

    def offer(self, contacts: Iterable[Contact]) -> None:
        """These contacts call, at times after the last `advance`."""
        calling = [c for c in contacts if c.channel in self._profile.with_calls]
        for call in self._calls_of([(c.number, c.at_ms, c.channel, c.language) for c in calling]):
            self.calls[call.number] = call
            heappush(self._due, (call.offered_ms, _OFFERED, call.number))

    def advance(self, until_ms: int) -> list[Happening]:
        """Everything that happens after the last advance up to and including `until_ms`, in order."""
        self._prepare_days(until_ms)
        self._until_ms = until_ms
        due, steps = self._due, self._steps
        while due and due[0][0] <= until_ms:
            at_ms, what, number = heappop(due)
            steps[what](number, at_ms)
        happened = self._happened.copy()
        self._happened.clear()
        return happened

    def states(self) -> dict[str, int]:
        """State -> agents in it."""
        counts: dict[str, int] = {}
        for agent in self._agents:
            counts[agent.state] = counts.get(agent.state, 0) + 1
        return counts

    def standing(self) -> list[Happening]:
        """What led to this instant: every agent who is signed in, every call that goes on, step by step."""
        found = [
            Happening(agent.since_ms, AGENT, number, number, agent.state)
            for number, agent in enumerate(self._agents)
            if agent.state != SIGNED_OUT
        ]
        for call in self.calls.values():
            times = ((OFFERED, call.offered_ms), (QUEUED, call.queued_ms), (ANSWERED, call.answered_ms))
            found += [Happening(at, what, call.number, call.agent) for what, at in times if 0 < at <= self._until_ms]
        return found

    def waiting(self) -> int:
        """Callers in all queues."""
        return sum(1 for line in self._lines for call in line if call.number in self.calls and call.agent < 0)

    # ---- making

    def _begin(self, profile: Profile, seed: str, zone: tzinfo, at_ms: int) -> None:
        self._profile, self._zone = profile, zone
        self._times = CallTimes(profile, seed)
        self._wrap, self._wrap_salt = Quantiles(profile.calls.wrap_s), salt(seed, "agent wrap-up")
        self._groups: tuple[Group, ...] = profile.floor.groups
        self._group_of = {
            (group.channel, language): number
            for number, group in enumerate(self._groups)
            for language in group.languages or ("",)
        }
        self._rosters = Rosters(profile, seed, zone)
        self._agents = [_Agent(group) for group in self._rosters.groups]
        self.calls: dict[int, Call] = {}
        self.past: list[Call] | None = None  # calls that are over, for whoever wants to keep them
        self._lines: list[deque[Call]] = [deque() for _ in self._groups]
        self._idle: list[list[tuple[int, int]]] = [[] for _ in self._groups]
        self._due: list[tuple[int, int, int]] = []
        self._happened: list[Happening] = []
        self._at_ms = self._until_ms = at_ms
        self._next_day = self._rosters.day_of(at_ms) - 1
        self._steps: tuple[Callable[[int, int], None], ...] = (
            self._end, self._written_up, self._recheck, self._offered, self._queued, self._ready, self._gave_up,
        )  # fmt: skip
        self._prepare_days(at_ms)

    def _prepare_days(self, until_ms: int) -> None:
        """Put the shifts of every day up to tomorrow on the list of what is due."""
        last = self._rosters.day_of(until_ms) + 1
        while self._next_day <= last:
            for agent, at_ms in self._rosters.prepare(self._next_day):
                if at_ms > self._at_ms:
                    heappush(self._due, (at_ms, _DUTY, agent))
            self._next_day += 1

    def _ids_on_duty(self) -> list[int]:
        return [n for n in range(len(self._agents)) if self._rosters.state(n, self._at_ms) != SIGNED_OUT]

    def _calls_of(self, said: Sequence[tuple[int, int, str, str]]) -> list[Call]:
        factors = self._profile.calls.talk_factors
        greeting, patience, talk = self._times.of_all(
            np.array([number for number, _, _, _ in said], dtype=np.int64),
            np.array([factors.get(channel, 1.0) for _, _, channel, _ in said]),
        )
        drawn = zip(said, greeting.tolist(), patience.tolist(), talk.tolist(), strict=True)
        return [
            Call(number, self._group(channel, language), at_ms, *times)
            for (number, at_ms, channel, language), *times in drawn
        ]

    def _group(self, channel: str, language: str) -> int:
        found = self._group_of.get((channel, ""), self._group_of.get((channel, language)))
        return self._group_of["foreign", "en"] if found is None else found

    # ---- made anew

    def _seat(self, document: Mapping[str, Any]) -> None:
        """An agent as the documents have them."""
        number = self._rosters.number_of(str(document.get("agent_id", "")))
        if number is None:
            return
        agent = self._agents[number]
        agent.state = str(document.get("state", SIGNED_OUT))
        agent.since_ms = _ms(document.get("since")) or self._at_ms
        if agent.state == WRAP_UP:
            self._later(agent.since_ms + self._wrap_ms(number, agent.since_ms), _WRITTEN_UP, number)
        elif agent.state == AVAILABLE:
            heappush(self._idle[agent.group], (agent.since_ms, number))

    def _connect(self, documents: Sequence[Mapping[str, Any]], at_ms: int) -> None:
        """Open calls as the documents have them: each in its line, or with its agent."""
        numbered = [(number_of(str(d["call_id"]), self._zone), d) for d in documents]
        known = [(number, d) for number, d in numbered if number is not None and d.get("offered_at")]
        made = self._calls_of(
            [
                (number, _ms(d["offered_at"]), str(d.get("channel", "phone")), str(d.get("language", "")))
                for number, d in known
            ]
        )
        waiting = []
        for call, (_, document) in zip(made, known, strict=True):
            self.calls[call.number] = call
            if document.get("answered_at"):
                self._resume_talk(call, document)
            elif not document.get("queued_at"):
                self._greeted(call)
            elif call.queued_ms + self._times.ring_ms > at_ms:
                self._later(call.queued_ms + self._times.ring_ms, _READY, call.number)
            else:
                waiting.append(call)
        for call in sorted(waiting, key=lambda c: (c.queued_ms, c.number)):
            self._lines[call.group].append(call)
            self._later(call.gives_up_ms, _GAVE_UP, call.number)

    def _resume_talk(self, call: Call, document: Mapping[str, Any]) -> None:
        number = self._rosters.number_of(str(document.get("agent_id", "")))
        call.answered_ms = _ms(document["answered_at"])
        call.agent = -1 if number is None else number
        self._later(call.answered_ms + call.talk_ms, _ENDED, call.number)

    def _settle(self, at_ms: int) -> None:
        """Whatever the documents left hanging (an agent who talks to nobody, one not signed in) is looked at again."""
        talking = {call.agent for call in self.calls.values() if call.answered_ms}
        for number, agent in enumerate(self._agents):
            if agent.state == TALKING and number not in talking:
                self._later(at_ms, _WRITTEN_UP, number)
            elif agent.state not in _BUSY and agent.state != self._rosters.state(number, at_ms):
                self._later(at_ms, _DUTY, number)

    def _later(self, at_ms: int, what: int, number: int) -> None:
        """Put on the list, never into the past that was already told."""
        heappush(self._due, (max(at_ms, self._at_ms + 1), what, number))

    # ---- steps of a call

    def _offered(self, number: int, at_ms: int) -> None:
        self._happened.append(Happening(at_ms, OFFERED, number))
        self._greeted(self.calls[number])

    def _greeted(self, call: Call) -> None:
        if call.gives_up_ms < call.queued_ms:
            self._later(call.gives_up_ms, _GAVE_UP, call.number)
        else:
            self._later(call.queued_ms, _QUEUED, call.number)

    def _queued(self, number: int, at_ms: int) -> None:
        self._happened.append(Happening(at_ms, QUEUED, number))
        heappush(self._due, (at_ms + self._times.ring_ms, _READY, number))

    def _ready(self, number: int, at_ms: int) -> None:
        """It has rung: whoever is free longest takes the call, or it joins the line."""
        call = self.calls[number]
        idle, agents = self._idle[call.group], self._agents
        while idle:
            since_ms, free = heappop(idle)
            agent = agents[free]
            if agent.state == AVAILABLE and agent.since_ms == since_ms:
                self._answer(call, free, at_ms)
                return
        self._lines[call.group].append(call)
        heappush(self._due, (call.gives_up_ms, _GAVE_UP, number))

    def _gave_up(self, number: int, at_ms: int) -> None:
        call = self.calls.get(number)
        if call is not None and not call.answered_ms:
            self._leave(call, at_ms)
            self._happened.append(Happening(at_ms, ABANDONED, number))

    def _answer(self, call: Call, number: int, at_ms: int) -> None:
        call.answered_ms, call.agent = at_ms, number
        self._happened.append(Happening(at_ms, ANSWERED, call.number, number))
        self._become(number, TALKING, at_ms)
        heappush(self._due, (at_ms + call.talk_ms, _ENDED, call.number))

    def _end(self, number: int, at_ms: int) -> None:
        call = self.calls[number]
        self._leave(call, at_ms)
        self._happened.append(Happening(at_ms, ENDED, number, call.agent))
        if call.agent >= 0 and self._agents[call.agent].state == TALKING:
            self._become(call.agent, WRAP_UP, at_ms)
            heappush(self._due, (at_ms + self._wrap_ms(call.agent, at_ms), _WRITTEN_UP, call.agent))

    def _leave(self, call: Call, at_ms: int) -> None:
        call.over_ms = at_ms
        del self.calls[call.number]
        if self.past is not None:
            self.past.append(call)

    # ---- steps of an agent

    def _written_up(self, number: int, at_ms: int) -> None:
        """The agent is done with a call: the next in line, a break, the way home, or waiting for a call."""
        agent = self._agents[number]
        state = self._rosters.state(number, at_ms)
        if state == AVAILABLE and (call := self._next_in_line(agent.group)) is not None:
            self._answer(call, number, at_ms)
            return
        self._become(number, state, at_ms)

    def _recheck(self, number: int, at_ms: int) -> None:
        """A shift or a break begins or ends; whoever is busy sees to it afterwards."""
        agent = self._agents[number]
        if agent.state in _BUSY:
            return
        state = self._rosters.state(number, at_ms)
        if state != agent.state:
            self._become(number, state, at_ms)
            if state == AVAILABLE and (call := self._next_in_line(agent.group)) is not None:
                self._answer(call, number, at_ms)

    def _become(self, number: int, state: str, at_ms: int) -> None:
        agent = self._agents[number]
        agent.state, agent.since_ms = state, at_ms
        if state == AVAILABLE:
            heappush(self._idle[agent.group], (at_ms, number))
        self._happened.append(Happening(at_ms, AGENT, number, number, state))

    def _next_in_line(self, group: int) -> Call | None:
        line = self._lines[group]
        while line:
            call = line.popleft()
            if call.number in self.calls:
                return call
        return None

    def _wrap_ms(self, agent: int, since_ms: int) -> int:
        return int(self._wrap.of(unit(self._wrap_salt, since_ms * 4096 + agent)) * 1000)


def _ms(at: object) -> int:
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return milliseconds(at) if isinstance(at, datetime) else 0
