"""What desks ask of a past instant besides its picture, under the permissions of the live API: nothing is done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g

from dashboard.api.answers import bad
from dashboard.api.arguments import Parser, instant, read_arguments
from dashboard.api.worklists import MOST_ROWS, NARROWING, ROWS
from dashboard.replaying.door import Door, whole_second
from dashboard.roles import Permission

AT: Mapping[str, Parser] = {"at": instant}
# The archive holds no words that could be searched, and waits for no commit.
_NOT_THEN = frozenset({"q", "min_seq"})


def add_desks(blueprint: Blueprint, door: Door) -> None:
    """Add the routes."""
    cases, incidents = Permission.READ_CASES, Permission.READ_INCIDENTS
    require = door.access.require

    @blueprint.get("/worklists")
    @require(cases)
    def worklists() -> Response:
        return _told(door, "worklists", _then(NARROWING))

    @blueprint.get("/cases/rows")
    @require(cases)
    def rows() -> Response:
        return _told(door, "rows", _then(ROWS))

    @blueprint.get("/cases/<path:subject_id>/history")
    @require(cases)
    def history(subject_id: str) -> Response:
        return _told(door, "history", {}, subject_id)

    @blueprint.get("/cases/<path:subject_id>")
    @require(cases)
    def case(subject_id: str) -> Response:
        return _told(door, "case", {}, subject_id)

    @blueprint.get("/incidents/<path:subject_id>")
    @require(incidents)
    def incident(subject_id: str) -> Response:
        return _told(door, "incident", {}, subject_id)


def _then(known: Mapping[str, Parser]) -> dict[str, Parser]:
    return {name: parse for name, parse in known.items() if name not in _NOT_THEN}


def _told(door: Door, what: str, known: Mapping[str, Parser], subject_id: str = "") -> Response:
    """The answer as of `?at=`. Raises Problem and Refused."""
    door.count(g.principal)
    asked: dict[str, Any] = read_arguments({**known, **AT})
    at = whole_second("at")
    asked.pop("at", None)
    start = asked.get("start", 0)
    if not start <= asked.get("end", start) <= start + MOST_ROWS:
        raise bad(f"end: at most {MOST_ROWS} after start")
    if subject_id:
        asked["id"] = subject_id
    return door.answered(lambda: door.asking.told(at, what, asked))
