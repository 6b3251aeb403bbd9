"""`GET /api/v1/response-times`: answer, processing, turnout, travel and full plan over any window, exactly."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response

from dashboard.api.answers import answer, bad
from dashboard.api.arguments import Parser, instant, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.blocking import run_blocking
from dashboard.city_time import city_time
from dashboard.response_clocks import response_times
from dashboard.roles import Permission
from emergency.plans import Plans, load_plans
from emergency.segments import TargetFile, load_target_file
from streams.reader import TooMany
from streams.reader_schema import INCIDENTS, UNITS

WINDOW = timedelta(hours=24)
MOST_INCIDENTS = 200_000
PARAMETERS: dict[str, Parser] = {
    "from": instant,
    "to": instant,
    "area": text,
    "kind": text,
    "priority": whole(1, 3),
    "agency": text,
}


class _UnitKind(msgspec.Struct):
    unit_id: str
    kind: str = ""


def response(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the route."""
    plans = context.recommender.plans if context.recommender else load_plans()
    targets = context.targets or load_target_file()

    @blueprint.get("/response-times")
    @context.access.require(Permission.READ_INCIDENTS)
    def times() -> Response:
        given = read_arguments(PARAMETERS)
        now = city_time(context.client, context.keys) or context.now()
        until = given.pop("to", now)
        since = given.pop("from", until - WINDOW)
        if since >= until:
            raise bad("from: needs to lie before to")
        filters = given | {"received_from": since, "received_to": until}
        body = run_blocking(_computed, context, filters, plans, targets, now)
        return answer({"now": now, "from": since, "to": until, "filters": given} | body)


def _computed(
    context: ApiContext, filters: dict[str, Any], plans: Plans, targets: TargetFile, now: datetime
) -> dict[str, Any]:
    """In the thread pool: read the rows and count. Raises Problem for more incidents than an answer may take."""
    try:
        docs, seq = context.reader.documents(INCIDENTS, filters, MOST_INCIDENTS)
    except TooMany as error:
        raise bad(f"{error}: choose a shorter window, an area or a kind") from None
    units, _ = context.reader.documents(UNITS, {}, MOST_INCIDENTS)
    known = [msgspec.json.decode(unit, type=_UnitKind) for unit in units]
    kinds = {unit.unit_id: unit.kind for unit in known}
    return {"seq": seq} | response_times(docs, kinds, plans, targets, now)
