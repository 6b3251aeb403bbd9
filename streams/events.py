"""Every event Hexwatch knows: one frozen class per `<entity>.<past participle>`, and its envelope.

The class name is the event type in CamelCase (`CaseReceived` is `case.received`); `TYPES` maps one to the
other and a test checks the bijection. Payloads carry what happened outside; what the engine adds (cell, area)
stands in the envelope's `placed`, so that a stored event says once and for all where it was counted.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar

import msgspec

# Fields of a report that name or locate a person, or carry their words: stored apart, under `:private`.
PRIVATE_FIELDS = frozenset({"address", "text", "name", "phone", "email"})


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one kind of event says. Unknown fields survive: the log keeps the mapping it was given."""

    VERSION: ClassVar[int] = 1
    ENTITY: ClassVar[str] = ""
    SUBJECT: ClassVar[str] = ""  # the field that holds the subject's id

    @property
    def subject(self) -> str:
        """`<entity>:<id>` of the thing that changed, the key for documents and private fields."""
        return f"{self.ENTITY}:{getattr(self, self.SUBJECT)}" if self.SUBJECT else self.ENTITY


class CasePayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "case"
    SUBJECT: ClassVar[str] = "case_id"
    case_id: str


class CaseReceived(CasePayload, frozen=True, kw_only=True):
    """A complaint, enquiry, suggestion or praise reached the hotline."""

    kind: str = "complaint"
    category: str = "other"
    subcategory: str = ""
    channel: str = "unknown"
    language: str = ""
    grade: str = ""
    lat: float | None = None
    lng: float | None = None
    area: str = ""
    address: str = ""
    text: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    target_at: datetime | None = None


class CaseAmended(CasePayload, frozen=True, kw_only=True):
    """The source changed what it says of a case; only the fields given are changed."""

    kind: str | None = None
    category: str | None = None
    subcategory: str | None = None
    channel: str | None = None
    language: str | None = None
    grade: str | None = None
    lat: float | None = None
    lng: float | None = None
    area: str | None = None
    address: str = ""
    text: str = ""
    target_at: datetime | None = None


class CaseClosed(CasePayload, frozen=True, kw_only=True):
    reason: str = ""


class CaseReopened(CasePayload, frozen=True, kw_only=True):
    reason: str = ""


class CaseDispatched(CasePayload, frozen=True, kw_only=True):
    """The hotline sent the case to whoever must handle it: a district, a department or a utility."""

    owner: str


class CaseReturned(CasePayload, frozen=True, kw_only=True):
    """The owner asks to give the case back, with the reason."""

    reason: str = ""


class CaseFollowedUp(CasePayload, frozen=True, kw_only=True):
    """The hotline asked the caller how the case was handled; None where the caller was not reached or did not say."""

    contacted: bool = False
    resolved: bool | None = None
    satisfied: int | None = None  # 1 (not at all) to 5


class CallPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "call"
    SUBJECT: ClassVar[str] = "call_id"
    call_id: str


class CallOffered(CallPayload, frozen=True, kw_only=True):
    """Somebody calls or opens a conversation: the channel was offered a contact."""

    channel: str = "phone"
    language: str = ""


class CallQueued(CallPayload, frozen=True, kw_only=True):
    """The caller waits for an agent from now on."""


class CallAnswered(CallPayload, frozen=True, kw_only=True):
    agent_id: str = ""


class CallAbandoned(CallPayload, frozen=True, kw_only=True):
    """The caller gave up before anybody answered."""


class CallEnded(CallPayload, frozen=True, kw_only=True):
    """The conversation is over."""

    case_id: str = ""


class AgentPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "agent"
    SUBJECT: ClassVar[str] = "agent_id"
    agent_id: str


class AgentChanged(AgentPayload, frozen=True, kw_only=True):
    """An agent's state: `available`, `talking`, `holding`, `wrap_up`, `away` or `signed_out`."""

    state: str
    channel: str = ""


class AlertPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "alert"
    SUBJECT: ClassVar[str] = "alert_id"
    alert_id: str


class AlertArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where people are warned (CAP `area`). Polygons are rings of (lat, lng); circles (lat, lng, radius in km)."""

    description: str = ""
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()  # (value name, value)


class AlertInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One `info` block of a CAP message: the warning in one language."""

    event: str
    language: str = "en-US"
    categories: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    urgency: str = "Unknown"
    severity: str = "Unknown"
    certainty: str = "Unknown"
    effective_at: datetime | None = None
    onset_at: datetime | None = None
    expires_at: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    areas: tuple[AlertArea, ...] = ()


class AlertIssued(AlertPayload, frozen=True, kw_only=True):
    """A CAP message of type Alert or Update. `alert_id` is `<sender>,<identifier>`; statuses other than Actual
    (Exercise, System, Test, Draft) are kept and never shown as actual.
    """

    sender: str
    identifier: str
    sent_at: datetime
    status: str = "Actual"
    scope: str = "Public"
    infos: tuple[AlertInfo, ...] = ()


class AlertSuperseded(AlertPayload, frozen=True, kw_only=True):
    """A later message of its sender took the alert's place."""

    by: str


class AlertCancelled(AlertPayload, frozen=True, kw_only=True):
    """Its sender took the alert back; `by` is the cancelling message, `reason` its note."""

    by: str = ""
    reason: str = ""


class AlertExpired(AlertPayload, frozen=True, kw_only=True):
    """The last `expires` of the alert passed."""


class NoticePayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "notice"
    SUBJECT: ClassVar[str] = "notice_id"
    notice_id: str


class NoticeIssued(NoticePayload, frozen=True, kw_only=True):
    """Something planned: `works`, `closure`, `event` or `holiday`. Issued again under its id, it is replaced.

    Titles and details by language tag; `areas` names areas, `polygons` are rings of (lat, lng).
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    titles: dict[str, str]
    details: dict[str, str] = {}
    areas: tuple[str, ...] = ()
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    lat: float | None = None
    lng: float | None = None
    owner: str = ""


class NoticeWithdrawn(NoticePayload, frozen=True, kw_only=True):
    reason: str = ""


class IncidentPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "incident"
    SUBJECT: ClassVar[str] = "incident_id"
    incident_id: str


class IncidentReceived(IncidentPayload, frozen=True, kw_only=True):
    """An emergency call became an incident. Priority 1 is the gravest, 3 the least."""

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


class IncidentEscalated(IncidentPayload, frozen=True, kw_only=True):
    """The incident's priority was set anew (in either direction)."""

    priority: int
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


class UnitPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "unit"
    SUBJECT: ClassVar[str] = "unit_id"
    unit_id: str


class UnitListed(UnitPayload, frozen=True, kw_only=True):
    """A unit exists: what it is, where its home is. Repeating it changes what is said, not its state."""

    kind: str = ""
    station: str = ""
    agency: str = ""
    lat: float | None = None
    lng: float | None = None


class UnitSignalled(UnitPayload, frozen=True, kw_only=True):
    """Whether the unit can be sent: `out_of_service`, `available`, `returning`, `out_of_contact` or `in_contact`."""

    status: str
    reason: str = ""


class UnitMoved(UnitPayload, frozen=True, kw_only=True):
    lat: float
    lng: float


class UnitAssignment(UnitPayload, frozen=True, kw_only=True):
    """A step in the life of one assignment: this unit on that incident."""

    incident_id: str
    kind: str = ""
    station: str = ""


class UnitDispatched(UnitAssignment, frozen=True, kw_only=True):
    """The unit was assigned."""


class UnitNotified(UnitAssignment, frozen=True, kw_only=True):
    """The assignment reached the unit's screen, printer or pager: assigned is not yet told."""


class UnitAcknowledged(UnitAssignment, frozen=True, kw_only=True):
    """The crew said that it has understood."""


class UnitDeparted(UnitAssignment, frozen=True, kw_only=True):
    """The unit rolls (NFPA: end of turnout)."""


class UnitArrived(UnitAssignment, frozen=True, kw_only=True):
    """The unit is on scene."""


class UnitTransported(UnitAssignment, frozen=True, kw_only=True):
    """The unit left the scene with a patient."""


class UnitDelivered(UnitAssignment, frozen=True, kw_only=True):
    """The unit reached the hospital."""


class UnitCleared(UnitAssignment, frozen=True, kw_only=True):
    """The unit is available again."""


