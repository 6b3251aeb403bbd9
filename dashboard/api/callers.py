"""Callers over HTTP: what is known of one, named by the keyed hash of the number, and the number itself on request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.accounts.audit import Record
from dashboard.api.answers import Problem, answer, bad
from dashboard.api.arguments import read_arguments
from dashboard.api.context import ApiContext
from dashboard.api.worklists import now_of, shower
from dashboard.blocking import run_blocking
from dashboard.callers.sealing import WrongKey
from dashboard.callers.stored import opened
from dashboard.roles import Permission, Principal
from hotline.callers import CallerFlag
from streams.reader import ListRow

CALLER = re.compile(r"[A-Za-z0-9_-]{20}")
MOST_CASES = 50
NOTE = "note:"
MOST_REASON = 500


def callers(blueprint: Blueprint, context: ApiContext) -> None:
    """Add both routes."""

    @blueprint.get("/callers/<caller>")
    @context.access.require(Permission.READ_PRIVATE)
    def one(caller: str) -> Response:
        read_arguments({})
        return answer(read_caller(context, caller, g.principal, request.remote_addr or ""))

    @blueprint.post("/callers/<caller>/reveal")
    @context.access.require(Permission.READ_PRIVATE)
    def reveal(caller: str) -> Response:
        read_arguments({})
        reason = _reason(request.get_data(cache=False))
        return answer(reveal_number(context, caller, reason, g.principal, request.remote_addr or ""))


def read_caller(context: ApiContext, caller: str, principal: Principal, peer: str) -> dict[str, Any]:
    """The newest cases of a caller with what was promised in them, the languages spoken, and the label.

    Raises Problem 404 for somebody of whom the lists hold no case. Never the number. Written down like every reveal.
    """
    rows, seq = _cases_of(context, caller)
    show, now = shower(context, principal), now_of(context)
    cases = [show(row) for row in rows]
    stored = _private(context, [case["case_id"] for case in cases])
    promises = [
        {"case_id": case["case_id"], "note_id": name.removeprefix(NOTE), "text": words}
        for case, fields in zip(cases, stored, strict=True)
        for name, words in fields.items()
        if name.startswith(NOTE)
    ]
    seen = {"cases": len(cases), "notes": len(promises)}
    context.access.audit.append(Record(principal.actor(peer), "caller.opened", f"caller:{caller}", None, seen))
    return {
        "caller": caller,
        "n": len(cases),
        "more": len(cases) == MOST_CASES,
        "cases": cases,
        "promises": promises,
        "languages": dict(Counter(case["language"] for case in cases if case["language"])),
        "flag": _flag(context, caller, now),
        "seq": seq,
    }


def reveal_number(context: ApiContext, caller: str, reason: str, principal: Principal, peer: str) -> dict[str, Any]:
    """The number, as it was last given. Nothing is told that could not be written down.

    Raises Problem: 404 without a number, 409 when the key that sealed it is not the one we have.
    """
    rows, _ = _cases_of(context, caller)
    ids = [msgspec.json.decode(row.doc)["case_id"] for row in rows]
    for case_id, stored in zip(ids, _private(context, ids), strict=True):
        if stored.get("caller") != caller:
            continue  # erased, or another number was given since
        try:
            phone = opened(context.sealer, f"case:{case_id}", stored)
        except WrongKey as error:
            raise Problem(409, "sealed", f"the number cannot be opened: {error}") from None
        seen = {"fields": ["phone"], "case_id": case_id} | ({"with": ["reason"]} if reason else {})
        context.access.audit.append(Record(principal.actor(peer), "private.revealed", f"caller:{caller}", None, seen))
        return {"caller": caller, "phone": phone, "case_id": case_id}
    raise Problem(404, "not_found", "no number is on record")


def _reason(raw: bytes) -> str:
    """Why somebody asks, if they say so: `{"reason": "…"}`. That a reason was given is written down, not its words."""
    if not raw:
        return ""
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad('send nothing, or {"reason": "…"}') from None
    reason = body.get("reason", "") if isinstance(body, dict) else None
    if not isinstance(reason, str) or len(reason) > MOST_REASON:
        raise bad(f'send nothing, or {{"reason": "…"}} of at most {MOST_REASON} characters')
    return reason


def _cases_of(context: ApiContext, caller: str) -> tuple[Sequence[ListRow], int]:
    if not CALLER.fullmatch(caller):
        raise Problem(404, "not_found", "no such caller")
    rows, seq = run_blocking(context.reader.cases_of, "caller", caller, MOST_CASES)
    if not rows:
        raise Problem(404, "not_found", "no such caller")
    return rows, seq


def _private(context: ApiContext, case_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    found: Any = context.client.hmget(context.keys.private, [f"case:{case_id}" for case_id in case_ids])
    return [msgspec.json.decode(raw) if raw else {} for raw in found]


def _flag(context: ApiContext, caller: str, now: datetime) -> dict[str, Any] | None:
    """The label or the proposal; None when there is none, or its time is over."""
    raw: Any = context.client.hget(context.keys.of("callers"), caller)
    flag = msgspec.json.decode(raw, type=CallerFlag) if raw else None
    if flag is None or not flag.stands(now):
        return None
    return {
        "reason": flag.reason,
        "until": flag.until,
        "by": flag.by,
        "at": flag.flagged_at,
        "seconded_by": flag.seconded_by,
        "seconded_at": flag.seconded_at,
        "in_force": flag.is_in_force(now),
        "version": flag.seq,
    }
