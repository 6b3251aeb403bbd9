"""Incidents that are one, or belong to each other: merged, split again, linked; what that changes in both of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streams.events import (
    IncidentLinked,
    IncidentMerged,
    IncidentPayload,
    IncidentSplit,
    IncidentUnlinked,
    Payload,
    Recording,
)

if TYPE_CHECKING:
    from emergency.incidents import Incident

Changes = dict[str, Any]


def _merged(incident: Incident, payload: IncidentMerged, recording: Recording) -> Changes:
    if incident.merged_into or payload.into == incident.incident_id:
        return {}
    return {"merged_into": payload.into, "merged_at": recording.at, "requeued_at": None}


def _split(incident: Incident, payload: IncidentSplit, recording: Recording) -> Changes:
    return {"merged_into": "", "merged_at": None} if incident.merged_into == payload.of else {}


def _linked(incident: Incident, payload: IncidentLinked, recording: Recording) -> Changes:
    return _with(incident, "links", payload.to)


def _unlinked(incident: Incident, payload: IncidentUnlinked, recording: Recording) -> Changes:
    return _without(incident, "links", payload.to)


def _with(incident: Incident, name: str, other: str) -> Changes:
    known: tuple[str, ...] = getattr(incident, name)
    return {} if other in known or other == incident.incident_id else {name: (*known, other)}


def _without(incident: Incident, name: str, other: str) -> Changes:
    known: tuple[str, ...] = getattr(incident, name)
    return {name: tuple(i for i in known if i != other)} if other in known else {}


MERGING_FOLDS: dict[type[IncidentPayload], Callable[[Incident, Any, Recording], Changes]] = {
    IncidentMerged: _merged,
    IncidentSplit: _split,
    IncidentLinked: _linked,
    IncidentUnlinked: _unlinked,
}
# fact -> (the field that names the other incident, what happened to that one, how it changes)
OTHERS: dict[type[Payload], tuple[str, str, Callable[[Incident, Any], Changes]]] = {
    IncidentMerged: ("into", "joined", lambda lead, p: _with(lead, "members", p.incident_id)),
    IncidentSplit: ("of", "left", lambda lead, p: _without(lead, "members", p.incident_id)),
    IncidentLinked: ("to", "linked", lambda other, p: _with(other, "links", p.incident_id)),
    IncidentUnlinked: ("to", "unlinked", lambda other, p: _without(other, "links", p.incident_id)),
}
