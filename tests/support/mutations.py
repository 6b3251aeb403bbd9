"""Damage, drawn from a seed: what real senders, broken proxies and bored people put into an inbox."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 2**63, 2**64, 2**70, -(2**70), 91.0, -181.0, 1e-320,
    "", " ", "\x00", "x" * 300, "y" * 70_000, "ü" * 100, "💥", "\u202e", [], {}, [[]], {"a": {"b": {}}},
    "NaN", "null", "1", "2026-13-01T00:00:00Z", "2026-03-04T17:00:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-03-04T24:00:00Z", "2026-03-04T17:00:60Z",
    "case.received", "unit.cleared", "clock.advanced", "engine", "desk",
)  # fmt: skip
BYTES = (b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"{", b"}", b"[", b'"', b",", b"1e999", b"NaN", b"\xef\xbb\xbf")


def damaged(raw: bytes, draw: random.Random) -> bytes:
    """Bytes with one thing wrong: cut, doubled, flipped, filled with nests or foreign bytes."""
    at = draw.randrange(len(raw)) if raw else 0
    to = min(len(raw), at + draw.randint(1, 12))
    ways: list[Callable[[], bytes]] = [
        lambda: raw[:at],
        lambda: raw[at:],
        lambda: raw[:at] + bytes([draw.randrange(256)]) + raw[at + 1 :],
        lambda: raw[:at] + raw[to:],
        lambda: raw[:to] + raw[at:],
        lambda: raw[:at] + draw.choice(BYTES) + raw[at:],
        lambda: raw[:at] + b"[" * draw.choice((10, 900, 5000)) + raw[at:],
        lambda: b"[" * (depth := draw.choice((900, 1100, 20_000))) + raw + b"]" * depth,
        lambda: b"",
        lambda: raw.decode("utf-8", "replace").encode("utf-16"),
    ]
    return draw.choice(ways)()


def twisted(value: Any, draw: random.Random) -> Any:
    """JSON with one value replaced, removed, or set where none belongs."""
    if isinstance(value, dict) and value and draw.random() < 0.85:
        key = draw.choice(sorted(value))
        kind = draw.random()
        if kind < 0.25:
            return {k: v for k, v in value.items() if k != key}
        if kind < 0.4:
            return value | {
                draw.choice(("recorded_at", "flags", "placed", "subject", "version", "x" * 50)): _nasty(draw)
            }
        return value | {key: twisted(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.7:
        at = draw.randrange(len(value))
        return [*value[:at], twisted(value[at], draw), *value[at + 1 :]]
    return _nasty(draw)


def _nasty(draw: random.Random) -> Any:
    return draw.choice(NASTY)


def as_bytes(value: Any) -> bytes:
    """JSON as a careless sender writes it: escapes for everything, NaN where a number is none."""
    return json.dumps(value).encode()


def real_documents(folder: Path) -> list[bytes]:
    """What other systems really send: Open311, CAP and EIDO documents."""
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".json", ".xml", ".cap")]


def malformed_inputs(seed: int, count: int, events: list[dict[str, Any]], documents: list[bytes]) -> list[bytes]:
    """`count` inputs: damaged and twisted events, and foreign documents as they are, damaged, or as data."""
    draw = random.Random(f"malformed {seed}")
    inputs: list[bytes] = []
    for number in range(count):
        event = draw.choice(events) | {"id": f"m{number}"}
        kind = draw.random()
        if kind < 0.35:
            inputs.append(damaged(as_bytes(event), draw))
        elif kind < 0.85 or not documents:
            inputs.append(as_bytes(twisted(event, draw)))
        else:
            inputs.append(_foreign(draw.choice(documents), event, draw))
    return inputs


def _foreign(document: bytes, event: dict[str, Any], draw: random.Random) -> bytes:
    try:
        value = json.loads(document)
    except ValueError:
        value = document.decode("utf-8", "replace")
    ways: list[Callable[[], bytes]] = [
        lambda: document,
        lambda: damaged(document, draw),
        lambda: as_bytes(event | {"data": value}),
        lambda: as_bytes(event | {"data": event["data"] | {"original": value}}),
        lambda: as_bytes(twisted(value, draw)),
    ]
    return draw.choice(ways)()
