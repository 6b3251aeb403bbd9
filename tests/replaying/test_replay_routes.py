"""What a page of the past is answered: the committed picture, by the permissions of the live one, and reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module
from flask import Flask
from werkzeug.test import TestResponse

from dashboard.access import Access
from dashboard.access_keys import new_key
from dashboard.replaying.asks import MOST_WAITING, Asking, ask_of, asks_key
from dashboard.replaying.past import bounds
from dashboard.replaying.process import Replayer, step
from dashboard.replaying.routes import replay_routes
from geo.cities import load_city
from streams.archive import facts
from streams.archive.view import Archive
from streams.keys import Keys
from tests.replaying.test_past_pictures import CITY, EXEMPT, Recorded

KEYS = Keys(CITY)
TOPICS = ("figures", "clock", "incidents", "units", "curve", "cells:open:")
ONE_SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def recorded(redis_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    client = redis_server.client()
    client.flushall()
    return Recorded(client, tmp_path_factory.mktemp("replay"), steps=28, step_m=9)


@dataclass
class Door:
    """The routes, and the process behind them, which takes its turn whenever a route waits."""

    client: redis_module.Redis
    archive: Archive
    replayer: Replayer
    answered: int = 0
    allowed: bool = True
    works: bool = True
    now_s: float = 0.0
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = Flask("replay")
        self.app.secret_key = "secret"
        asking = Asking(self.client, KEYS, self._wait, monotonic=lambda: self.now_s)
        access = Access(self.client, KEYS)
        self.app.register_blueprint(replay_routes(self.archive, asking, access, lambda who: self.allowed))
        self.keys = {role: new_key(self.client, KEYS, role, role) for role in ("dispatcher", "viewer", "kiosk")}

    def _wait(self, seconds: float) -> None:
        if not self.works:
            self.now_s += 1.0
            return
        self.answered += 1
        assert step(self.client, KEYS, lambda: self.replayer)

    def get(self, path: str, role: str = "dispatcher", **query: Any) -> TestResponse:
        headers = {"X-API-Key": self.keys[role]} if role else {}
        return self.app.test_client().get(f"/replay/{path}", query_string=query, headers=headers)

    def picture(self, at: datetime, role: str = "dispatcher", topics: tuple[str, ...] = TOPICS) -> dict[str, Any]:
        answer = self.get("snapshot", role, at=at.isoformat(), topics=list(topics))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return dict(answer.get_json())


@pytest.fixture
def open_door(redis: redis_module.Redis, recorded: Recorded) -> Callable[..., Door]:
    def opened(archive: Archive = recorded.archive) -> Door:
        return Door(redis, archive, Replayer(load_city(CITY), archive))

    return opened


def reason(answer: TestResponse) -> str:
    return str(answer.get_json()["error"]["message"])


def test_a_snapshot_of_the_past_is_the_picture_that_was_committed(
    recorded: Recorded, open_door: Callable[..., Door]
) -> None:
    door = open_door()
    pictures = [(at, picture) for at, picture in recorded.pictures.items() if at >= bounds(recorded.archive)[0]][-4:]
    for at, then in [*pictures, pictures[0]]:
        shown = door.picture(at)
        assert (shown["city"], datetime.fromisoformat(shown["at"])) == (CITY, at)
        assert shown["topics"] == {topic: then.get(topic, {}) for topic in TOPICS if topic not in EXEMPT}
    assert door.answered == len(pictures), "the same question again is answered from what is kept"


def test_each_topic_is_for_the_roles_that_see_it_live(recorded: Recorded, open_door: Callable[..., Door]) -> None:
    door = open_door()
    at, then = list(recorded.pictures.items())[-1]
    assert then["incidents"], "a city without incidents shows nothing here"
    topics = ("incidents", "units")
    assert door.picture(at, "kiosk", topics)["topics"]["units"] == then["units.public"]
    assert door.picture(at, "viewer", topics)["topics"]["units"] == then["units"]
    assert door.get("snapshot", "viewer", at=at.isoformat(), topics="queue").status_code == 400
    assert door.get("snapshot", "dispatcher", at=at.isoformat(), topics="queue").status_code == 200
    for path in ("snapshot", "bounds", "next"):
        assert door.get(path, "").status_code == 401


def test_bounds_are_those_within_which_any_second_is_shown(recorded: Recorded, open_door: Callable[..., Door]) -> None:
    door = open_door()
    told = door.get("bounds").get_json()
    first, last = (datetime.fromisoformat(told[name]) for name in ("first", "last"))
    assert (first, last) == bounds(recorded.archive)
    for at in (first, last):
        assert datetime.fromisoformat(door.picture(at)["at"]) == at
    for at in (first - ONE_SECOND, last + ONE_SECOND):
        refused = door.get("snapshot", at=at.isoformat())
        assert refused.status_code == 404
        assert "the archive tells of" in reason(refused)


def test_the_next_incident_stands_in_the_picture_that_is_jumped_to_and_not_before(
    recorded: Recorded, open_door: Callable[..., Door]
) -> None:
    door = open_door()
    after = list(recorded.pictures)[3]
    with recorded.archive.view() as view:
        later = [
            envelope
            for _, envelope in facts.between(view.folder, view.manifest, "0-0")
            if envelope.type == "incident.received"
            and envelope.recorded_at is not None
            and envelope.recorded_at > after
        ]
    told = door.get("next", after=after.isoformat(), kind="incident").get_json()
    assert told["kind"] == "incident"
    assert f"incident:{told['id']}" == later[0].subject
    at = datetime.fromisoformat(told["at"])
    assert told["id"] in door.picture(at)["topics"]["incidents"]
    assert told["id"] not in door.picture(at - ONE_SECOND)["topics"]["incidents"]
    assert "id" not in door.get("next", "kiosk", after=after.isoformat(), kind="incident").get_json()
    last = bounds(recorded.archive)[1]
    for kind, since in (("incident", last), ("alert", after), ("warning", after)):
        assert door.get("next", after=since.isoformat(), kind=kind).status_code == 404
    assert door.get("next", after=after.isoformat(), kind="murder").status_code == 400


def test_what_cannot_be_answered_is_said_with_its_reason(
    tmp_path: Path, recorded: Recorded, open_door: Callable[..., Door]
) -> None:
    door, at = open_door(), bounds(recorded.archive)[0].isoformat()
    for wrong in ("", "yesterday", "2026-06-01T12:00:00", "9999-12-31T23:59:59-14:00"):
        assert door.get("snapshot", at=wrong).status_code == 400, wrong
    door.works = False
    silent = door.get("snapshot", at=at, topics="figures")
    assert silent.status_code == 504
    assert "replayer" in reason(silent)
    for n in range(MOST_WAITING):
        door.client.rpush(asks_key(KEYS), f"another {n}")
    assert door.get("snapshot", at=at, topics="units").status_code == 503
    door.allowed = False
    assert door.get("bounds").status_code == 429
    nothing = open_door(Archive(tmp_path))
    for path, query in (("snapshot", {"at": at}), ("bounds", {}), ("next", {"after": at, "kind": "incident"})):
        refused = nothing.get(path, **query)
        assert (refused.status_code, "no archive yet" in reason(refused)) == (404, True), path


def test_what_nobody_waits_for_is_not_built(recorded: Recorded, open_door: Callable[..., Door]) -> None:
    door = open_door()
    ask = ask_of(bounds(recorded.archive)[0], (("figures", "figures"),), until=100.0)
    for late in (ask, msgspec.structs.replace(ask, until=200.0)):
        door.client.rpush(asks_key(KEYS), msgspec.json.encode(late))
    assert step(door.client, KEYS, lambda: door.replayer, wall=lambda: 150.0)
    assert door.replayer.past is None
    assert step(door.client, KEYS, lambda: door.replayer, wall=lambda: 150.0)
    assert door.replayer.past is not None
    assert door.replayer.past.at == ask.at
