"""The routes of /api/v1: who may, what is asked, and which function answers."""

from __future__ import annotations

from typing import Any

import redis
import structlog
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from dashboard.api import asking, intake, lists
from dashboard.api.answers import Problem, answer, answer_places, document_feature
from dashboard.api.arguments import LISTS, PAGING, flag, one_of, read_arguments, text, whole
from dashboard.api.callers import callers
from dashboard.api.channels import channels
from dashboard.api.context import ApiContext
from dashboard.api.eido import eido
from dashboard.api.exports import exports
from dashboard.api.following import following
from dashboard.api.forecast import forecast
from dashboard.api.history import history
from dashboard.api.picture import MEASURES, Grid, read_cells, read_picture
from dashboard.api.places import places
from dashboard.api.rankings import rankings
from dashboard.api.recommendation import recommendation
from dashboard.api.response_times import response
from dashboard.api.search import search
from dashboard.api.similar import similar
from dashboard.api.tasks import tasks
from dashboard.api.warnings import warnings
from dashboard.api.worklists import worklists
from dashboard.roles import Permission
from geo.cells import COARSEST, FINEST
from geo.features import cell_to_feature
from streams.reader import NotReady
from streams.reader_schema import CASES, INCIDENTS, UNITS, Table

log = structlog.get_logger(__name__)

ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
READ_LIST = {
    CASES.name: Permission.READ_CASES,
    INCIDENTS.name: Permission.READ_INCIDENTS,
    UNITS.name: Permission.READ_UNITS,
}
READ_ONE = READ_LIST | {CASES.name: Permission.READ_OWN_CASES}


def api(context: ApiContext) -> Blueprint:
    """The blueprint, bound to one city."""
    blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
    _figures(blueprint, context)
    for table in (CASES, INCIDENTS, UNITS):
        _list(blueprint, context, table)
    recommendation(blueprint, context)
    places(blueprint, context)
    eido(blueprint, context)
    response(blueprint, context)
    tasks(blueprint, context)
    similar(blueprint, context)
    warnings(blueprint, context)
    history(blueprint, context)
    forecast(blueprint, context)
    following(blueprint, context)
    channels(blueprint, context)
    rankings(blueprint, context)
    worklists(blueprint, context)
    search(blueprint, context)
    callers(blueprint, context)
    exports(blueprint, context)
    _writes(blueprint, context)
    _errors(blueprint)
    return blueprint


def _figures(blueprint: Blueprint, context: ApiContext) -> None:
    grid = Grid()

    @blueprint.get("/picture")
    @context.access.require(Permission.READ_PICTURE)
    def picture() -> Response:
        read_arguments({})
        return answer(read_picture(context.client, context.keys, g.principal))

    @blueprint.get("/cells")
    @context.access.require(Permission.READ_CELLS)
    def cells() -> Response:
        known = {"measure": one_of(*MEASURES), "res": whole(COARSEST, FINEST), "category": text}
        given: dict[str, Any] = {"measure": "open", "res": FINEST, "category": ""} | read_arguments(known)
        body = read_cells(context.client, context.keys, grid, g.principal, **given)
        return answer_places(body, lambda: [cell_to_feature(cell, {"n": n}) for cell, n in body["cells"].items()])


def _list(blueprint: Blueprint, context: ApiContext, table: Table) -> None:
    id_field = lists.kind_of(table).id_field

    @context.access.require(READ_LIST[table.name])
    def page() -> Response:
        arguments = read_arguments(LISTS[table.name] | PAGING)
        body = lists.read_page(context, table, arguments, g.principal)
        return answer_places(body, lambda: [document_feature(doc, doc[id_field]) for doc in body[table.name]])

    @context.access.require(READ_ONE[table.name])
    def one(subject_id: str) -> Response:
        asked = read_arguments({"private": flag})
        peer = request.remote_addr or ""
        document = lists.read_one(context, table, subject_id, g.principal, peer, private=asked.get("private", True))
        return answer_places(document, lambda: [document_feature(document, subject_id)])

    blueprint.add_url_rule(f"/{table.name}", f"{table.name}_page", page)
    blueprint.add_url_rule(f"/{table.name}/<path:subject_id>", f"{table.name}_one", one)


def _writes(blueprint: Blueprint, context: ApiContext) -> None:
    @blueprint.post("/events")
    @context.access.require(Permission.WRITE_EVENTS)
    def events() -> Response:
        return answer(*intake.take_events(context, _body(), g.principal))

    @blueprint.post("/requests")
    @context.access.require(Permission.READ_OWN_CASES)  # each verb has a permission of its own
    def requests() -> Response:
        return answer(*asking.ask(context, _body(), g.principal, request.remote_addr or ""))

    @blueprint.get("/requests/<request_id>")
    @context.access.require(Permission.READ_OWN_CASES)
    def reply(request_id: str) -> Response:
        return answer(*asking.read_reply(context, request_id))


def _body() -> Any:
    """The posted JSON, at most a megabyte of it, whatever its content type says."""
    request.max_content_length = intake.MAX_BODY_BYTES
    return intake.decoded(request.get_data(cache=False))


def _errors(blueprint: Blueprint) -> None:
    @blueprint.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return error.response()

    @blueprint.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        code = (error.name or "error").lower().replace(" ", "_")
        return Problem(error.code or 500, code, error.description or "").response()

    @blueprint.errorhandler(NotReady)
    def not_ready(error: NotReady) -> Response:
        return Problem(503, "not_ready", str(error), retry_after_s=2).response()

    @blueprint.errorhandler(redis.ConnectionError)
    @blueprint.errorhandler(redis.TimeoutError)
    def away(error: redis.RedisError) -> Response:
        log.warning("redis does not answer", error=str(error))
        return Problem(503, "no_store", "Redis does not answer", retry_after_s=2).response()

    @blueprint.route("/<path:_rest>", methods=ANY)
    def unknown(_rest: str) -> Response:
        return Problem(404, "not_found", "no such address, or not with this method; see docs/api.md").response()
