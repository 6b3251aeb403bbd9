"""A web process: pages, API, live frames and health, put together. It holds no truth and does nothing slow."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gevent
import redis
from dash import Dash
from flask import Flask, Response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from callbacks import dispatch as dispatch_callbacks
from callbacks import hotline as hotline_callbacks
from callbacks import shell as shell_callbacks
from callbacks import wall as wall_callbacks
from callbacks import warning as warning_callbacks
from dashboard.access import CSRF_HEADER, SAFE_METHODS, Access, error_response
from dashboard.accounts.accounts import Accounts, open_accounts
from dashboard.accounts.floor_lists import lists_of
from dashboard.accounts.handover_routes import handover_routes
from dashboard.accounts.routes import account_routes
from dashboard.api.blueprint import api
from dashboard.api.context import ApiContext
from dashboard.blocking import run_blocking
from dashboard.board import board_routes, start_board
from dashboard.briefing.desk import desk_of
from dashboard.briefing.place import rules_of
from dashboard.briefing.routes import briefing_routes
from dashboard.briefing.schedule import start_mornings
from dashboard.callers.keys import sealer_of
from dashboard.city_time import city_time
from dashboard.connect import connect
from dashboard.desk import Desk
from dashboard.engine_process import load_areas, load_own_alarms
from dashboard.forecasting import forecaster_of, start_learning
from dashboard.health import health
from dashboard.hotline_files import hotline_files
from dashboard.live import LiveContext, start_live
from dashboard.logs import set_up_logging
from dashboard.open311.start import open311_routes
from dashboard.outgoing.routes import feeds
from dashboard.places import KeptGazetteer
from dashboard.recommending import recommender_of
from dashboard.replaying.asks import Asking
from dashboard.replaying.door import limit_of
from dashboard.replaying.routes import replay_routes
from dashboard.response_clocks import targets_of
from dashboard.roles import Role
from dashboard.run_sheets import run_sheets
from dashboard.secret import secret_of
from dashboard.settings import Settings, archive_path, briefings_path, read_settings, reader_path
from dashboard.signin import limiter_storage, start_signin
from dashboard.similar.file import SimilarReader, similar_path
from dashboard.story import Story
from dashboard.story_routes import story_routes
from dashboard.viewers import viewers
from dashboard.warner.field import field_path
from dashboard.whole_writes import with_whole_writes
from geo.areas import Areas
from geo.cities import City, load_city
from layouts.context import Context, context_of
from layouts.hotline.export_words import case_names
from layouts.shell import PAGES, every_page, shell
from streams.archive.view import Archive
from streams.keys import Keys
from streams.reader import Reader

ASSETS = Path(__file__).resolve().parents[1] / "assets"
MAX_BODY_BYTES = 2_000_000
WARM_AFTER_S = 3.0
# Dash puts its configuration into inline scripts and plotly builds functions: hence the two `unsafe` words.
# Everything comes from this server and nothing else, whatever a script may try.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:{tiles}; connect-src 'self'; font-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


OUR_PAGES = frozenset({"same-origin", "none"})  # as browsers name them in Sec-Fetch-Site
DESKS = frozenset({"/dispatch", "/hotline", "/warning"})
# To which page a role is led that signed in; others to the front page.
HOMES = {Role.DISPATCHER: "/dispatch", Role.HOTLINE: "/hotline", Role.AGENCY: "/hotline", Role.LEADER: "/briefing"}


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI app of one worker; gunicorn calls this after it has patched the worker for gevent."""
    settings = settings or read_settings()
    set_up_logging(settings.log_level)
    city = load_city(settings.city)
    app = Flask("hexwatch", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.secret_key = secret_of(settings)
    client, keys = connect(settings), Keys(settings.city)
    accounts = open_accounts(client, keys, settings.data)
    areas = load_areas(settings, city)
    context = replace(_api_context(settings, client, keys, accounts), **_advice(settings, city, areas))
    context = replace(context, sealer=sealer_of(settings, city), own_language=city.languages[0], zone=city.time_zone)
    context = replace(context, called=cache(partial(case_names, page_context(settings, city, context, areas))))
    forecaster = forecaster_of(settings, context.reader, city.zone)
    context = replace(context, forecaster=forecaster)
    start_learning(forecaster, partial(city_time, client, keys))
    storage = limiter_storage(settings.redis)
    limiter = start_signin(app, context.access, storage, people=accounts.people, homes=HOMES)
    app.register_blueprint(account_routes(context.access, accounts, limiter))
    app.register_blueprint(handover_routes(context.access, accounts, lists_of(context)))
    _, relay = start_live(app, LiveContext(settings, context.client, context.keys, context.access))
    app.register_blueprint(api(context))
    app.register_blueprint(feeds(context, city))
    app.register_blueprint(open311_routes(settings, context, city, limiter))
    asking = Asking(context.client, context.keys, gevent.sleep)
    limit = limit_of(limiter, keys.of("limits", "replay"))
    app.register_blueprint(replay_routes(Archive(archive_path(settings)), asking, context.access, limit))
    app.register_blueprint(health(context.client, context.keys, relay.silent_s, lambda: len(relay.clients)))
    if settings.story:
        app.register_blueprint(story_routes(Story(context.client, context.keys), context.access))
    _add_pages(app, settings, city, context, areas)
    _guard(app, settings, context.access)
    app.wsgi_app = with_whole_writes(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _api_context(settings: Settings, client: redis.Redis, keys: Keys, accounts: Accounts) -> ApiContext:
    return ApiContext(
        client=client,
        keys=keys,
        reader=Reader(reader_path(settings), settings.city),
        access=Access(client, keys, settings.api_key, settings.open_wall, sessions=accounts.sessions),
        max_backlog=settings.max_backlog,
        max_memory_mb=settings.max_memory_mb,
        eido_domain=settings.eido_domain,
        similar=SimilarReader(similar_path(settings), settings.city),
        warnings=field_path(settings),
        sleep=gevent.sleep,
    )


def _advice(settings: Settings, city: City, areas: Areas | None) -> dict[str, Any]:
    """What the API recommends units and judges response times by. The solver is imported before somebody waits."""
    recommender = recommender_of(city, areas, settings.travel, settings.plans)
    gevent.spawn_later(WARM_AFTER_S, run_blocking, recommender.warm)
    gazetteer = KeptGazetteer(settings, city, areas)
    gevent.spawn_later(WARM_AFTER_S, gazetteer.warm)
    return {
        "recommender": recommender,
        "targets": targets_of(settings.targets),
        "gazetteer": gazetteer,
        "hotline": hotline_files(settings.hotline_rules, city, areas),
    }


def page_context(settings: Settings, city: City, api_context: ApiContext, areas: Areas | None) -> Context:
    """What the pages are told: of the city, and of the files that the settings name."""
    context = context_of(city, areas, tile_url=settings.tile_url)
    context = replace(context, story=settings.story, viewer=viewers(api_context.access))
    context = replace(context, lock_after_s=settings.lock_after_s, alarms=load_own_alarms(settings))
    if (files := api_context.hotline) is not None:
        known = files.catalogue
        context = replace(context, bodies=known.bodies, reasons=known.said, case_rules=files.rules)
    return context


def _add_pages(app: Flask, settings: Settings, city: City, api_context: ApiContext, areas: Areas | None) -> None:
    context = page_context(settings, city, api_context, areas)
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
    dispatch_callbacks.register(dash)
    hotline_callbacks.register(dash)
    warning_callbacks.register(dash)
    app.register_blueprint(run_sheets(api_context, context))
    app.register_blueprint(board_routes(api_context.client, api_context.keys, api_context.access, context))
    start_board(settings, api_context.client, api_context.keys, context)
    _add_briefing(app, settings, city, api_context, context)


def _add_briefing(app: Flask, settings: Settings, city: City, api_context: ApiContext, pages: Context) -> None:
    desk = desk_of(archive_path(settings), briefings_path(settings), city, rules_of(settings, city), time.monotonic)
    app.register_blueprint(briefing_routes(desk, api_context.access, pages))
    client, keys = api_context.client, api_context.keys
    start_mornings(desk, settings, pages, partial(city_time, client, keys), client, keys)


def _guard(app: Flask, settings: Settings, access: Access) -> None:
    """Pages need a sign-in, except the wall of an open demo; every answer carries the protective headers."""
    pages = {"/", *PAGES}
    tiles = f" {settings.tile_url.partition('/{')[0]}" if settings.tile_url else ""
    policy = POLICY.format(tiles=tiles)

    @app.before_request
    def refuse_other_sites() -> Response | None:
        """A browser says from where a request was begun; another site's page is nobody who may change something."""
        is_ours = request.headers.get("Sec-Fetch-Site", "none") in OUR_PAGES
        if request.method in SAFE_METHODS or is_ours:
            return None
        return error_response(403, "csrf", f"begun by another site's page; ours also send {CSRF_HEADER}")

    @app.before_request
    def ask_for_sign_in() -> AnyResponse | None:
        is_page = request.path.rstrip("/") in pages or request.path == "/"
        is_dash = request.path.startswith("/_dash-") and not request.path.startswith("/_dash-component-suites")
        if is_page and "kiosk" in request.args:
            _sign_in_screen(access, request.args["kiosk"])
        is_desk = request.path.rstrip("/") in DESKS  # open to nobody unnamed, also where the wall is
        who = access.page_principal(request) if is_desk else access.live_principal(request)
        if not (is_page or is_dash) or who is not None:
            return None
        if is_page:
            return redirect(f"/signin?next={quote(request.full_path.rstrip('?'), safe='/')}")
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
