"""`GET /api/v1/forecast/misses`: which open cases will miss their deadline in the next hours, and where."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from dashboard.api.answers import Problem, answer
from dashboard.api.arguments import Parser, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.blocking import run_blocking
from dashboard.city_time import city_time
from dashboard.forecasting import as_answer
from dashboard.roles import Permission
from streams.reader import TooMany

MOST_HOURS, HOURS = 168, 4
MOST_ROWS, ROWS = 1_000, 50
PARAMETERS: dict[str, Parser] = {
    "hours": whole(1, MOST_HOURS),
    "area": text,
    "category": text,
    "limit": whole(0, MOST_ROWS),
}


def forecast(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the route."""

    @blueprint.get("/forecast/misses")
    @context.access.require(Permission.READ_CASES)
    def misses() -> Response:
        asked = read_arguments(PARAMETERS)
        if context.forecaster is None:
            raise Problem(404, "not_found", "this process forecasts nothing")
        now = city_time(context.client, context.keys) or context.now()
        hours = asked.get("hours", HOURS)
        filters: dict[str, Any] = {name: asked[name] for name in ("area", "category") if name in asked}
        try:
            found = run_blocking(context.forecaster.misses, now, hours, filters)
        except TooMany as error:
            raise Problem(422, "too_many", f"{error} are due: ask for fewer hours or one area") from None
        return answer(run_blocking(as_answer, found, now, hours, asked.get("limit", ROWS)))
