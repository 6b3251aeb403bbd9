"""The reader process: its file equals the log, whatever is killed, erased, trimmed or replaced meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.projection import KINDS
from dashboard.reader_process import Tail, run
from streams.events import Envelope
from streams.keys import Keys
from streams.reader import Reader
from streams.reader_schema import TABLES
from streams.reader_writer import ReaderWriter
from tests.support.city_log import CityLog, event, hour
from tests.support.redis_server import wait_until


@dataclass
class City:
    """A log, and readers on files of their own."""

    client: redis_module.Redis
    folder: Path
    log: CityLog = field(init=False)
    open_files: list[ReaderWriter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = CityLog(self.client, Keys("boston"))

    def tail(self, name: str = "a", batch: int = 2_000) -> Tail:
        """A reader process's loop, started anew on the file `name`."""
        for writer in [w for w in self.open_files if w.path.stem == name]:
            self.open_files.remove(writer)
            writer.close()
        writer = ReaderWriter(self.folder / f"{name}.sqlite", "boston")
        self.open_files.append(writer)
        return Tail(self.client, self.log.keys, writer, name, batch=batch)

    def reader(self, name: str = "a") -> Reader:
        return Reader(self.folder / f"{name}.sqlite", "boston")

    def close(self) -> None:
        for writer in self.open_files:
            writer.close()


@pytest.fixture
def city(redis: redis_module.Redis, tmp_path: Path) -> Iterator[City]:
    made = City(redis, tmp_path)
    yield made
    made.close()


def drain(tail: Tail) -> None:
    while tail.step():
        pass


def documents(writer: ReaderWriter) -> dict[tuple[str, str], Any]:
    """All documents in the file, as the folds' structs."""
    found = {}
    for entity, kind in KINDS.items():
        rows = writer.db.execute(f"SELECT d.doc FROM {kind.table.docs} AS d JOIN {kind.table.name} AS r USING (place)")
        for (doc,) in rows:
            document = msgspec.json.decode(doc, type=kind.document)
            found[entity, kind.id_of(document)] = document
    return found


def words(writer: ReaderWriter) -> dict[str, tuple[str, str]]:
    """Subject -> (address, text) as the file has them."""
    found = {}
    for name, table in TABLES.items():
        for subject_id, address, text in writer.db.execute(
            f"SELECT r.id, d.address, d.text FROM {name} AS r JOIN {table.docs} AS d USING (place)"
        ):
            if address or text:
                found[f"{name[:-1]}:{subject_id}"] = (address, text)
    return found


# builders


def received(n: int, at: float = 0, **data: Any) -> Envelope:
    told: dict[str, Any] = {
        "lat": 42.3 + n % 1000 / 100,  # on Earth, however many
        "lng": -71.1,
        "address": f"{n} Main Street",
        "text": "too loud",
        "phone": "12345",
    }
    return event("case.received", hour(at), case_id=f"c{n}", category="Noise", **(told | data))


def closed(n: int, at: float = 1) -> Envelope:
    return event("case.closed", hour(at), case_id=f"c{n}")


ids = st.integers(0, 5)
events = st.one_of(
    st.builds(received, ids, st.integers(0, 5)),
    st.builds(closed, ids, st.integers(0, 5)),
    ids.map(lambda n: event("case.reopened", hour(6), case_id=f"c{n}", reason="not done")),
    ids.map(lambda n: event("case.amended", hour(6), case_id=f"c{n}", category="Trash", lat=1.0, lng=2.0, text="new")),
    ids.map(lambda n: event("incident.received", hour(1), incident_id=f"i{n}", kind="fire", text="smoke")),
    ids.map(lambda n: event("incident.escalated", hour(2), incident_id=f"i{n}", priority=1)),
    ids.map(lambda n: event("incident.closed", hour(2), incident_id=f"i{n}")),
    ids.map(lambda n: event("unit.moved", hour(1), unit_id=f"u{n}", lat=1.0 + n, lng=2.0)),
    st.builds(
        lambda step, n, i, at: event(f"unit.{step}", hour(at), unit_id=f"u{n}", incident_id=f"i{i}"),
        st.sampled_from(["dispatched", "arrived", "cleared"]),
        ids,
        ids,
        st.integers(0, 5),
    ),
    ids.map(lambda n: event("subject.erased", hour(7), erased=f"case:c{n}")),
)
batches = st.lists(st.lists(events, max_size=6), max_size=8)
patiently = settings(max_examples=40, deadline=None)


