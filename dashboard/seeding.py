"""A simulated city's past, written before its engine first starts: it begins full instead of empty.

The past is told as the same events that the city will tell from now on, folded by the same folds; only the log is
left out, as after a restore from a back-up. Older days are counts. The position is written last, so a seeding that
was interrupted begins anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any

import redis

from dashboard.callers.sealing import Sealer
from dashboard.engine.clock import Clock, Mode
from dashboard.engine.hours import HOUR_FORMAT, Hours
from dashboard.engine.splits import AREA, CATEGORY, Splits
from dashboard.engine.store import Position, Store, position_fields
from geo.areas import Areas
from geo.cities import City
from geo.days import day_start
from hotline.agents import Agent, fold_agent
from hotline.calls import Call, fold_call
from hotline.case_rules import CaseRules, default_case_rules
from hotline.cases import Case, fold_case
from hotline.channels import Floor
from hotline.deadlines import Deadlines
from streams.codec import encode, payload_of, split_private
from streams.events import AgentPayload, CallPayload, CasePayload, CaseReceived, Envelope, Recording
from streams.keys import Keys
from streams.sim.city_side import EmergencySide
from streams.sim.history import Counts, History
from streams.sim.hotline_feed import HotlineFeed
from streams.sim.laws import Laws
from streams.sim.steps import Step
from streams.sim.telling import SOURCE
from streams.sim.texts import Words

SEQ = 1  # the commit that the past stands for
CHUNK = 5_000
# What an interrupted seeding may have left behind.
NOUNS = ("cases", "private", "hours", "splits", "quarters", "calls", "agents", "grid")
HOUR_S = 3600
Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much (0: not known)


@dataclass
class Past:
    """The documents of one start, folded from events."""

    city: City
    areas: Areas | None
    rules: CaseRules = field(default_factory=default_case_rules)
    cases: dict[str, Case] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    private: dict[str, dict[str, Any]] = field(default_factory=dict)
    sealer: Sealer = field(default_factory=lambda: Sealer(secrets.token_bytes(32)))

    @cached_property
    def deadlines(self) -> Deadlines:
        return Deadlines.of_city(self.city, self.rules)

    def take(self, told: Envelope | Step) -> None:
        """Fold one event of the past, or one step of a life, into its document."""
        if isinstance(told, Step):
            self._fold(told.payload, told.at, SOURCE)
            return
        envelope, payload, at = told, payload_of(told), told.occurred_at
        if isinstance(payload, CasePayload):
            self._fold(payload, at, envelope.source)
            if private := split_private(envelope.data)[1]:
                sealed = self.sealer.sealed(payload.subject, private)
                self.private[payload.subject] = self.private.get(payload.subject, {}) | sealed
            return
        recording = Recording(at=at, occurred_at=at, seq=SEQ, source=envelope.source)
        if isinstance(payload, CallPayload):
            self.calls[payload.call_id] = fold_call(self.calls.get(payload.call_id), payload, recording)
        elif isinstance(payload, AgentPayload):
            agent = fold_agent(self.agents.get(payload.agent_id), payload, recording)
            if agent is not None:
                self.agents[payload.agent_id] = agent

    def _fold(self, payload: CasePayload, at: datetime, source: str) -> None:
        cell, area, before = "", "", self.cases.get(payload.case_id)
        if isinstance(payload, CaseReceived):
            cell, area = self.city.place(payload.lat, payload.lng, self.areas, payload.area)
        due = self.deadlines.due(before, payload, at)
        recording = Recording(at=at, occurred_at=at, seq=SEQ, source=source, cell=cell, area=area, due=due)
        case = fold_case(before, payload, recording)
        if case is not None:
            self.cases[payload.case_id] = case


def is_seeded(store: Store) -> bool:
    """Whether the city has begun: then its past is never written again."""
    return store.position().seq > 0


def seed_city(
    client: redis.Redis,
    keys: Keys,
    city: City,
    areas: Areas | None,
    start: datetime,
    laws: Laws,
    progress: Progress,
    sealer: Sealer | None = None,
    rules: CaseRules | None = None,
) -> int:
    """Write the past of a simulation that begins at `start` (aware); returns how many cases it ever received.

    `sealer` seals the callers' numbers; without one nobody will ever open them. `rules` of case life, those that come
    with Hexwatch when None: the engine goes on by the same.

    Raises ValueError for a city that cannot be simulated, LookupError for one that has begun already.
    """
    store = Store(client, keys, "seeding")
    if is_seeded(store):
        raise LookupError(f"{keys.city} has begun already")
    _sweep(client, keys)
    zone, midnight = city.time_zone, day_start(start, city.zone)
    words = Words.load(city.load_catalogue())
    history = History(laws, words, start, midnight)
    counts = history.counts()
    hours, splits = rollups(counts, Hours(zone), Splits(zone))
    known = rules or default_case_rules()
    past, floor = Past(city, areas, known), Floor(known.channels)
    past.sealer = sealer or past.sealer
    for number, told in enumerate(history.facts()):
        past.take(told)
        if number % CHUNK == 0:
            progress("Telling the past", number, 0)
    for call in history.calls():
        floor.move(None, Call(seq=SEQ, **call._asdict()))
    for call_now in past.calls.values():
        floor.move(None, call_now)
    today = [case for case in past.cases.values() if case.received_at is not None and case.received_at >= midnight]
    for case in today:
        assert case.received_at is not None
        hours.add(case.received_at)
        splits.add(case.category, case.area, case.received_at)
    total = int(counts.minutes.sum()) + len(today)
    _write(client, keys, past, hours, splits, floor, progress)
    _begin(client, keys, start, total)
    HotlineFeed(client, keys, laws, words).begin(start)
    # The day of the units goes through the inbox: it is short, and the engine tells who is where.
    EmergencySide.of_city(client, keys, city, laws.places.place, laws.seed).turn(start)
    return total


def rollups(counts: Counts, hours: Hours, splits: Splits) -> tuple[Hours, Splits]:
    """The counts of closed days as the engine's ledgers keep them.

    Categories and areas are known by the hour; within it they are spread evenly over the minutes.
    """
    for number, n in enumerate(counts.minutes.tolist()):
        key, minute = _hour_of(counts.first_minute + number)
        hours.hours.setdefault(key, [0] * 60)[minute] = n
    summed: dict[tuple[int, str], int] = {}
    for hour, category, area, n in counts.hours.T.tolist():
        for name in (CATEGORY + counts.categories[category], AREA + counts.areas[area]):
            summed[hour, name] = summed.get((hour, name), 0) + n
    for (hour, name), n in summed.items():
        key = datetime.fromtimestamp(hour * HOUR_S, UTC).strftime(HOUR_FORMAT)
        splits.hours.setdefault(key, {})[name] = [(m + 1) * n // 60 - m * n // 60 for m in range(60)]
        splits.totals.setdefault(key, {})[name] = n
    return hours, splits


def _hour_of(minute: int) -> tuple[str, int]:
    return datetime.fromtimestamp(minute // 60 * HOUR_S, UTC).strftime(HOUR_FORMAT), minute % 60


def _sweep(client: redis.Redis, keys: Keys) -> None:
    """Remove what an interrupted seeding left."""
    client.delete(*(keys.of(noun) for noun in NOUNS))


def _write(
    client: redis.Redis, keys: Keys, past: Past, hours: Hours, splits: Splits, floor: Floor, progress: Progress
) -> None:
    cells = sorted({case.cell for case in past.cases.values() if case.cell})
    documents: dict[str, Mapping[str, Any]] = {
        keys.cases: past.cases,
        keys.private: past.private,
        keys.calls: past.calls,
        keys.agents: past.agents,
        keys.hours: hours.hours,
        keys.splits: splits.hours,
        keys.quarters: floor.documents(),
    }
    of, done = sum(map(len, documents.values())), 0
    for key, values in documents.items():
        for chunk in _chunks(values):
            client.hset(key, mapping={name: encode(value) for name, value in chunk})
            done += len(chunk)
            progress("Writing the past", done, of)
    for start in range(0, len(cells), CHUNK):
        client.rpush(keys.grid, *cells[start : start + CHUNK])


def _chunks(values: Mapping[str, Any]) -> Iterable[list[tuple[str, Any]]]:
    items = iter(values.items())
    while chunk := list(islice(items, CHUNK)):
        yield chunk


def _begin(client: redis.Redis, keys: Keys, start: datetime, total: int) -> None:
    """From here on the city has begun."""
    clock = Clock(mode=Mode.SIMULATION, at=start)
    after = Position(seq=SEQ, clock=clock, totals={"cases": total, "incidents": 0})
    client.hset(keys.position, mapping=position_fields(Position(), after))
