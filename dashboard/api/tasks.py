"""`GET /api/v1/tasks`: who must be called back, and on which number; `GET /api/v1/hospitals`: room for patients."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.api.answers import Problem, answer
from dashboard.api.arguments import flag, read_arguments
from dashboard.api.context import ApiContext
from dashboard.api.documents import documents
from dashboard.api.lists import reveal
from dashboard.roles import Permission
from emergency.major import Hospital
from emergency.tasks import Task


def tasks(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the routes. There are few of either, so that no list needs pages."""

    @blueprint.get("/tasks")
    @context.access.require(Permission.READ_INCIDENTS)
    def task_list() -> Response:
        read_arguments({})
        found, seq = documents(context, "tasks", Task)
        due = sorted((task for task in found if task.is_open), key=lambda task: (task.due_at, task.task_id))
        return answer({"tasks": [_shown(task) for task in due], "seq": seq})

    @blueprint.get("/tasks/<path:subject_id>")
    @context.access.require(Permission.READ_INCIDENTS)
    def task_one(subject_id: str) -> Response:
        asked = read_arguments({"private": flag})
        raw: Any = context.client.hget(context.keys.of("tasks"), subject_id)
        if raw is None:
            raise Problem(404, "not_found", f"no task {subject_id[:200]!r}")
        task = msgspec.json.decode(raw, type=Task)
        document = _shown(task)
        if asked.get("private", True) and g.principal.may(Permission.READ_PRIVATE):
            document["private"] = reveal(context, f"call:{task.call_id}", g.principal, request.remote_addr or "")
        return answer(document)

    @blueprint.get("/hospitals")
    @context.access.require(Permission.READ_INCIDENTS)
    def hospitals() -> Response:
        read_arguments({})
        found, seq = documents(context, "hospitals", Hospital)
        said = sorted((_shown(hospital) for hospital in found), key=lambda row: str(row["hospital"]))
        return answer({"hospitals": said, "seq": seq})


def _shown(document: Task | Hospital) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(document, name) for name in document.__struct_fields__ if name != "seq"}
    state = {"state": document.state} if isinstance(document, Task) else {}
    return fields | state | {"version": document.seq}
