"""Requests as they stand now: many from the reader's file, named ones from the engine's own documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from dashboard.api.lists import committed
from dashboard.blocking import run_blocking
from dashboard.open311.context import Open311
from dashboard.open311.door import filed_key
from dashboard.open311.finding import MOST_ID, Wanted, read_question, seq_at
from dashboard.open311.formats import Fault
from dashboard.open311.showing import Show
from hotline.cases import Case
from streams.reader_schema import CASES

POLL_S = 0.02
ON_ITS_WAY_S = 2.0  # how long a number that was just given is waited for

_decode = msgspec.json.Decoder(Case).decode


def find_many(server: Open311, show: Show, given: Callable[[str], str]) -> list[Case]:
    """The cases that the parameters ask for and the asker may see. Raises Fault, NotReady."""
    wanted = read_question(given, server.door.now())
    if wanted.ids:
        return _named(server, show, wanted.ids)
    categories = _categories(server, wanted)
    if categories == []:
        return []
    return run_blocking(server.reader.requests, wanted, categories, _from_seq(server, wanted), show.may_list)


def find_one(server: Open311, show: Show, case_id: str) -> Case:
    """The case of that number; one that was filed a moment ago is waited for. Raises Fault 404."""
    deadline = server.api.monotonic() + ON_ITS_WAY_S
    while True:
        case = _committed(server, case_id) if 0 < len(case_id) <= MOST_ID else None
        if case is not None and show.is_shown(case):
            return case
        is_coming = case is None and server.api.client.exists(filed_key(server.api, case_id))
        if not is_coming or server.api.monotonic() >= deadline:
            raise Fault(404, f"service_request_id {case_id[:100]!r} was not found")
        server.api.sleep(POLL_S)


def _committed(server: Open311, case_id: str) -> Case | None:
    raw, _ = committed(server.api, CASES, case_id)
    return None if raw is None else _decode(raw)


def _categories(server: Open311, wanted: Wanted) -> list[str] | None:
    """The categories behind the codes; a code that is not known has no requests."""
    if not wanted.codes:
        return None
    known = server.services.all()
    return [known[code].category for code in wanted.codes if code in known]


def _from_seq(server: Open311, wanted: Wanted) -> int:
    if wanted.updated_after is None:
        return 0
    return seq_at(server.api.client, server.api.keys, wanted.updated_after)


def _named(server: Open311, show: Show, ids: Sequence[str]) -> list[Case]:
    """In the order in which they were named; what does not exist or is not shown is left out."""
    wanted = [name for name in ids if len(name) <= MOST_ID]
    raw: Any = server.api.client.hmget(server.api.keys.cases, wanted) if wanted else []
    found = {name: _decode(doc) for name, doc in zip(wanted, raw, strict=True) if doc is not None}
    missing = [name for name in wanted if name not in found]
    if missing:
        found |= {case.case_id: case for case in run_blocking(server.reader.named, missing)}
    return [found[name] for name in wanted if name in found and show.is_shown(found[name])]
