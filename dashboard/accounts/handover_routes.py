"""The hand-over sheet by HTTP: look at it, offer it, take it back, accept it."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.access import Access, error_response
from dashboard.accounts.accounts import Accounts
from dashboard.accounts.handover import Changed, Sheet
from dashboard.accounts.routes import actor_of, answer, for_people, refuse_in_words
from dashboard.accounts.sheet import compose, watched
from dashboard.roles import Permission

MOST_BODY_BYTES = 500_000  # a sheet comes back as it was seen, and a bad day has many lines


class Offered(msgspec.Struct, frozen=True):
    """What the giver says: the rest of the sheet is read from what is true. Without positions: all of theirs."""

    positions: tuple[str, ...] = ()
    receiver: str = ""
    note: str = ""


class Named(msgspec.Struct, frozen=True):
    """A sheet by its id."""

    sheet_id: str


class Accepted(msgspec.Struct, frozen=True):
    """The sheet as the receiver was shown it, and the desk that takes over."""

    sheet: Sheet
    desk: str = ""


def handover_routes(access: Access, accounts: Accounts) -> Blueprint:
    """`/handover`, for people who dispatch."""
    blueprint = Blueprint("handover", __name__, url_prefix="/handover")
    hand_overs, keys, audit = accounts.hand_overs, access.keys, accounts.audit
    refuse_in_words(blueprint)

    @blueprint.errorhandler(Changed)
    def changed(error: Changed) -> Response:
        now = msgspec.to_builtins(error.sheet)
        return error_response(409, "changed", str(error), differences=error.differences, sheet=now)

    @blueprint.errorhandler(msgspec.DecodeError)
    def not_understood(error: msgspec.DecodeError) -> Response:
        return error_response(400, "bad_request", str(error))

    def fresh(sheet: Sheet) -> Sheet:
        composed = compose(audit.client, keys, sheet)
        return msgspec.structs.replace(composed, made_at=audit.now())

    def written(said: Offered, sheet_id: str) -> Sheet:
        """The sheet as it would be offered now."""
        name = g.principal.name
        positions = said.positions or tuple(accounts.positions.of(name))
        blank = Sheet(
            sheet_id=sheet_id,
            giver=name,
            positions=positions,
            made_at=audit.now(),
            receiver=said.receiver,
            note=said.note,
        )
        return fresh(blank)

    @blueprint.get("")
    @for_people(access, Permission.REQUEST_DISPATCH)
    def sheets() -> Response:
        """`mine`: what would be handed over; `offered` by me; `waiting` for me: all as of now."""
        open_now = [fresh(sheet) for sheet in hand_overs.open()]
        name = g.principal.name
        waiting = [s for s in open_now if s.giver != name and s.receiver in ("", name)]
        offered = [s for s in open_now if s.giver == name]
        return answer({"mine": written(Offered(), ""), "offered": offered, "waiting": waiting})

    @blueprint.post("/offer")
    @for_people(access, Permission.REQUEST_DISPATCH)
    def offer() -> Response:
        """`{positions, receiver, note}`, each may be left out."""
        said = _body(Offered)
        return answer({"sheet": hand_overs.offer(actor_of(), written(said, secrets.token_hex(8)))})

    @blueprint.post("/withdraw")
    @for_people(access, Permission.REQUEST_DISPATCH)
    def withdraw() -> Response:
        """`{sheet_id}`."""
        hand_overs.withdraw(actor_of(), _body(Named).sheet_id)
        return answer({})

    @blueprint.post("/accept")
    @for_people(access, Permission.REQUEST_DISPATCH)
    def accept() -> Response:
        """`{sheet, desk}`: the sheet as it was seen; 409 with the difference when more has come since."""
        said = _body(Accepted)
        done = hand_overs.accept(
            actor_of(),
            said.sheet.sheet_id,
            said.sheet,
            said.desk,
            lambda redis, sheet: compose(redis, keys, sheet),
            *watched(keys),
        )
        return answer({"sheet": done.sheet, "positions": accounts.positions.of(g.principal.name)})

    return blueprint


def _body(shape: type[Any]) -> Any:
    """The posted JSON. Raises msgspec.DecodeError (of which a ValidationError is one)."""
    request.max_content_length = MOST_BODY_BYTES
    return msgspec.json.decode(request.get_data() or b"{}", type=shape)
