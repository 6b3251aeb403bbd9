"""A case: what the hotline knows of one complaint, enquiry, suggestion or praise, and its life."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntFlag, StrEnum

import msgspec

from hotline.case_steps import QUIET, STEPS, Label, lead_changes, stopped
from hotline.situated import situated, situated_cases
from streams.events import CaseClosed, CaseMerged, CasePayload, CaseReceived, CaseUnmerged, Payload, Recording

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
DUE_SOON = timedelta(hours=4)
SEQS_KEPT = 40
JUST_AFTER = timedelta(microseconds=1)


class CaseStage(StrEnum):
    """Where a case is in its life, as its facts say."""

    RECEIVED = "received"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    RETURN_ASKED = "return_asked"
    CONTACTED = "contacted"
    HANDLED = "handled"
    CLOSED = "closed"
    FOLLOWED_UP = "followed_up"


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True, gc=False):
    """One case as of `seq`. `received_at` and `closed_at` are times of recording (what was known when).

    A closing that comes before its receipt is kept: such a case has `closed_at` and no `received_at`,
    and counts as received, never as open, once the receipt arrives. One that was merged into another is open only
    through its lead. While its clock stands (`paused_at`), `target_at` already lies as much later as it will stand.
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
    dispatch_due_at: datetime | None = None  # by its grade
    reopened: int = 0
    reopened_at: datetime | None = None  # outside
    owner: str = ""  # who must handle it: area, department or utility
    supporters: tuple[str, ...] = ()
    dispatched_at: datetime | None = None  # to the first owner
    owned_at: datetime | None = None  # since when the present owner has it
    accepted_at: datetime | None = None
    returned: int = 0  # how often an owner asked to give it back
    return_asked_at: datetime | None = None  # while nobody has reviewed the question
    return_asked_by: str = ""
    return_code: str = ""
    contacted_at: datetime | None = None  # the owner reached the caller, since it was last opened
    first_contacted_at: datetime | None = None  # by the present owner, also before it was opened again
    handled_at: datetime | None = None
    answered_at: datetime | None = None
    follow_up_due_at: datetime | None = None
    followed_up_at: datetime | None = None
    contacted: bool = False
    resolved: bool | None = None
    satisfied: int | None = None  # 1 to 5
    regraded: int = 0
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    pause_reason: str = ""
    paused_s: float = 0.0  # of earlier pauses
    merged_into: str = ""
    merged_at: datetime | None = None
    members: int = 0  # cases merged into it
    apart: tuple[str, ...] = ()  # cases of which somebody said that it is no part of them, the last ones
    situation_id: str = ""
    notes: int = 0
    labels: tuple[Label, ...] = ()
    incident_id: str = ""  # the incident that was made of it, also when that was taken back
    promoted_at: datetime | None = None  # while that incident stands for it
    last_step_at: datetime | None = None  # of its life: labels and notes are none
    seqs: tuple[int, ...] = ()  # the commits that hold its facts, the last ones
    told: int = 0  # facts after its receipt that changed it, labels and notes left out
    seq: int = 0

    @property
    def is_open(self) -> bool:
        return self.received_at is not None and self.closed_at is None and not self.merged_into

    @property
    def status(self) -> str:
        return "open" if self.is_open else "closed"

    @property
    def stage(self) -> CaseStage:
        """What its facts make of it, the newest question first. A merged case keeps the stage it had."""
        if self.closed_at is not None:
            asked = self.followed_up_at is not None and self.followed_up_at >= self.closed_at
            return CaseStage.FOLLOWED_UP if asked else CaseStage.CLOSED
        if self.return_asked_at is not None:
            return CaseStage.RETURN_ASKED
        if self.handled_at is not None:
            return CaseStage.HANDLED
        if self.contacted_at is not None:
            return CaseStage.CONTACTED
        if self.accepted_at is not None:
            return CaseStage.ACCEPTED
        return CaseStage.DISPATCHED if self.owner else CaseStage.RECEIVED

    @property
    def over_at(self) -> datetime | None:
        """Since when it is not open: closed, or merged into another."""
        return self.closed_at or self.merged_at


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


def fold_case(case: Case | None, payload: CasePayload, recording: Recording) -> Case | None:
    """The case after one fact, or the same object when the fact changes nothing."""
    if type(payload) is CaseReceived:
        return _received(case, payload, recording)
    if type(payload) is CaseClosed:
        return _closed(case, payload, recording)
    if case is None or case.received_at is None:
        return case
    step = STEPS.get(type(payload))
    changes = step(case, payload, recording) if step else {}
    if not changes:
        return case
    told = case.told + (type(payload) not in QUIET)
    return msgspec.structs.replace(case, **changes, told=told, seqs=_known(case, recording.seq), seq=recording.seq)


def _known(case: Case, seq: int) -> tuple[int, ...]:
    """The commits of its facts, this one included. What is older than the last of them is in the log alone."""
    seqs = case.seqs
    return seqs if seqs and seqs[-1] == seq else (*seqs[1 - SEQS_KEPT :], seq)


def cases_touched(payload: Payload) -> tuple[str, ...]:
    """Cases other than its subject that a fact also changes: the lead of a merge, those of a situation."""
    kind = type(payload)
    if kind is CaseMerged:
        return (payload.into,)  # type: ignore[attr-defined]
    if kind is CaseUnmerged:
        return (payload.of,)  # type: ignore[attr-defined]
    return situated_cases(payload)


def fold_touched_case(case: Case | None, payload: Payload, recording: Recording) -> Case | None:
    """The case after a fact about one that it leads, or a situation that it is in. What changes nothing, answers it."""
    if case is None:
        return None
    changes = situated(case.situation_id, payload) or lead_changes(case, payload, recording)
    if not changes:
        return case
    return msgspec.structs.replace(case, **changes, seqs=_known(case, recording.seq), seq=recording.seq)


def _received(case: Case | None, payload: CaseReceived, recording: Recording) -> Case:
    if case is not None and case.received_at is not None:
        return case  # a second receipt of the same case says nothing new; changes come as case.amended
    due = recording.due or {}
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
        target_at=payload.target_at or due.get("target_at"),
        dispatch_due_at=due.get("dispatch_due_at"),
        last_step_at=recording.at,
        seqs=_known(case, recording.seq) if case else (recording.seq,),
        seq=recording.seq,
    )


def _closed(case: Case | None, payload: CaseClosed, recording: Recording) -> Case:
    if case is None:
        seq = recording.seq
        return Case(case_id=payload.case_id, source=recording.source, closed_at=recording.at, seqs=(seq,), seq=seq)
    if case.closed_at is not None or (case.reopened_at is not None and recording.occurred_at < case.reopened_at):
        return case  # closed already, or meant before it was opened again: an old end ends nothing new
    due = (recording.due or {}).get("follow_up_due_at")
    at = recording.at
    if case.paused_at is not None:
        case = msgspec.structs.replace(case, **stopped(case, at))
    if case.return_asked_at is not None:
        case = msgspec.structs.replace(case, return_asked_at=None, return_asked_by="", return_code="")
    changes = {"follow_up_due_at": due, "last_step_at": at, "told": case.told + 1}
    seqs = _known(case, recording.seq)
    return msgspec.structs.replace(case, closed_at=at, **changes, seqs=seqs, seq=recording.seq)


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
        if closed_at is None and not case.merged_into:
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
    over_at = case.over_at
    return not case.is_open and over_at is not None and now - max(over_at, case.received_at or over_at) >= keep