class UnitRecalled(UnitAssignment, frozen=True, kw_only=True):
    """The unit was told to stand down before it was done there."""

    reason: str = ""


class UnitDiverted(UnitAssignment, frozen=True, kw_only=True):
    """The unit was taken from this incident for the incident `to`."""

    to: str
    reason: str = ""


class UnitRestored(UnitAssignment, frozen=True, kw_only=True):
    """The end of the unit's assignment was taken back: it is there again with the status it had."""

    status: str = "dispatched"


class UnitStacked(UnitPayload, frozen=True, kw_only=True):
    """The incident waits for this unit as a next job; the unit is not assigned to it."""

    incident_id: str


class UnitUnstacked(UnitPayload, frozen=True, kw_only=True):
    """It does not wait for this unit any more."""

    incident_id: str


class FeedPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "feed"
    SUBJECT: ClassVar[str] = "feed"
    feed: str


class FeedStarted(FeedPayload, frozen=True, kw_only=True):
    records: int | None = None


class FeedPolled(FeedPayload, frozen=True, kw_only=True):
    """The feed looked at its source, and there was nothing new: silence is no fault."""


class FeedStalled(FeedPayload, frozen=True, kw_only=True):
    """A source has been silent for longer than it may be."""

    silent_s: int = 0


class FeedResumed(FeedPayload, frozen=True, kw_only=True):
    """A stalled source spoke again."""


class FeedRejected(FeedPayload, frozen=True, kw_only=True):
    """Records of a feed went to the dead letters before they could become entries."""

    n: int = 1


class FeedStopped(FeedPayload, frozen=True, kw_only=True):
    """A feed ended or gave up, and says why."""

    reason: str = ""


class ClockAdvanced(Payload, frozen=True, kw_only=True):
    """The feed of a replay moved the city's clock to the event's `occurred_at`."""

    ENTITY: ClassVar[str] = "clock"
    speed: float | None = None
    standing: bool = False


class SubjectErased(Payload, frozen=True, kw_only=True):
    """A person's fields were erased at their request; the counts stay."""

    ENTITY: ClassVar[str] = "subject"
    SUBJECT: ClassVar[str] = "erased"
    erased: str


def _concrete(base: type[Payload]) -> list[type[Payload]]:
    """Leaf classes below `base`: those are events, the ones between only share fields."""
    below = base.__subclasses__()
    return [base] if not below else [leaf for sub in below for leaf in _concrete(sub)]


def type_of(cls: type[Payload]) -> str:
    """`UnitDispatched` -> `unit.dispatched`; further words join with an underscore."""
    entity, *rest = re.findall(r"[A-Z][a-z0-9]*", cls.__name__)
    return f"{entity.lower()}.{'_'.join(word.lower() for word in rest)}"


TYPES: dict[str, type[Payload]] = {type_of(cls): cls for cls in _concrete(Payload)}


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as it travels and is stored. `source` + `id` identify it; equal pairs are one event.

    `occurred_at` is when it happened outside, `recorded_at` when the log took it (absent until then).
    """

    source: str
    id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]
    version: int = 1
    recorded_at: datetime | None = None
    actor: str = ""
    subject: str = ""
    placed: dict[str, Any] | None = None  # {"cell", "area"}: decided once by the engine
    flags: list[str] | None = None  # contradictions kept and shown, e.g. "double-assigned at source"


class Recording(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The circumstances of one recorded fact, as the folds of documents need them.

    `at` is when the log took it, `cell` and `area` where the engine placed it.
    """

    at: datetime
    occurred_at: datetime
    seq: int
    source: str = ""
    cell: str = ""
    area: str = ""
    actor: str = ""

    @property
    def by(self) -> str:
        """Who says so: the person who acted, else the source."""
        return self.actor or self.source


def recording_of(envelope: Envelope, seq: int) -> Recording:
    """The circumstances of a recorded event that was committed as `seq`."""
    placed = envelope.placed or {}
    return Recording(
        at=envelope.recorded_at or envelope.occurred_at,
        occurred_at=envelope.occurred_at,
        seq=seq,
        source=envelope.source,
        cell=placed.get("cell") or "",
        area=placed.get("area") or "",
        actor=envelope.actor,
    )
