"""The past of a simulated start: it follows the laws, begins full, and the present goes on from it without a seam."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
import redis as redis_module

from geo.days import day_start
from streams.codec import decode_envelope, encode, payload_of
from streams.events import Envelope
from streams.keys import Keys
from streams.sim.cursor import SimLog, Taken
from streams.sim.history import DAYS, History
from streams.sim.hotline_feed import HotlineFeed
from streams.sim.hotline_side import HotlineSide
from streams.sim.texts import Words
from tests.sim.hotline_world import WEDNESDAY, Documents, PlainWords, laws
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.thorough

NOW = WEDNESDAY + timedelta(hours=17, minutes=40)


def history(now: datetime = NOW) -> History:
    return History(laws(), PlainWords(), now, day_start(now, "Asia/Shanghai"))


@cache
def past() -> tuple[list[Envelope], Documents]:
    envelopes = [envelope for _, envelope in history().events()]
    return envelopes, Documents().take(envelopes)


# counts


def test_fifteen_closed_days_are_counted_minute_by_minute() -> None:
    counts = history().counts()
    assert counts.first_minute * 60 == (WEDNESDAY - timedelta(days=DAYS)).timestamp()
    days = counts.minutes.reshape(DAYS, 1440).sum(axis=1)
    assert 45_000 < days.min() < days.max() < 80_000
    assert days.mean() == pytest.approx(66_000, rel=0.05)  # the week's mean, less those who gave up
    assert counts.hours[3].sum() == counts.minutes.sum()
    assert np.array_equal(counts.minutes, history().counts().minutes)


def test_counts_by_hour_category_and_area_name_what_they_count() -> None:
    counts = history().counts(days=2)
    hour, category, area, n = counts.hours
    assert hour.min() * 3600 == (WEDNESDAY - timedelta(days=2)).timestamp()
    noise = n[category == counts.categories.index("noise")].sum() / n.sum()
    assert noise == pytest.approx(0.055, abs=0.015)
    chaoyang = n[area == counts.areas.index("Chaoyang")].sum() / n.sum()
    assert chaoyang == pytest.approx(0.157, abs=0.02)


def test_counted_days_agree_with_a_day_that_was_played() -> None:
    """The counts of a closed day come from the law alone; today's come from callers who waited. They must be alike."""
    tomorrow = history(NOW + timedelta(days=1)).counts(days=1).minutes[: 17 * 60 + 40].sum()
    today = sum(case.received_at is not None and case.received_at >= WEDNESDAY for case in past()[1].cases.values())
    assert tomorrow == pytest.approx(today, rel=0.01)


# events


def test_forty_to_fifty_thousand_cases_are_open_and_a_few_of_them_overdue() -> None:
    _, documents = past()
    is_open = [case for case in documents.cases.values() if case.is_open]
    assert 40_000 <= len(is_open) <= 50_000
    with_deadline = [case for case in is_open if case.target_at is not None]
    overdue = [case for case in with_deadline if case.target_at is not None and case.target_at < NOW]
    assert 0.015 < len(overdue) / len(with_deadline) < 0.06
    assert len({case.area for case in is_open if case.area}) == 16
    received_at = [case.received_at for case in is_open if case.received_at is not None]
    assert min(received_at) < NOW - timedelta(days=8)


def test_the_past_is_told_in_order_and_never_beyond_now() -> None:
    envelopes, _ = past()
    times = [e.occurred_at for e in envelopes]
    assert times == sorted(times)
    assert times[-1] <= NOW
    assert len({e.id for e in envelopes}) == len(envelopes)


def test_every_event_of_the_past_can_be_read_back() -> None:
    for envelope in past()[0][::97]:
        again = decode_envelope(encode(envelope))
        assert payload_of(again) == payload_of(envelope)


def test_the_past_is_the_same_each_time() -> None:
    again = [envelope for _, envelope in history().events()]
    assert again == past()[0]


def test_all_of_today_and_of_the_last_24_hours_is_there() -> None:
    _, documents = past()
    hours = Counter(
        (case.received_at - NOW + timedelta(hours=24)) // timedelta(hours=1)
        for case in documents.cases.values()
        if case.received_at is not None and case.received_at >= NOW - timedelta(hours=24)
    )
    expected = history(NOW).counts(days=1).minutes[17 * 60 + 40 : 18 * 60 + 40].sum()
    assert hours[0] == pytest.approx(expected, rel=0.08)
    assert sum(hours.values()) == pytest.approx(68_000, rel=0.08)
    closed_today = sum(case.closed_at is not None and case.closed_at >= WEDNESDAY for case in documents.cases.values())
    assert closed_today > 45_000


def test_the_floor_is_busy_when_the_simulation_begins() -> None:
    _, documents = past()
    states = Counter(agent.state for agent in documents.agents.values())
    assert states["talking"] > 200
    assert {call.state for call in documents.calls.values()} <= {"offered", "queued", "answered"}
    talking = Counter(call.state for call in documents.calls.values())
    assert talking["answered"] == states["talking"]


def test_calls_that_are_over_are_not_among_those_that_go_on() -> None:
    _, documents = past()
    over = list(history().calls())
    assert not {call.call_id for call in over} & set(documents.calls)
    assert len(over) == pytest.approx(58_000, rel=0.08)
    answered = [call for call in over if call.answered_at is not None]
    assert all((call.ended_at is None) == (call.answered_at is None) for call in over)
    assert all((call.abandoned_at is None) == (call.answered_at is not None) for call in over)
    waits = [(c.answered_at - c.queued_at).total_seconds() for c in answered if c.answered_at and c.queued_at]
    assert sum(wait <= 15 for wait in waits) / len(waits) > 0.93
    assert 0.95 < len(answered) / len(over) < 0.99


