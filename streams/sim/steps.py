"""The steps that the life of a case may take in the simulated city, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from streams.events import (
    CaseAccepted,
    CaseAnswered,
    CaseClosed,
    CaseContacted,
    CaseDispatched,
    CaseFollowedUp,
    CaseHandled,
    CasePayload,
    CaseReopened,
    CaseReturned,
    type_of,
)
from streams.sim.profile import Profile

FALLBACK_OWNER = "urban"  # where neither the subject nor a district says whose it is
ANSWERED, HANDLED, THANKED = "answered", "handled", "thanked"
RETURN_REASONS = (
    ("not_ours", "not our remit"),
    ("outside_area", "address outside our area"),
    ("other_lead", "needs another unit to lead"),
)
NOT_RESOLVED = "not resolved, says the caller"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LIVED: tuple[type[CasePayload], ...] = (
    *(CaseDispatched, CaseReturned, CaseAccepted, CaseContacted, CaseHandled, CaseAnswered),
    *(CaseClosed, CaseFollowedUp, CaseReopened),
)
TYPE_OF: Mapping[type[CasePayload], str] = {cls: type_of(cls) for cls in _LIVED}


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What the life of a case depends on."""

    case_id: str
    received_at: datetime
    kind: str = "complaint"
    category: str = "other"
    grade: str = "III"
    area: str = ""
    spoken: bool = True  # a conversation, so that a question is answered in it


class Step(msgspec.Struct, frozen=True, gc=False):
    """One thing that will happen to a case. `name` tells the steps of one case apart and makes their event's id.

    `round` is how often the case was reopened before: a step of another round says nothing any more.
    """

    at: datetime
    name: str
    payload: CasePayload
    round: int = 0

    @property
    def type(self) -> str:
        return TYPE_OF[type(self.payload)]


# The steps a life may have, in their order, and how often the case was reopened before each.
STEPS = (
    *("dispatched", "returned", "dispatched-2", "accepted", "contacted", "handled", "answered"),
    *("closed", "followed-up", "reopened", "closed-2", "followed-up-2"),
)
ROUNDS = (0,) * 10 + (1, 1)
AGAIN = "dispatched-2"  # the hotline sends on what came back, if nobody has looked at it before


class Stands(NamedTuple):
    """How a case stands for its plan: whether it is open, how often it was reopened, whether it is asked back."""

    is_open: bool
    reopened: int = 0
    returning: bool = False


class Answer(NamedTuple):
    """What the caller says when asked how the case was handled."""

    reached: bool
    contacted: bool
    resolved: bool
    satisfied: int


BETTER = Answer(reached=True, contacted=True, resolved=True, satisfied=4)  # after the second attempt


def _dispatch(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return CaseDispatched(case_id=receipt.case_id, owner=owner_of(profile, receipt.category, receipt.area))


def _dispatch_again(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    first = owner_of(profile, receipt.category, receipt.area)
    return CaseDispatched(case_id=receipt.case_id, owner=second_owner(first, receipt.area))


def _return(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    code, reason = RETURN_REASONS[at_ms % len(RETURN_REASONS)]
    return CaseReturned(case_id=receipt.case_id, code=code, reason=reason)


def _accept(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return CaseAccepted(case_id=receipt.case_id)


def _contact(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return CaseContacted(case_id=receipt.case_id)


def _handle(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return CaseHandled(case_id=receipt.case_id)


def _answer(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return CaseAnswered(case_id=receipt.case_id)


def _close(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return CaseClosed(case_id=receipt.case_id, reason=_SAID_AT_CLOSING.get(receipt.kind, HANDLED))


def _ask(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    if not answer.reached:
        return CaseFollowedUp(case_id=receipt.case_id, contacted=answer.contacted)
    return CaseFollowedUp(
        case_id=receipt.case_id,
        contacted=answer.contacted,
        resolved=answer.resolved,
        satisfied=answer.satisfied,
    )


def _ask_again(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return _ask(profile, receipt, at_ms, BETTER)


def _reopen(profile: Profile, receipt: Receipt, at_ms: int, answer: Answer) -> CasePayload:
    return CaseReopened(case_id=receipt.case_id, reason=NOT_RESOLVED)


PAYLOADS = (
    *(_dispatch, _return, _dispatch_again, _accept, _contact, _handle, _answer),
    *(_close, _ask, _reopen, _close, _ask_again),
)
_SAID_AT_CLOSING = {"enquiry": ANSWERED, "praise": THANKED}


def owner_of(profile: Profile, category: str, area: str) -> str:
    """Who must handle a case: the agency of its subject, else the district, else the backstop."""
    known = profile.categories.get(category)
    return (known.owner if known else "") or area or FALLBACK_OWNER


def second_owner(owner: str, area: str) -> str:
    """Who gets a case that came back: the district, or the city's own department when it was the district's."""
    return area if area and owner != area else FALLBACK_OWNER


def fits(step: Step, is_open: bool, reopened: int, returning: bool = True) -> bool:
    """Whether a planned step still makes sense for the case as it is.

    People act on cases too. A timer of the plan never closes a case that somebody opened again, nor reopens or
    sends on one whose story went another way: what came back is sent on only while nobody has reviewed it.
    """
    if isinstance(step.payload, CaseReopened | CaseFollowedUp):
        return not is_open and reopened == step.round
    if step.name == AGAIN and not returning:
        return False
    return is_open and reopened == step.round


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant(at_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware datetime."""
    return _EPOCH + timedelta(milliseconds=at_ms)
