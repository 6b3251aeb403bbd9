"""What becomes of an entry of the inbox: a fact, a wait, or a refusal with its reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.engine.own_names import WARNER
from dashboard.engine.state import State
from dashboard.outgoing.own import NOTICE_PREFIX, own_sender
from emergency.incidents import Incident
from emergency.life import Stage, objection
from emergency.units import unit_contradictions
from geo.areas import Areas
from hotline.calls import call_contradiction
from hotline.following import said_line
from hotline.life import SENSIBLE_IN, contradictions
from streams.codec import split_private
from streams.events import (
    AlertPayload,
    CallPayload,
    CallSaid,
    CaseAmended,
    CaseAnswered,
    CaseMerged,
    CaseNoted,
    CaseReceived,
    CaseUnmerged,
    Envelope,
    IncidentCancelled,
    IncidentClosed,
    IncidentDemoted,
    IncidentMerged,
    IncidentNoted,
    IncidentPayload,
    IncidentReceived,
    IncidentRelocated,
    IncidentSituationReported,
    NoticePayload,
    Payload,
    UnitAssignment,
    type_of,
)

AHEAD_HELD = timedelta(minutes=2)
AHEAD_REFUSED = timedelta(hours=24)
UNKNOWN_LEAD = "merged into an unknown incident"
OLD_END = "ended before it was reopened"
UNKNOWN_CASE = "case unknown when amended"


class Fact(msgspec.Struct, frozen=True, gc=False):
    """An event to record, its payload, and the personal fields that go elsewhere."""

    envelope: Envelope
    payload: Payload
    private: dict[str, Any]


@dataclass(frozen=True)
class Hold:
    """The entry claims to happen shortly; it waits until `until`."""

    until: datetime


@dataclass(frozen=True)
class Refusal:
    """The entry goes to the dead letters with this reason."""

    reason: str


Decision = Fact | Hold | Refusal


def digest(envelope: Envelope) -> bytes:
    """Identity of an entry: `source` + `id`, 16 bytes (two of 10^9 equal by chance: 10^-21)."""
    return hashlib.blake2b(f"{envelope.source}\0{envelope.id}".encode(), digest_size=16).digest()


def decide(
    state: State, envelope: Envelope, payload: Payload, now: datetime, areas: Areas | None, has_history: bool = False
) -> Decision:
    """Facts from outside are facts: kept, flagged when they contradict, refused only when their time cannot be.

    `has_history`: the city is a simulation, whose feed may say that an entry was recorded in the past; anywhere
    else the log itself says when it took an entry.
    """
    if envelope.occurred_at > now and (ahead := envelope.occurred_at - now) > AHEAD_HELD:
        if ahead > AHEAD_REFUSED:
            return Refusal(
                f"occurred_at: {envelope.occurred_at.isoformat()} is more than 24 h ahead of {now.isoformat()}"
            )
        return Hold(envelope.occurred_at)
    if payload.ENTITY in OWN:
        return Refusal(f"{payload.ENTITY}: this city's own, its desks and what happened say so; nobody outside does")
    if payload.ENTITY == "warning" and envelope.source != WARNER:
        return Refusal(f"{payload.ENTITY}: only early warning itself says so")
    if payload.ENTITY in PUBLISHED and _is_ours(state, payload):
        return Refusal(f"{payload.subject}: this city published it; only its own desks may change that")
    public, private = split_told(payload, envelope.data, envelope.occurred_at)
    recorded_at = min(envelope.recorded_at or now, now) if has_history else now
    # Written out: msgspec.structs.replace takes three times as long, and this runs once per event.
    recorded = Envelope(
        source=envelope.source,
        id=envelope.id,
        type=envelope.type,
        version=envelope.version,
        occurred_at=envelope.occurred_at,
        actor=envelope.actor,
        data=public,
        recorded_at=recorded_at,
        subject=payload.subject,
        placed=_placed(state, payload, areas, recorded_at),
        flags=_contradictions(state, payload, envelope.occurred_at),
    )
    return Fact(recorded, payload, private)


def own_fact(
    state: State, payload: Payload, source: str, event_id: str, actor: str, at: datetime, areas: Areas | None
) -> Fact:
    """A fact that was decided here, by a person or by the engine; `at` is when it happened."""
    public, private = split_told(payload, msgspec.to_builtins(payload), at)
    envelope = Envelope(
        source=source,
        id=event_id,
        type=type_of(type(payload)),
        version=payload.VERSION,
        occurred_at=at,
        recorded_at=state.now,
        subject=payload.subject,
        actor=actor,
        data=public,
        placed=_placed(state, payload, areas, state.now),
    )
    return Fact(envelope, payload, private)


def split_told(payload: Payload, data: dict[str, Any], at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what may be seen, what is kept apart); the words of a note stand beside those of the caller."""
    public, private = split_private(data)
    if type(payload) is IncidentNoted and "text" in private:
        return public, {f"note:{payload.note_id}": private["text"]}
    if type(payload) is IncidentSituationReported and "text" in private:
        return public, {f"situation:{payload.report_id}": private["text"]}
    if type(payload) is CaseNoted and "text" in private:
        return public, {f"note:{payload.note_id}": private["text"]}
    if type(payload) is CallSaid:
        return {k: v for k, v in public.items() if k != "translated"}, said_line(payload, at)
    if type(payload) is CaseAnswered and "answer" in public:
        return {k: v for k, v in public.items() if k != "answer"}, private | {"answer": payload.answer}
    return public, private


