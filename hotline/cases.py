"""A case: what the hotline knows of one complaint, enquiry, suggestion or praise, and its life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntFlag
from typing import Any

import msgspec

from streams.events import (
    CaseAmended,
    CaseClosed,
    CaseDemoted,
    CaseDispatched,
    CaseFollowedUp,
    CasePayload,
    CasePromoted,
    CaseReceived,
    CaseReopened,
    CaseReturned,
    Recording,
)

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
DUE_SOON = timedelta(hours=4)
JUST_AFTER = timedelta(microseconds=1)


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One case as of `seq`. `received_at` and `closed_at` are times of recording (what was known when).

    A closing that comes before its receipt is kept: such a case has `closed_at` and no `received_at`,
    and counts as received, never as open, once the receipt arrives.
    """

    case_id: str
    kind: str = "complaint"
    category: str = "other"
    subcategory: str = ""
    channel: str = "unknown"
    language: str = ""
    grade: str = ""
    lat: float | None = None
    lng: float | None = None
    cell: str = ""  # finest H3 cell; empty: without usable location
    area: str = ""
    source: str = ""
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    target_at: datetime | None = None
    reopened: int = 0
    owner: str = ""  # who must handle it: area, department or utility
    dispatched_at: datetime | None = None  # to that owner
    returned: int = 0  # how often an owner asked to give it back
    followed_up_at: datetime | None = None
    contacted: bool = False
    resolved: bool | None = None
    satisfied: int | None = None  # 1 to 5
    incident_id: str = ""  # the incident that was made of it, also when that was taken back
    promoted_at: datetime | None = None  # while that incident stands for it
    seq: int = 0

    @property
    def is_open(self) -> bool:
        return self.received_at is not None and self.closed_at is None

    @property
    def status(self) -> str:
        return "open" if self.is_open else "closed"


class CaseFlag(IntFlag):
    """Which counts a case belongs to at one instant. `CASE_MEASURES` names them."""

    RECEIVED_1H = 1
    RECEIVED_24H = 2
    RECEIVED_TODAY = 4
    CLOSED_TODAY = 8
    OPEN = 16
    WITH_DEADLINE = 32
    OVERDUE = 64
    DUE_4H = 128


CASE_MEASURES: dict[str, int] = {flag.name.lower(): flag.value for flag in CaseFlag if flag.name}

_RECEIPT_FIELDS = ("kind", "category", "subcategory", "channel", "language", "grade", "lat", "lng", "target_at")


def fold_case(case: Case | None, payload: CasePayload, recording: Recording) -> Case | None:
    """The case after one fact, or the same object when the fact changes nothing."""
    if type(payload) is CaseReceived:
        return _received(case, payload, recording)
    if type(payload) is CaseClosed:
        return _closed(case, payload, recording)
    if case is None or case.received_at is None:
        return case
    step = _STEPS.get(type(payload))
    changes = step(case, payload, recording) if step else {}
    return msgspec.structs.replace(case, **changes, seq=recording.seq) if changes else case


def _reopened(case: Case, payload: CaseReopened, recording: Recording) -> dict[str, Any]:
    return {} if case.closed_at is None else {"closed_at": None, "reopened": case.reopened + 1}


def _amended(case: Case, payload: CaseAmended, recording: Recording) -> dict[str, Any]:
    given = {f: v for f in _RECEIPT_FIELDS if (v := getattr(payload, f)) is not None}
    if payload.lat is not None or payload.area is not None:
        given |= {"cell": recording.cell, "area": recording.area}
    return given


def _dispatched(case: Case, payload: CaseDispatched, recording: Recording) -> dict[str, Any]:
    """The first dispatch is the one that the hotline's speed is measured by."""
    return {"owner": payload.owner, "dispatched_at": case.dispatched_at or recording.at}


def _returned(case: Case, payload: CaseReturned, recording: Recording) -> dict[str, Any]:
    return {"owner": "", "returned": case.returned + 1}


def _followed_up(case: Case, payload: CaseFollowedUp, recording: Recording) -> dict[str, Any]:
    said = {"contacted": payload.contacted, "resolved": payload.resolved, "satisfied": payload.satisfied}
    return said | {"followed_up_at": recording.at}