def test_the_present_goes_on_from_the_past_without_a_seam() -> None:
    """Half an hour of the present after a past up to 17:40 is the last half hour of a past up to 18:10."""
    since = NOW - timedelta(hours=26)  # for both, so that the same floor was played
    later = NOW + timedelta(minutes=30)
    documents = Documents().take(envelope for _, envelope in History(laws(), PlainWords(), NOW, since).events())
    side = HotlineSide.resumed(laws(), PlainWords(), NOW, *documents.plain())
    lived = {e.id: e for e in side.advance(later) if e.type.startswith("case.")}
    afterwards = History(laws(), PlainWords(), later, since).events()
    told = {e.id: e for _, e in afterwards if e.occurred_at > NOW and e.type.startswith("case.")}
    assert len(told) > 3000
    assert all(lived[id_] == told[id_] for id_ in lived.keys() & told.keys())
    # What was closed long before both is not in the documents, and is neither asked about nor opened again.
    assert {told[id_].type for id_ in told.keys() - lived.keys()} <= {"case.followed_up", "case.reopened"}
    assert len(told.keys() - lived.keys()) < 0.01 * len(told)


def test_people_speak_their_languages_in_the_past_too() -> None:
    words = Words.load()
    found: Iterator[Envelope] = (
        e for _, e in History(laws(), words, WEDNESDAY, WEDNESDAY).events() if e.type == "case.received"
    )
    some = [next(found) for _ in range(3000)]
    assert all(e.data["text"] and e.data["phone"] for e in some)
    assert any("\u0600" <= c <= "\u06ff" for e in some if e.data["language"] == "ar" for c in e.data["text"])


# the hand on the log


@pytest.fixture
def keys() -> Keys:
    return Keys("beijing-sim")


def said(n: int) -> list[Envelope]:
    return [
        Envelope(source="12345", id=f"c{i}:received", type="case.received", occurred_at=NOW, data={"case_id": f"c{i}"})
        for i in range(n)
    ]


def test_entries_and_cursor_move_together(redis: redis_module.Redis, keys: Keys) -> None:
    log = SimLog(redis, keys)
    assert log.until is None
    log.append(said(3), NOW, {"cases": 3})
    log.append(said(2), NOW + timedelta(minutes=1), {"cases": 2, "calls": 1})
    again = SimLog(redis, keys)
    assert again.until == NOW + timedelta(minutes=1)
    assert again.counts == {"cases": 5, "calls": 1}
    assert redis.xlen(keys.inbox) == 5


def test_a_second_simulator_is_refused_and_appends_nothing(redis: redis_module.Redis, keys: Keys) -> None:
    first, second = SimLog(redis, keys), SimLog(redis, keys)
    first.append(said(1), NOW)
    with pytest.raises(Taken):
        second.append(said(4), NOW + timedelta(minutes=1))
    assert redis.xlen(keys.inbox) == 1
    second.load()
    second.append(said(4), NOW + timedelta(minutes=1))
    assert redis.xlen(keys.inbox) == 5


def test_a_broken_connection_is_no_second_simulator(redis_server: RedisServer, keys: Keys) -> None:
    client = redis_server.client()
    client.flushall()
    log = SimLog(client, keys)
    log.append([], NOW)

    def broken() -> Iterator[Envelope]:
        # The connection ends after the cursor was watched: another client kills it while entries are queued.
        with redis_server.client() as other:
            other.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        yield from said(1)

    class Once(list[Envelope]):
        def __iter__(self) -> Iterator[Envelope]:
            return broken()

    with pytest.raises(redis_module.ConnectionError):
        log.append(Once(), NOW + timedelta(minutes=1))
    assert client.xlen(keys.inbox) == 0
    assert log.load() == NOW
    log.append(said(1), NOW + timedelta(minutes=1))
    client.close()


def test_the_feed_waits_until_the_engine_has_read_what_was_told_before(redis: redis_module.Redis, keys: Keys) -> None:
    start = WEDNESDAY + timedelta(hours=10)
    first = HotlineFeed(redis, keys, laws(), PlainWords())
    first.begin(start)
    assert first.turn(start) == 0
    n = first.turn(start + timedelta(minutes=1))
    assert n > 1000  # everybody signs in
    second = HotlineFeed(redis, keys, laws(), PlainWords())
    assert second.turn(start + timedelta(minutes=2)) == 0  # the engine read nothing yet
    entries: Any = redis.xrange(keys.inbox)
    envelopes = [decode_envelope(fields[b"e"]) for _, fields in entries]
    store(redis, keys, Documents().take(envelopes))
    redis.hset(keys.position, "inbox", entries[-1][0])
    assert second.turn(start + timedelta(minutes=2)) > 100
    assert second.until == start + timedelta(minutes=2)
    with pytest.raises(Taken):
        first.turn(start + timedelta(minutes=3))


def test_a_long_break_is_told_in_parts(redis: redis_module.Redis, keys: Keys) -> None:
    start = WEDNESDAY + timedelta(hours=3)
    feed = HotlineFeed(redis, keys, laws(), PlainWords())
    feed.begin(start)
    feed.turn(start)
    assert feed.turn(start + timedelta(hours=1)) > 0
    assert feed.until == start + timedelta(minutes=5)
    assert redis.hget(keys.cursor("sim"), "until") == (start + timedelta(minutes=5)).isoformat().encode()


def store(redis: redis_module.Redis, keys: Keys, documents: Documents) -> None:
    for noun in ("cases", "calls", "agents"):
        found = getattr(documents, noun)
        if found:
            redis.hset(keys.of(noun), mapping={id_: msgspec.json.encode(d) for id_, d in found.items()})
