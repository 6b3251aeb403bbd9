"""Whatever a server does with pages and limits: every record of the window is read, and reading ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams.feeds.open311.client import Client
from streams.feeds.open311.envelopes import Reading
from streams.feeds.open311.errors import NotNow
from streams.feeds.open311.http import Http, Limits
from streams.feeds.open311.parse import identity
from streams.feeds.open311.windows import WIDEST, Window, halves, history, since, stamp, sweep
from tests.open311.builders import endpoint
from tests.open311.servers import NOON, Answer, City, Habits, Reply, Running, listed, record, serving

DAY = timedelta(days=1)
TODAY = Window("requested", NOON - DAY, NOON, is_last=True)


@contextmanager
def reader(answer: Answer, **said: Any) -> Iterator[tuple[Client, Running, list[str]]]:
    told: list[str] = []
    with serving(answer) as server, Http(Limits(total_s=60, silent_s=30), lambda: NOON) as http:
        chosen = endpoint(**{"url": server.url} | said)
        client = Client(http, chosen, Reading(chosen, {}).stamp_of, told.append)
        client.discover()
        yield client, server, told


def always(reply: Reply) -> Answer:
    return lambda _, __: reply


def numbers(client: Client, window: Window = TODAY) -> list[int]:
    return sorted(int(identity(row)) for page in client.read(window) for row in page)


habits = st.builds(
    Habits,
    limit=st.sampled_from([1, 3, 7, 10, 20, 25, 50, 1000]),
    first_page=st.sampled_from([0, 1, None]),
    past_the_end=st.sampled_from(["empty", "404", "last"]),
    order=st.sampled_from(["newest", "oldest", "shuffled"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(habits, st.integers(0, 70), st.sampled_from([0, 5, 20, 200]), st.sampled_from([1, 60]))
@example(Habits(limit=20, first_page=None), 60, 200, 1)
@example(Habits(limit=20, first_page=0), 60, 200, 60)
@example(Habits(limit=10, first_page=None, order="shuffled"), 70, 0, 1)
@example(Habits(limit=10, first_page=1, past_the_end="last"), 10, 200, 1)
def test_every_record_of_the_window_is_read_once(habits: Habits, n: int, page_size: int, apart_s: int) -> None:
    if habits.first_page is None and habits.limit < 10:
        habits.limit = 10  # a silent limit that is not even round cannot be told from a whole answer
    if habits.order == "shuffled" and habits.first_page is None and n > habits.limit:
        habits.order = "newest"  # see the next test
    records = [
        record(i, requested_datetime=stamp(NOON - timedelta(seconds=10 + i * apart_s)), updated_datetime=...)
        for i in range(n)
    ]
    with reader(City(records, habits), page_size=page_size) as (client, server, told):
        assert numbers(client) == list(range(n))
        asked = len(server.asked)
        assert numbers(client) == list(range(n)), "and again, with what was learned"
        assert len(server.asked) - asked <= asked + 2
        assert client.incomplete == set()
        if n == 0:
            assert told == []


def test_a_server_without_pages_that_gives_any_twenty_is_read_whole() -> None:
    records = [record(i) for i in range(100)]
    with reader(City(records, Habits(limit=20, first_page=None, order="shuffled"))) as (client, server, told):
        assert numbers(client) == list(range(100))
        assert any("repeats its first page" in line for line in told)
        assert len(server.asked) < 60


def test_more_records_in_one_second_than_the_limit_are_asked_for_by_service_and_else_said_to_be_missing() -> None:
    same = [record(i, requested_datetime=stamp(NOON), service_code=str(i % 5)) for i in range(60)]
    habits = Habits(limit=20, first_page=None)
    with reader(City(same, habits)) as (client, _, told):
        assert numbers(client) == list(range(60))
    same = [record(i, requested_datetime=stamp(NOON)) for i in range(60)]
    with reader(City(same, habits)) as (client, _, told):
        assert len(numbers(client)) == 20
        assert client.incomplete == {"the server gives no more of one second"}
        assert any("there may be more" in line for line in told)


def test_a_server_that_ignores_dates_and_pages_is_not_asked_for_ever() -> None:
    records = [record(i, requested_datetime=stamp(NOON - 30 * DAY - timedelta(minutes=i))) for i in range(60)]
    habits = Habits(limit=20, first_page=None, knows_dates=False)
    with reader(City(records, habits)) as (client, server, _):
        assert len(numbers(client)) == 20
        assert client.incomplete == {"the server does not keep to the dates that it is asked for"}
        assert len(server.asked) < 10


def test_the_limit_of_a_thousand_is_got_through_by_narrower_windows() -> None:
    records = [record(i, requested_datetime=stamp(NOON - timedelta(seconds=i))) for i in range(2500)]
    with reader(City(records, Habits(limit=1000, first_page=None)), page_size=0) as (client, server, _):
        assert numbers(client) == list(range(2500))
        assert len(server.asked) < 30


@pytest.mark.parametrize("first_page", [0, 1])
def test_records_that_come_while_pages_are_read_push_none_out(first_page: int) -> None:
    city = City([record(i) for i in range(1, 60)], Habits(limit=10, first_page=first_page))
    fresh = iter(range(1000, 2000))

    def answer(resource: str, asked: dict[str, str]) -> Reply:
        reply = city(resource, asked)
        if resource.startswith("requests"):
            city.put(record(next(fresh), requested_datetime=stamp(NOON)))
        return reply

    with reader(answer) as (client, _, __):
        assert {*range(1, 60)} <= {*numbers(client)}


def test_a_server_that_repeats_pages_or_never_ends_is_left_in_the_end() -> None:
    with reader(lambda _, __: listed([record(1), record(2)])) as (client, server, _):
        assert numbers(client) == [1, 2]
        assert len(server.asked) < 6
    count = iter(range(10**6))

    def endless(resource: str, _: dict[str, str]) -> Reply:
        return listed([record(next(count), requested_datetime=stamp(NOON))] if resource.startswith("req") else [])

    with reader(endless) as (client, server, _), pytest.raises(NotNow, match="pages and no end"):
        list(client.read(TODAY))


def test_pages_of_alternating_records_end() -> None:
    turn = iter(range(10**6))

    def answer(resource: str, _: dict[str, str]) -> Reply:
        return listed([record(next(turn) % 2)] if resource.startswith("requests") else [])

    with reader(answer) as (client, server, _):
        assert numbers(client) == [0, 1]
        assert len(server.asked) < 10


def test_an_answer_too_large_is_asked_for_in_parts() -> None:
    city = City([record(i, description="x" * 2000) for i in range(60)], Habits(first_page=None))
    with serving(city) as server, Http(Limits(most_bytes=60_000), lambda: NOON) as http:
        told: list[str] = []
        chosen = endpoint(url=server.url)
        client = Client(http, chosen, Reading(chosen, {}).stamp_of, told.append)
        client.discover()
        assert numbers(client, Window("requested", NOON - timedelta(minutes=70), NOON)) == list(range(60))
        assert any("asking for half of the time" in line for line in told)


def test_the_format_is_found_out() -> None:
    xml = b"<service_requests><request><service_request_id>7</service_request_id></request></service_requests>"
    services = (
        b"<services><service><service_code>1</service_code><service_name>Trees</service_name></service></services>"
    )

    def only_xml(resource: str, _: dict[str, str]) -> Reply:
        if resource.endswith(".json"):
            return Reply(b"<html>no such page</html>", 200, "text/html")
        return Reply(services if resource.startswith("services") else xml, 200, "text/xml")

    with reader(only_xml) as (client, _, __):
        assert (client.format, client.services) == ("xml", {"1": "Trees"})
        assert numbers(client) == [7]

    def no_services(resource: str, _: dict[str, str]) -> Reply:
        return Reply(b"", 404) if resource.startswith("services") else listed([record(7)])

    with reader(no_services) as (client, _, told):
        assert numbers(client) == [7]
        assert any("lists no services" in line for line in told)
    for status in (403, 429, 503):
        with pytest.raises(NotNow, match=f"HTTP {status}"), reader(always(Reply(b"", status))):
            pass


def test_a_server_that_refuses_a_page_size_is_asked_without() -> None:
    city = City([record(i) for i in range(5)])

    def strict(resource: str, asked: dict[str, str]) -> Reply:
        return Reply(b"", 400) if "page_size" in asked else city(resource, asked)

    with reader(strict) as (client, _, __):
        assert numbers(client) == [0, 1, 2, 3, 4]


def test_keys_and_jurisdiction_go_with_every_question() -> None:
    with reader(City([record(1)]), jurisdiction="sf.gov", parameters={"lang": "en"}) as (client, server, _):
        numbers(client)
        assert all(asked["jurisdiction_id"] == "sf.gov" and asked["lang"] == "en" for _, asked in server.asked)


# windows


days = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@given(days, st.floats(0, 1000))
def test_windows_of_the_past_touch_and_none_is_wider_than_ninety_days(now: datetime, span: float) -> None:
    windows = history(now, span)
    assert all(window.width <= WIDEST for window in windows)
    assert all(a.end == b.start for a, b in pairwise(windows))
    assert windows[0].start <= now - timedelta(days=span)
    assert windows[-1].end > now
    assert [window.is_last for window in windows] == [False] * (len(windows) - 1) + [True]


@given(days, st.timedeltas(timedelta(days=-400), timedelta(days=400)), st.sampled_from(["requested", "updated"]))
def test_what_is_new_is_asked_for_without_a_gap_even_when_a_clock_went_back(
    until: datetime, passed: timedelta, field: Any
) -> None:
    now = until + passed
    windows = since(until, now, field, endpoint(overlap_s=60))
    assert windows[0].start <= min(until, now) - timedelta(seconds=60)
    assert windows[-1].end > now
    assert windows[-1].is_last
    old = sweep(now, 200, 60)
    assert old[0].start <= now - timedelta(days=200)
    assert old[-1].end >= now - timedelta(seconds=60)


@given(st.lists(st.timedeltas(timedelta(hours=-1), timedelta(days=3)), max_size=30), st.booleans())
def test_halves_are_narrower_and_cover_the_whole(offsets: list[timedelta], is_last: bool) -> None:
    window = Window("requested", NOON, NOON + 2 * DAY, is_last)
    older, newer = halves(window, [NOON + offset for offset in offsets])
    assert older.start == window.start
    assert older.end == newer.start
    assert newer.end >= window.end
    assert (older.is_last, newer.is_last) == (False, is_last)
    assert timedelta(0) < older.width < newer.end - window.start
    assert timedelta(0) < newer.width
    assert halves(Window("requested", NOON, NOON + timedelta(seconds=1)), []) == []


def test_questions_are_written_as_the_standard_says() -> None:
    window = Window("updated", NOON, NOON + DAY)
    assert window.parameters() == {"updated_after": "2026-03-04T12:00:00Z", "updated_before": "2026-03-05T12:00:00Z"}
    assert json.dumps(TODAY.parameters()) == '{"start_date": "2026-03-03T12:00:00Z"}'
