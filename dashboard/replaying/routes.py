"""`/replay/…`: snapshots of the past in the shape of the live ones, how far they reach, and where to jump to."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request

from dashboard.access import Access
from dashboard.api.answers import Problem
from dashboard.engine.frames import instant
from dashboard.replaying.asks import Asking
from dashboard.replaying.desk_routes import add_desks
from dashboard.replaying.door import Door, Limit, Refused, in_thread, json_answer, whole_second
from dashboard.replaying.following import KINDS, Following, following
from dashboard.replaying.past import bounds
from dashboard.topics import INSIDE_ROLES, BadTopic, served_topics
from streams.archive.view import Archive


def replay_routes(archive: Archive, asking: Asking, access: Access, limit: Limit) -> Blueprint:
    """The blueprint, bound to one city."""
    blueprint = Blueprint("replay", __name__, url_prefix="/replay")
    door = Door(archive, asking, access, limit)
    _add_pictures(blueprint, door)
    _add_moves(blueprint, door)
    add_desks(blueprint, door)
    blueprint.register_error_handler(Problem, lambda problem: problem.response())

    @blueprint.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return json_answer({"error": {"code": error.status, "message": str(error)}}, error.status)

    return blueprint


def _add_pictures(blueprint: Blueprint, door: Door) -> None:
    @blueprint.get("/snapshot")
    def snapshot() -> Response:
        """`?at=…&topics=…&topics=…`: the topics whole, as they were known at an instant."""
        principal = door.asker()
        at = whole_second("at")
        try:
            topics = served_topics(request.args.getlist("topics"), *principal.roles)
        except BadTopic as error:
            raise Refused(400, str(error)) from None
        return door.answered(lambda: door.asking.picture(at, topics))


def _add_moves(blueprint: Blueprint, door: Door) -> None:
    @blueprint.get("/bounds")
    def reach() -> Response:
        """From when until when any second can be shown."""
        door.asker()
        first, last = in_thread(door.archive, lambda: bounds(door.archive))
        return json_answer({"first": instant(first), "last": instant(last)})

    @blueprint.get("/next")
    def jump() -> Response:
        """`?after=…&kind=…`: the first second that shows the next one; its id for those inside."""
        principal, after = door.asker(), whole_second("after")
        kind = request.args.get("kind", "")
        if kind not in KINDS:
            raise Refused(400, f"kind: one of {', '.join(KINDS)}")
        found = in_thread(door.archive, lambda: _following(door.archive, kind, after))
        if found is None:
            raise Refused(404, f"the archive knows no later {kind}")
        inside = {"id": found.id} if INSIDE_ROLES & set(principal.roles) else {}
        return json_answer({"at": instant(found.at), "kind": kind} | inside)


def _following(archive: Archive, kind: str, after: datetime) -> Following | None:
    with archive.view() as view:
        return following(view, kind, after)
