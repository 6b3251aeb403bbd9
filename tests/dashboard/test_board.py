"""The printed board: whole or not at all, one writer, no personal field, and readable when everything is dead."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.board import FRESH_S, LATEST, BoardWriter, Rendered, board_folder, keep_writing, read_board
from dashboard.settings import read_settings
from emergency.units import UnitStatus
from layouts.context import Context, context_of
from layouts.dispatch.paper import paper_board
from layouts.dispatch.states import COLUMNS, column_of
from layouts.texts import DESK_LANGUAGES, LANGUAGES
from streams.keys import Keys
from tests.support.engines import CORNER, NOON, TestCity, Wall
from tests.support.redis_server import RedisServer, wait_until

LAT, LNG = CORNER
SECRETS = {"address": "12 Main Street", "phone": "617-555-0100", "name": "A. Caller", "text": "the back door is open"}
ROOT = Path(__file__).resolve().parents[2]


class Enough(Exception):
    """Ends a loop that has no end of its own."""


class Page(HTMLParser):
    """What a browser would make of a page: its tags, what it would fetch, and its words."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.words = ""
        self.rows: list[str] = []
        self._in_row = False
        self.started_well = text.startswith("<!doctype html>\n<html ")
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        if tag == "tr":
            self.rows.append("")
            self._in_row = True

    def handle_endtag(self, tag: str) -> None:
        self._in_row = self._in_row and tag != "tr"

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "style" and "{" in data:
            assert "url(" not in data
            assert "@import" not in data
            return
        self.words += data
        if self._in_row:
            self.rows[-1] += data


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    """Three incidents, gravest last received; two of four units at work, one next job, one crew in danger."""
    made = TestCity(redis)
    for incident_id, priority in (("i3", 3), ("i2", 2), ("i1", 1)):
        place = {"lat": LAT, "lng": LNG} if priority != 2 else {}
        made.post(
            "incident.received", incident_id=incident_id, kind="structure_fire", priority=priority, **place, **SECRETS
        )
    for unit_id in ("E10", "E9", "T1", "M1"):
        made.post("unit.listed", unit_id=unit_id, kind="engine", station="36")
    made.turn()
    made.ask("dispatch", incident_id="i3", unit_ids=["E9", "T1"])
    made.turn()
    made.ask("stack", unit_id="E9", incident_id="i1")
    made.ask("unit_emergency", unit_id="T1", reason="roof fell")
    made.ask("signal_unit", unit_id="M1", status="out_of_service", reason="repair <b>now</b>")
    made.turn()
    return made


def writer_of(city: TestCity, folder: Path, lang: str = "en", **more: Any) -> BoardWriter:
    made: dict[str, Any] = {"keep": timedelta(hours=24), "now": city.wall} | more
    return BoardWriter(city.client, city.keys, context_of(city.city), folder, LANGUAGES[lang], **made)


def board_of(city: TestCity, lang: str = "en") -> Page:
    picture = read_board(city.client, city.keys, city.wall.at)
    assert picture is not None
    return Page(paper_board(context_of(city.city), LANGUAGES[lang], picture))


# what stands on it


def test_incidents_stand_in_the_order_of_the_queue_with_their_units(city: TestCity) -> None:
    rows = [row for row in board_of(city).rows if "Structure fire" in row]
    assert [next(i for i in ("i1", "i2", "i3") if i in row) for row in rows] == ["i3", "i1", "i2"]
    assert "E9 assigned 12:00:02" in rows[0]
    assert "crew in danger" in rows[0]
    assert "42.33010, -71.08990" in rows[1]
    assert "place unknown" in rows[2]


def test_units_stand_by_state_in_the_order_people_look_for_them(city: TestCity) -> None:
    words = board_of(city).words
    assert words.index("Available 1E10") < words.index("Notified 2E9") < words.index("Out 1M1")
    assert "1 of 4 units available" in words
    assert "(ann)" in words
    assert "→ i3 · then i1" in words
    assert "Crews in distress" in words


