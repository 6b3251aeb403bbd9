"""`/replay/…`: snapshots of the past in the shape of the live ones, how far they reach, and where to jump to."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Blueprint, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItemPerMinute

from dashboard.access import Access
from dashboard.blocking import run_blocking
from dashboard.engine.frames import instant
from dashboard.replaying.asks import OK, Asking, NoAnswer, TooMany
from dashboard.replaying.following import KINDS, Following, following
from dashboard.replaying.past import NotKnown, bounds
from dashboard.roles import Principal
from dashboard.topics import INSIDE_ROLES, BadTopic, served_topics
from streams.archive.manifest import BadArchive
from streams.archive.view import Archive
from streams.codec import encode

T = TypeVar("T")
PER_MINUTE = 300  # a page that plays asks once a second; somebody who drags the slider, more
Limit = Callable[[str], bool]


class Refused(Exception):
    """A status, and the reason that the answer gives."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status = status


def limit_of(limiter: Limiter, scope: str, per_minute: int = PER_MINUTE) -> Limit:
    """Whether somebody may ask once more, counted for all web processes together."""
    item = RateLimitItemPerMinute(per_minute)
    return lambda who: bool(limiter.limiter.hit(item, scope, who))


def replay_routes(archive: Archive, asking: Asking, access: Access, limit: Limit) -> Blueprint:
    """The blueprint, bound to one city."""
    blueprint = Blueprint("replay", __name__, url_prefix="/replay")

    def asker() -> Principal:
        principal = access.live_principal(request)
        if principal is None:
            raise Refused(401, "sign in")
        if not limit(f"{principal.name}:{principal.session}:{get_remote_address()}"):
            raise Refused(429, f"at most {PER_MINUTE} requests a minute")
        return principal

    @blueprint.get("/snapshot")
    def snapshot() -> Response:
        """`?at=…&topics=…&topics=…`: the topics whole, as they were known at an instant."""
        principal = asker()
        at = _instant("at")
        try:
            topics = served_topics(request.args.getlist("topics"), *principal.roles)
        except BadTopic as error:
            raise Refused(400, str(error)) from None
        _of(archive, lambda: bounds(archive))  # without an archive nobody need wait
        try:
            answer = asking.picture(at, topics)
        except TooMany as error:
            raise Refused(503, str(error)) from None
        except NoAnswer as error:
            raise Refused(504, str(error)) from None
        return _passed_on(answer.body, answer.status)

    @blueprint.get("/bounds")
    def reach() -> Response:
        """From when until when any second can be shown."""
        asker()
        first, last = _of(archive, lambda: bounds(archive))
        return _json({"first": instant(first), "last": instant(last)})

    @blueprint.get("/next")
    def jump() -> Response:
        """`?after=…&kind=…`: the first second that shows the next one; its id for those inside."""
        principal, after = asker(), _instant("after")
        kind = request.args.get("kind", "")
        if kind not in KINDS:
            raise Refused(400, f"kind: one of {', '.join(KINDS)}")
        found = _of(archive, lambda: _following(archive, kind, after))
        if found is None:
            raise Refused(404, f"the archive knows no later {kind}")
        inside = {"id": found.id} if INSIDE_ROLES & set(principal.roles) else {}
        return _json({"at": instant(found.at), "kind": kind} | inside)

    @blueprint.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return _json({"error": {"code": error.status, "message": str(error)}}, error.status)

    return blueprint


def _following(archive: Archive, kind: str, after: datetime) -> Following | None:
    with archive.view() as view:
        return following(view, kind, after)


def _of(archive: Archive, ask: Callable[[], T]) -> T:
    """In the thread pool; an archive that is not there, or not yet, is said."""
    try:
        return run_blocking(ask)
    except (NotKnown, BadArchive) as error:
        reason = str(error) if archive.exists else "there is no archive yet: nothing can be replayed"
        raise Refused(404, reason) from None


def _instant(name: str) -> datetime:
    """An argument as a whole second, which is how finely one may ask."""
    try:
        at = datetime.fromisoformat(request.args.get(name, ""))
        if at.tzinfo is not None:
            return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise Refused(400, f"{name}: an instant with its zone, as 2026-06-01T17:43:05Z")


def _passed_on(body: bytes, status: int) -> Response:
    """What comes gzipped leaves so; only who cannot read that costs a thread."""
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(body if takes_gzip else run_blocking(gzip.decompress, body), status)
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept-Encoding"
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _json(body: object, status: int = OK) -> Response:
    response = Response(encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
