"""A feed's cursor: entries and position together or not at all, and a second hand is told from a lost server."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_module
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.cursor import Cursor, entry_order
from tests.support.redis_server import RedisServer

KEY, LOG, DEAD = "hexwatch:{c}:cursor:f", "hexwatch:{c}:inbox", "hexwatch:{c}:dead"


class Taken(RuntimeError):
    pass


def cursor(client: redis_module.Redis) -> Cursor:
    made = Cursor(client, KEY, "turn", Taken)
    made.read()
    return made


def test_entries_notes_and_what_else_belongs_to_them_move_together(redis: redis_module.Redis) -> None:
    one = cursor(redis)
    ids = one.commit(
        [(LOG, {"e": b"1"}), (DEAD, {"raw": b"x"}), (LOG, {"e": b"2"})],
        {"turn": 1, "old": "x"},
        also=lambda pipe: pipe.hset("hexwatch:{c}:known", "a", "b"),
    )
    entries: Any = redis.xrange(LOG)
    assert [i for i, _ in entries] == [ids[0], ids[2]]
    assert redis.xlen(DEAD) == 1
    one.commit([], {"turn": 2, "new": "y"}, forget=["old"])
    assert redis.hgetall(KEY) == {b"turn": b"2", b"new": b"y"}
    assert redis.hget("hexwatch:{c}:known", "a") == b"b"


def test_a_second_hand_is_noticed_and_writes_nothing(redis: redis_module.Redis) -> None:
    one, other = cursor(redis), cursor(redis)
    one.commit([(LOG, {"e": b"1"})], {"turn": 1})
    with pytest.raises(Taken):
        other.commit([(LOG, {"e": b"2"})], {"turn": 1})
    assert redis.xlen(LOG) == 1
    other.read()
    other.commit([(LOG, {"e": b"2"})], {"turn": 2})
    assert redis.xlen(LOG) == 2


def test_one_that_moves_between_the_look_and_the_commit_is_noticed_too(redis: redis_module.Redis) -> None:
    one, other = cursor(redis), cursor(redis)

    def meddle(pipe: Any) -> None:
        other.commit([], {"turn": 7})

    with pytest.raises(Taken):
        one.commit([(LOG, {"e": b"1"})], {"turn": 1}, also=meddle)
    assert redis.xlen(LOG) == 0


def test_a_touch_that_leaves_the_guard_alone_is_no_second_hand(redis: redis_module.Redis) -> None:
    """As when the connection breaks while it watches: the client says the same, and the feed must not give up."""
    one = cursor(redis)

    def touch(pipe: Any) -> None:
        redis.hset(KEY, "note", "x")

    with pytest.raises(redis_module.ConnectionError):
        one.commit([(LOG, {"e": b"1"})], {"turn": 1}, also=touch)
    assert redis.xlen(LOG) == 0
    one.commit([(LOG, {"e": b"1"})], {"turn": 1})
    assert redis.xlen(LOG) == 1


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=20))
def test_however_hands_take_turns_every_commit_that_was_said_to_happen_did_once(
    redis_server: RedisServer, turns: list[tuple[int, bool]]
) -> None:
    client = redis_server.client()
    client.flushall()
    hands, done = [cursor(client) for _ in range(3)], 0
    for who, reads_first in turns:
        if reads_first:
            hands[who].read()
        try:
            hands[who].commit([(LOG, {"e": b"1"})], {"turn": str(done + 1)})
            done += 1
        except Taken:
            assert not reads_first
        assert client.xlen(LOG) == done
        assert int(client.hget(KEY, "turn") or 0) == done
    client.close()


@given(st.integers(0, 10**15), st.integers(0, 10**6), st.integers(0, 10**15), st.integers(0, 10**6))
def test_ids_compare_as_numbers(a: int, b: int, c: int, d: int) -> None:
    assert (entry_order(f"{a}-{b}") < entry_order(f"{c}-{d}".encode())) == ((a, b) < (c, d))
    assert entry_order(str(a)) == (a, 0)
