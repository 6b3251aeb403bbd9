"""The dispatcher's queue: in which order open incidents stand, and why.

First those with a crew in danger; then those that need somebody, the gravest first; then those that are worked, and
last those that only want closing. Where somebody is needed, within one priority what was taken away again is loudest,
then what nobody was sent to, then what has fewer units than its plan asks for; within that the longest wait stands
first. Whether anybody knows the place plays no part: an unlocated priority 1 queues like any other.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from emergency.incidents import Incident
from emergency.life import Stage

LOUD, UNASSIGNED, SHORT, QUIET = range(4)


class Tier(IntEnum):
    """The great steps of the order."""

    DISTRESS = 0
    NEEDED = 1
    WORKED = 2
    CLEARED = 3


class Why(StrEnum):
    """Why an incident stands where it stands, in the order in which they are said."""

    DISTRESS = "distress"  # a crew there is in danger
    REQUEUED = "requeued"  # its last unit was taken away for something else
    RETURNED = "returned"  # it was offered to another agency, and is back
    UNASSIGNED = "unassigned"
    UNLOCATED = "unlocated"  # nobody knows where
    SHORT = "short"  # fewer units than its plan asks for
    REOPENED = "reopened"
    WORKING = "working"


class Rank(NamedTuple):
    """Sorts ascending: (step, priority and loudness, waiting since)."""

    tier: int
    urgency: int
    since: datetime


def placed(incident: Incident) -> str:
    """How well its place is known: `point`, `area` or `unknown`."""
    if incident.cell:
        return "point"
    return "area" if incident.area else "unknown"


def is_short(incident: Incident, asked: int) -> bool:
    """Whether fewer units are at work than a plan asks for; 0: no plan. Once contained, the crews have it in hand."""
    stage = incident.stage
    if stage not in (Stage.DISPATCHED, Stage.ON_SCENE):
        return False
    return len({a.unit_id for a in incident.assignments if a.is_active}) < asked


def reasons(incident: Incident, asked: int = 0, in_danger: bool = False) -> tuple[str, ...]:
    """Every `Why` of an open incident. `asked`: units that its plan asks for; `in_danger`: a crew there is."""
    waiting = not any(a.is_active for a in incident.assignments)
    handover = incident.handover
    holds = {
        Why.DISTRESS: in_danger,
        Why.REQUEUED: incident.requeued_at is not None,
        Why.RETURNED: waiting and handover is not None and handover.is_loud,
        Why.UNASSIGNED: waiting and incident.stage != Stage.CLEARED,
        Why.UNLOCATED: placed(incident) == "unknown",
        Why.SHORT: is_short(incident, asked),
        Why.REOPENED: incident.reopened > 0,
        Why.WORKING: not waiting,
    }
    return tuple(why.value for why, holding in holds.items() if holding)


def rank(incident: Incident, why: tuple[str, ...]) -> Rank:
    """Where an open incident stands, by its reasons. Equal ranks go by id."""
    loudness = _loudness(why)
    if Why.DISTRESS in why:
        tier = Tier.DISTRESS
    elif loudness != QUIET:
        tier = Tier.NEEDED
    else:
        tier = Tier.CLEARED if incident.stage == Stage.CLEARED else Tier.WORKED
    # Whole seconds: as texts, instants with and without a fraction do not sort as they should.
    since = waits_since(incident).replace(microsecond=0)
    return Rank(tier.value, incident.priority * (QUIET + 1) + loudness, since)


def _loudness(why: tuple[str, ...]) -> int:
    if Why.REQUEUED in why or Why.RETURNED in why:
        return LOUD
    if Why.UNASSIGNED in why:
        return UNASSIGNED
    return SHORT if Why.SHORT in why else QUIET


def waits_since(incident: Incident) -> datetime:
    """Since when it is in the state that it is queued for. Raises ValueError for one that was never received."""
    began = (incident.requeued_at, incident.reopened_at, incident.occurred_at, incident.received_at)
    since = next((at for at in began if at is not None), None)
    if since is None:
        raise ValueError(f"incident {incident.incident_id} was never received")
    return since
