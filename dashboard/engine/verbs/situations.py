"""What people ask about situations: open one, change it, offer it, decline it, make it one incident, close it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dashboard.engine import situation_arguments as given
from dashboard.engine.acts import Act
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.incidents import new_incident_id
from dashboard.engine.verbs.reading import known_incident, open_incident, read, unchanged
from hotline.cases import Case
from hotline.situations import DECLINED, OFFERED, OPEN, PROMOTED, Situation, middle_case
from streams.events import (
    CaseDemoted,
    CasePromoted,
    IncidentCancelled,
    IncidentPromoted,
    IncidentReceived,
    Payload,
    SituationClosed,
    SituationDeclined,
    SituationDemoted,
    SituationExtended,
    SituationOffered,
    SituationOpened,
    SituationPayload,
    SituationPromoted,
    SituationReduced,
    SituationReopened,
    SituationWithdrawn,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

UNDONE = "undone"


def open_situation(state: State, request: Request) -> Granted:
    """Say that several cases are one thing. Each of them is in no other open situation."""
    asked = read(request, given.OpenSituation)
    situation_id = asked.situation_id or _new_id(state)
    if situation_id in state.situation_room.documents:
        raise Refused(f"situation {situation_id} exists already", {"situation_id": situation_id})
    cases = _cases(state, asked.case_ids, situation_id)
    middle = middle_case(cases)
    fact = SituationOpened(
        situation_id=situation_id,
        title=asked.title,
        category=asked.category or Counter(case.category for case in cases).most_common(1)[0][0],
        case_ids=tuple(case.case_id for case in cases),
        lat=middle.lat if middle else None,
        lng=middle.lng if middle else None,
        area=_area(cases, middle),
        reason=asked.reason,
    )
    return Granted([fact], {"situation_id": situation_id}, {"told": 0})


def add_to_situation(state: State, request: Request) -> Granted:
    """Further cases belong to it; of a situation that is an incident, to that incident as well."""
    asked = read(request, given.ChangeSituation)
    situation = workable(state, request, asked.situation_id)
    new = [i for i in asked.case_ids if i not in situation.case_ids]
    if not new:
        raise Refused(f"situation {asked.situation_id} has those cases already")
    if len(situation.case_ids) + len(new) > given.MOST_CASES:
        raise Refused(f"case_ids: a situation has at most {given.MOST_CASES} cases")
    cases = _cases(state, new, situation.situation_id)
    facts: list[Payload] = [
        SituationExtended(
            situation_id=situation.situation_id, case_ids=tuple(case.case_id for case in cases), reason=asked.reason
        )
    ]
    if situation.state == PROMOTED:
        open_incident(state, situation.incident_id)
        facts += promotions(cases, situation.incident_id)
    return Granted(facts, {"situation_id": situation.situation_id}, _before(situation))


def remove_from_situation(state: State, request: Request) -> Granted:
    """Some of its cases do not belong to it; those that stood for its incident do so no more."""
    asked = read(request, given.ChangeSituation)
    situation = workable(state, request, asked.situation_id)
    if missing := [i for i in asked.case_ids if i not in situation.case_ids]:
        raise Refused(f"case {missing[0]} is not in situation {asked.situation_id}", {"case_ids": missing})
    if set(asked.case_ids) >= set(situation.case_ids):
        raise Refused(f"situation {asked.situation_id} would have no case left: close it")
    ids = tuple(dict.fromkeys(asked.case_ids))
    facts: list[Payload] = [
        SituationReduced(situation_id=situation.situation_id, case_ids=ids, reason=asked.reason),
        *demotions(state, ids, situation.incident_id, asked.reason),
    ]
    return Granted(facts, {"situation_id": situation.situation_id}, _before(situation))


def offer_situation(state: State, request: Request) -> Granted:
    """Let the dispatcher judge it; also again, after it was declined."""
    asked = read(request, given.OfSituation)
    situation = workable(state, request, asked.situation_id, OPEN, DECLINED)
    return Granted([SituationOffered(situation_id=situation.situation_id)], before=_before(situation))


def decline_situation(state: State, request: Request) -> Granted:
    asked = read(request, given.DeclineSituation)
    situation = workable(state, request, asked.situation_id, OFFERED)
    fact = SituationDeclined(situation_id=situation.situation_id, reason=asked.reason)
    return Granted([fact], before=_before(situation))


def promote_situation(state: State, request: Request) -> Granted:
    """Make one incident of it, or let its cases join one that is known already."""
    asked = read(request, given.PromoteSituation)
    situation = workable(state, request, asked.situation_id, OPEN, OFFERED)
    cases = [case for i in situation.case_ids if (case := state.cases.get(i)) is not None]
    facts: list[Payload] = []
    if asked.incident_id:
        incident_id = open_incident(state, asked.incident_id).incident_id
    else:
        _not_yet(state, cases)
        if not asked.kind:
            raise Refused("kind: needed, or incident_id of one that is known already")
        incident_id = new_incident_id(state)
        facts.append(_incident(situation, incident_id, asked))
        facts += [IncidentPromoted(incident_id=incident_id, case_id=case.case_id) for case in cases[:1]]
    facts += promotions([case for case in cases if case.is_open], incident_id)
    facts.append(SituationPromoted(situation_id=situation.situation_id, incident_id=incident_id))
    told = {"incident_id": incident_id, "situation_id": situation.situation_id}
    return Granted(facts, told, _before(situation))


def close_situation(state: State, request: Request) -> Granted:
    """It is over. An incident that was made of it goes on, as do its cases."""
    asked = read(request, given.CloseSituation)
    situation = workable(state, request, asked.situation_id)
    fact = SituationClosed(situation_id=situation.situation_id, reason=asked.reason)
    return Granted([fact], before=_before(situation))


def _incident(situation: Situation, incident_id: str, asked: given.PromoteSituation) -> IncidentReceived:
    return IncidentReceived(
        incident_id=incident_id,
        kind=asked.kind,
        priority=asked.priority,
        lat=situation.lat,
        lng=situation.lng,
        area=situation.area,
        agency=asked.agency,
    )


def _not_yet(state: State, cases: Sequence[Case]) -> None:
    """Raises Refused when one of the cases stands for an open incident: a second one would count it twice."""
    for case in cases:
        known = state.incidents.get(case.incident_id) if case.promoted_at is not None else None
        if known is not None and known.is_open:
            detail = {"incident_id": known.incident_id, "case_id": case.case_id}
            raise Refused(f"case {case.case_id} is incident {known.incident_id}: join that one", detail)


def promotions(cases: Sequence[Case], incident_id: str) -> list[Payload]:
    """The cases stand for the incident from now on, but for those that stand for it or another one already."""
    return [CasePromoted(case_id=case.case_id, incident_id=incident_id) for case in cases if case.promoted_at is None]


def demotions(state: State, case_ids: Sequence[str], incident_id: str, reason: str) -> list[Payload]:
    """Those of the cases that stand for the incident do so no more; none where it is ""."""
    return [
        CaseDemoted(case_id=case_id, incident_id=incident_id, reason=reason)
        for case_id in case_ids
        if incident_id and (case := state.cases.get(case_id)) is not None
        if case.promoted_at is not None and case.incident_id == incident_id
    ]


def workable(state: State, request: Request, situation_id: str, *states: str) -> Situation:
    """A situation that is not closed, as somebody saw it, and in one of the states if any are named. Raises Refused."""
    unchanged(request, known_situation(state, situation_id).seq)
    situation = open_one(state, situation_id)
    if states and situation.state not in states:
        detail = {"state": situation.state, "incident_id": situation.incident_id}
        raise Refused(f"situation {situation_id} is {situation.state}", detail)
    return situation


def known_situation(state: State, situation_id: str) -> Situation:
    """A situation that was opened. Raises Refused."""
    situation: Situation | None = state.situation_room.documents.get(situation_id)
    if situation is None or situation.opened_at is None:
        raise Refused(f"situation {situation_id} is unknown")
    return situation


def open_one(state: State, situation_id: str) -> Situation:
    """A situation that people still work on. Raises Refused."""
    situation = known_situation(state, situation_id)
    if situation.merged_into:
        said = f"situation {situation_id} is part of {situation.merged_into}"
        raise Refused(said, {"situation_id": situation.merged_into})
    if not situation.is_open:
        raise Refused(f"situation {situation_id} is closed")
    return situation


def _cases(state: State, case_ids: Sequence[str], situation_id: str) -> list[Case]:
    """The cases, each once. Raises Refused for one that is unknown here, or in another open situation."""
    found = []
    for case_id in dict.fromkeys(case_ids):
        case: Case | None = state.cases.get(case_id)
        if case is None or case.received_at is None:
            raise Refused(f"case {case_id} is unknown here", {"case_id": case_id})
        other = state.situation_room.of_case(case_id)
        if other and other != situation_id:
            raise Refused(f"case {case_id} is in situation {other}", {"case_id": case_id, "situation_id": other})
        found.append(case)
    return found


def _area(cases: Sequence[Case], middle: Case | None) -> str:
    named = Counter(case.area for case in cases if case.area)
    return (middle.area if middle else "") or (named.most_common(1)[0][0] if named else "")


def _new_id(state: State) -> str:
    """The next number of the city's day, told apart from incidents by its first letter."""
    day, n = f"S{state.now.astimezone(ZoneInfo(state.city.zone)):%y%m%d}", 1
    while f"{day}-{n:03d}" in state.situation_room.documents:
        n += 1
    return f"{day}-{n:03d}"


