"""What happens to a case of the hotline."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from streams.events.envelope import Payload


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


class CasePromoted(CasePayload, frozen=True, kw_only=True):
    """The case turned out to be an emergency: the incident was made of it, and the case goes on."""

    incident_id: str


class CaseDemoted(CasePayload, frozen=True, kw_only=True):
    """It was no emergency after all. The case keeps the name of the incident that it was."""

    incident_id: str
    reason: str = ""


class CaseFollowedUp(CasePayload, frozen=True, kw_only=True):
    """The hotline asked the caller how the case was handled; None where the caller was not reached or did not say."""

    contacted: bool = False
    resolved: bool | None = None
    satisfied: int | None = None  # 1 (not at all) to 5