def test_every_state_of_a_unit_has_one_column() -> None:
    named = [status for states in COLUMNS.values() for status in states]
    assert sorted(named) == sorted(status.value for status in UnitStatus)
    assert column_of("never heard of") == "out"


def test_a_board_has_no_script_fetches_nothing_and_escapes_what_people_wrote(city: TestCity) -> None:
    page = board_of(city)
    assert set(page.tags).isdisjoint({"script", "img", "link", "iframe", "object", "base", "form", "b"})
    assert page.fetched == []
    assert page.started_well
    assert "repair <b>now</b>" in page.words


def test_no_personal_field_stands_on_a_board(city: TestCity) -> None:
    words = board_of(city).words
    assert "i1" in words
    assert not [value for value in SECRETS.values() if value in words]


@pytest.mark.parametrize("lang", DESK_LANGUAGES)
def test_a_board_speaks_its_language_and_says_when_it_is_of(city: TestCity, lang: str) -> None:
    page = board_of(city, lang)
    assert {"en": "Board of 12:00", "zh_CN": "12:00 的看板", "ar": "لوحة الساعة 12:00"}[lang] in page.words
    assert page.words.count("12:00:0") > 3


def test_a_city_before_its_first_frame_has_no_board(redis: redis_module.Redis, tmp_path: Path) -> None:
    writer = BoardWriter(
        redis, Keys("boston"), context_of(TestCity(redis).city), tmp_path, LANGUAGES["en"], timedelta(1)
    )
    assert writer.write() is None
    assert list(tmp_path.iterdir()) == []


def test_many_desks_that_ask_cost_one_board_for_a_few_seconds(city: TestCity) -> None:
    rendered = Rendered(city.client, city.keys, context_of(city.city), city.wall.monotonic)
    first = rendered.page(LANGUAGES["en"])
    city.turn()
    assert rendered.page(LANGUAGES["en"]) is first
    assert "12:00" in str(rendered.page(LANGUAGES["ar"]))
    city.wall.pass_(seconds=FRESH_S)
    assert rendered.page(LANGUAGES["en"]) != first


# files


def test_a_board_is_written_under_its_minute_and_as_the_latest(city: TestCity, tmp_path: Path) -> None:
    path = writer_of(city, tmp_path).write()
    assert path == tmp_path / "board-1200.html"
    assert (tmp_path / LATEST).read_bytes() == path.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["board-1200.html", LATEST]


def test_who_reads_while_it_is_written_reads_a_whole_board(city: TestCity, tmp_path: Path) -> None:
    writer, stop, read = writer_of(city, tmp_path), threading.Event(), []
    writer.write()

    def look() -> None:
        while not stop.is_set():
            read.append((tmp_path / LATEST).read_text(encoding="utf-8").endswith("</html>\n"))

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(30):
        writer.write()
    stop.set()
    reader.join()
    assert read
    assert all(read)


def test_boards_older_than_a_day_are_taken_away_and_the_latest_never(city: TestCity, tmp_path: Path) -> None:
    writer = writer_of(city, tmp_path)
    first = writer.write()
    assert first is not None
    for path in (first, tmp_path / LATEST):
        os.utime(path, times=(city.wall.at.timestamp(),) * 2)
    city.wall.pass_(hours=23, minutes=59)
    city.engine.turn(block_ms=None)
    second = writer.write()
    assert first.exists()
    city.wall.pass_(minutes=2)
    city.engine.turn(block_ms=None)
    third = writer.write()
    assert {p.name for p in tmp_path.iterdir()} >= {second.name, third.name, LATEST}  # type: ignore[union-attr]
    assert not first.exists()