def _before(situation: Situation) -> dict[str, Any]:
    return {"told": situation.told, "state": situation.state}


# taking back


def _still(state: State, act: Act) -> Situation:
    """The situation of an act. Raises Refused when something happened to it since."""
    facts = list(act.payloads(*SituationPayload.__subclasses__()))
    situation_id = facts[0].situation_id
    situation: Situation | None = state.situation_room.documents.get(situation_id)
    if situation is None or situation.told != act.before["told"] + len(facts):
        raise Refused(f"situation {situation_id} was changed since", {"situation_id": situation_id})
    return situation


def _unopened(state: State, act: Act) -> list[Payload]:
    return [SituationClosed(situation_id=_still(state, act).situation_id, reason=UNDONE)]


def _unextended(state: State, act: Act) -> list[Payload]:
    situation, fact = _still(state, act), next(act.payloads(SituationExtended))
    taken = SituationReduced(situation_id=situation.situation_id, case_ids=fact.case_ids, reason=UNDONE)
    return [taken, *demotions(state, fact.case_ids, situation.incident_id, UNDONE)]


def _unreduced(state: State, act: Act) -> list[Payload]:
    situation, fact = _still(state, act), next(act.payloads(SituationReduced))
    cases = _cases(state, fact.case_ids, situation.situation_id)
    given_back = SituationExtended(situation_id=situation.situation_id, case_ids=fact.case_ids, reason=UNDONE)
    demoted = {taken.case_id for taken in act.payloads(CaseDemoted)}
    again = [case for case in cases if case.case_id in demoted]
    return [given_back, *promotions(again, situation.incident_id)]


