"""What each fact after its receipt changes of a case: one small function per event, and the table that knows them.

Times are of recording (what was known when), as all times of a case but `occurred_at` and `reopened_at`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from streams.events import (
    CaseAccepted,
    CaseAmended,
    CaseAnswered,
    CaseContacted,
    CaseDemoted,
    CaseDispatched,
    CaseFlagged,
    CaseFollowedUp,
    CaseHandled,
    CaseMerged,
    CaseNoted,
    CasePaused,
    CasePayload,
    CasePromoted,
    CaseRegraded,
    CaseReopened,
    CaseResumed,
    CaseReturned,
    CaseReturnReviewed,
    CaseUnflagged,
    CaseUnmerged,
    Payload,
    Recording,
)

if TYPE_CHECKING:
    from hotline.cases import Case

Changes = dict[str, Any]
LABELS_KEPT = 20
APART_KEPT = 20
# What one body did of a case: forgotten when another one gets it.
_OF_OWNER: Changes = dict.fromkeys(("accepted_at", "contacted_at", "first_contacted_at", "handled_at"))
_NO_QUESTION: Changes = {"return_asked_at": None, "return_asked_by": "", "return_code": ""}
_RUNNING: Changes = {"paused_at": None, "paused_until": None, "pause_reason": ""}


class Label(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A word that somebody put on a case, until when, and who did. It counts nowhere and hides nothing."""

    flag: str
    until: datetime
    by: str = ""


def reopened(case: Case, payload: CaseReopened, recording: Recording) -> Changes:
    """It goes on with its owner, who must reach the caller anew."""
    if case.closed_at is None:
        return {}
    return {
        "closed_at": None,
        "reopened": case.reopened + 1,
        "reopened_at": recording.occurred_at,
        "contacted_at": None,
        "handled_at": None,
        "follow_up_due_at": None,
        "last_step_at": recording.at,
    }


_AMENDED = ("kind", "category", "subcategory", "channel", "language", "grade", "lat", "lng", "target_at")


def amended(case: Case, payload: CaseAmended, recording: Recording) -> Changes:
    """A changed grade has other deadlines, where the source names none itself."""
    given = {f: v for f in _AMENDED if (v := getattr(payload, f)) is not None}
    if payload.lat is not None or payload.area is not None:
        given |= {"cell": recording.cell, "area": recording.area}
    return {**(recording.due or {}), **given}


def dispatched(case: Case, payload: CaseDispatched, recording: Recording) -> Changes:
    """The first dispatch is the one that the hotline's speed is measured by; another owner begins anew.

    Without an owner a dispatch is taken back, and the first one was none.
    """
    at = recording.at
    if not payload.owner:
        first = None if case.dispatched_at == case.owned_at else case.dispatched_at
        return {**_OF_OWNER, "owner": "", "supporters": (), "owned_at": None, "dispatched_at": first}
    changes: Changes = {
        "owner": payload.owner,
        "supporters": payload.supporters,
        "dispatched_at": case.dispatched_at or at,
        "last_step_at": at,
    }
    if case.owner != payload.owner:
        changes |= {**_OF_OWNER, "owned_at": at}
    return changes | _NO_QUESTION if case.return_asked_at is not None else changes


def accepted(case: Case, payload: CaseAccepted, recording: Recording) -> Changes:
    return {} if case.accepted_at is not None else {"accepted_at": recording.at, "last_step_at": recording.at}


def returned(case: Case, payload: CaseReturned, recording: Recording) -> Changes:
    """A question, which counts also where nobody could give anything back any more."""
    counted: Changes = {"returned": case.returned + 1}
    if not case.owner or case.closed_at is not None:
        return counted
    asked = {"return_asked_at": recording.at, "return_asked_by": recording.by, "return_code": payload.code}
    return {**counted, **asked, "last_step_at": recording.at}


def return_reviewed(case: Case, payload: CaseReturnReviewed, recording: Recording) -> Changes:
    if case.return_asked_at is None:
        return {}
    over: Changes = {**_NO_QUESTION, "last_step_at": recording.at}
    if not payload.granted:
        return over
    return {**over, **_OF_OWNER, "owner": "", "supporters": (), "owned_at": None, **(recording.due or {})}


def contacted(case: Case, payload: CaseContacted, recording: Recording) -> Changes:
    if case.contacted_at is not None:
        return {}
    first = case.first_contacted_at or recording.at
    return {"contacted_at": recording.at, "first_contacted_at": first, "last_step_at": recording.at}


def handled(case: Case, payload: CaseHandled, recording: Recording) -> Changes:
    return {"handled_at": recording.at, "last_step_at": recording.at}


def answered(case: Case, payload: CaseAnswered, recording: Recording) -> Changes:
    """The first answer is the one that the time to answer is measured by."""
    at = recording.at
    return {"answered_at": case.answered_at or at, "handled_at": at, "last_step_at": at}


def followed_up(case: Case, payload: CaseFollowedUp, recording: Recording) -> Changes:
    said = {"contacted": payload.contacted, "resolved": payload.resolved, "satisfied": payload.satisfied}
    return said | {"followed_up_at": recording.at, "follow_up_due_at": None, "last_step_at": recording.at}