@patiently
@given(batches, batches, batches, st.integers(1, 5))
def test_following_restarting_and_building_all_give_the_log(
    redis: redis_module.Redis,
    tmp_path_factory: pytest.TempPathFactory,
    before: list[list[Envelope]],
    between: list[list[Envelope]],
    after: list[list[Envelope]],
    batch: int,
) -> None:
    redis.flushall()
    city = City(redis, tmp_path_factory.mktemp("law"))
    try:
        follower = city.tail("follower", batch)
        for given_events in before:
            city.log.commit(given_events)
        follower.step()  # one batch only: the next start goes on from there
        for given_events in between:
            city.log.commit(given_events)
        follower = city.tail("follower", batch)
        drain(follower)
        builder = city.tail("builder", batch)
        builder.step()
        for given_events in after:
            city.log.commit(given_events)
        for tail in (follower, builder):
            drain(tail)
            assert documents(tail.writer) == city.log.documents
            assert tail.writer.position.seq == city.log.seq
            told = {s: (p.get("address", ""), p.get("text", "")) for s, p in city.log.private.items()}
            listed = {f"{entity}:{subject_id}" for entity, subject_id in city.log.documents}
            assert words(tail.writer) == {s: w for s, w in told.items() if s in listed and any(w)}
    finally:
        city.close()


def test_a_file_built_while_the_city_goes_on_misses_and_doubles_nothing(city: City) -> None:
    for n in range(0, 300, 10):
        city.log.commit([received(i) for i in range(n, n + 10)])
    stop = threading.Event()

    def live() -> None:
        n = 300
        while not stop.is_set() or n < 330:
            city.log.commit([received(n), closed(n - 300), closed(n - 150), received(n - 1, text="again")])
            n += 1

    writer = threading.Thread(target=live)
    writer.start()
    try:
        tail = city.tail()
        tail.step()
        for _ in range(3):
            tail.build()
    finally:
        stop.set()
        writer.join()
    drain(tail)
    assert documents(tail.writer) == city.log.documents
    assert city.reader().count(TABLES["cases"], {}) == len([1 for entity, _ in city.log.documents if entity == "case"])


def test_the_search_knows_the_words_and_forgets_them_when_they_are_erased(city: City) -> None:
    city.log.commit([received(1, text="Nachbar Kowalczewski lärmt"), received(2)])
    tail = city.tail()
    drain(tail)
    assert city.reader().count(TABLES["cases"], {"q": "kowalczewski"}) == 1
    city.log.commit([event("subject.erased", hour(2), erased="case:c1")])
    drain(tail)
    assert city.reader().count(TABLES["cases"], {"q": "kowalczewski"}) == 0
    assert city.reader().count(TABLES["cases"], {"q": "noise"}) == 2
    tail.writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = b"".join(path.read_bytes() for path in city.folder.iterdir())
    assert b"Kowalczewski" not in left
    assert b"kowalczewski" not in left


def test_a_reader_killed_before_it_scrubbed_does_so_at_its_next_start(city: City) -> None:
    city.log.commit([received(1)])
    drain(city.tail())
    city.log.commit([event("subject.erased", hour(2), erased="case:c1")])
    killed = city.tail(batch=1)
    assert killed.step() == 1  # a full batch: what may wait was not done
    assert killed.writer.needs_scrub
    again = city.tail()
    again.step()
    assert not again.writer.needs_scrub


def test_a_document_that_left_the_engines_memory_is_built_from_its_day(city: City) -> None:
    city.log.commit([received(1), closed(1), received(2)])
    document = city.client.hget(city.log.keys.cases, "c1")
    city.client.hdel(city.log.keys.cases, "c1")
    city.client.hset(city.log.keys.of("closed", "2026-03-01"), "c1", document)
    city.client.hset(city.log.keys.position, "closed_days", b'["2026-03-01"]')
    tail = city.tail()
    drain(tail)
    assert city.reader().count(TABLES["cases"], {"status": "closed"}) == 1
    assert documents(tail.writer) == city.log.documents


def test_the_file_knows_it_is_complete_also_when_commits_carry_no_facts(city: City) -> None:
    tail = city.tail()
    city.log.commit([received(1)])
    for _ in range(5):
        city.log.commit()
    drain(tail)
    assert city.reader().seq() == 6