def _unoffered(state: State, act: Act) -> list[Payload]:
    situation = _still(state, act)
    if act.before["state"] == DECLINED:
        raise Refused("it was declined before: ask the dispatcher to decline it again")
    return [SituationWithdrawn(situation_id=situation.situation_id, reason=UNDONE)]


def _undeclined(state: State, act: Act) -> list[Payload]:
    return [SituationOffered(situation_id=_still(state, act).situation_id)]


def _unpromoted(state: State, act: Act) -> list[Payload]:
    situation = _still(state, act)
    incident_id = situation.incident_id
    incident = known_incident(state, incident_id)
    made = next(act.payloads(IncidentReceived), None) is not None
    if made and incident.told != act.marks.get(incident_id, incident.told):
        raise Refused(f"incident {incident_id} went on since", {"incident_id": incident_id})
    if made and (crew := sorted(state.crews.get(incident_id, ()))):
        raise Refused(f"units are assigned to {incident_id} since: {', '.join(crew)}")
    stood = [fact.case_id for fact in act.payloads(CasePromoted)]
    facts: list[Payload] = [IncidentCancelled(incident_id=incident_id, reason=UNDONE)] if made else []
    facts += demotions(state, stood, incident_id, UNDONE)
    facts.append(SituationDemoted(situation_id=situation.situation_id, incident_id=incident_id, reason=UNDONE))
    return facts


def _unclosed(state: State, act: Act) -> list[Payload]:
    situation = _still(state, act)
    _cases(state, [i for i in situation.case_ids if i in state.cases], situation.situation_id)
    return [SituationReopened(situation_id=situation.situation_id, reason=UNDONE)]


# with the incident


def no_incident(state: State, incident_id: str, reason: str, but: str = "") -> list[Payload]:
    """What else holds no more when an incident that was made of a situation is none: the situation is open again.

    `but` is the case of which somebody else says so.
    """
    facts: list[Payload] = []
    for situation_id in state.situation_room.of_incident(incident_id):
        situation: Situation = state.situation_room.documents[situation_id]
        others = [case_id for case_id in situation.case_ids if case_id != but]
        facts += demotions(state, others, incident_id, reason)
        facts.append(SituationDemoted(situation_id=situation_id, incident_id=incident_id, reason=reason))
    return facts


def an_incident_again(act: Act, but: str = "") -> list[Payload]:
    """The same taken back."""
    cases = [CasePromoted(case_id=f.case_id, incident_id=f.incident_id) for f in act.payloads(CaseDemoted)]
    situations = [
        SituationPromoted(situation_id=f.situation_id, incident_id=f.incident_id)
        for f in act.payloads(SituationDemoted)
    ]
    return [*(fact for fact in cases if fact.case_id != but), *situations]


SITUATION_VERBS = {
    "open_situation": open_situation,
    "add_to_situation": add_to_situation,
    "remove_from_situation": remove_from_situation,
    "offer_situation": offer_situation,
    "decline_situation": decline_situation,
    "promote_situation": promote_situation,
    "close_situation": close_situation,
}
SITUATION_UNDOING = {
    "open_situation": _unopened,
    "add_to_situation": _unextended,
    "remove_from_situation": _unreduced,
    "offer_situation": _unoffered,
    "decline_situation": _undeclined,
    "promote_situation": _unpromoted,
    "close_situation": _unclosed,
}