def test_one_process_writes_and_another_goes_on_when_it_is_gone(city: TestCity, tmp_path: Path) -> None:
    one, other = writer_of(city, tmp_path), writer_of(city, tmp_path)
    assert one.claim()
    assert one.claim()
    assert not other.claim()
    one.release()
    assert other.claim()
    other.release()


def test_the_folder_is_for_the_user_who_runs_it(city: TestCity, tmp_path: Path) -> None:
    writer = writer_of(city, tmp_path / "board")
    assert writer.claim()
    writer.release()
    assert (tmp_path / "board").stat().st_mode & 0o077 == 0


def test_a_lost_redis_and_a_folder_that_cannot_be_written_end_nothing(
    city: TestCity, tmp_path: Path, redis: redis_module.Redis
) -> None:
    deaf = redis_module.Redis(unix_socket_path=str(tmp_path / "nobody.sock"))
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    for writer in (writer_of(city, tmp_path, "en"), writer_of(city, blocked / "board")):
        writer = replace(writer, client=deaf) if writer.folder == tmp_path else writer
        waits: list[float] = []

        def rest(seconds: float, waits: list[float] = waits) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                raise Enough

        with pytest.raises(Enough):
            keep_writing(writer, rest, lambda: 90.0)
        assert waits == [30.0] * 3
        writer.release()


def test_the_settings_name_the_folder(tmp_path: Path) -> None:
    assert board_folder(read_settings({"HEXWATCH_DATA": str(tmp_path)})) == tmp_path / "board"
    assert board_folder(read_settings({"HEXWATCH_BOARD_FOLDER": "/srv/boards"})) == Path("/srv/boards")


# with everything dead

WRITE_FOR_EVER = """
import sys
from datetime import timedelta
from pathlib import Path
import redis
from dashboard.board import BoardWriter, keep_writing
from geo.cities import load_city
from layouts.context import context_of
from layouts.texts import LANGUAGES
from streams.keys import Keys
import time
socket, folder = sys.argv[1:]
client = redis.Redis(unix_socket_path=socket)
city = load_city("boston")
writer = BoardWriter(client, Keys("boston"), context_of(city), Path(folder), LANGUAGES["en"], timedelta(hours=24))
keep_writing(writer, sleep=lambda _: time.sleep(0.02))
"""


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "r").start()
    yield server
    server.stop()


def test_the_last_board_is_readable_when_every_process_was_killed(own_server: RedisServer, tmp_path: Path) -> None:
    client = own_server.client()
    city = TestCity(client)
    city.post("incident.received", incident_id="i1", kind="structure_fire", priority=1, lat=LAT, lng=LNG)
    city.turn()
    folder = tmp_path / "board"
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(own_server.socket), str(folder)]
    writer = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until((folder / LATEST).exists, 20, "a first board")
    finally:
        writer.kill()
        writer.wait(60)
        client.close()
        own_server.kill()
    page = Page((folder / LATEST).read_text(encoding="utf-8"))
    assert "i1" in page.words
    assert page.tags.count("html") == 1
    assert "Board of 12:00" in page.words


def test_a_killed_writer_leaves_its_lock_to_the_next(own_server: RedisServer, tmp_path: Path) -> None:
    client = own_server.client()
    city = TestCity(client)
    city.turn()
    folder = tmp_path / "board"
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(own_server.socket), str(folder)]
    writer = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until((folder / LATEST).exists, 20, "a first board")
        assert not writer_of(city, folder).claim()
    finally:
        writer.kill()
        writer.wait(60)
    next_one = writer_of(city, folder)
    assert next_one.claim()
    next_one.release()


def test_the_clock_of_the_board_is_the_citys(redis: redis_module.Redis) -> None:
    city = TestCity(redis, at=NOON + timedelta(hours=7, minutes=5))
    city.turn()
    picture = read_board(redis, city.keys, Wall().at)
    assert picture is not None
    assert picture.now == city.wall.at
    assert "Board of 19:05" in paper_board(Context(city.city), LANGUAGES["en"], picture)
