"""Small files, presets and a plain fold of entries, for the tests of the feeds."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from streams.codec import decode_envelope
from streams.events import Envelope
from streams.feeds.prepare import Prepared, items
from streams.feeds.preset import Preset, load_preset

CASES = """
city = "springfield"
zone = "America/New_York"
[columns]
id = "id"
received = "opened"
target = "due"
closed = "closed"
category = "category"
channel = "channel"
lat = "lat"
lng = "lng"
"""
HEADER = "id,opened,due,closed,category,channel,lat,lng"

UNITS = """
city = "springfield"
zone = "America/Los_Angeles"
record = "unit-row"
expires_after_h = 24
[columns]
id = "call"
unit = "unit"
received = "received"
dispatched = "dispatched"
arrived = "arrived"
delivered = "delivered"
cleared = "cleared"
"""


def preset_from(folder: Path, text: str, name: str = "springfield") -> Preset:
    """A preset as its user would write it."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return load_preset(path)


def file_of(folder: Path, *lines: str | bytes, name: str = "file.csv") -> Path:
    """A file with these lines; gzipped if its name says so."""
    raw = b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)
    path = folder / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def local(text: str, zone: str = "America/New_York") -> datetime:
    """A moment of the city's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def envelopes(prepared: Prepared) -> Iterator[Envelope]:
    """The entries of a prepared file in order."""
    return (decode_envelope(item.body) for item in items(prepared) if not item.reason)


class PlainFold:
    """The simplest possible picture: dictionaries, looked through at each question."""

    def __init__(self, entries: Iterable[Envelope]) -> None:
        self.received: dict[str, tuple[datetime, datetime | None, bool]] = {}
        self.closed: dict[str, datetime] = {}
        for entry in entries:
            if entry.type == "case.received":
                target = entry.data.get("target_at")
                due = datetime.fromisoformat(target) if target else None
                self.received[entry.data["case_id"]] = entry.occurred_at, due, "lat" in entry.data
            elif entry.type == "case.closed":
                self.closed[entry.data["case_id"]] = entry.occurred_at

    def counts(self, now: datetime) -> dict[str, int]:
        """open, with_deadline, overdue, without_location among the cases open at `now`; and received so far."""
        standing = [
            facts
            for case, facts in self.received.items()
            if facts[0] <= now and not (case in self.closed and self.closed[case] <= now)
        ]
        return {
            "received": sum(at <= now for at, _, _ in self.received.values()),
            "open": len(standing),
            "with_deadline": sum(due is not None for _, due, _ in standing),
            "overdue": sum(due is not None and due < now for _, due, _ in standing),
            "without_location": sum(not located for _, _, located in standing),
        }


def stream(client: Any, key: str) -> list[dict[bytes, bytes]]:
    """All entries of a stream."""
    return [fields for _, fields in client.xrange(key)]


def inbox(client: Any, keys: Any) -> list[Envelope]:
    """What a feed appended, in order."""
    return [decode_envelope(fields[b"e"]) for fields in stream(client, keys.inbox)]
