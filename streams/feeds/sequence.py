"""The sequence of a replay: as recorded, or re-dated so that a recorded day happens today, and again tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from streams.codec import encode
from streams.feeds.items import Item
from streams.feeds.prepare import Prepared, items

DAY = timedelta(hours=24)
LONG_CLOSED = timedelta(days=15)


def as_recorded(prepared: Prepared, position: int, start: datetime | None) -> Iterator[Item]:
    """The recorded sequence from `position` on, without what had been closed for 15 days at `start`."""
    for item in items(prepared, position):
        if start is None or item.closes_at is None or item.closes_at >= start - LONG_CLOSED:
            yield item


def shifted(prepared: Prepared, position: int, to: datetime) -> Iterator[Item]:
    """The recorded sequence, moved so that the midnight before its first entry becomes `to`."""
    if prepared.day_start is None:
        return
    for item in items(prepared, position):
        yield _moved(item, to - prepared.day_start, "")


def repeated(prepared: Prepared, position: int, to: datetime) -> Iterator[Item]:
    """The recorded day, from `to` on, without end (`prepare` with `by_day`).

    Positions count on through the repetitions. Records get the suffix `-d<n>` of the repetition that they began in;
    units keep their names. What the record says of a later day comes in a later turn, if its record was there.
    """
    if prepared.day_start is None:
        return
    turn, index = divmod(position, prepared.items)
    while True:
        for item in items(prepared, index):
            begun = turn - item.day
            if begun < 0 or (item.reason and turn):
                continue
            moved = _moved(item, to - prepared.day_start + begun * DAY, f"-d{begun}")
            yield moved._replace(position=turn * prepared.items + item.position)
        turn, index = turn + 1, 0


def _moved(item: Item, by: timedelta, suffix: str) -> Item:
    closes_at = None if item.closes_at is None else item.closes_at + by
    body = item.body if item.reason else encode(_renamed(msgspec.json.decode(item.body), item.record, by, suffix))
    return item._replace(at=item.at + by, closes_at=closes_at, body=body)


def _renamed(envelope: dict[str, Any], record: str, by: timedelta, suffix: str) -> dict[str, Any]:
    """The envelope at its new time; its own record (not the unit that serves it) under its new id."""
    data = dict(envelope["data"])
    for field in ("case_id", "incident_id"):
        if data.get(field) == record:
            data[field] = record + suffix
    if "target_at" in data:
        data["target_at"] = datetime.fromisoformat(data["target_at"]) + by
    entity, _, subject = envelope["subject"].partition(":")
    at = datetime.fromisoformat(envelope["occurred_at"]) + by
    return envelope | {
        "id": record + suffix + envelope["id"].removeprefix(record),
        "occurred_at": at,
        "recorded_at": at,  # a simulated city begins with a history, known when it happened
        "data": data,
        "subject": envelope["subject"] + suffix if entity != "unit" and subject == record else envelope["subject"],
    }
