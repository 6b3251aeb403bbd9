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
    """The hotline sent the case to whoever must handle it: a district, a department or a utility.

    One body leads (`owner`), others support it. After a question to return the case, another dispatch grants it.
    Without an owner, the dispatch before it is taken back.
    """

    owner: str
    supporters: tuple[str, ...] = ()
    reason: str = ""


class CaseAccepted(CasePayload, frozen=True, kw_only=True):
    """The owner takes the case on."""


class CaseReturned(CasePayload, frozen=True, kw_only=True):
    """The owner asks to give the case back; `code` is the kind of reason, `reason` says it in words."""

    code: str = ""
    reason: str = ""


class CaseReturnReviewed(CasePayload, frozen=True, kw_only=True):
    """A person looked at that question: the case is the hotline's again, or stays where it is."""

    granted: bool
    reason: str = ""


class CaseContacted(CasePayload, frozen=True, kw_only=True):
    """The body that handles the case reached the caller; `by` is that body, the owner unless said."""

    by: str = ""


class CaseHandled(CasePayload, frozen=True, kw_only=True):
    """The body did what there was to do."""

    result: str = ""


class CaseAnswered(CasePayload, frozen=True, kw_only=True):
    """An enquiry was answered in the caller's language; the words of the answer are kept apart."""

    language: str = ""
    answer: str = ""


class CaseRegraded(CasePayload, frozen=True, kw_only=True):
    """The case is more or less urgent than was said: its deadlines are reckoned anew from its receipt."""

    grade: str
    reason: str = ""


class CasePaused(CasePayload, frozen=True, kw_only=True):
    """The clock of the case stands until then, for a reason that the rules allow."""

    reason: str
    until: datetime


class CaseResumed(CasePayload, frozen=True, kw_only=True):
    """The clock of the case goes on."""


class CaseNoted(CasePayload, frozen=True, kw_only=True):
    """Somebody wrote something down, a promise say; the words are kept apart as `note:<note_id>`."""

    note_id: str = ""
    text: str = ""


class CaseMerged(CasePayload, frozen=True, kw_only=True):
    """It is the same matter as the case `into`: received as before, open no more beside its lead."""

    into: str
    reason: str = ""


class CaseUnmerged(CasePayload, frozen=True, kw_only=True):
    """It is a matter of its own after all, and no part of `of`. `undone`: only the merge was taken back; nobody says
    that they are two."""

    of: str
    reason: str = ""
    undone: bool = False


class CaseFlagged(CasePayload, frozen=True, kw_only=True):
    """Somebody put a label on it, for a reason and a time. It changes no urgency and hides nothing."""

    flag: str
    until: datetime
    reason: str = ""


class CaseUnflagged(CasePayload, frozen=True, kw_only=True):
    flag: str
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
