"""What the hotline may ask about a call that is followed: join it, as interpreter or supervisor, and leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from dashboard.engine.request import Refused, Request
from dashboard.engine.verbs.reading import read
from hotline.calls import Call
from hotline.following import is_followed
from streams.events import CallJoined, CallLeft, Payload

if TYPE_CHECKING:
    from dashboard.engine.state import State

CallId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class JoinCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    call_id: CallId
    role: Literal["interpreter", "supervisor"] = "interpreter"


class LeaveCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    call_id: CallId


def join_call(state: State, request: Request) -> list[Payload]:
    """Beside caller and agent from now on. One interpreter and one supervisor at a time."""
    asked = read(request, JoinCall)
    call = _followed(state, asked.call_id)
    for one in call.beside:
        if one.here and one.who == request.actor:
            raise Refused(f"you are in this call already, as {one.role}")
        if one.here and one.role == asked.role:
            raise Refused(f"{one.who} is in this call already, as {one.role}")
    return [CallJoined(call_id=asked.call_id, who=request.actor, role=asked.role)]


def leave_call(state: State, request: Request) -> list[Payload]:
    asked = read(request, LeaveCall)
    call = _followed(state, asked.call_id)
    if not any(one.here and one.who == request.actor for one in call.beside):
        raise Refused("you are not in this call")
    return [CallLeft(call_id=asked.call_id, who=request.actor)]


def _followed(state: State, call_id: str) -> Call:
    call: Call | None = state.call_room.documents.get(call_id)
    if call is None or not is_followed(call):
        raise Refused(f"call {call_id[:200]} is not followed, or is over")
    return call


CALL_VERBS = {"join_call": join_call, "leave_call": leave_call}
