"""What people may ask about the life of a case, decided into facts or refused with the reason; and erasing a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.engine import case_arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.case_relations import CASE_RELATION_VERBS
from dashboard.engine.verbs.reading import clock, read, unchanged
from dashboard.engine.verbs.reading_cases import known_case, open_case, sensible_case, takes_effect_on_case
from hotline.cases import Case
from streams.events import (
    CaseAccepted,
    CaseAnswered,
    CaseClosed,
    CaseContacted,
    CaseDispatched,
    CaseFollowedUp,
    CaseHandled,
    CasePaused,
    CaseRegraded,
    CaseReopened,
    CaseResumed,
    CaseReturned,
    CaseReturnReviewed,
    Payload,
    SubjectErased,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State


def dispatch_case(state: State, request: Request) -> Granted:
    """Send a case to the body that must handle it. While a return is asked for, this grants it."""
    asked = read(request, given.DispatchCase)
    case = open_case(state, asked.case_id, request)
    supporters = _supporters(asked.owner, asked.supporters)
    if case.return_asked_at is not None:
        _other_person(case, request)
        if asked.owner == case.owner:
            raise Refused(f"case {case.case_id}: {case.owner} asks to give it back; review that", _version(case))
    elif (case.owner, case.supporters) == (asked.owner, supporters):
        raise Refused(f"case {case.case_id} is with {asked.owner} already", _version(case))
    fact = CaseDispatched(case_id=case.case_id, owner=asked.owner, supporters=supporters, reason=asked.reason)
    return Granted([fact], {"owner": asked.owner}, before=_dispatched_before(case))


def _dispatched_before(case: Case) -> dict[str, object]:
    """What undoing needs to know: to whom it was given, and whether anything was done there."""
    untouched = case.return_asked_at is None and not (case.accepted_at or case.contacted_at or case.handled_at)
    return {"owner": case.owner, "supporters": list(case.supporters), "untouched": untouched}


def _supporters(owner: str, named: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in named if name != owner))


def accept_case(state: State, request: Request) -> Granted:
    """The owner takes it on."""
    case = open_case(state, read(request, given.OfCase).case_id, request)
    sensible_case(case, CaseAccepted)
    return Granted([takes_effect_on_case(state, case, CaseAccepted(case_id=case.case_id))])


def ask_return(state: State, request: Request) -> Granted:
    """The owner asks to give it back: so often and so long as the rules allow."""
    asked = read(request, given.AskReturn)
    case = open_case(state, asked.case_id, request)
    sensible_case(case, CaseReturned)
    rules = state.deadlines.rules.returns
    if asked.code not in rules.codes:
        raise Refused(f"code: {asked.code[:40]!r} is none of {', '.join(rules.codes)}")
    if case.returned >= rules.most:
        said = f"case {case.case_id} was asked back {case.returned} times: no more than {rules.most}"
        raise Refused(said, {"returned": case.returned, "most": rules.most})
    since, hours = case.owned_at or case.dispatched_at, rules.hours(case.grade)
    if since is not None and state.now > since + timedelta(hours=hours):
        until = clock(since + timedelta(hours=hours))
        raise Refused(f"case {case.case_id} could be given back until {until}", {"until": until})
    return Granted([CaseReturned(case_id=case.case_id, code=asked.code, reason=asked.reason)])


def review_return(state: State, request: Request) -> Granted:
    """Somebody else than who asked says whether it may be given back, and to whom it goes then."""
    asked = read(request, given.ReviewReturn)
    case = open_case(state, asked.case_id, request)
    sensible_case(case, CaseReturnReviewed)
    _other_person(case, request)
    if not asked.granted and not asked.reason.strip():
        raise Refused("reason: needed when a return is not granted")
    if asked.owner and not asked.granted:
        raise Refused("owner: only a granted return goes to somebody else")
    if asked.owner == case.owner:
        raise Refused(f"owner: {case.owner} is who asks to give it back")
    facts: list[Payload] = [CaseReturnReviewed(case_id=case.case_id, granted=asked.granted, reason=asked.reason)]
    if asked.owner:
        supporters = _supporters(asked.owner, asked.supporters)
        facts.append(
            CaseDispatched(case_id=case.case_id, owner=asked.owner, supporters=supporters, reason=asked.reason)
        )
    return Granted(facts, {"granted": asked.granted, "owner": asked.owner or ("" if asked.granted else case.owner)})


def _other_person(case: Case, request: Request) -> None:
    if request.actor == case.return_asked_by:
        raise Refused(f"case {case.case_id}: you asked for the return, somebody else must review it")


def contact_case(state: State, request: Request) -> Granted:
    """The body that handles it reached the caller."""
    asked = read(request, given.ContactCase)
    case = open_case(state, asked.case_id, request)
    sensible_case(case, CaseContacted)
    return Granted([takes_effect_on_case(state, case, CaseContacted(case_id=case.case_id, by=asked.by or case.owner))])


def handle_case(state: State, request: Request) -> Granted:
    asked = read(request, given.HandleCase)
    case = open_case(state, asked.case_id, request)
    sensible_case(case, CaseHandled)
    return Granted([CaseHandled(case_id=case.case_id, result=asked.result)])


def answer_case(state: State, request: Request) -> Granted:
    """Answer what was asked, in the caller's language; a complaint is handled instead."""
    asked = read(request, given.AnswerCase)
    case = open_case(state, asked.case_id, request)
    if case.kind == "complaint":
        raise Refused(f"case {case.case_id} is a complaint: it is handled, not answered")
    sensible_case(case, CaseAnswered)
    language = asked.language or case.language
    return Granted([CaseAnswered(case_id=case.case_id, language=language, answer=asked.answer)])


