"""`GET /api/v1/recommendation`: which units to send to one incident, or to all that wait, and why those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response

from dashboard.api.answers import Problem, answer, bad
from dashboard.api.arguments import Parser, flag, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.blocking import run_blocking
from dashboard.recommending import SOLVED_TOGETHER, Asked, Recommender, Sight, look, recommender_of, waiting_ids
from dashboard.roles import Permission
from emergency.incidents import Incident
from geo.cities import load_city

MOST_ALARM = 9
MOST_ASIDE = 100


def unit_ids(value: str) -> tuple[str, ...]:
    ids = tuple(part for part in value.split(",") if part)
    if len(ids) > MOST_ASIDE:
        raise ValueError(f"at most {MOST_ASIDE} ids of units with commas between them")
    return ids


PARAMETERS: dict[str, Parser] = {
    "incident": text,
    "waiting": flag,
    "alarm": whole(1, MOST_ALARM),
    "without": unit_ids,
}


def recommendation(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the route."""
    recommender = context.recommender or recommender_of(load_city(context.keys.city))

    @blueprint.get("/recommendation")
    @context.access.require(Permission.READ_INCIDENTS)
    def recommended() -> Response:
        given = read_arguments(PARAMETERS)
        asked = Asked(given.get("alarm", 0), given.get("without", ()))
        if ("incident" in given) == given.get("waiting", False):
            raise bad("give either incident=ID or waiting=1")
        if "incident" in given:
            return answer(_for_one(context, recommender, given["incident"], asked))
        return answer(_for_waiting(context, recommender, asked))


def _for_one(context: ApiContext, recommender: Recommender, incident_id: str, asked: Asked) -> dict[str, Any]:
    with recommender.turn:
        sight = _look(context, recommender, [incident_id])
        _refuse(incident_id, sight.incidents)
        (found,) = run_blocking(recommender.advise, sight, asked)
    return _dated(sight, recommender) | found


def _for_waiting(context: ApiContext, recommender: Recommender, asked: Asked) -> dict[str, Any]:
    waiting = waiting_ids(context.client, context.keys)
    with recommender.turn:
        seen = _look(context, recommender, waiting[:SOLVED_TOGETHER])
        # An exercise takes no unit from what is real; asked about alone it gets its answer.
        sight = seen._replace(incidents=[one for one in seen.incidents if one.is_open and not one.exercise])
        found = run_blocking(recommender.advise, sight, asked)
    left_out = max(0, len(waiting) - SOLVED_TOGETHER)
    return _dated(sight, recommender) | {"left_out": left_out, "recommendations": found}


def _look(context: ApiContext, recommender: Recommender, incident_ids: Sequence[str]) -> Sight:
    return look(context.client, context.keys, incident_ids, recommender.wants_cells, context.now())


def _dated(sight: Sight, recommender: Recommender) -> dict[str, Any]:
    return {"at": sight.now, "seq": sight.seq, "model": recommender.basis()}


def _refuse(incident_id: str, found: Sequence[Incident]) -> None:
    """Raises Problem: 404 for one that is unknown here, 409 for one that nobody is sent to any more."""
    incident = found[0] if found else None
    if incident is None or incident.received_at is None:
        raise Problem(404, "not_found", f"no incident {incident_id[:200]!r}")
    if not incident.is_open:
        into = f"part of {incident.merged_into}" if incident.merged_into and incident.closed_at is None else "closed"
        raise Problem(409, "over", f"incident {incident_id[:200]!r} is {into}", merged_into=incident.merged_into)
