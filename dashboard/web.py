"""A web process: pages, API, live frames and health, put together. It holds no truth and does nothing slow."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path

import gevent
from dash import Dash
from flask import Flask, Response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from callbacks import shell as shell_callbacks
from callbacks import wall as wall_callbacks
from dashboard.access import Access, Role
from dashboard.api.blueprint import api
from dashboard.api.context import ApiContext
from dashboard.connect import connect
from dashboard.desk import Desk
from dashboard.engine_process import load_areas
from dashboard.health import health
from dashboard.live import LiveContext, start_live
from dashboard.logs import set_up_logging
from dashboard.outgoing.routes import feeds
from dashboard.settings import Settings, read_settings, reader_path
from dashboard.signin import limiter_storage, start_signin
from dashboard.story import Story
from dashboard.story_routes import story_routes
from dashboard.whole_writes import with_whole_writes
from geo.cities import City, load_city
from layouts.context import context_of
from layouts.shell import PAGES, every_page, shell
from streams.keys import Keys
from streams.reader import Reader

ASSETS = Path(__file__).resolve().parents[1] / "assets"
MAX_BODY_BYTES = 2_000_000
# Dash puts its configuration into inline scripts and plotly builds functions: hence the two `unsafe` words.
# Everything comes from this server and nothing else, whatever a script may try.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:{tiles}; connect-src 'self'; font-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI app of one worker; gunicorn calls this after it has patched the worker for gevent."""
    settings = settings or read_settings()
    set_up_logging(settings.log_level)
    city = load_city(settings.city)
    app = Flask("hexwatch", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.secret_key = _secret(settings)
    context = _api_context(settings)
    start_signin(app, context.access, limiter_storage(settings.redis))
    _, relay = start_live(app, LiveContext(settings, context.client, context.keys, context.access))
    app.register_blueprint(api(context))
    app.register_blueprint(feeds(context, city))
    app.register_blueprint(health(context.client, context.keys, relay.silent_s, lambda: len(relay.clients)))
    if settings.story:
        app.register_blueprint(story_routes(Story(context.client, context.keys), context.access))
    _add_pages(app, settings, city, context)
    _guard(app, settings, context.access)
    app.wsgi_app = with_whole_writes(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _api_context(settings: Settings) -> ApiContext:
    client, keys = connect(settings), Keys(settings.city)
    return ApiContext(
        client=client,
        keys=keys,
        reader=Reader(reader_path(settings), settings.city),
        access=Access(client, keys, settings.api_key, settings.open_wall),
        max_backlog=settings.max_backlog,
        max_memory_mb=settings.max_memory_mb,
        sleep=gevent.sleep,
    )


def _add_pages(app: Flask, settings: Settings, city: City, api_context: ApiContext) -> None:
    context = replace(context_of(city, load_areas(settings, city), tile_url=settings.tile_url), story=settings.story)
    dash = Dash(
        "hexwatch",
        server=app,  # type: ignore[arg-type]
        assets_folder=str(ASSETS),
        serve_locally=True,
        title="Hexwatch",
        update_title=None,  # type: ignore[arg-type]
        suppress_callback_exceptions=False,
    )
    dash.layout = shell
    dash.validation_layout = every_page(context)  # type: ignore[assignment]
    shell_callbacks.register(dash, context)
    wall_callbacks.register(dash, Desk(api_context, city), context)


def _guard(app: Flask, settings: Settings, access: Access) -> None:
    """Pages need a sign-in, except the wall of an open demo; every answer carries the protective headers."""
    pages = {"/", *PAGES}
    tiles = f" {settings.tile_url.partition('/{')[0]}" if settings.tile_url else ""
    policy = POLICY.format(tiles=tiles)

    @app.before_request
    def ask_for_sign_in() -> AnyResponse | None:
        is_page = request.path.rstrip("/") in pages or request.path == "/"
        is_dash = request.path.startswith("/_dash-") and not request.path.startswith("/_dash-component-suites")
        if is_page and "kiosk" in request.args:
            _sign_in_screen(access, request.args["kiosk"])
        if not (is_page or is_dash) or access.live_principal(request) is not None:
            return None
        if is_page:
            return redirect(f"/signin?next={request.path}")
        return Response("sign in", 401)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


def _sign_in_screen(access: Access, key: str) -> None:
    """A screen's own link, `/wall?kiosk=KEY`: only the least role may stand in an address."""
    holder = access.principal_of(key)
    if holder is not None and holder.role is Role.KIOSK and access.live_principal(request) is None:
        access.sign_in(key)
        session.permanent = True


def _secret(settings: Settings) -> str:
    """The key that signs sessions: from the settings, or made once and kept where only this user reads it."""
    if settings.secret:
        return settings.secret
    path = settings.data / "secret"
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii")
