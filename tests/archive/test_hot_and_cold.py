"""Pages read what the reader has and what only the archive has as one list."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.reader_process import Tail
from streams.archive.hot import HotAndCold
from streams.archive.view import Archive
from streams.reader import Reader
from streams.reader_writer import ReaderWriter
from tests.support.archives import archiver_of, catch_up
from tests.support.engines import TestCity


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


def _city_with_old_cases(city: TestCity, folder: Path) -> HotAndCold:
    """Ten cases closed on the first day, which the reader forgets on the third; ten newer ones, some closed since."""
    archiver = archiver_of(city, folder / "archive")
    with ReaderWriter(folder / "reader.sqlite", city.keys.city) as writer:
        tail = Tail(city.client, city.keys, writer, "test", keep_closed=timedelta(hours=30), now=city.wall)
        for n in range(10):
            city.case(f"old{n}", category=("Trees", "Noise")[n % 2])
            city.turn()
            city.post("case.closed", case_id=f"old{n}")
        city.turn()
        tail.step()
        for _ in range(2):
            catch_up(archiver)
            city.wall.pass_(hours=24)
            city.turn()
        for n in range(10):
            city.case(f"new{n}", category=("Trees", "Noise")[n % 2])
            city.turn()
        catch_up(archiver)
        archiver.close_days(city.wall.at + timedelta(hours=24))
        for n in range(0, 10, 3):
            city.post("case.closed", case_id=f"new{n}")
        city.turn()
        while tail.step():
            pass
        tail.step()
        assert Reader(folder / "reader.sqlite", city.keys.city).list_cases({}, 50, count=True).total == 10
    return HotAndCold(Reader(folder / "reader.sqlite", city.keys.city), Archive(folder / "archive"))


def _all(both: HotAndCold, filters: dict[str, Any], limit: int) -> list[str]:
    found: list[str] = []
    before: tuple[datetime, str] | None = None
    while True:
        page = both.cases(filters, limit, before)
        found += [row["case_id"] for row in page.rows]
        before = page.before
        if before is None:
            return found


def test_hot_and_cold_cases_are_one_list(city: TestCity, tmp_path: Path) -> None:
    both = _city_with_old_cases(city, tmp_path)
    newest_first = [f"new{n}" for n in reversed(range(10))] + [f"old{n}" for n in reversed(range(10))]
    for limit in (3, 7, 50):
        assert _all(both, {}, limit) == newest_first
        assert _all(both, {"category": "Noise"}, limit) == [name for name in newest_first if int(name[3:]) % 2]
        # The archive still has them as open; the reader knows better.
        assert _all(both, {"status": "open"}, limit) == [f"new{n}" for n in reversed(range(10)) if n % 3]
    assert both.cases({}, 50).hot == 10


def test_without_a_reader_the_archive_answers_alone(city: TestCity, tmp_path: Path) -> None:
    both = _city_with_old_cases(city, tmp_path)
    assert len(_all(HotAndCold(None, both.archive), {}, 7)) == 20
    assert len(_all(HotAndCold(both.reader, Archive(tmp_path / "none")), {}, 7)) == 10
