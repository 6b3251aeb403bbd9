"""An endpoint as a feed, over real HTTP into a real Redis: outages, restarts, odd servers, and what is told of them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis as redis_module
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.cases import Case, fold_case
from streams.codec import payload_of
from streams.events import CasePayload, recording_of
from streams.feeds.appender import FeedTaken
from streams.feeds.open311 import poll as poll_module
from streams.feeds.open311.poll import ASKED_TO_STOP, DONE, MOSTLY_MALFORMED
from streams.keys import Keys
from tests.open311.builders import KEYS, Clock, Feed
from tests.open311.servers import NOON, City, Habits, Reply, listed, one_after_another, record, serving
from tests.support.engines import TestCity

HOUR = timedelta(hours=1)


def iso(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).isoformat()


def folded(feed: Feed) -> dict[str, Case]:
    """The cases that the engine would have."""
    cases: dict[str, Case] = {}
    for seq, envelope in enumerate(feed.inbox(), start=1):
        payload = payload_of(envelope)
        if isinstance(payload, CasePayload):
            case = fold_case(cases.get(payload.case_id), payload, recording_of(envelope, seq))
            assert case is not None
            cases[payload.case_id] = case
    return cases


# the usual


def test_a_report_is_received_amended_closed_and_reopened_once_each(redis: redis_module.Redis) -> None:
    city = City([record(1)])
    life: dict[int, dict[str, Any]] = {
        2: {"updated_datetime": iso(1), "service_name": "Trees"},
        4: {"updated_datetime": iso(2), "service_name": "Trees", "status": "closed"},
        6: {"updated_datetime": iso(3), "service_name": "Trees", "status": "open"},
    }

    def live(n: int) -> None:
        city.now = clock.at = NOON + (n + 1) * HOUR / 2
        if n in life:
            city.put(record(1, **life[n]))

    with serving(city) as server:
        clock = Clock()
        feed = Feed(redis, server.url, clock)
        assert feed.passes(9, live).outcome == ASKED_TO_STOP
        assert feed.told() == ["received 1", "amended 1", "closed 1", "reopened 1"]
        feed.once()
        assert len(feed.told()) == 4
        assert feed.told("feed.")[0] == "started springfield-311"
        assert folded(feed)["1"].is_open


def test_the_engine_counts_what_is_polled(redis: redis_module.Redis) -> None:
    city = TestCity(redis, "boston")
    reports = [record(n, lat=42.33, long=-71.09, requested_datetime=city.wall.at.isoformat()) for n in range(5)]
    reports += [record(9, lat=None, long=None), record(10, status="closed", expected_datetime=iso(30))]
    with serving(City(reports, now=city.wall.at)) as server:
        feed = Feed(redis, server.url, Clock(city.wall.at))
        result = poll_module.poll(redis, city.keys, feed.endpoint, now=city.wall, wait=feed.clock.wait, once=True)
    assert result.outcome == DONE
    city.turn()
    figures = city.figures()
    assert figures["cases.received_24h"] == 7
    assert figures["cases.open"] == 6
    assert figures["cases.without_location"] == 1
    assert figures["cases.by_category.Sidewalk and Curb Issues"] == 7
    assert city.view("sources")["springfield-311"]["dead"] == 0
    assert city.dead() == []


def test_a_pass_says_what_it_saw(redis: redis_module.Redis) -> None:
    reports = [record(1, requested_datetime="2026-03-04T10:00:00", updated_datetime=None), record(2, lat=0, long=0)]
    with serving(City([*reports, record(3, status="lost")], now=NOON)) as server:
        feed = Feed(redis, server.url, zone="America/Chicago")
        text = feed.once().summary.text()
    assert "records read     2, 1 more malformed" in text
    assert "events           2 new" in text
    assert "without place    1 of 2" in text
    assert "1 records without a zone, read as America/Chicago" in text
    assert any("without a zone" in line for line in feed.said)


# changes of older records


def test_by_the_time_of_change_where_the_server_can(redis: redis_module.Redis) -> None:
    old = record(1, requested_datetime=iso(-20 * 24), updated_datetime=iso(-20 * 24))
    city = City([old, record(2)])
    with serving(city) as server:
        feed = Feed(redis, server.url, days=30)
        feed.once()
        city.put(old | {"status": "closed", "updated_datetime": iso(1)})
        city.now = feed.clock.at = NOON + HOUR
        feed.once()
        assert feed.told() == ["received 1", "received 2", "closed 1"]
        assert "updated_after" in server.asked[-1][1]
        assert all("start_date" not in asked for _, asked in server.asked[-2:])


def test_by_asking_again_where_it_cannot_and_by_number_for_what_is_older(redis: redis_module.Redis) -> None:
    older, old = (record(n, requested_datetime=iso(days * -24), updated_datetime=...) for n, days in ((1, 9), (2, 6)))
    city = City([older, old, record(3)], Habits(knows_updated_after=False))
    with serving(city) as server:
        feed = Feed(redis, server.url, days=10, sweep_s=3600)
        feed.once()
        for report in (older, old):
            city.put(report | {"status": "closed"})
        city.now = feed.clock.at = NOON + timedelta(minutes=30)
        feed.once()
        assert len(feed.told()) == 3, "not yet"
        city.now = feed.clock.at = NOON + timedelta(days=2)
        feed.once()
        assert Counter(feed.told()[3:]) == Counter(["closed 2", "closed 1"])
        assert {"service_request_id": "1", "page_size": "200"} in [asked for _, asked in server.asked]


# restarts


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    habits=st.builds(
        Habits,
        limit=st.sampled_from([10, 20, 1000]),
        first_page=st.sampled_from([0, 1, None]),
        order=st.sampled_from(["newest", "oldest"]),
        knows_updated_after=st.booleans(),
    ),
    steps=st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(0, 29), st.booleans(), st.sampled_from("AB")), max_size=30),
            st.integers(1, 8),  # the question at which this process fails
            st.sampled_from(["error", "truncated", "stop"]),
        ),
        min_size=1,
        max_size=5,
    ),
    stamped=st.booleans(),
)
def test_failures_and_restarts_anywhere_neither_repeat_nor_skip(
    redis_server: Any, habits: Habits, steps: list[Any], stamped: bool
) -> None:
    client = redis_server.client()
    client.flushall()
    city = City([], habits)
    state: dict[str, Any] = {"left": 0, "how": ""}

    def answer(resource: str, asked: dict[str, str]) -> Reply:
        state["left"] -= 1
        if state["left"] == 0:
            if state["how"] == "stop":
                feed.clock.waits.append(0)
            elif state["how"] == "error":
                return Reply(b"", 500)
            else:
                return Reply(b'[{"service_request_id": "1"', length=900)
        return city(resource, asked)

    with serving(answer) as server:
        feed = Feed(client, server.url, days=2, sweep_s=60)
        for n, (edits, fails_at, how) in enumerate([*steps, ([], 0, "")]):
            feed.clock.at = city.now = NOON + n * HOUR
            for number, is_open, category in edits:
                stamp = feed.clock.at.isoformat() if stamped else None
                status = "open" if is_open else "closed"
                city.put(record(number, status=status, service_name=category, updated_datetime=stamp))
            state |= {"left": fails_at, "how": how}
            feed.passes(1)
        cases = folded(feed)
        ids = Counter(envelope.id for envelope in feed.inbox())
    assert cases.keys() == city.records.keys()
    for number, said in city.records.items():
        assert (cases[number].is_open, cases[number].category) == (said["status"] == "open", said["service_name"])
    assert max(ids.values()) == 1
    assert Counter(feed.told())["received 1"] <= 1
    client.close()


def test_what_is_published_while_the_past_is_loaded_is_read_at_the_end_of_the_load(redis: redis_module.Redis) -> None:
    """Stopped when the past was read and not yet noted as loaded; meanwhile an older record appears, one changes."""
    city = City([record(n) for n in range(3)], Habits(knows_updated_after=False))
    with serving(city) as server:
        feed = Feed(redis, server.url, days=2)
        cursor = KEYS.cursor("springfield-311")
        feed.until(lambda: bool(redis.hexists(cursor, "until")))
        assert feed.told() == ["received 2", "received 1", "received 0"]
        assert not redis.hexists(cursor, "loaded")
        city.put(record(5), record(1, status="closed"))
        city.now = feed.clock.at = NOON + 2 * HOUR
        assert feed.once().outcome == DONE
    assert feed.told()[3:] == ["received 5", "closed 1"]


def test_the_past_is_loaded_on_where_a_restart_left_it(redis: redis_module.Redis) -> None:
    city = City([record(n, requested_datetime=iso(-24 * days)) for n, days in ((1, 170), (2, 100), (3, 30), (4, 1))])
    with serving(city) as server:
        feed = Feed(redis, server.url, days=200)

        def fails_in_the_second_window(resource: str, asked: dict[str, str]) -> Reply:
            second = asked.get("start_date", "") > iso(-24 * 115) and "end_date" in asked
            return Reply(b"", 500) if second else city(resource, asked)

        server.answers(fails_in_the_second_window)
        assert feed.once().failed
        assert feed.told() == ["received 1"]
        server.answers(city)
        asked = len(server.asked)
        assert feed.once().outcome == DONE
        assert feed.told() == [f"received {n}" for n in (1, 2, 3, 4)]
        starts = [datetime.fromisoformat(a["start_date"]) for _, a in server.asked[asked:] if "start_date" in a]
        assert min(starts) >= NOON - timedelta(days=111)
        spans = [
            datetime.fromisoformat(a["end_date"]) - datetime.fromisoformat(a["start_date"])
            for _, a in server.asked
            if "end_date" in a
        ]
        assert spans
        assert max(spans) <= timedelta(days=90)


def test_two_processes_that_poll_one_source_notice(redis: redis_module.Redis) -> None:
    city = City([record(1)])
    with serving(city) as server:
        first, second = Feed(redis, server.url), Feed(redis, server.url)

        def meddle(_: int) -> None:
            city.put(record(2), record(3, status="closed"))
            second.once()
            city.put(record(4))

        with pytest.raises(FeedTaken, match="another process"):
            first.passes(3, meddle)
        assert Counter(first.told())["received 2"] == 1


# outages


def test_an_outage_is_waited_out_and_said(redis: redis_module.Redis) -> None:
    city = City([record(1)])
    down = Reply(b"down", 503, headers={"Retry-After": "2000"})

    def change(n: int) -> None:
        if n == 1:
            server.answers(lambda *_: Reply(b"", 500))
        if n == 6:
            server.answers(lambda *_: down)
        if n == 7:
            city.put(record(2))
            server.answers(city)

    with serving(city) as server:
        feed = Feed(redis, server.url)
        result = feed.passes(9, change)
    waits = feed.clock.waits
    assert waits[0] == waits[7] == feed.endpoint.every_s
    assert waits[1:6] == sorted(waits[1:6])
    assert 2.5 <= waits[1] <= 5
    assert waits[5] > 10 * waits[1]
    assert 2000 <= waits[6] <= 2200
    assert result.summary.failures == 6
    assert feed.told("feed.") == [f"{what} springfield-311" for what in ("started", "stopped", "started")]
    (stopped,) = (e for e in feed.inbox() if e.type == "feed.stopped")
    assert "HTTP 500" in stopped.data["reason"]
    assert feed.told() == ["received 1", "received 2"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_that_refuses_is_asked_seldom(redis: redis_module.Redis, status: int) -> None:
    with serving(lambda *_: Reply(b"<error>Invalid key</error>", status, "text/xml")) as server:
        feed = Feed(redis, server.url)
        feed.passes(4)
        assert min(feed.clock.waits) >= 30
        assert len(server.asked) <= 16
    assert feed.told("feed.") == ["stopped springfield-311"]


BAD_ANSWERS = {
    "an error page": Reply(b"<!DOCTYPE html><html>Oops</html>", 200, "text/html"),
    "invalid JSON": Reply(b'[{"service_request_id": "2", '),
    "invalid XML": Reply(b"<service_requests><request>", 200, "text/xml"),
    "truncated": Reply(b'[{"service_request_id": "2"}', length=5000),
    "billion laughs": Reply(
        b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><service_requests>&b;</service_requests>', 200, "text/xml"
    ),
    "429": Reply(b"slow down", 429, headers={"Retry-After": "60"}),
    "another host": Reply(b"", 302, headers={"Location": "http://localhost:1/v2/requests.json"}),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_after_a_bad_answer_the_feed_goes_on(redis: redis_module.Redis, name: str) -> None:
    good = listed([record(1)])
    with serving(one_after_another(BAD_ANSWERS[name], good)) as server:
        feed = Feed(redis, server.url)
        result = feed.passes(2)
    assert result.summary.failures == 1
    assert feed.told("feed.") == ["started springfield-311"], "one bad answer is no outage"
    assert feed.told() == ["received 1"]
    assert feed.dead() == []
    if name == "429":
        assert feed.clock.waits[0] >= 60


def test_a_quiet_source_says_that_it_lives(redis: redis_module.Redis) -> None:
    with serving(City([record(1)])) as server:
        feed = Feed(redis, server.url)
        feed.passes(11)
    assert feed.told("feed.") == [f"{what} springfield-311" for what in ("started", "polled", "polled")]


# malformed records


def test_a_malformed_record_is_a_dead_letter_once_with_its_own_bytes(redis: redis_module.Redis) -> None:
    bad = b'{"service_request_id": "7",  "status": "open", "requested_datetime": "soon"}'
    body = b"[" + json.dumps(record(1)).encode() + b", " + bad + b", 5]"
    with serving(one_after_another(Reply(body))) as server:
        feed = Feed(redis, server.url)
        feed.passes(3)
        feed.once()
    assert feed.told() == ["received 1"]
    assert [(letter[b"raw"], letter[b"reason"]) for letter in feed.dead()] == [
        (bad, b"requested_datetime: not a time: 'soon'"),
        (b"5", b"a record that is no object"),
    ]
    assert {letter[b"source"] for letter in feed.dead()} == {b"springfield-311"}
    assert [e.data["n"] for e in feed.inbox() if e.type == "feed.rejected"] == [2]


def test_a_mostly_malformed_feed_stops_and_says_so(redis: redis_module.Redis) -> None:
    reports = [record(n, **({"requested_datetime": "soon"} if n % 3 else {})) for n in range(90)]
    with serving(lambda resource, _: listed(reports if resource.startswith("req") else [])) as server:
        feed = Feed(redis, server.url)
        result = feed.passes(5)
        assert (result.failed, result.outcome) == (True, MOSTLY_MALFORMED)
        assert feed.told("feed.")[-1] == "stopped springfield-311"
        assert len(feed.dead()) == 60
        assert feed.once().failed, "and again after a restart"
        assert len(feed.dead()) == 60


def test_a_corrected_record_is_received(redis: redis_module.Redis) -> None:
    city = City([record(1, status="lost")])
    with serving(city) as server:
        feed = Feed(redis, server.url)
        feed.once()
        city.put(record(1))
        feed.once()
    assert feed.told() == ["received 1"]


# clocks


@pytest.mark.parametrize("hours", [-5, 5])
def test_windows_follow_a_clock_that_is_wrong(redis: redis_module.Redis, hours: int) -> None:
    skew = hours * HOUR
    city = City([], Habits(skew=skew))

    def stamped(number: int) -> dict[str, Any]:
        at = (feed.clock.at + skew).isoformat()
        return record(number, requested_datetime=at, updated_datetime=at)

    with serving(city) as server:
        feed = Feed(redis, server.url, overlap_s=60)

        def live(n: int) -> None:
            city.now = feed.clock.at
            city.put(stamped(n))

        city.put(stamped(0))
        feed.passes(20, live)
        asked = [a for _, a in server.asked if "updated_after" in a][-1]
    assert feed.told() == [f"received {n}" for n in range(20)]
    assert abs(datetime.fromisoformat(asked["updated_after"]) - (feed.clock.at + skew)) < timedelta(minutes=5)
    assert sum("clock is" in line for line in feed.said) == 1
    assert f"{abs(hours) * 3600} s {'ahead of' if hours > 0 else 'behind'} ours" in feed.said[0]
    assert all(envelope.occurred_at <= feed.clock.at for envelope in feed.inbox())


# bounds


def test_the_feed_pauses_while_the_engine_is_far_behind(
    redis: redis_module.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_module, "BACKLOG_LIMIT", 10)
    pauses = 0

    def engine_reads_on() -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            newest = redis.xrevrange(KEYS.inbox, count=1)[0][0]  # type: ignore[index]
            redis.hset(KEYS.position, "inbox", newest)

    with serving(City([record(n) for n in range(20)])) as server:
        feed = Feed(redis, server.url)
        feed.clock.at_wait = engine_reads_on
        poll_module.poll(
            redis, KEYS, feed.endpoint, now=feed.clock, wait=feed.clock.wait, stopping=lambda: pauses > 20, once=True
        )
    assert pauses == 3
    assert len(feed.told()) == 20


def test_what_no_question_can_bring_back_is_forgotten(redis: redis_module.Redis) -> None:
    city = City([record(1, status="closed"), record(2), record(3, status="lost")])
    known, rejected = (KEYS.cursor(f"springfield-311:{what}") for what in ("known", "rejected"))
    with serving(city) as server:
        feed = Feed(redis, server.url)
        feed.once()
        assert (redis.hlen(known), redis.hlen(rejected)) == (2, 1)
        city.now = feed.clock.at = NOON + timedelta(days=99)
        feed.once()
        assert (redis.hlen(known), redis.hlen(rejected)) == (2, 1)
        city.now = feed.clock.at = NOON + timedelta(days=101)
        feed.once()
        assert redis.hkeys(known) == [b"2"], "an open one is kept"
        assert redis.hlen(rejected) == 0
    assert feed.told() == ["received 2", "received 1", "closed 1"]


def test_all_keys_of_the_feed_lie_in_the_citys_slot(redis: redis_module.Redis) -> None:
    with serving(City([record(1), record(2, status="lost")])) as server:
        Feed(redis, server.url).once()
    keys: Any = redis.keys("*")
    assert {key.decode().partition(":")[0] for key in keys} == {"hexwatch"}
    assert all(b"{springfield}" in key for key in keys)
    assert Keys("springfield").cursor("springfield-311").encode() in keys
