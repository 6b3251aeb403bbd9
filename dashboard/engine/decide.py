"""What becomes of an entry of the inbox: a fact, a wait, or a refusal with its reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.engine.state import State
from dashboard.outgoing.own import NOTICE_PREFIX, own_sender
from emergency.units import Unit
from geo.areas import Areas
from hotline.calls import call_contradiction
from streams.codec import split_private
from streams.events import (
    AlertPayload,
    CallPayload,
    CaseAmended,
    CaseReceived,
    Envelope,
    IncidentReceived,
    NoticePayload,
    Payload,
    UnitAssignment,
    UnitCleared,
)

AHEAD_HELD = timedelta(minutes=2)
AHEAD_REFUSED = timedelta(hours=24)
DOUBLE_ASSIGNED = "double-assigned at source"
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
    if payload.ENTITY in PUBLISHED and _is_ours(state, payload):
        return Refusal(f"{payload.subject}: this city published it; only its own desks may change that")
    public, private = split_private(envelope.data)
    # Written out: msgspec.structs.replace takes three times as long, and this runs once per event.
    recorded = Envelope(
        source=envelope.source,
        id=envelope.id,
        type=envelope.type,
        version=envelope.version,
        occurred_at=envelope.occurred_at,
        actor=envelope.actor,
        data=public,
        recorded_at=min(envelope.recorded_at or now, now) if has_history else now,
        subject=payload.subject,
        placed=_placed(state, payload, areas),
        flags=_contradictions(state, payload),
    )
    return Fact(recorded, payload, private)


def _is_ours(state: State, payload: Payload) -> bool:
    """Whether it speaks of what people at this city's desks published: nobody outside may change that."""
    if isinstance(payload, AlertPayload):
        return payload.alert_id.startswith(f"{own_sender(state.city.id)},")
    return isinstance(payload, NoticePayload) and payload.notice_id.startswith(NOTICE_PREFIX)


PUBLISHED = frozenset({"alert", "notice"})
PLACED = frozenset({CaseReceived, IncidentReceived, CaseAmended})
ASSIGNING = frozenset(UnitAssignment.__subclasses__()) - {UnitCleared}
CALLING = frozenset(CallPayload.__subclasses__())


def _placed(state: State, payload: Any, areas: Areas | None) -> dict[str, Any] | None:
    """Cell and area of a report; what the source says of the area holds where no area file is given."""
    kind = type(payload)
    if kind not in PLACED:
        return None
    if kind is CaseAmended and payload.lat is None:
        known = state.cases.get(payload.case_id)
        return {"cell": known.cell if known else "", "area": payload.area or (known.area if known else "")}
    place = state.city.place(payload.lat, payload.lng, areas, payload.area or "")
    return {"cell": place.cell, "area": place.area}


def _contradictions(state: State, payload: Any) -> list[str] | None:
    kind = type(payload)
    if kind in ASSIGNING:
        unit: Unit | None = state.units.get(payload.unit_id)
        if unit is not None and any(other != payload.incident_id for other in unit.assignments):
            return [DOUBLE_ASSIGNED]
    if kind is CaseAmended and payload.case_id not in state.cases:
        return [UNKNOWN_CASE]
    if kind in CALLING:
        flag = call_contradiction(state.call_room.documents.get(payload.call_id), payload)
        return [flag] if flag else None
    return None
