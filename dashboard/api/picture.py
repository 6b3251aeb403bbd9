"""The picture and the cells: what the engine committed with its last frame, and no other numbers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import redis

from dashboard.api.answers import Problem
from dashboard.roles import Principal
from dashboard.topics import served_topics
from geo.cells import FINEST, counts_to_parents
from streams.keys import Keys

MEASURES = ("received_1h", "received_24h", "open", "overdue", "due_4h", "incidents")

# Members of the picture by section; the splits collect every figure `<section>.<split>.<value>`.
FIGURES: dict[str, tuple[str, ...]] = {
    "cases": (
        "received_today",
        "received_1h",
        "received_24h",
        "closed_today",
        "open",
        "with_deadline",
        "overdue",
        "due_4h",
        "without_location",
        "received_total",
    ),
    "incidents": ("open", "received_today", "received_24h", "closed_today", "received_total", "with_busy_unit"),
    "units": ("busy", "total"),
    "calls": ("waiting", "offered_today", "answered_today", "abandoned_today", "connect_24h_n", "connect_24h_of"),
}
SPLITS: dict[str, tuple[str, ...]] = {
    "cases": ("by_channel", "by_category", "by_area"),
    "incidents": ("by_priority", "by_kind"),
    "units": ("by_status",),
    "calls": (),
}
# Topics that the picture is made of.
TOPICS = ("figures", "sources", "clock", "channels", "agents", "alerts", "notices", "attention")


def read_picture(client: redis.Redis, keys: Keys, principal: Principal) -> dict[str, Any]:
    """The picture as of the last frame. Raises Problem 503 before the engine's first one."""
    topics = served_topics(TOPICS, *principal.roles)
    with client.pipeline(transaction=True) as pipe:
        for _, served in topics:
            pipe.hgetall(keys.view(served))
        pipe.hmget(keys.position, ["frame_seq", "seq"])
        *views, seqs = pipe.execute()
    found = {asked: _values(view) for (asked, _), view in zip(topics, views, strict=True)}
    _refuse_before_first(found["clock"])
    return picture(keys.city, found, _frame_seq(seqs))


def picture(city: str, views: Mapping[str, Mapping[str, Any]], seq: int) -> dict[str, Any]:
    """The answer, from the committed views by topic."""
    figures, clock = views["figures"], views["clock"]
    sections = {
        section: {name: figures.get(f"{section}.{name}", 0) for name in names}
        | {split: _split(figures, f"{section}.{split}.") for split in SPLITS[section]}
        for section, names in FIGURES.items()
    }
    sections["calls"] |= {"by_channel": dict(sorted(views["channels"].items())), "agents": dict(views["agents"])}
    now = datetime.fromisoformat(clock["now"])
    return {
        "city": city,
        "clock": {name: clock.get(name) for name in ("now", "mode", "speed", "standing")},
        "seq": seq,
        **sections,
        "alerts": [alert for _, alert in sorted(views["alerts"].items())],
        "notices": [notice for _, notice in sorted(views["notices"].items())],
        "attention": [views["attention"][place] for place in sorted(views["attention"])],
        "sources": [_source(name, said, now) for name, said in sorted(views["sources"].items())],
    }


def _refuse_before_first(found: object) -> None:
    """No picture is not a picture of zeros."""
    if not found:
        raise Problem(503, "no_picture", "the engine has not committed a picture yet", retry_after_s=2)


def _split(figures: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Largest first; values of a split may hold any text, dots too."""
    found = {name.removeprefix(prefix): n for name, n in figures.items() if name.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _source(name: str, said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    last = said.get("last_event_at")
    age_s = None if last is None else max(0.0, round((now - datetime.fromisoformat(last)).total_seconds(), 1))
    return {
        "name": name,
        "last_event_at": last,
        "age_s": age_s,
        "stale": bool(said.get("stale")),
        "dead": said.get("dead", 0),
    }


@dataclass
class Grid:
    """The numbered cells, kept between requests: the list in Redis only grows."""

    cells: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> int:
        """Where to read on from: the last known cell, to see that it still is the same list."""
        return max(0, len(self.cells) - 1)

    def extend(self, start: int, found: list[str]) -> bool:
        """Add what was read from `start` on; False when it does not continue this list, which then is emptied."""
        with self._lock:
            known = self.cells[start:]
            overlap = min(len(known), len(found))
            if known[:overlap] != found[:overlap] or (start and not found):
                self.cells = []
                return False
            self.cells = self.cells + found[overlap:] if len(found) > overlap else self.cells
            return True


def read_cells(
    client: redis.Redis, keys: Keys, grid: Grid, principal: Principal, measure: str, res: int, category: str
) -> dict[str, Any]:
    """Counts per cell at a resolution, and how many of that measure lie in none."""
    asked = f"cells:{measure}:{category}"
    topic = dict(served_topics([asked], *principal.roles))[asked]
    while True:
        start = grid.start()
        with client.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.view(topic))
            pipe.lrange(keys.grid, start, -1)
            pipe.hmget(keys.view("figures"), _names(measure, category))
            pipe.hmget(keys.position, ["frame_seq", "seq"])
            pipe.exists(keys.view("clock"))
            raw, found, figures, seqs, has_picture = pipe.execute()
        _refuse_before_first(has_picture)
        if grid.extend(start, [cell.decode() for cell in found]) or start == 0:
            break
    cells = grid.cells
    counts = Counter({cells[int(number)]: int(n) for number, n in raw.items() if int(number) < len(cells)})
    without, whole = (int(n) if n else 0 for n in figures)
    if topic != asked:
        without = max(0, whole - counts.total())  # sensitive ones are shown in no cell
    rolled = counts if res == FINEST else counts_to_parents(counts, res)
    return {"cells": dict(rolled), "without_location": without, "seq": _frame_seq(seqs)}


def _names(measure: str, category: str) -> list[str]:
    """Figures: of this measure without a cell; of incidents in all."""
    without = f"without_location.{measure}"
    if category:
        return [f"{without}.{category}", f"incidents.by_kind.{category}"]
    return [without, "incidents.open"]


def _values(raw: Mapping[bytes, bytes]) -> dict[str, Any]:
    return {name.decode(): msgspec.json.decode(value) for name, value in raw.items()}


def _frame_seq(seqs: list[bytes | None]) -> int:
    """The commit that the views stand for."""
    return next((int(seq) for seq in seqs if seq), 0)
