"""What the hotline may ask about callers: propose the label of a nuisance, agree as a second person, take it back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from dashboard.engine.request import Refused, Request
from dashboard.engine.verbs.reading import clock, read, unchanged
from hotline.callers import LONGEST, CallerFlag
from streams.events import CallerFlagged, CallerSeconded, CallerUnflagged, Payload

if TYPE_CHECKING:
    from dashboard.engine.state import State

CallerId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{20}$")]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class OfCaller(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    caller: CallerId


class FlagCaller(OfCaller, frozen=True, kw_only=True):
    reason: Reason
    until: datetime


class UnflagCaller(OfCaller, frozen=True, kw_only=True):
    reason: Reason


def flag_caller(state: State, request: Request) -> list[Payload]:
    """Propose the label: with a reason and an end, at most 90 days ahead."""
    asked = read(request, FlagCaller)
    if asked.until.tzinfo is None:
        raise Refused("until: needs a zone")
    if not state.now < asked.until <= state.now + LONGEST:
        raise Refused(f"until: needs a time from now to {clock(state.now + LONGEST)} ({LONGEST.days} days at most)")
    known = _known(state, asked.caller)
    if known is not None:
        unchanged(request, known.seq)
        said = "labelled" if known.seconded_by else "proposed"
        raise Refused(f"{said} already, by {known.by}: take that back first", {"version": known.seq})
    return [CallerFlagged(caller=asked.caller, reason=asked.reason, until=asked.until)]


def second_flag(state: State, request: Request) -> list[Payload]:
    """Agree, as somebody else than who proposed it."""
    asked = read(request, OfCaller)
    known = _standing(state, asked.caller)
    unchanged(request, known.seq)
    if known.seconded_by:
        raise Refused(f"seconded already, by {known.seconded_by}", {"version": known.seq})
    if known.by == request.actor:
        raise Refused("this needs a second person: you proposed it", {"version": known.seq})
    return [CallerSeconded(caller=asked.caller)]


def unflag_caller(state: State, request: Request) -> list[Payload]:
    """Take the label, or the proposal, back. Anybody at the hotline may, alone."""
    asked = read(request, UnflagCaller)
    unchanged(request, _standing(state, asked.caller).seq)
    return [CallerUnflagged(caller=asked.caller, reason=asked.reason)]


def _known(state: State, caller: str) -> CallerFlag | None:
    flag: CallerFlag | None = state.caller_room.documents.get(caller)
    return flag if flag is not None and flag.stands(state.now) else None


def _standing(state: State, caller: str) -> CallerFlag:
    known = _known(state, caller)
    if known is None:
        raise Refused("nothing is said of this caller, or its time is over")
    return known


CALLER_VERBS = {"flag_caller": flag_caller, "second_flag": second_flag, "unflag_caller": unflag_caller}
