"""What operators may ask for: each verb is decided into facts, or refused with its reason.

Requests are the only thing that is refused for contradicting the state; facts from outside are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from dashboard.engine.publish_verbs import PUBLISH_VERBS
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.agencies import AGENCY_VERBS
from dashboard.engine.verbs.alarms import ALARM_VERBS
from dashboard.engine.verbs.callers import CALLER_VERBS
from dashboard.engine.verbs.calls import CALL_VERBS
from dashboard.engine.verbs.cases import CASE_VERBS
from dashboard.engine.verbs.incidents import INCIDENT_VERBS
from dashboard.engine.verbs.major import MAJOR_VERBS
from dashboard.engine.verbs.matters import MATTER_VERBS
from dashboard.engine.verbs.reading_cases import of_own_body
from dashboard.engine.verbs.relations import RELATION_VERBS
from dashboard.engine.verbs.situation_merges import SITUATION_MERGE_VERBS
from dashboard.engine.verbs.situations import SITUATION_VERBS
from dashboard.engine.verbs.tasks import TASK_VERBS
from dashboard.engine.verbs.undo import undo
from dashboard.engine.verbs.units import UNIT_VERBS
from dashboard.engine.verbs.warnings import WARNING_VERBS
from streams.codec import MAX_ID, Malformed
from streams.events import Payload

if TYPE_CHECKING:
    from dashboard.engine.state import State

Verb = Callable[["State", Request], Granted | list[Payload]]


def decode_request(raw: bytes) -> Request:
    """A request from its stream entry. Raises Malformed with a reason."""
    try:
        request = msgspec.json.decode(raw, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not a request: {error}") from None
    if request.valid_until.tzinfo is None:
        raise Malformed("valid_until: needs a zone")
    if not 0 < len(request.request_id) <= MAX_ID:
        raise Malformed(f"request_id: needs 1 to {MAX_ID} characters")
    return request


def decide_request(state: State, request: Request, wall: datetime) -> Granted:
    """Facts that grant the request. Raises Refused: late, unknown, changed since, or against the state."""
    if wall > request.valid_until:
        raise Refused("late: not executed, because it was decided after its time; ask again")
    verb = VERBS.get(request.verb)
    if verb is None:
        raise Refused(f"unknown verb {request.verb!r}; known: {', '.join(sorted(VERBS))}")
    of_own_body(state, request)
    granted = verb(state, msgspec.structs.replace(request, decided_at=wall))
    return granted if isinstance(granted, Granted) else Granted(granted)


VERBS: Mapping[str, Any] = {
    **INCIDENT_VERBS,
    **RELATION_VERBS,
    **AGENCY_VERBS,
    **MAJOR_VERBS,
    **TASK_VERBS,
    **UNIT_VERBS,
    **ALARM_VERBS,
    "undo": undo,
    **CASE_VERBS,
    **CALLER_VERBS,
    **CALL_VERBS,
    **SITUATION_VERBS,
    **SITUATION_MERGE_VERBS,
    **MATTER_VERBS,
    **WARNING_VERBS,
    **PUBLISH_VERBS,
}
