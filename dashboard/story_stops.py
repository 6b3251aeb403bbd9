"""Where a demonstration can be looked at more closely by now: the stops of its tour, each with a page's address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import redis

from dashboard.city_time import city_time
from dashboard.engine.frames import instant
from hotline.grave_words import grave_words
from layouts.briefing.definitions import LIST_OF_WARNING
from streams.keys import Keys
from streams.sim.scenes import case_ids_of, load_scene

GAS = "gas"
SEEN_S = 2  # until a case that was written stands in the picture
# In the order of the tour; layouts/wall/story.py has their names.
STOPS = ("warning", "calls", "situation", "matter", "replay", "briefing", "pdf")


def stops(client: redis.Redis, keys: Keys, state: Mapping[str, str]) -> dict[str, str]:
    """Stop -> address, of those that there are by now. `state` is that of the story."""
    with client.pipeline(transaction=True) as pipe:
        pipe.hvals(keys.view("warnings.public"))
        pipe.hget(keys.view("clock"), "day")
        pipe.hkeys(keys.view("situations"))
        pipe.hkeys(keys.view("matters"))
        warnings, day, situations, matters = pipe.execute()
    found: dict[str, str] = {}
    if began := state.get(f"began:{GAS}"):
        found = _of_scene(client, keys, datetime.fromisoformat(began), [msgspec.json.decode(raw) for raw in warnings])
    if any(name.startswith(f"S{GAS}-".encode()) for name in situations):
        found["situation"] = "/hotline?panel=situations"
    if any(name.startswith(f"M{GAS}-".encode()) for name in matters):
        found["matter"] = "/hotline?panel=matters"
    found.setdefault("briefing", "/briefing")
    if day:
        found["pdf"] = f"/briefing/{msgspec.json.decode(day)}.pdf"
    return {name: found[name] for name in STOPS if name in found}


def _of_scene(client: redis.Redis, keys: Keys, began: datetime, warnings: list[dict[str, Any]]) -> dict[str, str]:
    scene = load_scene(GAS)
    category = scene.matter.category if scene.matter else ""
    found: dict[str, str] = {}
    about = [w for w in warnings if category in (w["category"], grave_words().categories.get(w["said"]))]
    if about:
        found["warning"] = f"/warning?warning={quote(min(w['id'] for w in about))}"
        largest = min(about, key=lambda w: (-w["observed"], w["id"]))["id"]
        if _is_archived(client, keys, largest):
            found["briefing"] = f"/briefing#{quote(LIST_OF_WARNING + largest)}"
    calls = [case_id for case_id, about in case_ids_of(scene, GAS, began).items() if about == category]
    told = [case_id for case_id in calls if client.hexists(keys.cases, case_id)]
    if len(told) > 1:
        found["calls"] = f"/hotline?case={quote(told[0])}&compare={quote(told[1])}"
    first_at, now = first_call_at(began), city_time(client, keys)
    if now is not None and now > first_at:
        found["replay"] = f"/replay?at={quote(instant(first_at))}"
    return found


def _is_archived(client: redis.Redis, keys: Keys, warning_id: str) -> bool:
    """Whether the archive, and so the briefing, knows what was told last of a warning."""
    with client.pipeline(transaction=True) as pipe:
        pipe.hget(keys.of("warnings"), warning_id)
        pipe.hget(keys.archive, "position")
        raw, position = pipe.execute()
    if raw is None or position is None:
        return False
    return bool(int(position.decode().partition("-")[0]) >= msgspec.json.decode(raw)["seq"])


def first_call_at(began: datetime) -> datetime:
    """City time just after the first gas call stood in the picture, of a scene that began then."""
    first_s = min(report.after_s for report in load_scene(GAS).report)
    return (began + timedelta(seconds=first_s + SEEN_S)).replace(microsecond=0)
