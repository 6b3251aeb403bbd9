"""From its first second: what the archive begins with, so that a replay reaches back to the beginning."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.archive_seed import drop_seed, keep_seed, kept_seed
from dashboard.replaying.past import bounds, past_at
from streams.archive.view import Archive
from tests.replaying.test_past_pictures import shown, told
from tests.support.archives import archiver_of, catch_up, complaints
from tests.support.engines import TestCity


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


def picture(city: TestCity) -> dict[str, dict[str, Any]]:
    """Every committed view."""
    names: Any = city.client.smembers(city.keys.view_names)
    return {name.decode(): city.view(name.decode()) for name in names}


def lived(city: TestCity, turns: int, start: int = 0) -> list[tuple[datetime, dict[str, dict[str, Any]]]]:
    """Cases and incidents come, and some close; each second with its picture."""
    seen = []
    for n in range(start, start + turns):
        city.case(f"c{n}", category=("Trees", "Noise")[n % 2])
        if n % 3 == 2:
            city.post("case.closed", case_id=f"c{n - 1}")
            city.post("incident.received", incident_id=f"i{n}", kind="fire", priority=1)
        city.turn()
        seen.append((city.wall.at, picture(city)))
    return seen


def assert_shown(folder: Path, city: TestCity, seen: list[tuple[datetime, dict[str, dict[str, Any]]]]) -> None:
    for at, then in seen:
        assert told(shown(past_at(Archive(folder), city.city, at))) == told(then), at


def test_a_log_that_is_whole_is_replayed_from_its_first_fact(city: TestCity, tmp_path: Path) -> None:
    seen = lived(city, 5)
    archiver = archiver_of(city, tmp_path)
    seen += lived(city, 4, start=5)
    catch_up(archiver)
    assert bounds(Archive(tmp_path))[0] <= seen[0][0]
    assert_shown(tmp_path, city, seen)
    assert complaints(city.client, city.keys, tmp_path, city.city.zone)[0] == []


def test_a_city_written_before_its_engine_ran_is_replayed_from_its_first_second(city: TestCity, tmp_path: Path) -> None:
    before = lived(city, 3)
    city.client.delete(city.keys.events)  # its past is documents, not facts
    keep_seed(city.client, city.keys)
    seen = [before[-1], *lived(city, 6, start=3)]
    archiver = archiver_of(city, tmp_path)
    catch_up(archiver)
    assert kept_seed(city.client, city.keys) is None, "it stands in files now"
    assert bounds(Archive(tmp_path))[0] == seen[0][0]
    assert_shown(tmp_path, city, seen)
    assert complaints(city.client, city.keys, tmp_path, city.city.zone)[0] == []


def test_what_was_put_aside_does_not_wait_for_ever(city: TestCity) -> None:
    lived(city, 1)
    keep_seed(city.client, city.keys)
    aside: list[bytes] = list(city.client.scan_iter(city.keys.of("archive-seed", "*")))
    assert aside
    assert all(0 < city.client.ttl(key) <= 3600 for key in aside)
    drop_seed(city.client, city.keys)
    assert not list(city.client.scan_iter(city.keys.of("archive-seed", "*")))


def test_a_city_joined_as_it_stands_is_replayed_from_then_on(city: TestCity, tmp_path: Path) -> None:
    lived(city, 7)
    city.client.xtrim(city.keys.events, maxlen=2, approximate=False)
    archiver = archiver_of(city, tmp_path)
    joined = city.wall.at
    seen = lived(city, 3, start=7)
    catch_up(archiver)
    assert joined <= bounds(Archive(tmp_path))[0] <= seen[-1][0]
    assert_shown(tmp_path, city, seen[-1:])
