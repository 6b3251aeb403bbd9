"""What the simulated hotline supervisor of a demonstration asks for: by the same stream as people, refused alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis

from streams.codec import encode
from streams.keys import Keys
from streams.sim.scenes import case_ids_of, load_scene

ACTOR, ROLE = "simulated hotline supervisor", "hotline"
VALID = timedelta(seconds=10)
SITUATION, MATTER = "situation", "matter"
ASKS = (SITUATION, MATTER)

Together = Callable[[str], Sequence[str]]  # the cases that lie with one, itself among them


def supervisor_asks(
    client: redis.Redis, keys: Keys, what: str, scene: str, began: datetime, now: datetime, together: Together
) -> int:
    """Ask for what `what` names, about the scene that began then; returns how many requests. `now` is city time."""
    ask = _Asker(client, keys, f"{what}:{scene}:{began:%y%m%d%H%M%S}")
    if what == SITUATION:
        return _open_situation(ask, client, keys, scene, began, together)
    return _publish_matter(ask, scene, began, now)


def _open_situation(
    ask: _Asker, client: redis.Redis, keys: Keys, scene: str, began: datetime, together: Together
) -> int:
    """One situation of the scene's own reports of its gravest category, and of whatever lies with them."""
    told = load_scene(scene)
    ids = case_ids_of(told, scene, began)
    if not ids or told.matter is None:
        return 0
    own = [case_id for case_id, category in ids.items() if category == told.matter.category]
    found = dict.fromkeys([*own, *(other for case_id in own[:1] for other in together(case_id))])
    raws: Any = client.hmget(keys.cases, list(found))
    known = [case_id for case_id, raw in zip(found, raws, strict=True) if raw]
    if not known:
        return 0
    situation_id = f"S{scene}-{began:%y%m%d%H%M%S}"
    args = {"situation_id": situation_id, "title": told.titles["en"], "case_ids": known}
    ask("open_situation", args | {"category": told.matter.category})
    ask("offer_situation", {"situation_id": situation_id})
    return 2


def _publish_matter(ask: _Asker, scene: str, began: datetime, now: datetime) -> int:
    matter = load_scene(scene).matter
    if matter is None:
        return 0
    said = {"what": matter.what, "category": matter.category, "areas": matter.areas, "scripts": matter.scripts}
    until = now + timedelta(minutes=matter.minutes)
    ask("publish_matter", said | {"matter_id": f"M{scene}-{began:%y%m%d%H%M%S}", "until": until})
    return 1


class _Asker:
    """Writes requests; asked again about the same scene it writes the same ids, which are answered once."""

    def __init__(self, client: redis.Redis, keys: Keys, stem: str):
        self._client, self._keys, self._stem = client, keys, stem

    def __call__(self, verb: str, args: dict[str, Any]) -> None:
        request = {
            "request_id": f"story:{self._stem}:{verb}",
            "verb": verb,
            "actor": ACTOR,
            "role": ROLE,
            "valid_until": datetime.now(UTC) + VALID,
            "args": msgspec.to_builtins(args),
        }
        self._client.xadd(self._keys.requests, {"e": encode(request)})
