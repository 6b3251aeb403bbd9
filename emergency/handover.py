"""The hand-over of an incident between the hotline and the emergency numbers: who offers, to whom, and the caller.

Three parties (State Council opinion of 16 May 2022 on linking 12345 and 110: one-key transfer, a three-party call when
it is unclear who answers, and then the platform that received it first goes on): the giver keeps the incident until the
other side accepts; unanswered by the deadline it stays with the giver, and says so loudly. The deadlines are settings
of this product, not the opinion's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from streams.events import (
    IncidentHandedOver,
    IncidentHandOverAnswered,
    IncidentHandOverReturned,
    IncidentPayload,
    Recording,
)

if TYPE_CHECKING:
    from emergency.incidents import Incident

HOTLINE = "12345"
NUMBERS = (HOTLINE, "110", "119", "120", "122")
ANSWER_WITHIN = {1: timedelta(seconds=60), 2: timedelta(minutes=2), 3: timedelta(minutes=5)}
OVERDUE = "no answer in time"


class Handing(StrEnum):
    """How far a hand-over has come."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RETURNED = "returned"


INFORMED = "informed"  # the answer that is none: only the caller was told
ANSWERS = frozenset({Handing.ACCEPTED.value, Handing.DECLINED.value})


class HandOver(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The last hand-over of an incident. `giver` is the agency that led until then, "" when nobody was named.

    `due_at` is its name, too: an answer of the clock is only for the offer that ran until then.
    """

    giver: str = ""
    to: str
    state: str = "offered"
    offered_at: datetime
    offered_by: str = ""
    due_at: datetime
    answered_at: datetime | None = None
    answered_by: str = ""
    informed_at: datetime | None = None  # when the caller was told
    reason: str = ""

    @property
    def is_offered(self) -> bool:
        return self.state == Handing.OFFERED

    @property
    def is_loud(self) -> bool:
        """Whether the giver has it back and must act."""
        return self.state in (Handing.DECLINED, Handing.RETURNED)


Changes = dict[str, Any]


def parties(agencies: Iterable[str]) -> tuple[str, ...]:
    """Who may hand over to whom: the numbers that a city has, or all its agencies where it has none of the numbers."""
    known = tuple(agencies)
    numbers = tuple(number for number in NUMBERS if number in known)
    return numbers or known


def answer_due_at(offered_at: datetime, priority: int) -> datetime:
    """When an offer made at `offered_at` must be answered that says no time itself, by priority 1 to 3."""
    return offered_at + ANSWER_WITHIN[min(max(priority, 1), 3)]


def refuse_offer(handover: HandOver | None, to: str, leads: str) -> str:
    """Why an offer makes no sense now, or ""."""
    if to == leads:
        return f"{to} leads this incident"
    if handover is not None and handover.is_offered:
        return f"it is offered to {handover.to} already"
    return ""


def refuse_answer(handover: HandOver | None, answer: str) -> str:
    """Why an answer makes no sense now, or ""."""
    if handover is None:
        return "it was offered to nobody"
    if answer == INFORMED:
        return "the caller was told already" if handover.informed_at is not None else ""
    return "" if handover.is_offered else f"the offer to {handover.to} was {handover.state}"


def overdue(incident: Incident, now: datetime) -> IncidentHandOverReturned | None:
    """The fact that an offer ran out at `now`, or None. It follows from the offer as it stands, never from a timer."""
    handover = incident.handover
    if handover is None or not handover.is_offered or not incident.is_open or now < handover.due_at:
        return None
    return IncidentHandOverReturned(incident_id=incident.incident_id, due_at=handover.due_at, reason=OVERDUE)


def next_due(incident: Incident) -> datetime | None:
    """When an offer runs out if nobody answers, or None."""
    handover = incident.handover
    return handover.due_at if handover is not None and handover.is_offered and incident.is_open else None


def _offered(incident: Incident, payload: IncidentHandedOver, recording: Recording) -> Changes:
    known, at = incident.handover, recording.occurred_at
    if known is not None and (known.is_offered or at <= known.offered_at):
        return {}
    handover = HandOver(
        giver=incident.agency,
        to=payload.to,
        offered_at=at,
        offered_by=recording.by,
        due_at=payload.due_at or answer_due_at(at, incident.priority),
        informed_at=at if payload.informed else None,
        reason=payload.reason,
    )
    return {"handover": handover}


def _answered(incident: Incident, payload: IncidentHandOverAnswered, recording: Recording) -> Changes:
    known, at = incident.handover, recording.occurred_at
    if known is None or at < known.offered_at:
        return {}
    told: Changes = {}
    if (payload.informed or payload.answer == INFORMED) and known.informed_at is None:
        told["informed_at"] = at
    if payload.answer in ANSWERS and known.is_offered:
        told |= {"state": payload.answer, "answered_at": at, "answered_by": recording.by, "reason": payload.reason}
    if not told:
        return {}
    leads = {"agency": known.to} if told.get("state") == Handing.ACCEPTED else {}
    return {"handover": msgspec.structs.replace(known, **told), **leads}


def _returned(incident: Incident, payload: IncidentHandOverReturned, recording: Recording) -> Changes:
    """Back with the giver: nobody answered, or the giver took the offer back. Only for the offer that is meant."""
    known = incident.handover
    if known is None or not known.is_offered or known.due_at != payload.due_at:
        return {}
    back = msgspec.structs.replace(
        known,
        state=Handing.RETURNED.value,
        answered_at=recording.occurred_at,
        answered_by=recording.by,
        reason=payload.reason,
    )
    return {"handover": back}


HANDOVER_FOLDS: dict[type[IncidentPayload], Callable[[Incident, Any, Recording], Changes]] = {
    IncidentHandedOver: _offered,
    IncidentHandOverAnswered: _answered,
    IncidentHandOverReturned: _returned,
}
