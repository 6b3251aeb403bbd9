"""What people may ask about cases and persons: close, reopen, erase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine.request import Refused, Request
from dashboard.engine.verbs.reading import unchanged
from streams.events import CaseClosed, CaseReopened, Payload, SubjectErased

if TYPE_CHECKING:
    from dashboard.engine.state import State


def _text(request: Request, name: str) -> str:
    value = request.args.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"{name}: needed, as text")
    return value


def close_case(state: State, request: Request) -> list[Payload]:
    case_id = _text(request, "case_id")
    case = state.cases.get(case_id)
    if case is None or not case.is_open:
        raise Refused(f"case {case_id} is not open")
    unchanged(request, case.seq)
    return [CaseClosed(case_id=case_id, reason=str(request.args.get("reason", "")))]


def reopen_case(state: State, request: Request) -> list[Payload]:
    case_id = _text(request, "case_id")
    case = state.cases.get(case_id)
    if case is None or case.received_at is None:
        raise Refused(f"case {case_id} is unknown here")
    if case.is_open:
        raise Refused(f"case {case_id} is open")
    unchanged(request, case.seq)
    return [CaseReopened(case_id=case_id, reason=_text(request, "reason"))]


def erase(state: State, request: Request) -> list[Payload]:
    """Erase a subject's personal fields; the counts stay."""
    return [SubjectErased(erased=_text(request, "subject"))]


CASE_VERBS = {"close_case": close_case, "reopen_case": reopen_case, "erase": erase}
