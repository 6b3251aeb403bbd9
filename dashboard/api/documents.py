"""Whole collections of the engine's documents, as of one commit."""

from __future__ import annotations

from typing import Any

import msgspec

from dashboard.api.context import ApiContext


def documents(context: ApiContext, noun: str, kind: type[Any]) -> tuple[list[Any], int]:
    """Every document of one hash, and the commit of which they are."""
    with context.client.pipeline(transaction=True) as pipe:
        pipe.hvals(context.keys.of(noun))
        pipe.hget(context.keys.position, "seq")
        rows, seq = pipe.execute()
    decode: Any = msgspec.json.Decoder(kind).decode
    return [decode(raw) for raw in rows], int(seq or 0)