def test_a_half_read_commit_is_not_called_complete(city: City) -> None:
    city.log.commit()
    tail = city.tail(batch=2)
    drain(tail)
    seq = city.log.commit([received(n) for n in range(5)])
    tail.step()
    assert city.reader().seq() == seq - 1
    drain(tail)
    assert city.reader().seq() == seq


def trimmed(city: City) -> None:
    """The log lost what followed the file."""
    city.log.commit([received(7), closed(7)])
    city.client.xtrim(city.log.keys.events, maxlen=1, approximate=False)


def restored(city: City) -> None:
    """Redis came back from an older copy, and other things happened since."""
    city.client.flushall()
    city.log.seq, city.log.documents, city.log.private = 0, {}, {}
    for n in range(12):
        city.log.commit([received(20 + n)])


def emptied(city: City) -> None:
    city.client.flushall()
    city.log.seq, city.log.documents, city.log.private = 0, {}, {}


@pytest.mark.parametrize("happen", [trimmed, restored, emptied])
@pytest.mark.parametrize("is_restarted", [True, False])
def test_a_log_that_does_not_continue_the_file_makes_it_anew(
    city: City, happen: Callable[[City], None], is_restarted: bool
) -> None:
    for n in range(10):
        city.log.commit([received(n)])
    tail = city.tail()
    drain(tail)
    happen(city)
    tail = city.tail() if is_restarted else tail
    tail.step()
    drain(tail)
    assert documents(tail.writer) == city.log.documents
    assert tail.writer.position.seq == city.log.seq


def test_a_take_over_of_the_engine_is_no_reason_to_build_again(city: City) -> None:
    city.log.commit([received(1)])
    tail = city.tail()
    drain(tail)
    tail.writer.db.execute("UPDATE cases SET area = 'as it was'")
    city.log.epoch += 1
    city.log.commit([received(2)])
    drain(tail)
    assert tail.writer.position.epoch == 2
    assert city.reader().count(TABLES["cases"], {"area": "as it was"}) == 1


def test_entries_nobody_understands_are_passed_over(city: City) -> None:
    city.log.commit([received(1)])
    city.client.execute_command("XADD", city.log.keys.events, "2-0", "e", b"\xff not json")
    newer = {"source": "x", "id": "1", "type": "case.received", "version": 99, "occurred_at": hour(1), "data": {}}
    city.client.execute_command("XADD", city.log.keys.events, "2-1", "e", msgspec.json.encode(newer))
    city.log.seq = 2
    city.log.commit([received(2)])
    tail = city.tail()
    tail.writer.finish_build(tail.writer.position)
    tail._is_first = False
    drain(tail)
    assert documents(tail.writer) == city.log.documents


def test_the_process_follows_publishes_and_signs_off(city: City) -> None:
    stop = threading.Event()
    path = city.folder / "run.sqlite"
    readers = city.log.keys.of("readers")
    thread = threading.Thread(target=run, args=(city.client, city.log.keys, path, stop), kwargs={"name": "here"})
    thread.start()
    try:
        city.log.commit([received(1)])
        reader = Reader(path, "boston")
        wait_until(lambda: b"here" in city.client.hgetall(readers), what="reader is listed")
        wait_until(lambda: reader.seq() == 1, what="reader has read")
        city.log.commit([received(2)])
        wait_until(lambda: reader.count(TABLES["cases"], {}) == 2, what="second case is listed")
        published: Any = city.client.hget(readers, "here")
        wait_until(lambda: msgspec.json.decode(city.client.hget(readers, "here") or b"{}")["seq"] == 2)
        assert set(msgspec.json.decode(published)) == {"seq", "at"}
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()
    assert city.client.hgetall(readers) == {}


def test_old_closed_cases_leave_the_file_by_the_citys_clock(city: City) -> None:
    city.log.commit([received(1), closed(1, 2), received(2), closed(2, 24 * 20)])
    clock = msgspec.json.encode(hour(24 * 21))
    city.client.hset(city.log.keys.view("clock"), "now", clock)
    tail = city.tail()
    tail.keep_closed = timedelta(days=10)
    drain(tail)
    assert [subject_id for _, subject_id in documents(tail.writer)] == ["c2"]