def regraded(case: Case, payload: CaseRegraded, recording: Recording) -> Changes:
    if payload.grade == case.grade:
        return {}
    return {"grade": payload.grade, "regraded": case.regraded + 1, **(recording.due or {})}


def paused(case: Case, payload: CasePaused, recording: Recording) -> Changes:
    """The deadline moves at once by as long as the clock will stand; one that has passed stays passed."""
    at = recording.at
    if case.paused_at is not None or case.closed_at is not None or payload.until <= at:
        return {}
    changes: Changes = {"paused_at": at, "paused_until": payload.until, "pause_reason": payload.reason}
    if case.target_at is not None and case.target_at > at:
        changes["target_at"] = case.target_at + (payload.until - at)
    return changes | (recording.due or {})


def resumed(case: Case, payload: CaseResumed, recording: Recording) -> Changes:
    """Before its time it gives the rest back. Told late, the clock stood no longer than was said."""
    return stopped(case, recording.at) | (recording.due or {}) if case.paused_at is not None else {}


def stopped(case: Case, at: datetime) -> Changes:
    """What the end of a pause at an instant changes; nothing for a case whose clock runs."""
    if case.paused_at is None or case.paused_until is None:
        return {}
    end = min(max(at, case.paused_at), case.paused_until)
    changes = {**_RUNNING, "paused_s": case.paused_s + (end - case.paused_at).total_seconds()}
    if case.target_at is not None and case.target_at > case.paused_until:
        changes["target_at"] = case.target_at - (case.paused_until - end)
    return changes


def noted(case: Case, payload: CaseNoted, recording: Recording) -> Changes:
    return {"notes": case.notes + 1}


def merged(case: Case, payload: CaseMerged, recording: Recording) -> Changes:
    """A merge that contradicts what was so is kept in the log and changes nothing, neither here nor at its lead."""
    if recording.flags or case.merged_into or payload.into == case.case_id:
        return {}
    apart = _others(case, payload.into)
    return {"merged_into": payload.into, "merged_at": recording.at, "apart": apart}


def unmerged(case: Case, payload: CaseUnmerged, recording: Recording) -> Changes:
    """Who took two cases apart is not to be told again that they look alike."""
    if case.merged_into != payload.of or recording.flags:
        return {}
    alone: Changes = {"merged_into": "", "merged_at": None}
    return alone if payload.undone else alone | {"apart": (*_others(case, payload.of)[1 - APART_KEPT :], payload.of)}


def _others(case: Case, case_id: str) -> tuple[str, ...]:
    return tuple(other for other in case.apart if other != case_id)


def flagged(case: Case, payload: CaseFlagged, recording: Recording) -> Changes:
    others = _without(case, payload.flag)
    label = Label(flag=payload.flag, until=payload.until, by=recording.by)
    return {"labels": (*others[1 - LABELS_KEPT :], label)}


def unflagged(case: Case, payload: CaseUnflagged, recording: Recording) -> Changes:
    others = _without(case, payload.flag)
    return {"labels": others} if len(others) != len(case.labels) else {}


def _without(case: Case, flag: str) -> tuple[Label, ...]:
    return tuple(label for label in case.labels if label.flag != flag)


def promoted(case: Case, payload: CasePromoted, recording: Recording) -> Changes:
    if case.promoted_at is not None and case.incident_id == payload.incident_id:
        return {}
    return {"incident_id": payload.incident_id, "promoted_at": recording.occurred_at}


def demoted(case: Case, payload: CaseDemoted, recording: Recording) -> Changes:
    stands = case.promoted_at is not None and case.incident_id == payload.incident_id
    return {"promoted_at": None} if stands else {}


STEPS: dict[type[CasePayload], Callable[[Case, Any, Recording], Changes]] = {
    CaseReopened: reopened,
    CaseAmended: amended,
    CaseDispatched: dispatched,
    CaseAccepted: accepted,
    CaseReturned: returned,
    CaseReturnReviewed: return_reviewed,
    CaseContacted: contacted,
    CaseHandled: handled,
    CaseAnswered: answered,
    CaseFollowedUp: followed_up,
    CaseRegraded: regraded,
    CasePaused: paused,
    CaseResumed: resumed,
    CaseNoted: noted,
    CaseMerged: merged,
    CaseUnmerged: unmerged,
    CaseFlagged: flagged,
    CaseUnflagged: unflagged,
    CasePromoted: promoted,
    CaseDemoted: demoted,
}


# What somebody writes down beside the life of a case: nothing rests on it.
QUIET = frozenset({CaseNoted, CaseFlagged, CaseUnflagged})


def lead_changes(case: Case, payload: Payload, recording: Recording) -> Changes:
    """What a fact about another case changes of the one that leads it."""
    if recording.flags:
        return {}
    if type(payload) is CaseMerged and payload.into == case.case_id != payload.case_id:
        return {"members": case.members + 1}
    if type(payload) is CaseUnmerged and payload.of == case.case_id and case.members:
        return {"members": case.members - 1}
    return {}
