"""Signing in with name and password, or with an access key: forms, the cookie, and limits on how often one may try."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, redirect, request, session
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Access, csrf_token, error_response, has_csrf_token
from dashboard.accounts.audit import Actor, Record
from dashboard.accounts.people import People, Person, key_of
from dashboard.accounts.sessions import Ended
from dashboard.roles import Principal, Role
from layouts.texts import LANGUAGES, gettext, language
from layouts.texts import mark as N_

TRIES = "10 per minute"
# Guesses at one name from many addresses; more than one address may try, so that none can lock a colleague out.
TRIES_FOR_NAME = "30 per minute"
# Of the cookie. A person's session is the server's and may end sooner; one that owns incidents is never ended by time.
SESSION_S = 7 * 24 * 3600

TITLE = N_("Sign in")
KEY = N_("Access key")
WRONG = N_("This key is not known. Keys are made with: python -m dashboard key add NAME --role ROLE")
STALE = N_("The form was out of date. Please send it again.")
SIGN_OUT = N_("Sign out")
SIGNED_IN = N_("Signed in as {name} ({role})")
NAME = N_("User name")
PASSWORD = N_("Password")
WRONG_PERSON = N_("User name and password do not belong together, or the account is closed.")
WITH_KEY = N_("With an access key")
OWNING = N_("You still own open incidents. Hand them over first: signing out now leaves them to nobody.")
EVERYWHERE = N_("Sign out on every machine")
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
nav {{ display: flex; flex-wrap: wrap; gap: 4px 12px; width: min(360px, 90vw); justify-content: center; }}
a {{ color: var(--muted, #9fb0c3); }}
.mode {{ position: fixed; top: 16px; padding: 2px 10px; border-radius: var(--radius, 6px); font-weight: 600;
  color: var(--priority-2, #ffb020); border: 1px solid; }}
</style></head><body>{mode}<main>{form}{languages}</main></body></html>"""


@dataclass(frozen=True)
class Site:
    """What the pages of signing in need."""

    access: Access
    people: People
    tokens_url: str
    homes: Mapping[Role, str]

    def home(self, principal: Principal | None) -> str:
        """The page of somebody's role."""
        roles = principal.roles if principal else ()
        return next((self.homes[role] for role in roles if role in self.homes), "/")


def start_signin(
    app: Flask,
    access: Access,
    limiter_storage: str,
    tokens_url: str = "/assets/10-tokens.css",
    people: People | None = None,
    homes: Mapping[Role, str] | None = None,
) -> Limiter:
    """Attach `/signin` and `/signout`, the cookie's settings, and the limiter (its counts live in Redis).

    `homes`: to which page a role is led that signed in without asking for one.
    """
    access.attach(app)
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
    blueprint = _blueprint(Site(access, people or People(access.person_sessions), tokens_url, homes or {}), limiter)
    app.register_blueprint(blueprint)
    app.register_error_handler(RateLimitExceeded, _too_often)
    return limiter


def limiter_storage(redis_url: str) -> str:
    """The limiter's name for the Redis that `redis_url` names (`unix://` is spelled `redis+unix://` there)."""
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url


def _blueprint(site: Site, limiter: Limiter) -> Blueprint:
    blueprint, access, people = Blueprint("signin", __name__), site.access, site.people

    @blueprint.get("/signin")
    def form() -> Response:
        return _page(site, "")

    @blueprint.post("/signin")
    @limiter.limit(TRIES)
    @limiter.limit(TRIES_FOR_NAME, key_func=_name_tried, exempt_when=lambda: not _name_tried())
    def sign_in() -> AnyResponse:
        if not has_csrf_token(request.form.get("csrf", "")):
            return _page(site, STALE, 400)
        if wrong := _refused(access, people):
            return _page(site, wrong, 401)
        session.permanent = True
        return redirect(_onward(site.home(access.authenticate(request))))

    @blueprint.post("/signout")
    def sign_out() -> AnyResponse:
        if not has_csrf_token(request.form.get("csrf", "")):
            return _page(site, STALE, 400)
        principal = access.authenticate(request)
        is_person = principal is not None and bool(principal.session)
        if principal and is_person and "anyway" not in request.form and people.sessions.is_needed(principal.name):
            return _page(site, OWNING, 409)
        if principal and is_person and "everywhere" in request.form:
            people.sign_out(principal.actor(request.remote_addr or ""), principal.name)
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


def _page(site: Site, message: str, status: int = 200) -> Response:
    lang = language(request.args.get("lang") or request.accept_languages.best_match(_OFFERED))
    say = gettext(lang.id)
    principal = site.access.authenticate(request)
    is_in = principal is not None and not principal.is_locked  # a locked desk may also be opened by signing in anew
    if principal and is_in:
        form = _sign_out_form(say, lang.id, message, principal, site.home(principal))
    else:
        form = _sign_in_form(say, lang.id, message)
    html = _PAGE.format(
        lang=lang.html,
        direction=lang.direction,
        title=say(TITLE),
        tokens=site.tokens_url,
        mode=_mode(say, site.access.keys.city),
        form=form,
        languages=_languages(),
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


def _sign_out_form(say: Callable[[str], str], lang_id: str, message: str, principal: Principal, home: str) -> Markup:
    """A way on and the ways out; all machines at once for people, who may have left one signed in.

    With a `message` against it, pressing the button again is meant.
    """
    anyway = Markup('<p role="alert">{}</p><input type="hidden" name="anyway" value="1">').format(say(message))
    everywhere = Markup('<button name="everywhere" value="1">{}</button>').format(say(EVERYWHERE))
    return Markup(
        '<form method="post" action="/signout?lang={lang}"><h1><a href="{home}">Hexwatch</a></h1><p>{told}</p>{anyway}'
        '<input type="hidden" name="csrf" value="{csrf}"><button>{sign_out}</button>{everywhere}</form>'
    ).format(
        lang=lang_id,
        home=home,
        told=say(SIGNED_IN).format(name=principal.name, role=principal.role),
        anyway=anyway if message else "",
        csrf=csrf_token(),
        sign_out=say(SIGN_OUT),
        everywhere=everywhere if principal.session else "",
    )


def _languages() -> Markup:
    """The same page in each language; where to go afterwards is kept."""
    going = urlencode({"next": _local(request.values.get("next", ""))})
    links = (
        Markup('<a href="/signin?lang={id}&amp;{going}" lang="{html}">{name}</a>').format(
            id=lang.id, going=Markup(escape(going)), html=lang.html, name=lang.name
        )
        for lang in LANGUAGES.values()
    )
    return Markup("<nav>{}</nav>").format(Markup("").join(links))


def _onward(home: str) -> str:
    """Where somebody goes who has just signed in: where they wanted, else to the page of their role."""
    wanted = _local(request.form.get("next", ""))
    return home if wanted == "/" else wanted


def _local(address: str) -> str:
    """Where to go afterwards: a path here, never another site."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_path and "\\" not in address else "/"


def _too_often(_: RateLimitExceeded) -> Response:
    refused = error_response(429, "too_many_tries", f"at most {TRIES} from one address, {TRIES_FOR_NAME} for one name")
    refused.headers["Retry-After"] = "60"
    return refused