def _promoted(case: Case, payload: CasePromoted, recording: Recording) -> dict[str, Any]:
    if case.promoted_at is not None and case.incident_id == payload.incident_id:
        return {}
    return {"incident_id": payload.incident_id, "promoted_at": recording.occurred_at}


def _demoted(case: Case, payload: CaseDemoted, recording: Recording) -> dict[str, Any]:
    stands = case.promoted_at is not None and case.incident_id == payload.incident_id
    return {"promoted_at": None} if stands else {}


# What each later fact changes of a case that was received.
_STEPS: dict[type[CasePayload], Callable[[Case, Any, Recording], dict[str, Any]]] = {
    CaseReopened: _reopened,
    CaseAmended: _amended,
    CaseDispatched: _dispatched,
    CaseReturned: _returned,
    CaseFollowedUp: _followed_up,
    CasePromoted: _promoted,
    CaseDemoted: _demoted,
}


def _received(case: Case | None, payload: CaseReceived, recording: Recording) -> Case:
    if case is not None and case.received_at is not None:
        return case  # a second receipt of the same case says nothing new; changes come as case.amended
    return Case(
        case_id=payload.case_id,
        kind=payload.kind,
        category=payload.category,
        subcategory=payload.subcategory,
        channel=payload.channel,
        language=payload.language,
        grade=payload.grade,
        lat=payload.lat,
        lng=payload.lng,
        cell=recording.cell,
        area=recording.area,
        source=recording.source,
        occurred_at=recording.occurred_at,
        received_at=recording.at,
        closed_at=case.closed_at if case else None,
        target_at=payload.target_at,
        seq=recording.seq,
    )


def _closed(case: Case | None, payload: CaseClosed, recording: Recording) -> Case:
    if case is None:
        return Case(case_id=payload.case_id, source=recording.source, closed_at=recording.at, seq=recording.seq)
    if case.closed_at is not None:
        return case
    return msgspec.structs.replace(case, closed_at=recording.at, seq=recording.seq)


def case_flags(case: Case, now: datetime, day_start: datetime) -> int:
    """The `CaseFlag` bits of a case at `now`.

    Windows are half-open backwards, (now - 24 h, now]; *today* begins at `day_start`, the local midnight.
    Overdue is an open case whose target lies strictly before now; due soon, within the next 4 hours.
    """
    received_at, closed_at, target_at = case.received_at, case.closed_at, case.target_at
    flags = 0
    if received_at is not None and received_at <= now:
        if received_at > now - DAY:
            flags |= 2
            if received_at > now - HOUR:
                flags |= 1
        if received_at >= day_start:
            flags |= 4
        if closed_at is None:
            flags |= 16
            if target_at is not None:
                flags |= 32
                if target_at < now:
                    flags |= 64
                elif target_at <= now + DUE_SOON:
                    flags |= 128
    if closed_at is not None and received_at is not None and day_start <= closed_at <= now:
        flags |= 8
    return flags


def case_next_change(case: Case, now: datetime, next_day: datetime, flags: int) -> datetime | None:
    """The first instant after `now` at which `case_flags` differs if no fact comes, or None.

    A standby may read a document that is newer than its clock: such a case begins, or ends, when its time comes.
    """
    received_at, closed_at, target_at = case.received_at, case.closed_at, case.target_at
    changes = [at for at in (received_at, closed_at) if at is not None and at > now]
    if received_at is not None and flags & 3:
        changes.append(received_at + (HOUR if flags & 1 else DAY))
    if flags & 12:
        changes.append(next_day)
    if flags & 32 and not flags & 64 and target_at is not None:
        changes.append(target_at + JUST_AFTER if flags & 128 else target_at - DUE_SOON)
    return min(changes) if changes else None


def case_is_spent(case: Case, now: datetime, keep: timedelta) -> bool:
    """Whether the case has left every count for good and may leave the hot documents."""
    if case.is_open or case.closed_at is None:
        return False
    last = max(case.closed_at, case.received_at or case.closed_at)
    return now - last >= keep
