"""Run sheets: `GET /units/{unit_id}/run-sheet`, one printable page with what a unit's crew must know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.api.answers import Problem
from dashboard.api.context import ApiContext
from dashboard.api.lists import reveal
from dashboard.roles import Permission, Principal
from emergency.incidents import Incident
from emergency.units import Unit
from layouts.context import Context
from layouts.dispatch.run_sheet import Job, RunSheet, run_sheet
from layouts.dispatch.voice import desk_language

MOST_NEXT_JOBS = 3


def run_sheets(context: ApiContext, pages: Context) -> Blueprint:
    """The blueprint, bound to one city."""
    blueprint = Blueprint("run_sheets", __name__)

    @blueprint.get("/units/<path:unit_id>/run-sheet")
    @context.access.require(Permission.READ_INCIDENTS)
    def sheet(unit_id: str) -> Response:
        """`?lang=`: en, zh_CN or ar. Personal fields stand on it for roles that may see them, and the audit says so."""
        found = read_sheet(context, unit_id, g.principal, request.remote_addr or "")
        page = run_sheet(pages, desk_language(request.args.get("lang")), found)
        response = Response(page, mimetype="text/html")
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return error.response()

    return blueprint


def read_sheet(context: ApiContext, unit_id: str, principal: Principal, peer: str) -> RunSheet:
    """The unit, the incidents it is on and those that wait for it, as of the last commit. Raises Problem 404."""
    client, keys = context.client, context.keys
    raw: Any = client.hget(keys.units, unit_id)
    if raw is None:
        raise Problem(404, "not_found", f"no unit {unit_id[:200]!r}")
    unit = msgspec.json.decode(raw, type=Unit)
    waiting = unit.stacked[:MOST_NEXT_JOBS]
    incidents = _incidents(context, [*reversed(unit.assignments), *waiting])
    shows_private = principal.may(Permission.READ_PRIVATE)
    jobs = [
        Job(
            incident,
            reveal(context, f"incident:{incident.incident_id}", principal, peer) if shows_private else {},
            is_next=incident.incident_id not in unit.assignments,
        )
        for incident in incidents
    ]
    now, mode = _clock(context)
    return RunSheet(unit, jobs, now, mode, shows_private)


def _incidents(context: ApiContext, ids: Iterable[str]) -> list[Incident]:
    """The documents in this order; one that was never received has nothing to say."""
    wanted = list(dict.fromkeys(ids))
    found: Any = context.client.hmget(context.keys.incidents, wanted) if wanted else []
    incidents = [msgspec.json.decode(raw, type=Incident) for raw in found if raw]
    return [incident for incident in incidents if incident.received_at is not None]


def _clock(context: ApiContext) -> tuple[datetime, str]:
    """The city's clock and its mode, as of the last frame."""
    now, mode = context.client.hmget(context.keys.view("clock"), ["now", "mode"])
    at = datetime.fromisoformat(msgspec.json.decode(now)) if now else context.now()
    return at, msgspec.json.decode(mode) if mode else ""
