"""What happens to an emergency."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from streams.events.envelope import Payload


class IncidentPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "incident"
    SUBJECT: ClassVar[str] = "incident_id"
    incident_id: str


class IncidentReceived(IncidentPayload, frozen=True, kw_only=True):
    """An emergency call became an incident. Priority 1 is the gravest, 3 the least.

    An `exercise` is worked like any other and counted nowhere.
    """

    kind: str = "other"
    priority: int = 2
    lat: float | None = None
    lng: float | None = None
    area: str = ""
    address: str = ""
    text: str = ""
    name: str = ""
    phone: str = ""
    agency: str = ""
    exercise: bool = False
    called_at: datetime | None = None  # when the call began to ring; `occurred_at` is when it was understood


class IncidentEscalated(IncidentPayload, frozen=True, kw_only=True):
    """The incident's priority was set anew (in either direction)."""

    priority: int
    reason: str = ""


class IncidentAlarmRaised(IncidentPayload, frozen=True, kw_only=True):
    """So many alarms of its plan are called from now on: 1 is the first (also said when one is taken back)."""

    alarm: int
    reason: str = ""


class IncidentClosed(IncidentPayload, frozen=True, kw_only=True):
    reason: str = ""


class IncidentReopened(IncidentPayload, frozen=True, kw_only=True):
    reason: str = ""


class IncidentTriaged(IncidentPayload, frozen=True, kw_only=True):
    """Somebody who knows the caller's words said what it is and how grave; what is not given stays as it was.

    `withdrawn` takes the last saying back: `kind` and `priority` are then those of before.
    """

    kind: str = ""
    priority: int | None = None
    reason: str = ""
    withdrawn: bool = False


class IncidentRelocated(IncidentPayload, frozen=True, kw_only=True):
    """It is somewhere else than was said; without `lat` and `lng` nobody knows where. The old place is kept."""

    lat: float | None = None
    lng: float | None = None
    area: str = ""
    address: str = ""
    reason: str = ""


class IncidentContained(IncidentPayload, frozen=True, kw_only=True):
    """The crews have it in hand: it grows no more."""

    reason: str = ""


class IncidentCancelled(IncidentPayload, frozen=True, kw_only=True):
    """Nobody is needed. `before_arrival`: units were under way, and none of them had arrived."""

    reason: str = ""
    before_arrival: bool = False


class IncidentNoted(IncidentPayload, frozen=True, kw_only=True):
    """Somebody wrote something down; the words are kept apart as `note:<note_id>`."""

    note_id: str
    text: str = ""


class IncidentLinked(IncidentPayload, frozen=True, kw_only=True):
    """It has to do with another incident, and both go on (EIDO link)."""

    to: str
    reason: str = ""


class IncidentUnlinked(IncidentPayload, frozen=True, kw_only=True):
    to: str
    reason: str = ""


class IncidentMerged(IncidentPayload, frozen=True, kw_only=True):
    """It is the same emergency as the lead `into` (EIDO merge): received as before, open no more beside its lead."""

    into: str
    reason: str = ""


class IncidentSplit(IncidentPayload, frozen=True, kw_only=True):
    """It is an emergency of its own after all, and no part of `of`."""

    of: str
    reason: str = ""


class IncidentPromoted(IncidentPayload, frozen=True, kw_only=True):
    """A case of the hotline turned out to be an emergency: the incident was made of it, and the case goes on."""

    case_id: str


class IncidentDemoted(IncidentPayload, frozen=True, kw_only=True):
    """It was no emergency: it is over, and the case that it was made of has the matter again."""

    case_id: str
    reason: str = ""


class IncidentAgencyAsked(IncidentPayload, frozen=True, kw_only=True):
    """Another agency was asked to help; who leads stays."""

    agency: str
    reason: str = ""


class IncidentAgencyAnswered(IncidentPayload, frozen=True, kw_only=True):
    """An agency that was asked said `accepted` or `declined`."""

    agency: str
    answer: str
    reason: str = ""


class IncidentAgencyReleased(IncidentPayload, frozen=True, kw_only=True):
    """The agency is asked no more."""

    agency: str
    reason: str = ""


class IncidentHandedOver(IncidentPayload, frozen=True, kw_only=True):
    """The incident was offered to the agency `to`, which must answer by `due_at`; `informed`: the caller was told."""

    to: str
    reason: str = ""
    informed: bool = False
    due_at: datetime | None = None


class IncidentHandOverAnswered(IncidentPayload, frozen=True, kw_only=True):
    """The agency said `accepted` or `declined`, or the caller was `informed` of who helps from now on."""

    answer: str
    reason: str = ""
    informed: bool = False


class IncidentHandOverReturned(IncidentPayload, frozen=True, kw_only=True):
    """The incident is with its giver: nobody answered by `due_at`, or the giver took the offer back."""

    due_at: datetime
    reason: str = ""


class IncidentMajorDeclared(IncidentPayload, frozen=True, kw_only=True):
    """It is a major incident: who commands on scene, and where units gather. `withdrawn` takes the declaration back."""

    commander: str = ""
    staging: str = ""
    withdrawn: bool = False


class IncidentCasualtiesReported(IncidentPayload, frozen=True, kw_only=True):
    """How many there are in all: T1 immediate, T2 urgent, T3 delayed, and dead."""

    t1: int = 0
    t2: int = 0
    t3: int = 0
    dead: int = 0


class IncidentSituationReported(IncidentPayload, frozen=True, kw_only=True):
    """The commander's periodic report; the words are kept apart as `situation:<report_id>`."""

    report_id: str
    text: str = ""


class IncidentSituationDue(IncidentPayload, frozen=True, kw_only=True):
    """The report that was due at `due_at` has not come."""

    due_at: datetime
