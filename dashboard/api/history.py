"""`GET /api/v1/cases/{id}/history`: what happened to a case, when, and who said so. Words of persons are not in it."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, g

from dashboard.api.answers import Problem, answer
from dashboard.api.arguments import read_arguments
from dashboard.api.context import ApiContext
from dashboard.api.lists import committed
from dashboard.api.own import sees
from dashboard.roles import Permission
from hotline.cases import Case
from streams.codec import Malformed, decode_envelope
from streams.events import PRIVATE_FIELDS, TYPES, Envelope
from streams.reader_schema import CASES

MOST = 5_000  # facts of one commit that are looked through: a commit of a storm holds some thousand
# Instants of the document, told as such where the log no longer holds the facts that they are of.
STAMPS = {
    "received_at": "case.received",
    "dispatched_at": "case.dispatched",
    "accepted_at": "case.accepted",
    "return_asked_at": "case.returned",
    "first_contacted_at": "case.contacted",
    "answered_at": "case.answered",
    "handled_at": "case.handled",
    "reopened_at": "case.reopened",
    "closed_at": "case.closed",
    "followed_up_at": "case.followed_up",
    "merged_at": "case.merged",
    "promoted_at": "case.promoted",
}
# Of one case alone: what others' cases and situations have to do with it is not for the body that leads it.
ALONE = frozenset(name for name, kind in TYPES.items() if kind.ENTITY == "case") - {"case.merged", "case.unmerged"}


def history(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the route."""

    @blueprint.get("/cases/<path:subject_id>/history")
    @context.access.require(Permission.READ_OWN_CASES)
    def case_history(subject_id: str) -> Response:
        read_arguments({})
        raw, seq = committed(context, CASES, subject_id)
        case = msgspec.json.decode(raw, type=Case) if raw is not None else None
        if case is None or not sees(g.principal, case):
            raise Problem(404, "not_found", f"no case {subject_id[:200]!r}")
        told = _facts(context, case)
        if g.principal.scope is not None:
            told = [fact for fact in told if fact["type"] in ALONE]
        return answer(story_of(case, told, seq))


def story_of(case: Case, facts: list[dict[str, Any]], seq: int) -> dict[str, Any]:
    """The answer: the facts, and for steps that none of them tells the instants of the document.

    The document knows of the last commits alone; a fact that the log has let go leaves only its instant.
    """
    told = {fact["type"] for fact in facts}
    rest = [stamp for stamp in _stamps(case) if stamp["type"] not in told]
    found = sorted([*facts, *rest], key=lambda fact: fact["recorded_at"])
    return {"case_id": case.case_id, "stage": case.stage, "facts": found, "seq": seq}


def _facts(context: ApiContext, case: Case) -> list[dict[str, Any]]:
    """The facts about the case that the log still holds, from the commits that its document names."""
    with context.client.pipeline(transaction=False) as pipe:
        for seq in case.seqs:
            pipe.xrange(context.keys.events, f"{seq}-0", f"{seq}-{MOST}")
        commits = pipe.execute()
    mark = msgspec.json.encode(case.case_id)
    found = [_fact(raw[b"e"], case) for entries in commits for _, raw in entries if mark in raw[b"e"]]
    return [fact for fact in found if fact is not None]


def _fact(raw: bytes, case: Case) -> dict[str, Any] | None:
    try:
        return fact_told(decode_envelope(raw), case)
    except Malformed:
        return None


def fact_told(envelope: Envelope, case: Case) -> dict[str, Any] | None:
    """How the story tells a fact; None for one that is not about this case."""
    if envelope.subject != f"case:{case.case_id}" and not _names(envelope, case.case_id):
        return None
    return {
        "type": envelope.type,
        "at": envelope.occurred_at,
        "recorded_at": envelope.recorded_at or envelope.occurred_at,
        "by": envelope.actor or envelope.source,
        "source": envelope.source,
        "data": {name: value for name, value in envelope.data.items() if name in _shown_of(envelope.type)},
        "flags": envelope.flags or [],
        "kept": "log",
    }


def _shown_of(name: str) -> frozenset[str]:
    """The fields of an event that may be seen: a source may send more than we know of."""
    known = TYPES.get(name)
    return frozenset(known.__struct_fields__) - PRIVATE_FIELDS - {"answer"} if known is not None else frozenset()


def _names(envelope: Envelope, case_id: str) -> bool:
    """Whether it is about another case that this one leads, or led, or about a situation that it is in."""
    listed = envelope.data.get("case_ids")
    return case_id in (envelope.data.get("into"), envelope.data.get("of")) or (
        isinstance(listed, list) and case_id in listed
    )


def _stamps(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "type": name,
            "at": at,
            "recorded_at": at,
            "by": case.source if name == "case.received" else "",
            "source": case.source,
            "data": {},
            "flags": [],
            "kept": "document",
        }
        for field, name in STAMPS.items()
        if (at := getattr(case, field)) is not None
    ]
