"""Who asks, and the one check that every read and write passes.

People sign in with name and password (`dashboard/accounts`), programs and screens with keys; both end up here.
`HEXWATCH_API_KEY` is an admin key from settings.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import redis
from flask import Flask, Request, Response, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from dashboard.access_keys import MAX_KEY, digest_of, record_of
from dashboard.accounts.audit import Audit
from dashboard.accounts.sessions import Ended, Sessions, mark_of
from dashboard.roles import ADMIN, KIOSK, Permission, Principal, Role
from streams.codec import encode
from streams.keys import Keys

P = ParamSpec("P")
R = TypeVar("R")

CACHE_S = 3.0
MAX_CACHED = 10_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# In the cookie: a key's mark; the id of a person's session, under the name that Flask-Login gives it; the token.
SESSION_KEY, SESSION_PERSON, SESSION_CSRF = "key", "_user_id", "csrf"
CSRF_HEADER = "X-CSRF-Token"


class SignedIn(UserMixin):
    """A person as Flask-Login knows one. Its "user id" is the id of one session, so that ending that ends this."""

    def __init__(self, session_id: str, principal: Principal) -> None:
        self.session_id, self.principal = session_id, principal

    def get_id(self) -> str:
        return self.session_id


@dataclass
class Access:
    """Answers who a request comes from, and refuses what its role may not do."""

    client: redis.Redis
    keys: Keys
    admin_key: str = field(default="", repr=False)
    open_kiosk: bool = False  # loopback sees the wall without a key
    monotonic: Callable[[], float] = time.monotonic
    sessions: Sessions | None = None  # of people; made here when the program brings none
    _cache: dict[str, tuple[float, Principal | None]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.person_sessions: Sessions = self.sessions or Sessions(Audit(self.client, self.keys))

    @property
    def audit(self) -> Audit:
        """Where is written down who did what."""
        return self.person_sessions.audit

    def attach(self, app: Flask) -> None:
        """Let people sign in to `app`: Flask-Login says who asks, the sessions on the server whether that holds."""
        manager = LoginManager()
        # A desk whose address changes, by a fail-over say, is not signed out; the audit says from where it acted.
        manager.session_protection = None
        manager.user_loader(self._signed_in)
        manager.init_app(app, add_context_processor=False)

    def principal_of(self, key: str) -> Principal | None:
        """The holder of a plain key."""
        if not key or len(key) > MAX_KEY:
            return None
        if self.admin_key and hmac.compare_digest(digest_of(key), digest_of(self.admin_key)):
            return ADMIN
        return self._holder(digest_of(key))

    def authenticate(self, asked: Request) -> Principal | None:
        """Who asks, by `Authorization: Bearer`, `X-API-Key` or the browser's session; None: nobody we know.

        A key that is sent but wrong is not made good by a session.
        """
        key = _sent_key(asked)
        return self.principal_of(key) if key is not None else self._session_principal()

    def page_principal(self, asked: Request) -> Principal | None:
        """The same for pages: the key of an outside portal, which may only file reports, opens none."""
        known = self.authenticate(asked)
        return known if known is not None and known.may(Permission.READ_PICTURE) else None

    def live_principal(self, asked: Request) -> Principal | None:
        """The same for wall pages and /live, which a demo opens to loopback as kiosk. Never for /api."""
        known = self.page_principal(asked)
        return KIOSK if known is None and self.open_kiosk and _is_loopback(asked) else known

    def require(self, permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
        """Decorate a view: 401 for strangers, 403 for roles that may not; the asker stands in `g.principal`."""

        def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
            @wraps(view)
            def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
                principal = self.authenticate(request)
                refused = self._refusal(principal, permission)
                if refused is not None:
                    return refused
                g.principal = principal
                return view(*args, **kwargs)

            return guarded

        return decorate

    def _refusal(self, principal: Principal | None, permission: Permission) -> Response | None:
        if principal is None:
            refused = error_response(401, "unauthorized", "send a key: Authorization: Bearer KEY, or sign in")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        if principal.is_locked and not principal.may(permission):
            return error_response(423, "locked", "this desk is locked: unlock it with the PIN or the password")
        if not principal.may(permission):
            return error_response(403, "forbidden", f"role {principal.role} lacks {permission}")
        # A browser adds its session to any request, also to one that another site made it send.
        if request.method not in SAFE_METHODS and _sent_key(request) is None and not has_csrf_token():
            return error_response(403, "csrf", f"send the session's token as {CSRF_HEADER}")
        return None

    # sessions

    def sign_in(self, key: str) -> Principal | None:
        """Begin a session for the holder of `key`: a new one, so that no token known before survives."""
        principal = self.principal_of(key)
        if principal is not None:
            self.sign_out()
            session[SESSION_KEY] = self._admin_mark() if principal is ADMIN else digest_of(key)
            csrf_token()
        return principal

    def sign_in_person(self, person: Any) -> None:
        """Begin a session for a person whose password was checked, in place of any before. Raises sessions.Ended."""
        peer, agent = request.remote_addr or "", request.headers.get("User-Agent", "")
        session_id = self.person_sessions.begin(person, peer, agent)
        self.sign_out()
        signed_in = self._signed_in(session_id)
        if signed_in is None:
            raise Ended("the account was changed meanwhile")
        login_user(signed_in)
        csrf_token()

    def sign_out(self) -> None:
        """End the browser's session; a person's also on the server, so that a copied cookie opens nothing."""
        session_id = session.get(SESSION_PERSON)
        try:
            if isinstance(session_id, str):
                self.person_sessions.end(mark_of(session_id))
        finally:
            if SESSION_PERSON in session:
                logout_user()
            session.clear()

    def mark(self, asked: Request) -> str:
        """What `living` asks about while a socket of this asker is open. Empty: what cannot end (the admin key)."""
        key = _sent_key(asked)
        if key is not None:
            return "" if self.principal_of(key) is ADMIN else "key:" + digest_of(key)
        if isinstance(session_id := session.get(SESSION_PERSON), str):
            return "person:" + mark_of(session_id)
        digest = str(session.get(SESSION_KEY, ""))
        return "" if digest.startswith("admin:") or not digest else "key:" + digest

    def living(self, marks: Iterable[str]) -> set[str]:
        """Which of these marks may still be served; those of people count as seen by this."""
        wanted = set(marks)
        people = {mark.removeprefix("person:") for mark in wanted if mark.startswith("person:")}
        alive = self.person_sessions.living(people)
        self.person_sessions.touch(alive)
        keys = {mark for mark in wanted if mark.startswith("key:") and self._holder(mark.removeprefix("key:"))}
        return {"person:" + mark for mark in alive} | keys | (wanted & {""})

    def _session_principal(self) -> Principal | None:
        if not isinstance(session.get(SESSION_PERSON), str):
            return self._key_holder(session)
        return current_user.principal if current_user.is_authenticated else None

    def _signed_in(self, session_id: Any) -> SignedIn | None:
        """Flask-Login's question: who is behind the id in this cookie?"""
        principal = self._person(mark_of(session_id)) if isinstance(session_id, str) else None
        return SignedIn(session_id, principal) if principal else None

    def _person(self, mark: str) -> Principal | None:
        """Never from a cache: being signed out, and being unlocked, holds at once and in every process."""
        found = self.person_sessions.come_back(mark)
        if found is None:
            return None
        self.person_sessions.touch([mark])
        role, *others = (Role(role) for role in found.roles)
        return Principal(found.name, role, tuple(others), mark, found.locked_at is not None, found.bodies)

    def _key_holder(self, known: Mapping[str, Any]) -> Principal | None:
        mark = known.get(SESSION_KEY)
        if not isinstance(mark, str):
            return None
        if self.admin_key and hmac.compare_digest(mark.encode(), self._admin_mark().encode()):
            return ADMIN
        return self._holder(mark)

    def _admin_mark(self) -> str:
        """Stands for the admin key in a cookie. That key was chosen by a person, so no plain digest of it."""
        secret = str(current_app.secret_key).encode()
        return "admin:" + hmac.new(secret, self.admin_key.encode(), hashlib.sha256).hexdigest()

    def _holder(self, digest: str) -> Principal | None:
        """Look a digest up, at most every few seconds: a withdrawn key works that long at most."""
        now = self.monotonic()
        cached = self._cache.get(digest)
        if cached is not None and cached[0] > now:
            return cached[1]
        raw: Any = self.client.hget(self.keys.access, digest)
        record = record_of(raw) if raw else None
        principal = Principal(record.name, record.role) if record else None
        if len(self._cache) >= MAX_CACHED:
            self._cache.clear()
        self._cache[digest] = (now + CACHE_S, principal)
        return principal


