"""From committed documents to memory: all at once at a start, or kept warm beside the active engine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import msgspec

from dashboard.engine.acts import Act
from dashboard.engine.clock import Clock
from dashboard.engine.hours import Hours
from dashboard.engine.rooms.sources import Source
from dashboard.engine.splits import Splits
from dashboard.engine.state import State
from dashboard.engine.store import Position, Store
from emergency.incidents import incidents_touched
from geo.cities import City
from hotline.cases import cases_touched
from hotline.channels import Quarter
from streams.codec import decode_envelope, payload_of
from streams.events import Envelope, Payload

TAIL_COUNT = 2000


def load(store: Store, city: City, position: Position, clock: Clock) -> State:
    """The whole memory from the committed documents."""
    state = State(city, clock.at)
    load_small(store, state, position)
    adopt_documents(store, state)
    return state


def load_small(store: Store, state: State, position: Position) -> None:
    """What is few and has no version of its own: grid, hours, sources, totals."""
    state.grid = store.grid()
    state.hours = Hours(state.zone, store.mapping(store.keys.hours, list[int]))
    state.hours.touched.update(state.hours.hours)
    state.call_room.load(store.mapping(store.keys.quarters, Quarter))
    state.source_room.load(store.mapping(store.keys.sources, Source))
    state.splits = Splits(state.zone, store.mapping(store.keys.splits, dict[str, list[int]]))
    state.acts.load(store.mapping(store.keys.acts, Act))
    state.totals |= position.totals


def adopt_documents(store: Store, state: State) -> None:
    """Every document that has a version of its own."""
    state.adopt(
        (room.entity, document)
        for room in state.rooms.values()
        if room is not state.source_room
        for document in store.documents(store.keys.of(room.noun), room.document)
    )


def thaw(store: Store, state: State, payloads: Iterable[Payload], closed_days: list[str]) -> None:
    """Bring back what had left memory, so that a late fact finds it."""
    named: dict[str, set[str]] = {}
    for payload in payloads:
        room = state.rooms.get(payload.ENTITY)
        if room is not None and room.closed_noun:
            key = getattr(payload, payload.SUBJECT)
            if key not in room.documents:
                named.setdefault(payload.ENTITY, set()).add(key)
        for incident_id in incidents_touched(payload):
            if incident_id not in state.incidents:
                named.setdefault("incident", set()).add(incident_id)
        for case_id in cases_touched(payload):
            if case_id not in state.cases:
                named.setdefault("case", set()).add(case_id)
    if not closed_days:
        return
    for entity, ids in named.items():
        room = state.rooms[entity]
        for raw in store.closed(room.closed_noun, sorted(ids), closed_days).values():
            room.put(None, msgspec.json.decode(raw, type=room.document))


class Warm:
    """The memory of a standby: documents read once while they change, then kept up by the facts.

    A document read during the scan may already hold facts that the tail brings again: a fact no newer than the
    document as it was read is passed over. Facts committed after the scan cannot be in any document that was read.
    """

    def __init__(self, store: Store, city: City):
        self.store = store
        position = store.position()
        if position.clock is None:
            raise LookupError("no engine has run yet")
        self.seq = position.seq
        self.state = load(store, city, position, position.clock)
        self.scanned_until = store.position().seq
        self._read_as: dict[str, int] = {}
        self._after = f"{self.seq}-18446744073709551615"

    def catch_up(self, position: Position) -> None:
        """Take every fact up to a position. Raises LookupError when the log no longer reaches back that far."""
        while self.seq < position.seq:
            entries = self.store.facts(self._after, TAIL_COUNT)
            facts = [(entry_id, envelope := decode_envelope(raw), payload_of(envelope)) for entry_id, raw in entries]
            if facts:
                # First the time, then the thaw: what leaves memory by now must be looked for where it went.
                self._pass_time(facts[0][1])
                thaw(self.store, self.state, (payload for _, _, payload in facts), position.closed_days)
            for entry_id, envelope, payload in facts:
                seq = int(entry_id.partition("-")[0])
                if seq > position.seq:
                    return
                self._take(seq, envelope, payload)
                self._after, self.seq = entry_id, seq
            if len(entries) < TAIL_COUNT:
                self.seq = position.seq
        if position.clock is not None:
            self.state.advance(position.clock.at)
        self._forget_changes()

    def _take(self, seq: int, envelope: Envelope, payload: Payload) -> None:
        self._pass_time(envelope)
        self.state.recall(payload)
        is_news = partial(self._is_news, seq) if seq <= self.scanned_until else None
        self.state.absorb(envelope, payload, seq, is_news)

    def _pass_time(self, envelope: Envelope) -> None:
        self.state.advance(envelope.recorded_at or envelope.occurred_at)

    def _is_news(self, seq: int, entity: str, key: str) -> bool:
        """Whether a fact is newer than a document as it was read."""
        room = self.state.rooms[entity]
        if room is self.state.source_room:
            return True
        document = room.documents.get(key)
        return seq > self._read_as.setdefault(f"{entity}:{key}", document.seq if document is not None else -1)

    def _forget_changes(self) -> None:
        """A standby commits nothing."""
        self.state.forget_changes()

    def finish(self, position: Position) -> State:
        """The memory as of the position that was taken over: facts, and the few things that have no version."""
        self.catch_up(position)
        load_small(self.store, self.state, position)
        return self.state


def warm_up(store: Store, city: City) -> Warm | None:
    """A warm memory, or None while there is nothing to warm it with."""
    try:
        return Warm(store, city)
    except (LookupError, msgspec.ValidationError):
        return None
