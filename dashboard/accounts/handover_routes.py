"""The hand-over sheet by HTTP: look at it, offer it, take it back, accept it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.access import Access, error_response
from dashboard.accounts.accounts import Accounts
from dashboard.accounts.handover import Changed, Lists, Sheet, WaitingCases
from dashboard.accounts.positions import FLOOR
from dashboard.accounts.routes import actor_of, answer, for_people, may_sit, refuse_in_words, refuse_seats
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


@dataclass(frozen=True)
class Writing:
    """Writes sheets as of now. `lists`: how the lists of the hotline stand."""

    accounts: Accounts
    lists: Lists

    def fresh(self, sheet: Sheet) -> Sheet:
        """What was offered, with what is true now."""
        audit = self.accounts.audit
        composed = compose(audit.client, audit.keys, sheet, self.lists_for(sheet))
        return msgspec.structs.replace(composed, made_at=audit.now())

    def written(self, said: Offered, sheet_id: str) -> Sheet:
        """The sheet as it would be offered now by whoever asks."""
        name = g.principal.name
        blank = Sheet(
            sheet_id=sheet_id,
            giver=name,
            positions=said.positions or tuple(self.accounts.positions.of(name)),
            made_at=self.accounts.audit.now(),
            receiver=said.receiver,
            note=said.note,
        )
        return self.fresh(blank)

    def lists_for(self, sheet: Sheet) -> tuple[WaitingCases, ...]:
        return self.lists() if FLOOR in sheet.positions else ()


def handover_routes(access: Access, accounts: Accounts, lists: Lists = tuple) -> Blueprint:
    """`/handover`, for people who dispatch or lead the hotline's floor."""
    blueprint, writing = Blueprint("handover", __name__, url_prefix="/handover"), Writing(accounts, lists)
    _refusals(blueprint)
    _looking(blueprint, access, writing)
    _giving(blueprint, access, writing)
    _taking(blueprint, access, writing)
    return blueprint


def _refusals(blueprint: Blueprint) -> None:
    refuse_in_words(blueprint)

    @blueprint.errorhandler(Changed)
    def changed(error: Changed) -> Response:
        now = msgspec.to_builtins(error.sheet)
        return error_response(409, "changed", str(error), differences=error.differences, sheet=now)

    @blueprint.errorhandler(msgspec.DecodeError)
    def not_understood(error: msgspec.DecodeError) -> Response:
        return error_response(400, "bad_request", str(error))


def _looking(blueprint: Blueprint, access: Access, writing: Writing) -> None:
    @blueprint.get("")
    @for_people(access, Permission.HAND_OVER)
    def sheets() -> Response:
        """`mine`: what would be handed over; `offered` by me; `waiting` for me: all as of now.

        `?position=…`: `mine` is the sheet of these positions instead of those that I have.
        """
        asked = tuple(request.args.getlist("position"))
        if refused := refuse_seats(asked):
            return refused
        name, waiting = g.principal.name, writing.accounts.hand_overs.open()
        mine = [sheet for sheet in waiting if sheet.giver == name]
        others = [s for s in waiting if s.giver != name and s.receiver in ("", name) and may_sit(*s.positions)]
        told = {"offered": [writing.fresh(s) for s in mine], "waiting": [writing.fresh(s) for s in others]}
        return answer({"mine": writing.written(Offered(asked), ""), **told})


def _giving(blueprint: Blueprint, access: Access, writing: Writing) -> None:
    hand_overs = writing.accounts.hand_overs

    @blueprint.post("/offer")
    @for_people(access, Permission.HAND_OVER)
    def offer() -> Response:
        """`{positions, receiver, note}`, each may be left out."""
        said = _body(Offered)
        if refused := refuse_seats(said.positions):
            return refused
        return answer({"sheet": hand_overs.offer(actor_of(), writing.written(said, secrets.token_hex(8)))})

    @blueprint.post("/withdraw")
    @for_people(access, Permission.HAND_OVER)
    def withdraw() -> Response:
        """`{sheet_id}`."""
        hand_overs.withdraw(actor_of(), _body(Named).sheet_id)
        return answer({})


def _taking(blueprint: Blueprint, access: Access, writing: Writing) -> None:
    accounts = writing.accounts
    keys = accounts.audit.keys

    @blueprint.post("/accept")
    @for_people(access, Permission.HAND_OVER)
    def accept() -> Response:
        """`{sheet, desk}`: the sheet as it was seen; 409 with the difference when more has come since."""
        said = _body(Accepted)
        offered = accounts.hand_overs.get(said.sheet.sheet_id)
        if refused := refuse_seats(offered.sheet.positions if offered else ()):
            return refused
        lists = writing.lists_for(said.sheet)  # before the transaction, which asks nobody but Redis
        done = accounts.hand_overs.accept(
            actor_of(),
            said.sheet.sheet_id,
            said.sheet,
            said.desk,
            lambda redis, sheet: compose(redis, keys, sheet, lists),
            *watched(keys),
        )
        return answer({"sheet": done.sheet, "positions": accounts.positions.of(g.principal.name)})


def _body(shape: type[Any]) -> Any:
    """The posted JSON. Raises msgspec.DecodeError (of which a ValidationError is one)."""
    request.max_content_length = MOST_BODY_BYTES
    return msgspec.json.decode(request.get_data() or b"{}", type=shape)