def csrf_token() -> str:
    """The session's token; forms and scripts of our own pages send it back.

    A session has it from the sign-in on: were it made when first needed, two requests of one page that come at once
    would each make one, and the page would hold the one that the cookie lost.
    """
    token = session.get(SESSION_CSRF)
    if not isinstance(token, str):
        token = session[SESSION_CSRF] = secrets.token_urlsafe(32)
    return token


def has_csrf_token(sent: str | None = None) -> bool:
    """Whether the request brought the session's token, in the header or as `sent`."""
    expected = session.get(SESSION_CSRF)
    given = sent if sent is not None else request.headers.get(CSRF_HEADER, "")
    return isinstance(expected, str) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def error_response(status: int, code: str, message: str, **more: Any) -> Response:
    """`{"error": {"code", "message"}}`, the one shape of every refusal."""
    body = encode({"error": {"code": code, "message": message}} | more)
    response = Response(body, status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _sent_key(asked: Request) -> str | None:
    """The key in the headers, or None when none was sent."""
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return asked.headers.get("X-API-Key")


_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def _is_loopback(asked: Request) -> bool:
    """Whether a browser on this machine asks. Behind a proxy every peer looks local, and a foreign page may point
    its own name at 127.0.0.1: neither counts."""
    if asked.headers.get("X-Forwarded-For") or asked.headers.get("Forwarded"):
        return False
    name = asked.host.rpartition(":")[0] if asked.host.rpartition(":")[2].isdigit() else asked.host
    try:
        is_local_peer = ipaddress.ip_address(asked.remote_addr or "").is_loopback
    except ValueError:
        return False
    return is_local_peer and name.lower() in _LOCAL_NAMES
