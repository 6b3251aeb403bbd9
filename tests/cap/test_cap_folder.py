"""Files and folders as sources: each document once, whatever is restarted; what is broken becomes a dead letter."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import redis as redis_module

from streams.feeds.appender import FeedTaken
from streams.feeds.cap.fetch import FetchFailed
from streams.feeds.cap.poll import Look, look, pause_s, watch
from streams.feeds.cap.sources import FileSource, FolderSource
from tests.cap.conftest import CityInbox
from tests.cap.messages import SENDER, alert, info
from tests.support.redis_server import RedisServer
from tests.support.shared_data import shared_path


def put(folder: Path, name: str, raw: bytes, at: int = 0) -> Path:
    path = folder / name
    path.write_bytes(raw)
    if at:
        os.utime(path, (at, at))
    return path


def test_file_is_taken_once_however_often_it_is_read(city: CityInbox, tmp_path: Path) -> None:
    path = put(tmp_path, "storm.xml", alert(info()))
    source = FileSource(path)
    assert str(look(source, city.ledger(source.place))) == "1 taken (1 events), 0 ignored, 0 dead letters"
    again = look(source, city.ledger(source.place))
    assert (again.taken, again.known) == (0, 1)
    assert city.types() == ["alert.issued"]


@pytest.mark.shared
def test_folder_of_the_recorded_files_is_taken_whole_in_one_look(city: CityInbox) -> None:
    source = FolderSource(shared_path("fixtures/cap"), settle=False)
    said = look(source, city.ledger(source.place))
    assert (said.taken, said.dead) == (8, 1)
    assert city.types().count("alert.issued") == 8
    assert city.types().count("alert.superseded") == 2
    assert city.reasons() == ["invalid.cap: scope is missing"]


def test_half_written_file_is_left_until_it_stays_the_same(city: CityInbox, tmp_path: Path) -> None:
    whole = alert(info())
    source = FolderSource(tmp_path)
    ledger = city.ledger(source.place)
    put(tmp_path, "storm.xml", whole[:200], at=1_000)
    assert look(source, ledger).taken == 0
    put(tmp_path, "storm.xml", whole, at=1_001)
    assert look(source, ledger).taken == 0
    assert look(source, ledger).taken == 1
    assert look(source, ledger).known == 1
    assert city.dead() == []


def test_unfinished_and_hidden_files_and_folders_are_left_alone(city: CityInbox, tmp_path: Path) -> None:
    for name in ("storm.xml.part", ".storm.xml", "storm.tmp"):
        put(tmp_path, name, alert(info()))
    (tmp_path / "older").mkdir()
    source = FolderSource(tmp_path, settle=False)
    assert look(source, city.ledger(source.place)).taken == 0


def test_same_content_under_two_names_and_after_a_restart_is_one_document(city: CityInbox, tmp_path: Path) -> None:
    put(tmp_path, "a.xml", alert(info()))
    put(tmp_path, "b.xml", alert(info()))
    for _ in range(3):
        source = FolderSource(tmp_path)
        ledger = city.ledger(source.place)
        for _ in range(2):
            look(source, ledger)
    assert city.types() == ["alert.issued"]


def test_broken_file_is_one_dead_letter_with_its_own_bytes_and_the_feed_goes_on(
    city: CityInbox, tmp_path: Path
) -> None:
    broken = b"<alert>\xff broken"
    put(tmp_path, "1.xml", broken, at=1_000)
    put(tmp_path, "2.xml", alert(info()), at=1_001)
    for _ in range(2):
        source = FolderSource(tmp_path, settle=False)
        look(source, city.ledger(source.place))
    (letter,) = city.dead()
    assert letter["raw"] == broken
    assert letter["reason"].startswith(b"1.xml: the bytes are not utf-8")
    assert letter["source"] == b"cap"
    rejected, issued = city.entries()
    assert (rejected.type, rejected.data) == ("feed.rejected", {"feed": "cap", "n": 1})
    assert issued.type == "alert.issued"


def test_file_without_end_is_read_no_further_than_the_limit(city: CityInbox, tmp_path: Path) -> None:
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(3 * 1024**3)  # a sparse file: three gigabytes that take no room
    source = FileSource(path)
    look(source, city.ledger(source.place))
    (letter,) = city.dead()
    assert letter["reason"] == b"huge.xml: larger than 512 kB (here are the first 64 kB)"
    assert len(letter["raw"]) == 64 * 1024


def test_files_that_went_are_forgotten_so_the_memory_stays_small(city: CityInbox, tmp_path: Path) -> None:
    source = FolderSource(tmp_path, settle=False)
    ledger = city.ledger(source.place)
    for n in range(5):
        path = put(tmp_path, f"{n}.xml", alert(info(), identifier=f"storm-{n}"))
        look(source, ledger)
        path.unlink()
    look(source, ledger)
    assert city.alerts() == [f"storm-{n}" for n in range(5)]
    assert city.redis.hkeys(city.keys.cursor(ledger.feed)) == [b"position"]


def test_missing_folder_is_a_failure_that_forgets_nothing(city: CityInbox, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    put(folder, "a.xml", alert(info()))
    source = FolderSource(folder, settle=False)
    ledger = city.ledger(source.place)
    look(source, ledger)
    folder.rename(tmp_path / "away")
    assert "No such file" in look(source, ledger).failed
    (tmp_path / "away").rename(folder)
    assert look(source, ledger).known == 1
    assert city.types() == ["alert.issued"]


def test_second_process_on_the_same_place_is_refused_and_doubles_nothing(city: CityInbox, tmp_path: Path) -> None:
    put(tmp_path, "a.xml", alert(info()))
    source = FileSource(tmp_path / "a.xml")
    first, second = city.ledger(source.place), city.ledger(source.place)
    look(source, first)
    with pytest.raises(FeedTaken):
        look(source, second)
    assert city.types() == ["alert.issued"]


def test_entries_and_memory_move_together_when_redis_dies_between_two_looks(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis").start()
    folder = tmp_path / "cap"
    folder.mkdir()
    try:
        with server.client() as client:
            city = CityInbox(client)
            source = FolderSource(folder, settle=False)
            ledger = city.ledger(source.place)
            put(folder, "a.xml", alert(info()))
            look(source, ledger)
            put(folder, "b.xml", alert(info(), identifier="storm-2"))
            server.kill()
            with pytest.raises(redis_module.RedisError):
                look(source, ledger)
            server.start()
            look(source, city.ledger(source.place))
            assert city.alerts() == ["storm-1", "storm-2"]
    finally:
        server.stop()


# waiting


def rounds(
    n: int, then: Callable[[int], None] = lambda count: None
) -> tuple[Callable[[float], None], Callable[[], bool], list[float]]:
    """(wait, stopping, pauses): ends after n waits, calling `then` at each."""
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        then(len(pauses))

    return wait, lambda: len(pauses) >= n, pauses


def test_watching_takes_new_files_and_says_that_it_lives(city: CityInbox, tmp_path: Path) -> None:
    def arrive(count: int) -> None:
        if count == 2:
            put(tmp_path, "a.xml", alert(info()))

    wait, stopping, pauses = rounds(5, arrive)
    source = FolderSource(tmp_path)
    watch(source, lambda: city.ledger(source.place), wait=wait, stopping=stopping, every_s=5)
    assert city.types() == ["feed.polled", "alert.issued"]
    assert pauses == [5.0] * 5


def test_failing_source_is_asked_less_and_less_often_and_redis_is_waited_for(city: CityInbox, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    said: list[Look] = []

    def arrive(count: int) -> None:
        if count == 3:
            folder.mkdir()

    wait, stopping, pauses = rounds(4, arrive)
    source = FolderSource(folder)
    watch(source, lambda: city.ledger(source.place), wait=wait, stopping=stopping, report=said.append, every_s=60)
    assert pauses == [120, 240, 480, 60]
    assert [bool(each.failed) for each in said] == [True, True, True, False]

    def opened() -> None:
        raise redis_module.ConnectionError("refused")

    wait, stopping, pauses = rounds(2)
    watch(source, opened, wait=wait, stopping=stopping, report=said.append, every_s=60)  # type: ignore[arg-type]
    assert pauses == [120, 240]
    assert said[-1].failed == "Redis: refused"


def test_pause_grows_to_a_quarter_of_an_hour_unless_the_source_asks_for_more() -> None:
    assert [pause_s(60, n) for n in (0, 1, 2, 5, 99)] == [60, 120, 240, 900, 900]
    assert pause_s(60, 1, after_s=3_000) == 3_000
    assert pause_s(3_600, 3) == 3_600


def test_source_that_cannot_be_read_raises_what_watch_waits_for(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="No such file"):
        list(FileSource(tmp_path / "none.xml").offers(()))


def test_sender_of_the_test_messages_is_the_one_named() -> None:
    assert SENDER.encode() in alert()
