"""What the audit says of a request: who asked for what, on what, and how that stood before and after. No words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dashboard.accounts.audit import Record, Step
from dashboard.api.context import ApiContext
from dashboard.roles import Principal
from emergency.incidents import Incident
from emergency.units import Unit
from hotline.cases import Case
from hotline.matters import Matter
from hotline.situations import Situation

UNANSWERED = "unanswered"
DAY_S = 86_400
# Argument -> what its value names, the most telling first.
SUBJECTS = {
    "subject": "",
    "incident_id": "incident",
    "case_id": "case",
    "alarm_id": "alarm",
    "task_id": "task",
    "alert_id": "alert",
    "notice_id": "notice",
    "situation_id": "situation",
    "matter_id": "matter",
    "unit_id": "unit",
    "hospital": "hospital",
    "caller": "caller",
    "request": "request",
}
# Arguments that are codes, numbers or instants. All others may hold words about people and are only named.
PLAIN = frozenset(
    {
        *("kind", "priority", "agency", "status", "result", "answer", "at", "until"),
        *("unit_ids", "unit_id", "incident_id", "to", "into", "updates", "level", "t1", "t2", "t3", "dead"),
        *("capacity", "starts_at", "ends_at", "scope", "exercise"),
        *("case_ids", "category", "areas", "cells"),
        *("owner", "supporters", "code", "granted", "grade", "language", "contacted", "resolved", "satisfied", "flag"),
    }
)
# Words for some verbs and codes for others: only these are codes.
CODES = {
    "answer": frozenset({"accepted", "declined", "informed"}),
    "result": frozenset({"reached", "no-answer", "resolved"}),
}
CREATED = ("incident_id", "case_id", "alert_id", "notice_id", "task_id", "situation_id", "matter_id")


def subject_of(arguments: Mapping[str, Any], detail: Mapping[str, Any] | None = None) -> str:
    """What a request is about; of one that made something, what it made."""
    for name, noun in SUBJECTS.items():
        value = arguments.get(name)
        if isinstance(value, str) and value:
            return f"{noun}:{value}" if noun else value
    made = ((name, detail.get(name)) for name in CREATED) if detail else ()
    return next((f"{SUBJECTS[name]}:{value}" for name, value in made if isinstance(value, str)), "")


def asked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without words: codes as they are, of the rest only which were given."""
    given = {name: value for name, value in arguments.items() if value not in (None, "", [], {}, ())}
    plain = {name: value for name, value in given.items() if name in PLAIN and _is_code(name, value)}
    hidden = sorted(given.keys() - plain.keys())
    return plain | ({"with": hidden} if hidden else {})


def _is_code(name: str, value: Any) -> bool:
    return name not in CODES or value in CODES[name]


def standing(context: ApiContext, subject: str) -> dict[str, Any] | None:
    """How the subject stands in the committed documents; None for what is no case, incident or unit."""
    noun, _, subject_id = subject.partition(":")
    if noun not in STANDINGS:
        return None
    document, say = STANDINGS[noun]
    raw: Any = context.client.hget(context.keys.of(f"{noun}s"), subject_id)
    return None if raw is None else say(msgspec.json.decode(raw, type=document))


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "stage": incident.stage,
        "kind": incident.kind,
        "priority": incident.priority,
        "area": incident.area,
        "units": [a.unit_id for a in incident.assignments if a.is_active],
        "merged_into": incident.merged_into,
    }


def _unit(unit: Unit) -> dict[str, Any]:
    return {"status": unit.status, "incidents": sorted(unit.assignments)}


def _case(case: Case) -> dict[str, Any]:
    return {
        "status": case.status,
        "stage": case.stage,
        "closed_at": case.closed_at,
        "owner": case.owner,
        "grade": case.grade,
        "merged_into": case.merged_into,
    }


def _situation(situation: Situation) -> dict[str, Any]:
    return {
        "state": situation.state,
        "case_ids": situation.case_ids,
        "incident_id": situation.incident_id,
    }


def _matter(matter: Matter) -> dict[str, Any]:
    return {"category": matter.category, "areas": matter.areas, "until": matter.until, "ended_at": matter.ended_at}


STANDINGS: dict[str, tuple[type[Any], Callable[[Any], dict[str, Any]]]] = {
    "incident": (Incident, _incident),
    "unit": (Unit, _unit),
    "case": (Case, _case),
    "situation": (Situation, _situation),
    "matter": (Matter, _matter),
}


def write_down(
    context: ApiContext,
    principal: Principal,
    peer: str,
    verb: str,
    arguments: Mapping[str, Any],
    before: dict[str, Any] | None,
    reply: Mapping[str, Any],
    is_repeated: bool = False,
) -> None:
    """One record of a request and what became of it: `reply` is the engine's, or {"outcome": …} when it gave none.

    A decided request is written down once: `is_written` then knows it for a day, as long as its answer is kept.
    """
    detail = reply.get("detail") or {}
    subject = subject_of(arguments, detail)
    after = {"outcome": reply.get("outcome", ""), "request_id": reply.get("request_id", "")}
    if reply.get("outcome") == "done":
        after |= {"seq": reply.get("seq", 0), "now": standing(context, subject)}
    if is_repeated:
        after |= {"repeated": True}  # it was decided earlier, and writing that down had failed
    record = Record(principal.actor(peer), f"request.{verb}", subject, before, {"asked": asked(arguments)} | after)
    is_decided = reply.get("outcome") != UNANSWERED
    noted = [("SET", _written_key(context, after["request_id"]), 1, "EX", DAY_S)] if is_decided else []
    context.access.audit.commit(lambda _: Step(None, [record], noted))


def is_written(context: ApiContext, request_id: str) -> bool:
    """Whether a decided request stands in the audit."""
    return bool(context.client.exists(_written_key(context, request_id)))


def _written_key(context: ApiContext, request_id: str) -> str:
    return context.keys.of("audited", request_id)
