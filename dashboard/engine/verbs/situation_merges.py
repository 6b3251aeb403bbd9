"""What people ask about two situations that are one thing, or one that was two after all: merge them, split them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.engine import situation_arguments as given
from dashboard.engine.acts import Act
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import open_incident, read, unchanged
from dashboard.engine.verbs.situations import UNDONE, demotions, known_situation, open_one, promotions, workable
from hotline.situations import PROMOTED, Situation
from streams.events import (
    CaseDemoted,
    Payload,
    SituationExtended,
    SituationMerged,
    SituationReduced,
    SituationSplit,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State


def merge_situations(state: State, request: Request) -> Granted:
    """Both are one thing: `into` has the cases of both, and stays what it is; the other one is closed as its part."""
    asked = read(request, given.MergeSituations)
    if asked.situation_id == asked.into:
        raise Refused("into: needs two different situations")
    part, lead = workable(state, request, asked.situation_id), open_one(state, asked.into)
    if part.state == PROMOTED:
        _keep_incident(part, lead)
    if len(part.case_ids) + len(lead.case_ids) > given.MOST_CASES:
        raise Refused(f"case_ids: a situation has at most {given.MOST_CASES} cases")
    facts = _joined(part, lead, asked.reason)
    if lead.state == PROMOTED:
        open_incident(state, lead.incident_id)
        cases = [case for i in part.case_ids if (case := state.cases.get(i)) is not None and case.is_open]
        facts += promotions(cases, lead.incident_id)
    told = {"situation_id": lead.situation_id, "merged": part.situation_id}
    return Granted(facts, told, _before(part, lead))


def split_situation(state: State, request: Request) -> Granted:
    """A thing of its own after all: open again as it was, with what it brought and the other one still has."""
    asked = read(request, given.SplitSituation)
    part = known_situation(state, asked.situation_id)
    unchanged(request, part.seq)
    if not part.merged_into:
        raise Refused(f"situation {asked.situation_id} is no part of another")
    lead = open_one(state, part.merged_into)
    ids = _brought(part, lead)
    if not ids:
        raise Refused(f"situation {part.situation_id} would have no case left: open a new one")
    if len(ids) == len(lead.case_ids):
        raise Refused(f"situation {lead.situation_id} would have no case left: close it")
    told = {"situation_id": part.situation_id, "split_from": lead.situation_id}
    return Granted(_parting(state, part, lead, asked.reason), told, _before(part, lead))


def _keep_incident(part: Situation, lead: Situation) -> None:
    """Raises Refused: an incident has its units and its history, so it is never the one that goes."""
    detail = {"incident_id": part.incident_id}
    if lead.state == PROMOTED:
        said = f"situations {part.situation_id} and {lead.situation_id} are incidents: merge the incidents"
        raise Refused(said, detail)
    raise Refused(f"situation {part.situation_id} is incident {part.incident_id}: merge the other way round", detail)


def _joined(part: Situation, lead: Situation, reason: str) -> list[Payload]:
    """Closed first: no case is in two open situations, not even between two facts."""
    return [
        SituationMerged(situation_id=part.situation_id, into=lead.situation_id, reason=reason),
        SituationExtended(situation_id=lead.situation_id, case_ids=part.case_ids, reason=reason),
    ]


def _parting(state: State, part: Situation, lead: Situation, reason: str) -> list[Payload]:
    ids = _brought(part, lead)
    return [
        SituationReduced(situation_id=lead.situation_id, case_ids=ids, reason=reason),
        SituationSplit(situation_id=part.situation_id, of=lead.situation_id, case_ids=ids, reason=reason),
        *demotions(state, ids, lead.incident_id, reason),
    ]


def _brought(part: Situation, lead: Situation) -> tuple[str, ...]:
    return tuple(case_id for case_id in part.case_ids if case_id in lead.case_ids)


def _before(part: Situation, lead: Situation) -> dict[str, Any]:
    return {"part": part.situation_id, "lead": lead.situation_id, "told": [part.told, lead.told]}


# taking back


def _still(state: State, act: Act) -> tuple[Situation, Situation]:
    """Both situations of an act. Raises Refused when something happened to either since: each was told one fact."""
    found = [known_situation(state, act.before[name]) for name in ("part", "lead")]
    for situation, told in zip(found, act.before["told"], strict=True):
        if situation.told != told + 1:
            said = f"situation {situation.situation_id} was changed since"
            raise Refused(said, {"situation_id": situation.situation_id})
    return found[0], found[1]


def _unmerged(state: State, act: Act) -> list[Payload]:
    return _parting(state, *_still(state, act), UNDONE)


def _unsplit(state: State, act: Act) -> list[Payload]:
    part, lead = _still(state, act)
    stood = [fact.case_id for fact in act.payloads(CaseDemoted)]
    cases = [case for case_id in stood if (case := state.cases.get(case_id)) is not None]
    return [*_joined(part, lead, UNDONE), *promotions(cases, lead.incident_id)]


SITUATION_MERGE_VERBS = {"merge_situations": merge_situations, "split_situation": split_situation}
SITUATION_MERGE_UNDOING = {"merge_situations": _unmerged, "split_situation": _unsplit}