def _is_ours(state: State, payload: Payload) -> bool:
    """Whether it speaks of what people at this city's desks published: nobody outside may change that."""
    if isinstance(payload, AlertPayload):
        return payload.alert_id.startswith(f"{own_sender(state.city.id)},")
    return isinstance(payload, NoticePayload) and payload.notice_id.startswith(NOTICE_PREFIX)


OWN = frozenset({"alarm", "caller", "situation", "matter"})  # entities
PUBLISHED = frozenset({"alert", "notice"})
PLACED = frozenset({CaseReceived, IncidentReceived, IncidentRelocated, CaseAmended})
ASSIGNING = frozenset(UnitAssignment.__subclasses__())
LIVING = frozenset(IncidentPayload.__subclasses__())
CASE_LIVING = frozenset({*SENSIBLE_IN, CaseUnmerged})
CALLING = frozenset(CallPayload.__subclasses__())
ENDS = (IncidentClosed, IncidentCancelled, IncidentDemoted)


def _placed(state: State, payload: Any, areas: Areas | None, at: datetime) -> dict[str, Any] | None:
    """What the engine says once and for all of a fact: where it counts, and by when what it asks for is due."""
    placed = _place(state, payload, areas) if type(payload) in PLACED else None
    if payload.ENTITY != "case" or not (state.deadlines.grades or state.deadlines.rules.follow_up.within_h):
        return placed
    due = state.deadlines.due(state.cases.get(payload.case_id), payload, at)
    return {**(placed or {}), "due": due} if due else placed


def _place(state: State, payload: Any, areas: Areas | None) -> dict[str, Any]:
    """Cell and area of a report; what the source says of the area holds where no area file is given."""
    if type(payload) is CaseAmended and payload.lat is None:
        known = state.cases.get(payload.case_id)
        return {"cell": known.cell if known else "", "area": payload.area or (known.area if known else "")}
    place = state.city.place(payload.lat, payload.lng, areas, payload.area or "")
    return {"cell": place.cell, "area": place.area}


def _contradictions(state: State, payload: Any, occurred_at: datetime) -> list[str] | None:
    kind = type(payload)
    if kind in ASSIGNING:
        return unit_contradictions(state.units.get(payload.unit_id), payload, occurred_at) or None
    if kind in LIVING:
        return _incident_contradictions(state, payload, occurred_at) or None
    if kind is CaseAmended and payload.case_id not in state.cases:
        return [UNKNOWN_CASE]
    if kind in CASE_LIVING:
        lead = state.cases.get(payload.into) if kind is CaseMerged else None
        return contradictions(state.cases.get(payload.case_id), payload, lead) or None
    if kind in CALLING:
        flag = call_contradiction(state.call_room.documents.get(payload.call_id), payload)
        return [flag] if flag else None
    return None


def _incident_contradictions(state: State, payload: IncidentPayload, occurred_at: datetime) -> list[str]:
    """What an outside fact about an incident contradicts; one that is not known yet contradicts nothing."""
    incident: Incident | None = state.incidents.get(payload.incident_id)
    if incident is None or incident.received_at is None:
        return []
    flags = []
    if said := objection(Stage(incident.stage), type(payload)):
        flags.append(said)
    if isinstance(payload, IncidentMerged) and payload.into not in state.incidents:
        flags.append(UNKNOWN_LEAD)
    reopened_at = incident.reopened_at
    if isinstance(payload, ENDS) and reopened_at and occurred_at < reopened_at:
        flags.append(OLD_END)
    return flags
