"""The life of an incident: its stages, the legal steps between them, and which facts make sense at which stage."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from emergency.assignments import Assignment, Doing
from streams.events import (
    IncidentAgencyAsked,
    IncidentAlarmRaised,
    IncidentCancelled,
    IncidentClosed,
    IncidentContained,
    IncidentDemoted,
    IncidentEscalated,
    IncidentHandedOver,
    IncidentLinked,
    IncidentMajorDeclared,
    IncidentMerged,
    IncidentPayload,
    IncidentRelocated,
    IncidentReopened,
    IncidentSplit,
    IncidentTriaged,
    type_of,
)


class Stage(StrEnum):
    """Where an incident is in its life. It follows from its own facts and from what its units do."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    DISPATCHED = "dispatched"
    ON_SCENE = "on-scene"
    CONTAINED = "contained"
    TRANSPORTING = "transporting"
    CLEARED = "cleared"  # every unit has left, nobody has closed it yet
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


WAITING = frozenset({Stage.RECEIVED, Stage.TRIAGED})
WORKED = frozenset({Stage.DISPATCHED, Stage.ON_SCENE, Stage.CONTAINED, Stage.TRANSPORTING})
OPEN = WAITING | WORKED | {Stage.CLEARED}
OVER = frozenset({Stage.CLOSED, Stage.CANCELLED})

# What a desk may bring about. Units may be anywhere when they are heard of first, so work has no order within itself;
# diverted or recalled they leave the incident waiting again.
TRANSITIONS: dict[Stage, frozenset[Stage]] = {
    Stage.RECEIVED: WORKED | {Stage.TRIAGED, Stage.CLOSED, Stage.CANCELLED, Stage.MERGED},
    Stage.TRIAGED: WORKED | {Stage.RECEIVED, Stage.CLOSED, Stage.CANCELLED, Stage.MERGED},
    Stage.DISPATCHED: WORKED | WAITING | {Stage.CLEARED, Stage.CANCELLED, Stage.MERGED},
    Stage.ON_SCENE: WORKED | WAITING | {Stage.CLEARED, Stage.MERGED},
    Stage.CONTAINED: WORKED | WAITING | {Stage.CLEARED, Stage.MERGED},
    Stage.TRANSPORTING: WORKED | WAITING | {Stage.CLEARED, Stage.MERGED},
    Stage.CLEARED: WORKED | WAITING | {Stage.CLOSED, Stage.CANCELLED, Stage.MERGED},
    Stage.CLOSED: OPEN | {Stage.MERGED},  # told to be part of another while it was over: reopened, it goes on there
    Stage.CANCELLED: OPEN | {Stage.MERGED},
    Stage.MERGED: OPEN,
}

# The stages at which a fact about an incident makes sense. A request outside them is refused; told by somebody
# outside it is kept and flagged.
SENSIBLE_IN: dict[type[IncidentPayload], frozenset[Stage]] = {
    IncidentTriaged: OPEN,
    IncidentEscalated: OPEN,
    IncidentAlarmRaised: OPEN,
    IncidentRelocated: OPEN,
    IncidentLinked: OPEN,
    IncidentContained: frozenset({Stage.ON_SCENE, Stage.TRANSPORTING}),
    IncidentCancelled: WAITING | {Stage.DISPATCHED},
    IncidentClosed: WAITING | {Stage.CLEARED},
    IncidentReopened: OVER,
    IncidentMerged: OPEN,
    IncidentSplit: frozenset({Stage.MERGED}),
    IncidentDemoted: WAITING | {Stage.CLEARED},
    IncidentAgencyAsked: OPEN,
    IncidentHandedOver: OPEN,
    IncidentMajorDeclared: OPEN,
}


def is_legal(before: Stage, after: Stage) -> bool:
    """Whether an incident may go from one stage to the other."""
    return before is after or after in TRANSITIONS[before]


def objection(stage: Stage, fact: type[IncidentPayload]) -> str:
    """Why a fact makes no sense at a stage, in words for people, or "" when it does."""
    fitting = SENSIBLE_IN.get(fact)
    if fitting is None or stage in fitting:
        return ""
    return f"{type_of(fact).partition('.')[2].replace('_', ' ')} while {stage}"


def stage_at_work(assignments: Iterable[Assignment], contained: bool) -> Stage | None:
    """The stage that the units at work make of an incident, or None when there is none at work."""
    doing = {a.status for a in assignments if a.is_active}
    if not doing:
        return None
    if Doing.ON_SCENE not in doing and doing & {Doing.TRANSPORTING, Doing.AT_HOSPITAL}:
        return Stage.TRANSPORTING
    if contained:
        return Stage.CONTAINED
    return Stage.ON_SCENE if Doing.ON_SCENE in doing else Stage.DISPATCHED
