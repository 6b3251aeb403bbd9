"""One turn of the engine: what happens between a read and its commit."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from dashboard.engine import frames
from dashboard.engine.acts import Act, told
from dashboard.engine.clock import Clock, Mode
from dashboard.engine.decide import Decision, Fact, Hold, Refusal, decide, digest, own_fact
from dashboard.engine.due import due_facts
from dashboard.engine.harvest import Harvest, forget_old
from dashboard.engine.loading import thaw
from dashboard.engine.own_names import DESK, ENGINE, OWN_SOURCES, WARNER
from dashboard.engine.request import Granted, Refused, Reply, Request, named_in
from dashboard.engine.state import State
from dashboard.engine.store import Batch, Position
from dashboard.engine.verbs import decide_request, decode_request
from dashboard.engine.verbs.undo_cases import case_marks
from emergency.incidents import incidents_touched
from streams.codec import MAX_ENTRY_BYTES, Malformed, decode_envelope, encode, payload_of
from streams.events import (
    AlertExpired,
    CaseReceived,
    ClockAdvanced,
    Envelope,
    FeedResumed,
    FeedStalled,
    IncidentReceived,
    Payload,
    SubjectErased,
    UnitMoved,
)

if TYPE_CHECKING:
    from dashboard.engine.engine import Engine

FRAME_EVERY_S = 0.2
HEARTBEAT_S = 1.0
TRIM_EVERY_S = 1.0
SEEN_DAYS = 14

Parsed = tuple[bytes, Envelope, Payload, bytes]  # raw, envelope, payload, digest


class Turn:
    """What happens between one read and its commit."""

    def __init__(self, engine: Engine, wall: datetime):
        self.engine = engine
        self.state = engine.state
        self.store = engine.store
        self.keys = engine.store.keys
        self.wall = wall
        self.batch = Batch(fresh_views=engine.fresh)
        self.seq = engine.position.seq + 1
        self.clock = engine.clock
        self.seen_days = list(engine.position.seen_days)
        self.harvest = Harvest(self.store, self.batch, list(engine.position.closed_days))
        self.day_known_at: datetime | None = None
        self.day = ""

    def pass_time(self) -> None:
        self._set_clock(self.engine.driver.advanced(self.clock, self.wall))

    def _set_clock(self, clock: Clock) -> None:
        self.clock = clock
        self.state.advance(clock.at)

    # --- requests ------------------------------------------------------------------------------------------

    def answer(self, entries: list[tuple[str, bytes]]) -> None:
        """Decide the operators' requests; the same request id always gets its first answer."""
        requests = [r for _, raw in entries if (r := self._parse_request(raw))]
        if not requests:
            return
        answered = self.store.replies([r.request_id for r in requests])
        named = named_in(requests)
        thaw(self.store, self.state, named, self.harvest.closed_days)
        for payload in named:
            self.state.recall(payload)
        for request in requests:
            if request.request_id not in answered:
                answered[request.request_id] = self._answer_one(request)

    def _parse_request(self, raw: bytes) -> Request | None:
        try:
            return decode_request(raw)
        except Malformed as error:
            self._bury(raw, str(error), DESK)
            return None

    def _answer_one(self, request: Request) -> Reply:
        try:
            granted = decide_request(self.state, request, self.wall)
        except Refused as refused:
            reply = Reply(
                request_id=request.request_id, outcome="refused", reason=refused.reason, detail=refused.detail or {}
            )
        else:
            self._grant(request, granted)
            reply = Reply(request_id=request.request_id, outcome="done", seq=self.seq, detail=dict(granted.detail))
        self.batch.replies.append(reply)
        return reply

    def _grant(self, request: Request, granted: Granted) -> None:
        """Record what a request brings about, and who did it last."""
        facts = [
            self._record_own(p, DESK, f"{request.request_id}:{index}", request.actor, granted.occurred_at)
            for index, p in enumerate(granted.facts)
        ]
        incidents = {getattr(p, "incident_id", "") for p in granted.facts}.union(*map(incidents_touched, granted.facts))
        act = Act(
            actor=request.actor,
            request_id=request.request_id,
            verb=request.verb,
            at=self.wall,
            facts=tuple(told(f.payload, f.envelope.data) for f in facts),
            before=dict(granted.before),
            marks={i: known.told for i in incidents if (known := self.state.incidents.get(i)) is not None}
            | case_marks(self.state, granted.facts),
        )
        self.state.acts.note(act)

    def _record_own(
        self, payload: Payload, source: str, event_id: str, actor: str = "", at: datetime | None = None
    ) -> Fact:
        """Record a fact that was decided here."""
        fact = own_fact(self.state, payload, source, event_id, actor, at or self.clock.at, self.engine.areas)
        self._record(fact)
        return fact

    # --- the inbox -----------------------------------------------------------------------------------------

    def take(self, entries: list[tuple[str, bytes]]) -> None:
        """Turn inbox entries into facts, in order; each equal (source, id) pair once."""
        parsed = [p for _, raw in entries if (p := self._parse(raw))]
        if not parsed:
            return
        known = self.store.seen([p[3] for p in parsed], self.seen_days)
        thaw(self.store, self.state, (p[2] for p in parsed), self.harvest.closed_days)
        for raw, envelope, payload, identity in parsed:
            if identity in known:
                continue
            known.add(identity)
            self._take_one(raw, envelope, payload, identity)

    def _parse(self, raw: bytes) -> Parsed | None:
        try:
            envelope = decode_envelope(raw)
            if envelope.source in OWN_SOURCES:
                raise Malformed(f"source: {envelope.source!r} is what this city calls itself")
            return raw, envelope, payload_of(envelope), digest(envelope)
        except Malformed as error:
            self._bury(raw, str(error), _source_of(raw))
            return None

    def _take_one(self, raw: bytes, envelope: Envelope, payload: Payload, identity: bytes) -> None:
        if self.clock.mode is Mode.REPLAY and not self._follow_replay(envelope, payload):
            self._bury(raw, f"this city replays {self.clock.feed}; other sources are not taken", envelope.source)
            return
        decision = self._decide(envelope, payload)
        if type(decision) is Refusal:
            self._bury(raw, decision.reason, envelope.source)
            return
        if type(payload) is not UnitMoved:  # a position told twice is no later than the first: units see to that
            self._remember(identity)
        if type(decision) is Hold:
            self._hold(identity.hex(), raw, decision.until)
        elif type(decision) is Fact and type(payload) is not ClockAdvanced:
            self._record(decision)

    def _decide(self, envelope: Envelope, payload: Payload) -> Decision:
        self.state.recall(payload)
        has_history = self.clock.mode is Mode.SIMULATION
        return decide(self.state, envelope, payload, self.clock.at, self.engine.areas, has_history)

    def _follow_replay(self, envelope: Envelope, payload: Payload) -> bool:
        """Let the replay's own feed move the clock; False for anybody else."""
        feed = self.clock.feed or envelope.source
        if envelope.source != feed:
            return False
        at = max(self.clock.at, envelope.occurred_at) if self.clock.feed else envelope.occurred_at
        if isinstance(payload, ClockAdvanced):
            clock = Clock(mode=Mode.REPLAY, at=at, speed=payload.speed, standing=payload.standing, feed=feed)
        else:
            still = self.clock.standing and at == self.clock.at  # a feed's last words do not set it going again
            clock = msgspec.structs.replace(self.clock, at=at, feed=feed, standing=still)
        if not self.clock.feed:
            self._begin_replay(clock)
        self._set_clock(clock)
        return True

    def _begin_replay(self, clock: Clock) -> None:
        """The first entry says when a replay begins: nothing was counted before, so time may jump back."""
        self.engine.state = self.state = State(self.engine.city, clock.at)
        self.engine.use_own(self.state)

    def _remember(self, identity: bytes) -> None:
        if self.clock.at is not self.day_known_at:
            self.day_known_at = self.clock.at
            self.day = self.clock.at.date().isoformat()
            if self.day not in self.seen_days:
                self.seen_days.append(self.day)
                forget_old(self.batch, self.clock.at, self.seen_days, SEEN_DAYS, self.keys.seen)
        self.batch.seen.setdefault(self.day, []).append(identity)

    def _hold(self, name: str, raw: bytes, until: datetime) -> None:
        heapq.heappush(self.engine.held, (until, name, raw))
        self.batch.documents.setdefault(self.keys.held, {})[name] = encode(raw)

    def release_held(self) -> None:
        """Take the held entries whose time has come."""
        held, due = self.engine.held, []
        while held and held[0][0] <= self.clock.at:
            _, name, raw = heapq.heappop(held)
            envelope = decode_envelope(raw)
            due.append((name, envelope, payload_of(envelope)))
        if due:
            thaw(self.store, self.state, (payload for _, _, payload in due), self.harvest.closed_days)
        for name, envelope, payload in due:
            decision = self._decide(envelope, payload)
            if isinstance(decision, Fact):
                self._record(decision)
            self.batch.removed.setdefault(self.keys.held, []).append(name)

    # --- recording -----------------------------------------------------------------------------------------

    def _record(self, fact: Fact) -> None:
        payload, envelope = fact.payload, fact.envelope
        source = self.state.sources.get(envelope.source)
        if source is not None and source.stale and payload.ENTITY != "feed":
            event_id = f"resumed:{envelope.source}:{self.seq}-{len(self.batch.facts)}"
            self._record_own(FeedResumed(feed=envelope.source), ENGINE, event_id)
        if type(payload) is SubjectErased:
            self.batch.erased.append(payload.erased)
            self.batch.private.pop(payload.erased, None)
        stored: Mapping[str, Any] = fact.private
        if stored:
            if "phone" in stored:
                stored = self.engine.sealer.sealed(envelope.subject, stored)
            self.batch.private[envelope.subject] = {**self.batch.private.get(envelope.subject, {}), **stored}
            if not isinstance(payload, CaseReceived | IncidentReceived):
                self.harvest.amended.add(envelope.subject)
        self.batch.facts.append(encode(envelope))
        self.state.absorb(envelope, payload, self.seq)
        if type(payload) is CaseReceived and (caller := stored.get("caller")):
            self.state.case_room.note_caller(payload.case_id, caller)
        if type(payload) is CaseReceived:
            self.state.matter_room.consider(payload.case_id, fact.private.get("text") or "")

    def _bury(self, raw: bytes, reason: str, source: str) -> None:
        self.batch.dead.append(
            {
                "reason": reason,
                "source": source,
                "feed": ENGINE,
                "raw": raw[:MAX_ENTRY_BYTES],
                "at": self.wall.isoformat(),
            }
        )
        if source:
            self.state.source_room.count_dead(source)

    def watch_sources(self) -> None:
        """A source that fell silent is a fact, so that every screen and the briefing say the same."""
        if self.clock.standing:
            return
        for name, silent_s in list(self.state.source_room.silent()):
            if name in OWN_SOURCES or (name == WARNER and self.clock.mode is Mode.REPLAY):
                continue  # a replay runs ahead of early warning
            event_id = f"stalled:{name}:{self.seq}"
            self._record_own(FeedStalled(feed=name, silent_s=silent_s), ENGINE, event_id)

    def end_alerts(self) -> None:
        """An alert that ran out is a fact, too."""
        for alert_id in self.state.alert_room.take_over():
            self._record_own(AlertExpired(alert_id=alert_id), ENGINE, f"expired:{alert_id}:{self.seq}")

    def tell_due(self) -> None:
        """So is what is due: an offer that nobody answered, a report that did not come, a call to be returned."""
        for payload in due_facts(self.state, self._with_phone):
            self._record_own(payload, ENGINE, f"due:{self.seq}-{len(self.batch.facts)}")

    def settle_alarms(self) -> None:
        """What somebody must act on now, and what nobody must any more. A replay's units never move nor check in."""
        watched = self.clock.mode is not Mode.REPLAY
        for payload in self.state.alarm_room.settle(self.engine.attendance, watched):
            self._record_own(payload, ENGINE, f"{payload.subject}:{self.seq}-{len(self.batch.facts)}")

    def _with_phone(self, subjects: Collection[str]) -> set[str]:
        told = self.store.private(subjects) | {s: self.batch.private[s] for s in subjects if s in self.batch.private}
        return {subject for subject, fields in told.items() if fields.get("phone")}

    # --- commit --------------------------------------------------------------------------------------------

    def finish(self, requests: list[tuple[str, bytes]], inbox: list[tuple[str, bytes]]) -> None:
        """Commit what happened, with a frame when one is due."""
        engine, now_s = self.engine, self.engine.monotonic()
        self.harvest.collect(self.state, self.clock.at)
        since = now_s - engine.last_frame_at
        happened = not self.batch.is_empty
        if engine.fresh or since >= HEARTBEAT_S or (since >= FRAME_EVERY_S and (happened or engine.pending)):
            self._add_frame()
            engine.last_frame_at = now_s
            engine.pending = False
        elif happened:
            engine.pending = True
        if self.batch.is_empty and not (requests or inbox):
            return
        if now_s - engine.last_trim_at >= TRIM_EVERY_S:
            self.batch.trim = True
            engine.last_trim_at = now_s
        after = self._position_after(requests, inbox)
        self.store.commit(engine.position, after, self.batch, self.wall)
        engine.position = after
        engine.clock = self.clock
        engine.fresh = False

    def _position_after(self, requests: list[tuple[str, bytes]], inbox: list[tuple[str, bytes]]) -> Position:
        before = self.engine.position
        return Position(
            epoch=before.epoch,
            seq=self.seq,
            frame_seq=self.seq if self.batch.frame else before.frame_seq,
            inbox=inbox[-1][0] if inbox else before.inbox,
            requests=requests[-1][0] if requests else before.requests,
            clock=self.clock,
            totals=dict(self.state.totals),
            seen_days=self.seen_days,
            closed_days=self.harvest.closed_days,
        )

    def _add_frame(self) -> None:
        position = self.engine.position
        header = {
            "epoch": position.epoch,
            # Nobody may step over the first frame of an epoch: it is empty, and what the old engine committed after
            # its last frame stands in none. So it follows nothing, and every page takes a snapshot.
            "prev": self.seq if self.engine.fresh else position.frame_seq,
            "seq": self.seq,
            "at": frames.instant(self.clock.at),
        }
        self.batch.frame = frames.build(self.state, self.clock, self.engine.outlook, header, fresh=self.engine.fresh)


def _source_of(raw: bytes) -> str:
    """The source an ill-formed entry names, if it can be read at all."""
    try:
        value = msgspec.json.decode(raw)
        source = value.get("source") if isinstance(value, dict) else ""
        return source if isinstance(source, str) and len(source) <= 200 and source not in OWN_SOURCES else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
