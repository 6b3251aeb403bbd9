"""Cases, incidents and units: lists from the reader's file, single ones from the committed documents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.accounts.audit import Record
from dashboard.api.answers import Problem, bad
from dashboard.api.context import ApiContext
from dashboard.api.own import has_task, of_task, sees
from dashboard.blocking import run_blocking
from dashboard.callers.stored import told
from dashboard.projection import KINDS, Document, Kind
from dashboard.roles import Permission, Principal
from hotline.cases import Case
from hotline.following import without_words
from streams.reader import BadCursor, NotReady, Page
from streams.reader_schema import Table

WAIT_FOR_READER_S = 2.0
POLL_S = 0.02
JUST_AFTER = timedelta(microseconds=1)
# Inner memory of units and cases; `seq` is shown as `version`.
HIDDEN = frozenset({"cleared", "began", "taken", "told", "seq", "seqs", "status_seq"})

# The cases that a measure counts at `now`, as filters: the same definitions as `hotline.cases.case_flags`.
MEASURES: dict[str, Any] = {
    "open": lambda now: {"status": "open"},
    "overdue": lambda now: {"status": "open", "due_before": now},
    "due_4h": lambda now: {
        "status": "open",
        "due_from": now,
        "due_before": now + timedelta(hours=4) + JUST_AFTER,
    },
    "received_1h": lambda now: _since(now, 1),
    "received_24h": lambda now: _since(now, 24),
}


def _since(now: datetime, hours: int) -> dict[str, Any]:
    return {"received_from": now - timedelta(hours=hours) + JUST_AFTER, "received_to": now + JUST_AFTER}


def measure_filters(measure: str, now: datetime) -> dict[str, Any]:
    """Filters of `Reader.list_cases` for the cases behind a figure. Raises KeyError for a measure without cases."""
    filters: dict[str, Any] = MEASURES[measure](now)
    return filters


def kind_of(table: Table) -> Kind:
    return next(kind for kind in KINDS.values() if kind.table is table)


def shown(document: Document) -> dict[str, Any]:
    """A document as the API says it: every field, the status, and the version that requests may name."""
    fields = {name: getattr(document, name) for name in document.__struct_fields__ if name not in HIDDEN}
    if isinstance(document, Case):
        fields["stage"] = document.stage
    return fields | {"status": document.status, "version": document.seq}


def read_page(context: ApiContext, table: Table, arguments: dict[str, Any], principal: Principal) -> dict[str, Any]:
    """One page: `{"<plural>": […], "next", "seq"}`, and `total` when asked."""
    filters = {name: value for name, value in arguments.items() if name not in ("limit", "cursor", "count", "min_seq")}
    wait_for_reader(context, arguments.get("min_seq", 0))
    try:
        page: Page = run_blocking(
            context.reader.page,
            table,
            filters,
            arguments.get("limit", 50),
            arguments.get("cursor"),
            count=arguments.get("count", False),
            private=principal.may(Permission.READ_PRIVATE),
        )
    except BadCursor as error:
        raise bad(str(error)) from None
    decode = msgspec.json.Decoder(kind_of(table).document).decode
    body: dict[str, Any] = {table.name: [shown(decode(doc)) for doc in page.docs], "next": page.next, "seq": page.seq}
    return body if page.total is None else body | {"total": page.total}


def wait_for_reader(context: ApiContext, seq: int) -> None:
    """Until the reader has reached `seq`. Raises Problem 503 when it has not in time."""
    if not seq:
        return
    deadline = context.monotonic() + WAIT_FOR_READER_S
    while True:
        try:
            if run_blocking(context.reader.seq) >= seq:
                return
        except NotReady:
            pass
        if context.monotonic() >= deadline:
            raise Problem(503, "reader_behind", f"the lists have not reached seq {seq} yet", retry_after_s=1)
        context.sleep(POLL_S)


def read_one(
    context: ApiContext, table: Table, subject_id: str, principal: Principal, peer: str, private: bool = True
) -> dict[str, Any]:
    """One document, with its personal fields for roles that may see them if `private`. Raises Problem 404."""
    kind = kind_of(table)
    raw, seq = committed(context, table, subject_id)
    found = None if raw is None else msgspec.json.decode(raw, type=kind.document)
    if found is None or (isinstance(found, Case) and not sees(principal, found)):
        raise Problem(404, "not_found", f"no {kind.id_field.removesuffix('_id')} {subject_id[:200]!r}")
    document = shown(found)
    subject = f"{kind.id_field.removesuffix('_id')}:{subject_id}"
    if private and table.searched and (principal.may(Permission.READ_PRIVATE) or has_task(principal, found)):
        document["private"] = reveal(context, subject, principal, peer)
    return document | {"seq": seq}


def committed(context: ApiContext, table: Table, subject_id: str) -> tuple[bytes | None, int]:
    """The engine's document; the reader's for those that left the engine's memory."""
    with context.client.pipeline(transaction=True) as pipe:
        pipe.hget(context.keys.of(table.name), subject_id)
        pipe.hget(context.keys.position, "seq")
        raw, seq = pipe.execute()
    if raw is not None:
        return raw, int(seq or 0)
    return run_blocking(context.reader.document, table, subject_id)


def reveal(context: ApiContext, subject: str, principal: Principal, peer: str) -> dict[str, Any]:
    """A subject's personal fields, as far as they are for the asker, after writing down who saw which. Nothing is shown
    that could not be audited."""
    raw: Any = context.client.hget(context.keys.private, subject)
    stored = told(context.sealer, subject, without_words(msgspec.json.decode(raw))) if raw else {}
    fields = of_task(principal, stored)
    if fields:
        seen = {"fields": sorted(fields)}
        context.access.audit.append(Record(principal.actor(peer), "private.revealed", subject, None, seen))
    return fields
