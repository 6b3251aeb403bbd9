"""Signing in with name and password, or with an access key: forms, the cookie, and limits on how often one may try."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import Blueprint, Flask, Response, redirect, request, session
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Access, csrf_token, error_response, has_csrf_token
from dashboard.accounts.audit import Actor, Record
from dashboard.accounts.people import People, Person, key_of
from dashboard.accounts.sessions import Ended
from layouts.texts import LANGUAGES, gettext, language
from layouts.texts import mark as N_

TRIES = "10 per minute"
# Guesses at one name from many addresses; more than one address may try, so that none can lock a colleague out.
TRIES_FOR_NAME = "30 per minute"
SESSION_S = 12 * 3600

TITLE = N_("Sign in")
KEY = N_("Access key")
WRONG = N_("This key is not known. Keys are made with: python -m dashboard key add NAME --role ROLE")
STALE = N_("The form was out of date. Please send it again.")
SIGN_OUT = N_("Sign out")
SIGNED_IN = N_("Signed in as {name} ({role})")
NAME = "User name"
PASSWORD = "Password"
WRONG_PERSON = "User name and password do not belong together, or the account is closed."
WITH_KEY = "With an access key"
MODES = {"-sim": N_("SIMULATION"), "-replay": N_("REPLAY")}

_PAGE = """<!doctype html>
<html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><title>{title} · Hexwatch</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="{tokens}">
<style>
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--background, #0b1016);
  color: var(--text, #e8eef5); font: 16px/1.5 var(--fonts, sans-serif); }}
main {{ display: grid; gap: 16px; padding: 56px 0 16px; }}
form {{ display: grid; gap: 12px; width: min(360px, 90vw); box-sizing: border-box; padding: 24px;
  border-radius: var(--radius, 6px); background: var(--panel, #131a23); border: 1px solid var(--hairline, #2a3644); }}
h1 {{ font-size: 20px; margin: 0; }}
h2 {{ font-size: 16px; margin: 0; font-weight: normal; }}
label {{ display: grid; gap: 4px; color: var(--muted, #9fb0c3); }}
input, button {{ font: inherit; padding: 8px 12px; border-radius: var(--radius, 6px); color: inherit;
  border: 1px solid var(--hairline, #2a3644); background: var(--raised, #1b2430); }}
button {{ cursor: pointer; border-color: var(--accent, #4cc2ff); }}
p {{ margin: 0; }}
.mode {{ position: fixed; top: 16px; padding: 2px 10px; border-radius: var(--radius, 6px); font-weight: 600;
  color: var(--priority-2, #ffb020); border: 1px solid; }}
</style></head><body>{mode}<main>{form}</main></body></html>"""


def start_signin(
    app: Flask,
    access: Access,
    limiter_storage: str,
    tokens_url: str = "/assets/10-tokens.css",
    people: People | None = None,
) -> Limiter:
    """Attach `/signin` and `/signout`, the cookie's settings, and the limiter (its counts live in Redis)."""
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="hexwatch",
        PERMANENT_SESSION_LIFETIME=SESSION_S,
    )
    # While Redis is away each process counts for itself: nobody can sign in then anyway but with the admin key.
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=limiter_storage,
        key_prefix=access.keys.of("limits"),
        in_memory_fallback_enabled=True,
        in_memory_fallback=[TRIES],
        headers_enabled=True,
    )
    blueprint = _blueprint(access, people or People(access.person_sessions), limiter, tokens_url)
    app.register_blueprint(blueprint)
    app.register_error_handler(RateLimitExceeded, _too_often)
    return limiter


def limiter_storage(redis_url: str) -> str:
    """The limiter's name for the Redis that `redis_url` names (`unix://` is spelled `redis+unix://` there)."""
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url


def _blueprint(access: Access, people: People, limiter: Limiter, tokens_url: str) -> Blueprint:
    blueprint = Blueprint("signin", __name__)

    @blueprint.get("/signin")
    def form() -> Response:
        return _page(access, tokens_url, "")

    @blueprint.post("/signin")
    @limiter.limit(TRIES)
    @limiter.limit(TRIES_FOR_NAME, key_func=_name_tried, exempt_when=lambda: not _name_tried())
    def sign_in() -> AnyResponse:
        if not has_csrf_token(request.form.get("csrf", "")):
            return _page(access, tokens_url, STALE, 400)
        if wrong := _refused(access, people):
            return _page(access, tokens_url, wrong, 401)
        session.permanent = True
        return redirect(_local(request.form.get("next", "")))

    @blueprint.post("/signout")
    def sign_out() -> AnyResponse:
        if not has_csrf_token(request.form.get("csrf", "")):
            return _page(access, tokens_url, STALE, 400)
        access.sign_out()
        return redirect("/signin")

    return blueprint


def _name_tried() -> str:
    """What the limit on guesses at one name counts by; empty for keys."""
    name = request.form.get("name", "")
    return "name:" + hashlib.sha256(key_of(name).encode()).hexdigest() if name else ""


def _refused(access: Access, people: People) -> str:
    """Sign in with what the form brought; why not, empty when it worked."""
    name = request.form.get("name", "")
    if not name:
        return "" if access.sign_in(request.form.get("key", "").strip()) else WRONG
    person = people.check(name, request.form.get("password", ""))
    try:
        if person is not None:
            access.sign_in_person(person)
            return ""
    except Ended:
        pass
    _write_down(people, people.get(name))
    return WRONG_PERSON


def _write_down(people: People, known: Person | None) -> None:
    """A refused try, with the name only if somebody has it: passwords are typed into the wrong field, too."""
    by = Actor("nobody", peer=request.remote_addr or "")
    people.audit.append(Record(by, "session.refused", known.name if known else ""))


# Browsers say `zh` or `zh-CN` for the Chinese that there is.
_OFFERED = [*(lang.html for lang in LANGUAGES.values()), "zh-CN", "zh"]


def _page(access: Access, tokens_url: str, message: str, status: int = 200) -> Response:
    lang = language(request.args.get("lang") or request.accept_languages.best_match(_OFFERED))
    say = gettext(lang.id)
    principal = access.authenticate(request)
    if principal is None:
        form = _sign_in_form(say, lang.id, message)
    else:
        form = _sign_out_form(say, SIGNED_IN, principal.name, principal.role)
    html = _PAGE.format(
        lang=lang.html,
        direction=lang.direction,
        title=say(TITLE),
        tokens=tokens_url,
        mode=_mode(say, access.keys.city),
        form=form,
    )
    response = Response(html, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    )
    return response


def _mode(say: Callable[[str], str], city_id: str) -> Markup:
    """That this is no live city, where it is none: on every page."""
    told = next((word for suffix, word in MODES.items() if city_id.endswith(suffix)), "")
    return Markup('<span class="mode">{}</span>').format(say(told)) if told else Markup("")


def _sign_in_form(say: Callable[[str], str], lang_id: str, message: str) -> Markup:
    told = Markup('<p role="alert">{}</p>').format(say(message)) if message else Markup("")
    return Markup(
        '<form method="post" action="/signin?lang={lang}"><h1>{title}</h1>{told}{hidden}'
        '<label>{name}<input name="name" autocomplete="username" autocapitalize="none" required autofocus></label>'
        '<label>{password}<input type="password" name="password" autocomplete="current-password" required></label>'
        "<button>{title}</button></form>"
        '<form method="post" action="/signin?lang={lang}"><h2>{with_key}</h2>{hidden}'
        '<label>{key}<input type="password" name="key" autocomplete="off" required></label>'
        "<button>{title}</button></form>"
    ).format(
        lang=lang_id,
        title=say(TITLE),
        told=told,
        hidden=_hidden(),
        name=say(NAME),
        password=say(PASSWORD),
        with_key=say(WITH_KEY),
        key=say(KEY),
    )


def _hidden() -> Markup:
    """What every form sends along: the session's token, and where to go afterwards."""
    return Markup(
        '<input type="hidden" name="csrf" value="{csrf}"><input type="hidden" name="next" value="{next}">'
    ).format(csrf=csrf_token(), next=_local(request.values.get("next", "")))


def _sign_out_form(say: Callable[[str], str], told: str, name: str, role: str) -> Markup:
    return Markup(
        '<form method="post" action="/signout"><h1>Hexwatch</h1><p>{told}</p>'
        '<input type="hidden" name="csrf" value="{csrf}"><button>{sign_out}</button></form>'
    ).format(told=say(told).format(name=name, role=role), csrf=csrf_token(), sign_out=say(SIGN_OUT))


def _local(address: str) -> str:
    """Where to go afterwards: a path here, never another site."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_path and "\\" not in address else "/"


def _too_often(_: RateLimitExceeded) -> Response:
    refused = error_response(429, "too_many_tries", f"at most {TRIES} from one address, {TRIES_FOR_NAME} for one name")
    refused.headers["Retry-After"] = "60"
    return refused
