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


class FeedPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "feed"
    SUBJECT: ClassVar[str] = "feed"
    feed: str


class FeedStarted(FeedPayload, frozen=True, kw_only=True):
    records: int | None = None


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
    )
