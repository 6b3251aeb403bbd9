"""Search while the caller waits: by number, its last four digits, id, name, address and words of a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response, g, request

from dashboard.accounts.audit import Record
from dashboard.api.answers import answer, bad
from dashboard.api.arguments import MAX_TEXT, read_arguments, text, whole
from dashboard.api.context import ApiContext
from dashboard.blocking import run_blocking
from dashboard.callers.numbers import TAIL, is_written_as_number
from dashboard.callers.sealing import Sealer
from dashboard.roles import Permission, Principal
from hotline.cases import Case
from streams.reader import Found, ListRow, Reader
from streams.reader_text import runs

MOST, AS_A_RULE = 100, 30
MOST_S = 0.12  # that one look among words may take: the caller waits
_decode = msgspec.json.Decoder(Case).decode
# How surely a find by this way is what was looked for: an order of the finds, no probability.
SCORES = {"phone": 1.0, "id": 0.95, "tail": 0.8, "name": 0.7, "address": 0.5, "text": 0.3}
WORDED = ("id", "name", "address", "text")


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a posted search."""

    q: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = AS_A_RULE


@dataclass(frozen=True)
class Asked:
    """What was typed, and the keyed hashes of it when it can be a number."""

    q: str
    limit: int
    caller: str = ""
    tail: str = ""


Find = tuple[str, ListRow]  # why, what
Source = Callable[[Asked], tuple[list[Find], int]]  # finds, and the seq as of which they are true


def search(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the route."""

    @blueprint.get("/search")
    @context.access.require(Permission.READ_PRIVATE)
    def find() -> Response:
        asked = read_arguments({"q": text, "limit": whole(1, MOST)})
        return tell(asked.get("q", ""), asked.get("limit", AS_A_RULE))

    @blueprint.post("/search")
    @context.access.require(Permission.READ_PRIVATE)
    def find_posted() -> Response:
        """The same for what shall not stand in an address, which other programs write down."""
        read_arguments({})
        try:
            wanted = msgspec.json.decode(request.get_data(cache=False), type=Wanted)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise bad(f'send {{"q": "…", "limit": {AS_A_RULE}}}: {error}') from None
        return tell(wanted.q, wanted.limit)

    def tell(q: str, limit: int) -> Response:
        if not q.strip():
            raise bad("q: what to look for")
        return answer(find_cases(context, q, limit, g.principal, request.remote_addr or ""))


def find_cases(context: ApiContext, q: str, limit: int, principal: Principal, peer: str) -> dict[str, Any]:
    """The cases that fit, the likeliest first, and of equals the newest. That somebody searched, and how much was
    found in what, is written down; the words are not."""
    asked = asked_of(q, limit, context.sealer)
    finds: list[Find] = []
    seq = 0
    for source in sources_of(context):
        found, at = source(asked)
        finds += found
        seq = max(seq, at)
    results = [_told(why, row) for why, row in _ranked(finds)[:limit]]
    seen = {"found": dict(Counter(result["why"] for result in results))}
    context.access.audit.append(Record(principal.actor(peer), "search.asked", "", None, seen))
    return {"results": results, "seq": seq}


def sources_of(context: ApiContext) -> list[Source]:
    """Where cases are looked for. What is no more in the lists of this machine has its source here, too."""
    return [lambda asked: run_blocking(in_lists, context.reader, asked)]


def asked_of(q: str, limit: int, sealer: Sealer | None) -> Asked:
    """Four digits are the last ones of a number, or part of an id; more of them are a number, or an id."""
    q = q.strip()
    if sealer is None or not is_written_as_number(q):
        return Asked(q, limit)
    digits = "".join(filter(str.isdigit, q))
    return Asked(q, limit, sealer.caller_of(q), sealer.tail_of(digits) if len(digits) == TAIL else "")


def in_lists(reader: Reader, asked: Asked) -> tuple[list[Find], int]:
    finds: list[Find] = []
    seq = reader.seq()
    for why, column, value in (("phone", "caller", asked.caller), ("tail", "tail", asked.tail)):
        if value:
            finds += [(why, row) for row in reader.cases_of(column, value, asked.limit)[0]]
    found = reader.case_named(asked.q)
    found += reader.cases_with(("name",), asked.q, asked.limit, MOST_S)
    found += reader.cases_with(WORDED, asked.q, MOST, MOST_S)
    wanted = runs(asked.q)
    return finds + [(_why(one, wanted), one.row) for one in found], seq


def _why(found: Found, wanted: Sequence[str]) -> str:
    """The field that has most of the words; of equals the more telling one."""
    fields = {"id": _decode(found.row.doc).case_id, **found.words}
    there = {name: sum(word in " ".join(runs(fields[name])) for word in wanted) for name in WORDED}
    return max(WORDED, key=lambda name: (there[name], SCORES[name]))


def _ranked(finds: Iterable[Find]) -> list[Find]:
    """Each case once, for its best reason. Finds of one reason come newest first."""
    return list(_once(sorted(finds, key=lambda find: -SCORES[find[0]])))


def _once(finds: Iterable[Find]) -> Iterator[Find]:
    seen: set[str] = set()
    for why, row in finds:
        case_id = _decode(row.doc).case_id
        if case_id not in seen:
            seen.add(case_id)
            yield why, row


def _told(why: str, row: ListRow) -> dict[str, Any]:
    case = _decode(row.doc)
    return {
        "case_id": case.case_id,
        "why": why,
        "category": case.category,
        "area": case.area,
        "status": case.status,
        "stage": case.stage,
        "received_at": case.received_at,
        "caller": row.caller,
        "score": SCORES[why],
    }
