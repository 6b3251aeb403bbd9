"""What every address of the past has in common: who may ask how often, which instant, and how an answer leaves."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItemPerMinute

from dashboard.access import Access
from dashboard.blocking import run_blocking
from dashboard.replaying.asks import OK, Answer, Asking, NoAnswer, TooMany
from dashboard.replaying.past import NotKnown, bounds
from dashboard.roles import Principal
from streams.archive.manifest import BadArchive
from streams.archive.view import Archive
from streams.codec import encode

T = TypeVar("T")
PER_MINUTE = 600  # a desk that plays asks three or four times a second; somebody who drags the slider, more
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


@dataclass(frozen=True)
class Door:
    """One city's past, and who may ask about it."""

    archive: Archive
    asking: Asking
    access: Access
    limit: Limit

    def asker(self) -> Principal:
        """Who sees pages, and has not asked too often. Raises Refused."""
        principal = self.access.live_principal(request)
        if principal is None:
            raise Refused(401, "sign in")
        self.count(principal)
        return principal

    def count(self, principal: Principal) -> None:
        """Raises Refused for who has asked too often."""
        if not self.limit(f"{principal.name}:{principal.session}:{get_remote_address()}"):
            raise Refused(429, f"at most {PER_MINUTE} requests a minute")

    def answered(self, ask: Callable[[], Answer]) -> Response:
        """The replayer's answer, passed on. Raises Refused where there is no archive, or no answer in time."""
        in_thread(self.archive, lambda: bounds(self.archive))  # without an archive nobody need wait
        try:
            answer = ask()
        except TooMany as error:
            raise Refused(503, str(error)) from None
        except NoAnswer as error:
            raise Refused(504, str(error)) from None
        return _passed_on(answer.body, answer.status)


def in_thread(archive: Archive, ask: Callable[[], T]) -> T:
    """In the thread pool; an archive that is not there, or not yet, is said. Raises Refused."""
    try:
        return run_blocking(ask)
    except (NotKnown, BadArchive) as error:
        reason = str(error) if archive.exists else "there is no archive yet: nothing can be replayed"
        raise Refused(404, reason) from None


def whole_second(name: str) -> datetime:
    """An argument as a whole second, which is how finely one may ask. Raises Refused."""
    try:
        at = datetime.fromisoformat(request.args.get(name, ""))
        if at.tzinfo is not None:
            return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise Refused(400, f"{name}: an instant with its zone, as 2026-06-01T17:43:05Z")


def json_answer(body: object, status: int = OK) -> Response:
    response = Response(encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


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
