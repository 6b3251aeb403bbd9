"""Work lists over HTTP: what each holds, and any rows of one, in any order, half a million cases or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response, g

from dashboard.api.answers import answer, bad
from dashboard.api.arguments import Parser, cell, one_of, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.api.lists import shown, wait_for_reader
from dashboard.api.own import leading
from dashboard.blocking import run_blocking
from dashboard.city_time import city_time
from dashboard.roles import Permission, Principal
from hotline.callers import CallerFlag
from hotline.cases import Case, CaseStage
from hotline.worklists import WORKLISTS, tongue_of
from streams.reader import ListRow
from streams.reader_lists import SORTS, ListQuery, Summary

MOST_ROWS = 1_000
MOST_START = 10_000_000
KEPT_S, SHARE, KEPT_FILTERS = 0.2, 4.0, 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_decode = msgspec.json.Decoder(Case).decode

NARROWING: dict[str, Parser] = {
    "area": text,
    "category": text,
    "channel": text,
    "language": text,
    "owner": text,
    "grade": text,
    "stage": one_of(*CaseStage),
    "cell": cell,
    "q": text,
}
CHOICE: dict[str, Parser] = {
    "list": one_of(*WORKLISTS),
    "sort": one_of(*SORTS),
    "order": one_of("asc", "desc"),
    **NARROWING,
}
ROWS: dict[str, Parser] = {
    **CHOICE,
    "start": whole(0, MOST_START),
    "end": whole(0, MOST_START + MOST_ROWS),
    "min_seq": whole(0, 1 << 62),
}


def worklists(blueprint: Blueprint, context: ApiContext) -> None:
    """Add both routes."""
    counted = Counted(context)

    @blueprint.get("/worklists")
    @context.access.require(Permission.READ_OWN_CASES)
    def summaries() -> Response:
        return answer(counted.summaries(read_arguments(NARROWING), g.principal))

    @blueprint.get("/cases/rows")
    @context.access.require(Permission.READ_OWN_CASES)
    def rows() -> Response:
        return answer(read_rows(context, read_arguments(ROWS), g.principal))


def query_of(context: ApiContext, asked: Mapping[str, Any], principal: Principal, now: datetime) -> ListQuery:
    """The list that was asked for, as of `now`, narrowed to the cases and the words that are for the asker."""
    worklist = WORKLISTS[asked.get("list", "open")]
    filters = {name: asked[name] for name in NARROWING if name in asked}
    if "language" in filters:
        filters["tongue"] = tongue_of(filters.pop("language"))
    return ListQuery(
        worklist.base,
        worklist.clauses(now, context.own_language) + leading(principal),
        filters,
        asked.get("sort", "due"),
        asked.get("order", "asc") == "desc",
        principal.may(Permission.READ_PRIVATE),
    )


def now_of(context: ApiContext) -> datetime:
    """The city's time as of the last commit."""
    return city_time(context.client, context.keys) or context.now()


def read_rows(context: ApiContext, asked: Mapping[str, Any], principal: Principal) -> dict[str, Any]:
    """Rows `start` to `end` of a list. Raises Problem 400 for too many at once."""
    start = asked.get("start", 0)
    end = asked.get("end", start + 100)
    if not start <= end <= start + MOST_ROWS:
        raise bad(f"end: at most {MOST_ROWS} after start")
    wait_for_reader(context, asked.get("min_seq", 0))
    page = run_blocking(context.reader.list_rows, query_of(context, asked, principal, now_of(context)), start, end)
    show = shower(context, principal)
    return {"rows": [show(row) for row in page.rows], "total": page.total, "seq": page.seq}


def shower(context: ApiContext, principal: Principal) -> Callable[[ListRow], dict[str, Any]]:
    """How a row of a list is told to this asker. Personal fields are never in one; who calls is told as a hash."""
    now = now_of(context)
    names = principal.may(Permission.READ_PRIVATE)
    labelled = flags_in_force(context, now) if names else {}

    def show(row: ListRow) -> dict[str, Any]:
        case = _decode(row.doc)
        told: dict[str, Any] = shown(case) | {"repeated": row.repeated}
        return told | {"caller": row.caller, "nuisance": row.caller in labelled} if names else told

    return show


def flags_in_force(context: ApiContext, now: datetime) -> dict[str, CallerFlag]:
    """The callers whom two people labelled, and whose label has not run out."""
    raw: Any = context.client.hgetall(context.keys.of("callers"))
    flags = (msgspec.json.decode(value, type=CallerFlag) for value in raw.values())
    return {flag.caller: flag for flag in flags if flag.is_in_force(now)}


@dataclass
class Counted:
    """What the lists hold, counted at most five times a second for the same filters, however many pages ask, and
    never for more than a fifth of the time. Who knows of a later commit than the answer's `seq` asks again."""

    context: ApiContext
    _kept: dict[tuple[Any, ...], tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def summaries(self, filters: Mapping[str, Any], principal: Principal) -> dict[str, Any]:
        key = (principal.may(Permission.READ_PRIVATE), principal.scope, *sorted(filters.items()))
        kept = self._kept.get(key)
        began = self.context.monotonic()
        if kept is not None and began < kept[0]:
            return kept[1]
        body = self._count(filters, principal)
        if len(self._kept) >= KEPT_FILTERS:
            self._kept.clear()
        now = self.context.monotonic()
        self._kept[key] = now + max(KEPT_S, SHARE * (now - began)), body
        return body

    def _count(self, filters: Mapping[str, Any], principal: Principal) -> dict[str, Any]:
        now = now_of(self.context)
        queries = {name: query_of(self.context, {**filters, "list": name}, principal, now) for name in WORKLISTS}
        found, seq = run_blocking(self.context.reader.summaries, queries, now)
        return {"lists": [_told(name, summary) for name, summary in found.items()], "at": now, "seq": seq}


def _told(name: str, summary: Summary) -> dict[str, Any]:
    return {
        "name": name,
        "n": summary.n,
        "oldest_at": _instant(summary.oldest_us),
        "next_due_at": _instant(summary.next_due_us),
    }


def _instant(us: int | None) -> datetime | None:
    return None if us is None else _EPOCH + timedelta(microseconds=us)
