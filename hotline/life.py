"""The life of a case: its stages, the legal steps between them, and which facts make sense at which stage."""

from __future__ import annotations

from hotline.cases import Case, CaseStage
from streams.events import (
    CaseAccepted,
    CaseAnswered,
    CaseClosed,
    CaseContacted,
    CaseDispatched,
    CaseFollowedUp,
    CaseHandled,
    CaseMerged,
    CasePaused,
    CasePayload,
    CaseRegraded,
    CaseReopened,
    CaseResumed,
    CaseReturned,
    CaseReturnReviewed,
    CaseUnmerged,
    type_of,
)

S = CaseStage
OVER = frozenset({S.CLOSED, S.FOLLOWED_UP})
OPEN = frozenset(CaseStage) - OVER
WITH_OWNER = frozenset({S.DISPATCHED, S.ACCEPTED, S.CONTACTED, S.HANDLED})
_BACK = frozenset({S.RECEIVED, S.DISPATCHED, S.ACCEPTED})  # where a case may be that was opened again

# What a desk may bring about. A question to return a case ends where the case was before, or with the hotline.
TRANSITIONS: dict[CaseStage, frozenset[CaseStage]] = {
    S.RECEIVED: frozenset({S.DISPATCHED, S.HANDLED, S.CLOSED}),
    S.DISPATCHED: frozenset({S.ACCEPTED, S.RETURN_ASKED, S.CONTACTED, S.HANDLED, S.CLOSED}),
    S.ACCEPTED: frozenset({S.DISPATCHED, S.RETURN_ASKED, S.CONTACTED, S.HANDLED, S.CLOSED}),
    S.RETURN_ASKED: frozenset({S.RECEIVED}) | (WITH_OWNER - {S.HANDLED}),
    S.CONTACTED: frozenset({S.DISPATCHED, S.RETURN_ASKED, S.HANDLED, S.CLOSED}),
    S.HANDLED: frozenset({S.DISPATCHED, S.CLOSED}),
    S.CLOSED: _BACK | {S.FOLLOWED_UP},
    S.FOLLOWED_UP: _BACK,
}

# The stages at which a fact about a case makes sense. A request outside them is refused; told by somebody outside it
# is kept, flagged, and changes what it can.
SENSIBLE_IN: dict[type[CasePayload], frozenset[CaseStage]] = {
    CaseDispatched: OPEN,
    CaseAccepted: frozenset({S.DISPATCHED}),
    CaseReturned: frozenset({S.DISPATCHED, S.ACCEPTED, S.CONTACTED}),
    CaseReturnReviewed: frozenset({S.RETURN_ASKED}),
    CaseContacted: frozenset({S.DISPATCHED, S.ACCEPTED}),
    CaseHandled: frozenset({S.DISPATCHED, S.ACCEPTED, S.CONTACTED}),
    CaseAnswered: OPEN - {S.RETURN_ASKED, S.HANDLED},
    CaseClosed: OPEN - {S.RETURN_ASKED},
    CaseFollowedUp: OVER,
    CaseReopened: OVER,
    CaseRegraded: OPEN,
    CasePaused: OPEN - {S.RETURN_ASKED, S.HANDLED},
    CaseResumed: OPEN,
    CaseMerged: OPEN,
}

UNKNOWN_MEMBER = "case unknown when merged"
UNKNOWN_LEAD = "merged into an unknown case"
MERGED_ALREADY = "part of another case already, or leads some"
NO_PART = "no part of that case"

_WORDS: dict[type[CasePayload], str] = {
    CaseReturned: "given back",
    CaseReturnReviewed: "reviewed",
    CaseFollowedUp: "followed up",
}


def contradictions(case: Case | None, payload: CasePayload, lead: Case | None) -> list[str]:
    """What an outside fact contradicts, in words; `lead` is the case that a merge names. Nothing for unknown cases
    but a merge, which would lose a case that nobody leads.
    """
    if type(payload) is CaseMerged:
        return _bad_merge(case, payload, lead)
    if case is None or case.received_at is None:
        return []
    if type(payload) is CaseUnmerged:
        return [] if case.merged_into == payload.of else [NO_PART]
    said = objection(case.stage, type(payload))
    return [said] if said else []


def _bad_merge(case: Case | None, payload: CaseMerged, lead: Case | None) -> list[str]:
    if case is None or case.received_at is None:
        return [UNKNOWN_MEMBER]
    if lead is None or lead.received_at is None or lead is case:
        return [UNKNOWN_LEAD]
    if case.merged_into or lead.merged_into or case.members:
        return [MERGED_ALREADY]
    return []


def is_legal(before: CaseStage, after: CaseStage) -> bool:
    """Whether a case may go from one stage to the other."""
    return before is after or after in TRANSITIONS[before]


def objection(stage: CaseStage, fact: type[CasePayload]) -> str:
    """Why a fact makes no sense at a stage, in words for people, or "" when it does."""
    fitting = SENSIBLE_IN.get(fact)
    if fitting is None or stage in fitting:
        return ""
    word = _WORDS.get(fact) or type_of(fact).partition(".")[2].replace("_", " ")
    return f"{word} while {stage.replace('_', ' ')}"
