"""The audit on a real Redis: many writers, one chain; and what stands outside Redis against a forger."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module

from dashboard.accounts.audit import (
    Actor,
    Audit,
    Head,
    Record,
    Step,
    heads_path,
    note_head,
    read_head,
    read_heads,
    read_links,
)
from dashboard.accounts.verdict import Kind, export, verify, verify_lines
from streams.keys import Keys
from tests.accounts.conftest import KEYS, House
from tests.support.demo import ROOT
from tests.support.redis_server import RedisServer

STREAM = KEYS.of("audit")
ANN = Actor("ann", "dispatcher", "10.0.0.7")


def tell(house: House, n: int) -> None:
    for number in range(n):
        house.accounts.audit.append(Record(ANN, "thing.done", f"t{number}"))


def forge(client: redis_module.Redis, entries: list[tuple[Any, dict[Any, Any]]]) -> None:
    """Put another stream in the place of the audit."""
    client.delete(STREAM)
    for entry_id, fields in entries:
        client.xadd(STREAM, fields, id=entry_id)


def kinds(house: House) -> set[Kind]:
    return {fault.kind for fault in house.verdict().faults}


def stored(house: House) -> list[tuple[Any, dict[Any, Any]]]:
    found: Any = house.client.xrange(STREAM)
    return found


WRITER = """
import sys, redis
from pathlib import Path
from dashboard.accounts.audit import Actor, Audit, Record, heads_path
from streams.keys import Keys

keys = Keys("boston")
audit = Audit(redis.Redis.from_url(sys.argv[1]), keys, heads_path(Path(sys.argv[2]), keys.city))
for number in range(int(sys.argv[3])):
    audit.append(Record(Actor(sys.argv[4]), "thing.done", str(number)))
