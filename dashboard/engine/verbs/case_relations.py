"""What people may ask about how cases belong together, and what they write beside them: notes and labels."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.engine import case_arguments as given
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import clock, read, unchanged
from dashboard.engine.verbs.reading_cases import known_case, open_case
from streams.events import CaseFlagged, CaseMerged, CaseNoted, CaseUnflagged, CaseUnmerged

if TYPE_CHECKING:
    from dashboard.engine.state import State

LONGEST_LABEL = timedelta(days=366)


def merge_cases(state: State, request: Request) -> Granted:
    """Both are one matter, led by `into`. Each stays received; only the lead is open."""
    asked = read(request, given.MergeCases)
    if asked.case_id == asked.into:
        raise Refused("into: needs two different cases")
    case = open_case(state, asked.case_id, request)
    lead = known_case(state, asked.into)
    if lead.merged_into and lead.closed_at is None:
        raise Refused(f"case {asked.into} is part of {lead.merged_into}", {"case_id": lead.merged_into})
    if not lead.is_open:
        raise Refused(f"case {asked.into} is not open", {"stage": lead.stage})
    if case.members:
        raise Refused(f"case {asked.case_id} leads {case.members}: merge the other way round")
    if case.promoted_at is not None and not lead.promoted_at:
        said = f"case {asked.case_id} is incident {case.incident_id}: merge the other way round"
        raise Refused(said, {"incident_id": case.incident_id})
    fact = CaseMerged(case_id=asked.case_id, into=asked.into, reason=asked.reason)
    return Granted([fact], {"lead": asked.into})


def unmerge_case(state: State, request: Request) -> Granted:
    """A matter of its own after all: open again, unless it was closed."""
    asked = read(request, given.UnmergeCase)
    case = known_case(state, asked.case_id)
    if not case.merged_into:
        raise Refused(f"case {asked.case_id} is no part of another")
    unchanged(request, case.seq)
    fact = CaseUnmerged(case_id=asked.case_id, of=case.merged_into, reason=asked.reason)
    return Granted([fact], {"lead": case.merged_into})


def note_case(state: State, request: Request) -> Granted:
    """Write something down, of a case in any state; the words are kept apart."""
    asked = read(request, given.NoteCase)
    case = known_case(state, asked.case_id)
    note = CaseNoted(case_id=case.case_id, note_id=request.request_id, text=asked.text)
    return Granted([note], {"note_id": request.request_id})


def flag_case(state: State, request: Request) -> Granted:
    """Put a label on it, for a reason and a time: that it was ruled out of remit, say, and counts in no rate."""
    asked = read(request, given.FlagCase)
    case = known_case(state, asked.case_id)
    unchanged(request, case.seq)
    if asked.until <= state.now:
        raise Refused(f"until: lies behind, it is {clock(state.now)} in the city")
    if asked.until > state.now + LONGEST_LABEL:
        raise Refused(f"until: at most {LONGEST_LABEL.days} days ahead")
    return Granted([CaseFlagged(case_id=case.case_id, flag=asked.flag, until=asked.until, reason=asked.reason)])


def unflag_case(state: State, request: Request) -> Granted:
    asked = read(request, given.UnflagCase)
    case = known_case(state, asked.case_id)
    unchanged(request, case.seq)
    if all(label.flag != asked.flag for label in case.labels):
        raise Refused(f"case {case.case_id} has no label {asked.flag[:40]!r}")
    return Granted([CaseUnflagged(case_id=case.case_id, flag=asked.flag, reason=asked.reason)])


CASE_RELATION_VERBS = {
    "flag_case": flag_case,
    "unflag_case": unflag_case,
    "merge_cases": merge_cases,
    "unmerge_case": unmerge_case,
    "note_case": note_case,
}
