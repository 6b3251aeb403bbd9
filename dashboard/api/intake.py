"""Events from outside by HTTP: checked at the door, accepted only when they are in the inbox, durable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import redis

from dashboard.api.answers import Problem, bad
from dashboard.api.context import ApiContext
from dashboard.engine.own_names import TAKEN_NAMES
from dashboard.roles import WRITES, Principal
from streams.codec import MAX_ENTRY_BYTES, Malformed, encode, envelope_from, payload_of
from streams.events import Envelope

MAX_BODY_BYTES = 1_000_000
MAX_ITEMS = 1_000
REPLAY = "this city is a replay and takes no live events"
RETRY_AFTER_S = 5


def decoded(raw: bytes) -> Any:
    """A posted body as JSON values. Raises Problem 400."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad(f"the body is not JSON: {error}") from None


def items_of(body: Any) -> list[Any]:
    """One event or a list of them."""
    items = body if isinstance(body, list) else [body]
    if not 1 <= len(items) <= MAX_ITEMS:
        raise bad(f"{len(items)} events: send 1 to {MAX_ITEMS} at once")
    return items


def take_events(context: ApiContext, body: Any, principal: Principal) -> tuple[dict[str, Any], int]:
    """(answer, status): 202 when all were taken, 207 when some, 400 when none."""
    items = items_of(body)
    refuse_when_closed(context)
    entries, errors = [], []
    for index, item in enumerate(items):
        try:
            entries.append(entry_of(item, principal))
        except Malformed as error:
            errors.append({"index": index, "id": _id_of(item), "reason": str(error)})
    append(context, entries)
    answer: dict[str, Any] = {"accepted": len(entries), "errors": errors}
    if not entries:
        return {"error": {"code": "bad_request", "message": "no event was accepted"}} | answer, 400
    return answer, 207 if errors else 202


def refuse_when_closed(context: ApiContext) -> None:
    """Raises Problem: 409 in a replay, 503 while the backlog or the memory is beyond its limit."""
    with context.client.pipeline(transaction=False) as pipe:
        pipe.hget(context.keys.view("clock"), "mode")
        pipe.xlen(context.keys.inbox)
        pipe.info("memory")
        mode, waiting, memory = pipe.execute()
    if mode is not None and msgspec.json.decode(mode) == "replay":
        raise Problem(409, "replay", REPLAY)
    if waiting > context.max_backlog:
        raise _busy(f"{waiting} entries wait in the inbox, more than {context.max_backlog}")
    if context.max_memory_mb and _used_mb(memory) > context.max_memory_mb:
        raise _busy(f"Redis uses more than {context.max_memory_mb} MB")


def entry_of(item: Any, principal: Principal) -> bytes:
    """The inbox entry of one posted item. Raises Malformed with the reason.

    Only what a source may say is kept: times of recording, places and flags are the engine's.
    """
    envelope = envelope_from(item)
    entity = envelope.type.partition(".")[0]
    if entity not in frozenset().union(*WRITES.values()):
        raise Malformed(f"type: {envelope.type} is not taken from outside")
    if entity not in principal.writes():
        raise Malformed(f"type: role {principal.role} may not report {entity}.* events")
    if envelope.source in TAKEN_NAMES:
        raise Malformed(f"source: {envelope.source} is a name of the program itself")
    payload_of(envelope)
    raw = _encoded(envelope, principal)
    if len(raw) > MAX_ENTRY_BYTES:
        raise Malformed(f"larger than {MAX_ENTRY_BYTES} bytes")
    return raw


def append(context: ApiContext, entries: list[bytes]) -> None:
    """All entries in one transaction; returns when Redis has made them durable."""
    if not entries:
        return
    try:
        with context.client.pipeline(transaction=True) as pipe:
            for raw in entries:
                pipe.xadd(context.keys.inbox, {"e": raw})
            pipe.execute()
    except redis.OutOfMemoryError:
        raise _busy("Redis is out of memory") from None


def _encoded(envelope: Envelope, principal: Principal) -> bytes:
    said = Envelope(
        source=envelope.source,
        id=envelope.id,
        type=envelope.type,
        version=envelope.version,
        occurred_at=envelope.occurred_at,
        actor=principal.name,
        data=envelope.data,
    )
    try:
        return encode(said)
    except (OverflowError, ValueError, RecursionError) as error:
        raise Malformed(f"data: cannot be stored: {error}") from None


def _id_of(item: Any) -> str | None:
    found = item.get("id") if isinstance(item, Mapping) else None
    return found[:200] if isinstance(found, str) else None


def _used_mb(memory: Mapping[str, Any]) -> float:
    return float(memory.get("used_memory", 0)) / 1e6


def _busy(why: str) -> Problem:
    return Problem(503, "busy", f"{why}; nothing was taken, send it again later", retry_after_s=RETRY_AFTER_S)