def close_case(state: State, request: Request) -> Granted:
    asked = read(request, given.CloseCase)
    case = open_case(state, asked.case_id, request)
    sensible_case(case, CaseClosed)
    return Granted([takes_effect_on_case(state, case, CaseClosed(case_id=case.case_id, reason=asked.reason))])


def follow_up(state: State, request: Request) -> Granted:
    """What the caller said when asked, also whether the body that handled it had called. Who was not reached can be
    asked again."""
    asked = read(request, given.FollowUp)
    case = known_case(state, asked.case_id)
    unchanged(request, case.seq)
    sensible_case(case, CaseFollowedUp)
    if case.stage == "followed_up" and case.resolved is not None:
        raise Refused(f"case {case.case_id} was followed up: reopen it, or note what was said since", _version(case))
    fact = CaseFollowedUp(
        case_id=case.case_id, contacted=asked.contacted, resolved=asked.resolved, satisfied=asked.satisfied
    )
    return Granted([fact])


def reopen_case(state: State, request: Request) -> Granted:
    asked = read(request, given.ReopenCase)
    case = known_case(state, asked.case_id)
    if case.is_open:
        raise Refused(f"case {case.case_id} is open")
    if case.merged_into and case.closed_at is None:
        raise Refused(f"case {case.case_id} is part of {case.merged_into}", {"case_id": case.merged_into})
    unchanged(request, case.seq)
    return Granted([CaseReopened(case_id=case.case_id, reason=asked.reason)])


def regrade_case(state: State, request: Request) -> Granted:
    """Another urgency: its deadlines are reckoned anew from its receipt."""
    asked = read(request, given.RegradeCase)
    case = open_case(state, asked.case_id, request)
    sensible_case(case, CaseRegraded)
    grades = state.deadlines.grades
    if grades and asked.grade not in grades:
        raise Refused(f"grade: {asked.grade[:40]!r} is none of {', '.join(grades)}")
    if asked.grade == case.grade:
        raise Refused(f"case {case.case_id} has grade {case.grade} already", _version(case))
    fact = CaseRegraded(case_id=case.case_id, grade=asked.grade, reason=asked.reason)
    return Granted([fact], {"grade": asked.grade}, before={"grade": case.grade})


def pause_case(state: State, request: Request) -> Granted:
    """Let the clock stand, for a reason and a time that the rules allow of such a case."""
    asked = read(request, given.PauseCase)
    case = open_case(state, asked.case_id, request)
    sensible_case(case, CasePaused)
    rules, now = state.deadlines.rules.pauses, state.now
    rule = rules.get(asked.reason)
    if rule is None:
        raise Refused(f"reason: {asked.reason[:40]!r} is none of {', '.join(rules)}")
    if not rule.allows(case.grade):
        raise Refused(f"reason: {asked.reason} is for grades {', '.join(rule.grades)}, this is {case.grade or 'none'}")
    if case.paused_at is not None:
        raise Refused(f"case {case.case_id} stands already: resume it first", _version(case))
    if case.target_at is None:
        raise Refused(f"case {case.case_id} has no deadline that could stand")
    if case.target_at <= now:
        raise Refused(f"case {case.case_id} was due {clock(case.target_at)}: too late for a pause")
    if asked.until <= now:
        raise Refused(f"until: lies behind, it is {clock(now)} in the city")
    if asked.until > now + timedelta(days=rule.most_days):
        raise Refused(f"until: at most {rule.most_days:g} days ahead for {asked.reason}")
    return Granted([CasePaused(case_id=case.case_id, reason=asked.reason, until=asked.until)])


def resume_case(state: State, request: Request) -> Granted:
    case = open_case(state, read(request, given.OfCase).case_id, request)
    if case.paused_at is None:
        raise Refused(f"case {case.case_id} does not stand", _version(case))
    return Granted([CaseResumed(case_id=case.case_id)])


def _version(case: Case) -> dict[str, int]:
    return {"version": case.seq}


def erase(state: State, request: Request) -> list[Payload]:
    """Erase a subject's personal fields; the counts stay."""
    subject = request.args.get("subject")
    if not isinstance(subject, str) or not subject:
        raise Refused("subject: needed, as text")
    return [SubjectErased(erased=subject)]


CASE_VERBS = {
    "dispatch_case": dispatch_case,
    "accept_case": accept_case,
    "ask_return": ask_return,
    "review_return": review_return,
    "contact_case": contact_case,
    "handle_case": handle_case,
    "answer_case": answer_case,
    "close_case": close_case,
    "follow_up": follow_up,
    "reopen_case": reopen_case,
    "regrade_case": regrade_case,
    "pause_case": pause_case,
    "resume_case": resume_case,
    **CASE_RELATION_VERBS,
    "erase": erase,
}
