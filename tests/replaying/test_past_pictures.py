"""Twenty random instants of a day: the picture that the replay makes is the one that was committed, field by field."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module

from dashboard.archiver import Archiver
from dashboard.replaying.past import NotKnown, Past, bounds, past_at
from geo.cities import load_city
from streams.archive.view import Archive
from tests.support.busy_floor import BusyFloor
from tests.support.week import Week

CITY = "boston"
# What desks look at, each of which must have been on some picture; rates of alarms need somebody at a desk.
OF_DESKS = frozenset({"queue", "roster", "alarms", "tasks", "hospitals", "situations", "matters"})
OF_DESKS |= {
    "following",
    "warnings",
    "channels",
    "agents",
    "alerts",
    "notices",
    "incidents",
    "units",
    "figures",
    "clock",
}
# What cannot be known again, with the reason: docs/archive.md says the same.
EXEMPT = {
    "attention": "its sentences keep the order in which they were first shown, which no fact tells",
    "sources": "what a feed said of itself between facts (polls without news) is not in the log",
}
PICTURES = 20
Views = dict[str, dict[str, Any]]


def committed(client: redis_module.Redis, week: Week) -> Views:
    """Every view as it stands in Redis."""
    names: Any = client.smembers(week.keys.view_names)
    found: Views = {}
    for name in sorted(name.decode() for name in names):
        raw: Any = client.hgetall(week.keys.view(name))
        found[name] = {key.decode(): msgspec.json.decode(value) for key, value in raw.items()}
    return found


def shown(past: Past) -> Views:
    return {
        topic: {key: msgspec.json.decode(value) for key, value in fields.items()}
        for topic, fields in past.views.items()
    }


def told(views: Views) -> Views:
    """What is compared: topics that hold something, and none that is exempt."""
    return {topic: fields for topic, fields in views.items() if fields and topic not in EXEMPT}


class Recorded:
    """A day of a small city, its archive, and the pictures that were committed at random instants of it."""

    def __init__(self, client: redis_module.Redis, folder: Path, steps: int, step_m: float, is_busy: bool = False):
        week = Week(client, CITY, step_m, per_day=1_500, seed=7)
        floor = BusyFloor(client, week.keys, seed=7) if is_busy else None
        archiver = Archiver(
            client, week.keys, folder, load_city(CITY).zone, flush_s=0, wall=lambda: week.now, monotonic=lambda: 0.0
        )
        archiver.start()
        chosen = set(random.Random(5).sample(range(steps // 4, steps), PICTURES))
        self.pictures: dict[datetime, Views] = {}
        for step in range(steps):
            if floor is not None and step % 3 == 0:
                floor.step(week.now)
            week.step()
            while archiver.step():
                pass
            if step in chosen:
                self.pictures[week.now] = committed(client, week)
        archiver.flush()
        self.archive = Archive(folder)


@pytest.fixture(scope="module")
def recorded(redis_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    client = redis_server.client()
    client.flushall()
    return Recorded(client, tmp_path_factory.mktemp("past"), steps=160, step_m=9, is_busy=True)


def test_twenty_random_instants_are_shown_as_they_were(recorded: Recorded) -> None:
    city = load_city(CITY)
    assert len(recorded.pictures) == PICTURES
    seen: set[str] = set()
    for at, picture in recorded.pictures.items():
        then, now = told(picture), told(shown(past_at(recorded.archive, city, at)))
        seen |= then.keys()
        assert now.keys() == then.keys(), at
        for topic, fields in then.items():
            different = {
                k: (fields.get(k), now[topic].get(k)) for k in fields | now[topic] if fields.get(k) != now[topic].get(k)
            }
            assert different == {}, (at, topic)
    assert seen >= OF_DESKS


def test_going_on_shows_what_beginning_anew_shows(recorded: Recorded) -> None:
    city = load_city(CITY)
    first, _ = bounds(recorded.archive)
    at = first + timedelta(hours=3)
    past = past_at(recorded.archive, city, at)
    for minutes in (1, 7, 30):
        past = past_at(recorded.archive, city, at + timedelta(minutes=minutes), was=past)
    assert told(shown(past)) == told(shown(past_at(recorded.archive, city, past.at)))


def test_what_lies_outside_of_the_archive_is_refused_with_its_bounds(recorded: Recorded) -> None:
    first, last = bounds(recorded.archive)
    for at in (first - timedelta(seconds=1), last + timedelta(seconds=1)):
        with pytest.raises(NotKnown, match="the archive tells of"):
            past_at(recorded.archive, load_city(CITY), at)
