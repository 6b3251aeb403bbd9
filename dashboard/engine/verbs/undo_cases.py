"""Taking back one's own last act on a case. What a body or a caller said is not taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dashboard.engine.acts import Act
from dashboard.engine.request import Refused
from dashboard.engine.verbs.reading_cases import known_case
from hotline.cases import Case, cases_touched
from streams.events import (
    CaseClosed,
    CaseDispatched,
    CaseMerged,
    CasePayload,
    CaseRegraded,
    CaseReopened,
    CaseResumed,
    CaseUnmerged,
    Payload,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

WHY = "undone"
MARK = "case:"


def case_marks(state: State, facts: Iterable[Payload]) -> dict[str, int]:
    """How far the history of each case had come that some facts are about, by `case:<id>`."""
    told = [fact for fact in facts if isinstance(fact, CasePayload)]
    ids = {fact.case_id for fact in told}.union(*map(cases_touched, told))
    return {f"{MARK}{i}": known.told for i in ids if (known := state.cases.get(i)) is not None}


def _rests(state: State, act: Act, case_id: str) -> Case:
    """The case of an act. Raises Refused when its life went on since."""
    case = known_case(state, case_id)
    if case.told != act.marks.get(f"{MARK}{case_id}", case.told):
        raise Refused(f"case {case_id} went on since: it is {case.stage.replace('_', ' ')}", {"case_id": case_id})
    return case


def _only(act: Act, kind: type[Payload]) -> Any:
    return next(act.payloads(kind))


def _dispatched(state: State, act: Act) -> list[Payload]:
    fact = _only(act, CaseDispatched)
    _rests(state, act, fact.case_id)
    if not act.before["untouched"]:
        raise Refused("dispatch_case cannot be undone: something was done by who had it; dispatch it back")
    owner, supporters = act.before["owner"], tuple(act.before["supporters"])
    return [CaseDispatched(case_id=fact.case_id, owner=owner, supporters=supporters, reason=WHY)]


def _closed(state: State, act: Act) -> list[Payload]:
    fact = _only(act, CaseClosed)
    _rests(state, act, fact.case_id)
    return [CaseReopened(case_id=fact.case_id, reason=WHY)]


def _reopened(state: State, act: Act) -> list[Payload]:
    fact = _only(act, CaseReopened)
    _rests(state, act, fact.case_id)
    return [CaseClosed(case_id=fact.case_id, reason=WHY)]


def _regraded(state: State, act: Act) -> list[Payload]:
    fact = _only(act, CaseRegraded)
    _rests(state, act, fact.case_id)
    return [CaseRegraded(case_id=fact.case_id, grade=act.before["grade"], reason=WHY)]


def _paused(state: State, act: Act) -> list[Payload]:
    case_id = next(iter(act.facts)).data["case_id"]
    if _rests(state, act, case_id).paused_at is None:
        raise Refused(f"case {case_id} does not stand any more")
    return [CaseResumed(case_id=case_id)]


def _merged(state: State, act: Act) -> list[Payload]:
    fact = _only(act, CaseMerged)
    case = known_case(state, fact.case_id)
    if case.merged_into != fact.into:
        raise Refused(f"case {fact.case_id} is no part of {fact.into} any more")
    return [CaseUnmerged(case_id=fact.case_id, of=fact.into, reason=WHY, undone=True)]


def _unmerged(state: State, act: Act) -> list[Payload]:
    fact = _only(act, CaseUnmerged)
    case, lead = _rests(state, act, fact.case_id), known_case(state, fact.of)
    if not case.is_open or not lead.is_open or case.members:
        raise Refused(f"cases {case.case_id} and {lead.case_id} are not both open, each for itself, any more")
    return [CaseMerged(case_id=fact.case_id, into=fact.of, reason=WHY)]


CASE_UNDOING: dict[str, Callable[[State, Act], list[Payload]]] = {
    "dispatch_case": _dispatched,
    "close_case": _closed,
    "reopen_case": _reopened,
    "regrade_case": _regraded,
    "pause_case": _paused,
    "merge_cases": _merged,
    "unmerge_case": _unmerged,
}
CASE_STAYS: dict[str, str] = {
    "accept_case": "the owner said so; it may ask to give it back",
    "ask_return": "it was asked; somebody reviews it",
    "review_return": "it was decided; dispatch the case anew",
    "contact_case": "a body said so",
    "handle_case": "a body said so",
    "answer_case": "the caller has the answer; answer again",
    "follow_up": "the caller said so; note what is so now",
    "resume_case": "pause it again",
    "note_case": "what was written stays; write another note",
    "flag_case": "take the label off: unflag_case",
    "unflag_case": "put the label on again: flag_case",
    "erase": "what was erased is gone",
}