"""


def test_writers_of_several_processes_make_one_chain(house: House, redis_server: RedisServer) -> None:
    n, writers = 60, ["a", "b", "c", "d"]
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, redis_server.url, str(house.data), str(n), who], cwd=ROOT)
        for who in writers
    ]
    assert [process.wait(60) for process in running] == [0] * len(writers)
    verdict = house.verdict()
    assert (verdict.faults, verdict.entries) == ((), n * len(writers))
    assert verdict.witnesses == n * len(writers), "each entry's head was noted outside, and agrees"
    for who in writers:
        assert [e.subject for e in house.written() if e.who == who] == [str(number) for number in range(n)]


def test_threads_of_one_process_make_one_chain(house: House) -> None:
    threads = [threading.Thread(target=tell, args=(house, 30)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = house.verdict()
    assert (verdict.faults, verdict.entries) == ((), 180)


def test_verifying_while_others_write_is_no_false_alarm(house: House) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            tell(house, 1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        verdicts = [house.verdict() for _ in range(40)]
    finally:
        stop.set()
        thread.join()
    assert [verdict.faults for verdict in verdicts if not verdict.is_whole] == []
    assert verdicts[-1].entries > verdicts[0].entries


def test_a_change_and_its_record_happen_together_or_not_at_all(house: House) -> None:
    key = KEYS.of("thing")

    def refuse(redis: Any) -> Step[None]:
        raise LookupError(redis.get(key))

    with pytest.raises(LookupError):
        house.accounts.audit.commit(refuse, key)
    assert (house.client.get(key), house.written()) == (None, [])
    answer, head = house.accounts.audit.commit(
        lambda redis: Step("old" if redis.get(key) else "new", [Record(ANN, "thing.made")], [("SET", key, "1")]), key
    )
    assert (answer, head.n, house.client.get(key)) == ("new", 1, b"1")


def test_a_change_is_decided_anew_when_another_came_between(house: House) -> None:
    key, decided = KEYS.of("thing"), []

    def decide(redis: Any) -> Step[None]:
        decided.append(redis.get(key))
        if len(decided) == 1:
            house.client.set(key, "another's")
        return Step(None, [Record(ANN, "thing.made")], [("APPEND", key, " and mine")])

    house.accounts.audit.commit(decide, key)
    assert decided == [None, b"another's"]
    assert house.client.get(key) == b"another's and mine"
    assert house.acts() == ["thing.made"]


def test_a_decision_that_changes_nothing_writes_nothing(house: House) -> None:
    assert house.accounts.audit.commit(lambda _: Step("as it was"))[0] == "as it was"
    assert (house.client.exists(STREAM), read_head(house.client, KEYS)) == (0, Head())


class LosesAnAnswer(redis_module.UnixDomainSocketConnection):
    """A line that breaks once, after the server has answered and before the answer is told."""

    armed = False

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().read_response(*args, **kwargs)
        if LosesAnAnswer.armed and isinstance(answer, list):
            LosesAnAnswer.armed = False
            raise redis_module.ConnectionError("broken line")
        return answer


def test_an_act_whose_answer_is_lost_on_the_line_is_not_done_twice(house: House, redis_server: RedisServer) -> None:
    pool = redis_module.ConnectionPool(connection_class=LosesAnAnswer, path=str(redis_server.socket))
    client, key, asked = redis_module.Redis(connection_pool=pool), KEYS.of("thing"), []

    def decide(redis: Any) -> Step[str]:
        asked.append(redis.get(key))
        LosesAnAnswer.armed = len(asked) == 1
        return Step("done", [Record(ANN, "thing.made")], [("INCR", key)])

    answer, head = Audit(client, KEYS).commit(decide, key)
    assert (answer, head.n, len(asked)) == ("done", 1, 1)
    assert (house.client.get(key), house.acts()) == (b"1", ["thing.made"])
    pool.disconnect()


# forgers


def test_a_dropped_entry_is_found_in_the_stream(house: House) -> None:
    tell(house, 5)
    house.client.xdel(STREAM, stored(house)[2][0])
    [fault] = house.verdict().faults
    assert (fault.kind, fault.n, fault.told) == (Kind.DROPPED, 3, "entry 3 is missing before entry 4")


def test_an_emptied_audit_is_found(house: House) -> None:
    tell(house, 5)
    house.client.delete(STREAM, KEYS.of("audit-head"))
    assert kinds(house) == {Kind.TRUNCATED}


def test_a_changed_entry_is_found_in_the_stream(house: House) -> None:
    tell(house, 5)
    entries = stored(house)
    entries[2][1][b"e"] = entries[2][1][b"e"].replace(b'"ann"', b'"bob"')
    forge(house.client, entries)
    assert next((fault.kind, fault.n) for fault in house.verdict().faults) == (Kind.CHANGED, 3)


def test_entries_in_another_order_are_found_in_the_stream(house: House) -> None:
    tell(house, 5)
    entries = stored(house)
    entries[1], entries[2] = (entries[1][0], entries[2][1]), (entries[2][0], entries[1][1])
    forge(house.client, entries)
    assert Kind.REORDERED in kinds(house)


def test_a_shortened_stream_is_found_by_the_head_and_without_it_by_the_file(house: House) -> None:
    tell(house, 5)
    [*_, last] = stored(house)
    house.client.xdel(STREAM, last[0])
    without_file = verify(house.client, KEYS)
    assert [fault.kind for fault in without_file.faults] == [Kind.TRUNCATED]
    fourth = list(read_links(house.client, KEYS))[-1]
    house.client.hset(KEYS.of("audit-head"), mapping={"n": 4, "digest": fourth.digest})
    assert verify(house.client, KEYS).is_whole, "who holds all of Redis can do this"
    assert kinds(house) == {Kind.TRUNCATED}, "but not undo what stands outside"


def test_an_entry_put_in_past_the_head_is_found(house: House) -> None:
    tell(house, 2)
    other = Audit(house.client, Keys("boston"))
    head = read_head(house.client, KEYS)
    other.append(Record(Actor("eve"), "thing.done"))
    house.client.hset(KEYS.of("audit-head"), mapping={"n": head.n, "digest": head.digest})
    assert kinds(house) == {Kind.FOREIGN}


def test_an_unchained_entry_is_foreign_but_those_before_the_chain_are_only_counted(house: House) -> None:
    house.client.xadd(STREAM, {"name": "as it was written once"})
    tell(house, 2)
    verdict = house.verdict()
    assert (verdict.is_whole, verdict.before_chain, verdict.entries) == (True, 1, 2)
    house.client.xadd(STREAM, {"name": "eve"})
    assert kinds(house) == {Kind.FOREIGN}


# outside Redis


def test_the_file_survives_a_torn_line_and_a_full_disk_stops_nobody(house: House, tmp_path: Path) -> None:
    tell(house, 2)
    path = heads_path(house.data, KEYS.city)
    with path.open("ab") as file:
        file.write(b'\n{"n":3,"dig')
    tell(house, 1)
    heads, torn = read_heads(path)
    assert ([head.n for head in heads], torn) == ([1, 2, 3], 1)
    assert (house.verdict().is_whole, house.verdict().torn) == (True, 1)
    blocked = Audit(house.client, KEYS, path / "not" / "a" / "folder")
    assert blocked.append(Record(ANN, "thing.done")).n == 4


def test_an_export_is_whole_private_and_a_witness(house: House, tmp_path: Path) -> None:
    tell(house, 3)
    path = tmp_path / "audit.jsonl"
    path.write_text("an older export")
    assert export(house.client, KEYS, path) == 3
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    verdict = verify_lines(path.read_bytes().splitlines())
    assert (verdict.is_whole, verdict.head) == (True, read_head(house.client, KEYS))
    path.write_bytes(path.read_bytes().replace(b'"ann"', b'"bob"', 1))
    assert not verify_lines(path.read_bytes().splitlines()).is_whole


def test_noting_the_head_of_nothing_notes_nothing(house: House) -> None:
    path = heads_path(house.data, KEYS.city)
    assert note_head(house.client, KEYS, path) == Head()
    assert not path.exists()
    tell(house, 1)
    note_head(house.client, KEYS, path)
    assert [head.n for head in read_heads(path)[0]] == [1, 1]
