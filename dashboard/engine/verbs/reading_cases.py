"""What every verb of the hotline desk needs: the case it names, and whether what is asked fits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dashboard.engine.request import Refused, Request
from dashboard.engine.verbs.reading import unchanged
from hotline.cases import Case, fold_case
from hotline.life import objection
from streams.events import CasePayload, Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State

P = TypeVar("P", bound=CasePayload)


def known_case(state: State, case_id: str) -> Case:
    """A case that was received. Raises Refused."""
    case: Case | None = state.cases.get(case_id)
    if case is None or case.received_at is None:
        raise Refused(f"case {case_id} is unknown here")
    return case


def of_own_body(state: State, request: Request) -> None:
    """Raises Refused when the case is led by none of the bodies that the request is bound to: a case that is not known
    is told no other way."""
    case_id = request.args.get("case_id")
    case: Case | None = state.cases.get(case_id) if isinstance(case_id, str) else None
    if request.bodies is not None and (case is None or case.owner not in request.bodies):
        raise Refused(f"case {case_id} is not with your body")


def open_case(state: State, case_id: str, request: Request) -> Case:
    """A case that people work on, unchanged since it was seen. Raises Refused: unknown, part of another, closed."""
    case = known_case(state, case_id)
    if case.merged_into and case.closed_at is None:
        raise Refused(f"case {case_id} is part of {case.merged_into}", {"case_id": case.merged_into})
    if not case.is_open:
        raise Refused(f"case {case_id} is not open", {"stage": case.stage})
    unchanged(request, case.seq)
    return case


def sensible_case(case: Case, fact: type[CasePayload]) -> None:
    """Raises Refused when the table of a case's life knows no such step from its stage."""
    if said := objection(case.stage, fact):
        raise Refused(f"case {case.case_id} cannot be {said}", {"stage": case.stage})


def takes_effect_on_case(state: State, case: Case, fact: P) -> P:
    """The fact, unless it would change nothing: then an answer "done" would be a lie. Raises Refused."""
    recording = Recording(at=state.now, occurred_at=state.now, seq=case.seq)
    if fold_case(case, fact, recording) is case:
        raise Refused(f"case {case.case_id}: that changes nothing", {"version": case.seq})
    return fact
