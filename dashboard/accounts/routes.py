"""What a signed-in page may ask about its person: who am I, lock, unlock, positions, sign out everywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import msgspec
from flask import Blueprint, Response, g, request, session
from flask_limiter import Limiter

from dashboard.access import Access, csrf_token, error_response
from dashboard.accounts.accounts import Accounts
from dashboard.accounts.audit import Actor
from dashboard.accounts.passwords import BadPassword
from dashboard.accounts.positions import FLOOR, NotYours, Standing
from dashboard.accounts.sessions import Ended
from dashboard.presence import KEY_SHOWN
from dashboard.roles import Permission
from streams.codec import encode

P = ParamSpec("P")
UNLOCK_TRIES = "10 per minute"
MOST_BODY_BYTES = 10_000


def account_routes(access: Access, accounts: Accounts, limiter: Limiter) -> Blueprint:
    """`/account` and `/positions`, for people only: a key has no desk."""
    blueprint = Blueprint("account", __name__)
    _account(blueprint, access, accounts)
    _secrets(blueprint, access, accounts, limiter)
    _positions(blueprint, access, accounts)
    refuse_in_words(blueprint)

    @blueprint.errorhandler(BadPassword)
    def bad_password(error: BadPassword) -> Response:
        return error_response(400, "bad_request", str(error))

    return blueprint


def refuse_in_words(blueprint: Blueprint) -> None:
    """What positions and sessions refuse, as answers."""

    @blueprint.errorhandler(NotYours)
    def not_yours(error: NotYours) -> Response:
        holding = error.holding.shown() if error.holding else None
        return error_response(409, "refused", str(error), reason=str(error), holding=holding)

    @blueprint.errorhandler(Ended)
    def ended(error: Ended) -> Response:
        return error_response(401, "unauthorized", str(error))


def for_people(access: Access, permission: Permission) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Decorate a view that needs a person's session and, unless it is READ_PICTURE, an unlocked desk."""

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @access.require(permission)
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            if not g.principal.session:
                return error_response(403, "no_person", "this is for people: sign in with name and password")
            return view(*args, **kwargs)

        return guarded

    return decorate


def _account(blueprint: Blueprint, access: Access, accounts: Accounts) -> None:
    @blueprint.get("/account")
    @for_people(access, Permission.READ_PICTURE)
    def account() -> Response:
        """Who am I. Asking now and then also keeps the cookie fresh: a desk in use is never signed out."""
        return answer(_told(accounts))

    @blueprint.post("/account/lock")
    @for_people(access, Permission.READ_PICTURE)
    def lock() -> Response:
        accounts.sessions.lock(g.principal.session)
        return answer(_told(accounts))

    @blueprint.post("/account/signout-everywhere")
    @for_people(access, Permission.READ_PICTURE)
    def sign_out_everywhere() -> Response:
        accounts.people.sign_out(actor_of(), g.principal.name)
        session.clear()
        return answer({})


def _secrets(blueprint: Blueprint, access: Access, accounts: Accounts, limiter: Limiter) -> None:
    """What is guessed at: limited by session, for every guess costs the server a tenth of a second."""
    limited = limiter.limit(UNLOCK_TRIES, key_func=lambda: "unlock:" + access.mark(request))

    @blueprint.post("/account/unlock")
    @limited
    @for_people(access, Permission.READ_PICTURE)
    def unlock() -> Response:
        """`{secret}`: the PIN or the password."""
        if not accounts.people.unlock(g.principal.session, _field("secret")):
            left = accounts.people.pin_tries_left(g.principal.name)
            return error_response(403, "wrong", "neither the PIN nor the password", pin_tries_left=left)
        return answer(_told(accounts))

    @blueprint.post("/account/pin")
    @limited
    @for_people(access, Permission.READ_PICTURE)
    def pin() -> Response:
        """`{password, pin}`: the password, so that an open desk that was left alone gives nobody a PIN."""
        if accounts.people.check(g.principal.name, _field("password")) is None:
            return error_response(403, "wrong", "this is not the password")
        accounts.people.set_pin(actor_of(), g.principal.name, _field("pin"))
        return answer(_told(accounts))


def _positions(blueprint: Blueprint, access: Access, accounts: Accounts) -> None:
    @blueprint.get("/positions")
    @for_people(access, Permission.READ_INCIDENTS)
    def positions() -> Response:
        """Who is where, and whether somebody is there; `?position=…` adds those that nobody has."""
        found = accounts.positions.standing(request.args.getlist("position"))
        return answer({"positions": [_standing(standing) for standing in found]})

    @blueprint.post("/positions/take")
    @for_people(access, Permission.HAND_OVER)
    def take() -> Response:
        """`{position, desk}`."""
        if refused := refuse_seats((_field("position"),)):
            return refused
        accounts.positions.take(actor_of(), _field("position"), _field("desk"))
        return answer(_told(accounts))

    @blueprint.post("/positions/leave")
    @for_people(access, Permission.READ_INCIDENTS)
    def leave() -> Response:
        """`{position}`."""
        accounts.positions.leave(actor_of(), _field("position"))
        return answer(_told(accounts))


def may_sit(*positions: str) -> bool:
    """Whether who asks may look after these: the hotline's floor needs one who acts on cases, a sector a dispatcher."""
    needed = {Permission.REQUEST_CASE if one == FLOOR else Permission.REQUEST_DISPATCH for one in positions}
    return all(g.principal.may(permission) for permission in needed)


def refuse_seats(positions: tuple[str, ...]) -> Response | None:
    """The answer to who may not look after one of these."""
    if may_sit(*positions):
        return None
    return error_response(403, "forbidden", f"role {g.principal.role} may not look after {', '.join(positions)[:200]}")


def _told(accounts: Accounts) -> dict[str, Any]:
    principal = g.principal
    found, person = accounts.sessions.find(principal.session), accounts.people.get(principal.name)
    return {
        "name": principal.name,
        "desk": principal.session[:KEY_SHOWN],
        "roles": principal.roles,
        "locale": found.locale if found else "",
        "locked": found is not None and found.locked_at is not None,
        "has_pin": bool(person and person.pin),
        "pin_tries_left": accounts.people.pin_tries_left(principal.name),
        "positions": accounts.positions.of(principal.name),
        "csrf": csrf_token(),
    }


def _standing(standing: Standing) -> dict[str, Any]:
    held = standing.holding.shown() if standing.holding else None
    return {"position": standing.position, "presence": standing.presence, "held": held}


def actor_of() -> Actor:
    actor: Actor = g.principal.actor(request.remote_addr or "")
    return actor


def _field(name: str) -> str:
    """One text of the posted JSON; an absent one is empty, which nobody's secret or position is."""
    request.max_content_length = MOST_BODY_BYTES
    try:
        body = msgspec.json.decode(request.get_data())
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def answer(body: Any) -> Response:
    response = Response(encode(body), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
