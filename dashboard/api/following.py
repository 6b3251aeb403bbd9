"""`GET /api/v1/calls/{id}/said`: what was said in a call that is followed, the original beside its translation."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.accounts.audit import Record
from dashboard.api.answers import Problem, answer
from dashboard.api.arguments import read_arguments, whole
from dashboard.api.context import ApiContext
from dashboard.roles import Permission, Principal
from hotline.calls import Call
from hotline.following import is_followed, said_lines

LOOK_S = 600.0  # a desk that asks again and again takes one look: it is written down so often
MOST_LOOKS = 5_000  # remembered at once; beyond that they are written down more often


def following(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the route."""
    looks: dict[tuple[str, str], float] = {}

    @blueprint.get("/calls/<path:subject_id>/said")
    @context.access.require(Permission.READ_PRIVATE)
    def said(subject_id: str) -> Response:
        after = read_arguments({"after": whole(0, 1_000_000)}).get("after", 0)
        with context.client.pipeline(transaction=True) as pipe:
            pipe.hget(context.keys.of("calls"), subject_id)
            pipe.hget(context.keys.private, f"call:{subject_id}")
            raw, private = pipe.execute()
        if raw is None:
            raise Problem(404, "not_found", f"no call {subject_id[:200]!r}, or it was over too long ago")
        call = msgspec.json.decode(raw, type=Call)
        told = msgspec.json.decode(private) if private else {}
        lines = said_lines(told)
        if lines:
            _written_down(context, looks, g.principal, subject_id)
        about = {"open": is_followed(call), "case_id": call.case_id, "caller": told.get("caller", "")}
        return answer({"call_id": subject_id, "lines": lines[after:], "n": len(lines), **about})


def _written_down(context: ApiContext, looks: dict[tuple[str, str], float], principal: Principal, call_id: str) -> None:
    """Nothing is shown that could not be audited; one person's look at one call counts for a while."""
    actor: Any = principal.actor(request.remote_addr or "")
    key, now = (str(actor), call_id), context.monotonic()
    if now - looks.get(key, -LOOK_S) < LOOK_S:
        return
    context.access.audit.append(Record(actor, "private.revealed", f"call:{call_id}", None, {"fields": ["said"]}))
    if len(looks) >= MOST_LOOKS:
        looks.clear()
    looks[key] = now
