"""The simulated city's own Open311 server: by the standard, in both formats, and read back by our own client."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import redis as redis_module

from streams.feeds.open311.endpoint import load_endpoint
from streams.feeds.open311.poll import poll
from streams.sim.open311_server import LOOPBACK, Open311Server, PublishedReport
from tests.open311.builders import KEYS, Clock, Feed
from tests.open311.servers import NOON


def published(number: int, **said: Any) -> PublishedReport:
    usual: dict[str, Any] = {
        "service_request_id": f"O{number}",
        "service_code": "gas_smell",
        "service_name": "Gas smell",
        "requested_datetime": NOON - timedelta(minutes=number),
        "description": f"楼道里有煤气味 <{number}> & \x00 \x1b",
        "lat": 39.9,
        "long": 116.4,
    }
    return PublishedReport(**usual | said)


@pytest.fixture
def server() -> Any:
    with Open311Server(lambda: NOON, {"noise": "Noise"}, [published(n) for n in range(25)]) as running:
        yield running


def fetched(server: Open311Server, what: str) -> list[dict[str, Any]]:
    with urlopen(f"{server.url}/{what}", timeout=30) as response:
        assert response.headers["Date"] == "Wed, 04 Mar 2026 12:00:00 GMT"
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"
        found: list[dict[str, Any]] = json.load(response)
        return found


def ids(server: Open311Server, query: str) -> list[str]:
    return [r["service_request_id"] for r in fetched(server, f"requests.json?{query}")]


def test_filters_and_pages_follow_the_standard(server: Open311Server) -> None:
    assert LOOPBACK in server.url
    server.publish(published(3, status="closed", updated_datetime=NOON))
    server.publish(published(4, service_code="smoke", service_name="Smoke"))
    assert [s["service_code"] for s in fetched(server, "services.json")] == ["noise", "gas_smell", "smoke"]
    assert ids(server, "") == [f"O{n}" for n in range(25)]
    assert ids(server, "page=3&page_size=10") == [f"O{n}" for n in range(20, 25)]
    assert ids(server, "page=4&page_size=10") == []
    assert ids(server, "status=closed") == ["O3"]
    assert ids(server, "service_code=smoke,noise") == ["O4"]
    assert ids(server, "service_request_id=O7,O2,O99") == ["O2", "O7"]
    assert ids(server, "start_date=2026-03-04T11:50:00Z&end_date=2026-03-04T11:52:00Z") == ["O8", "O9", "O10"]
    assert ids(server, "updated_after=2026-03-04T12:00:00Z") == ["O3", "O0"]
    assert fetched(server, "requests/O3.json")[0]["status"] == "closed"


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("requests/O99.json", 404),
        ("requests/O99.xml", 404),
        ("tokens/1.json", 404),
        ("requests", 404),
        ("requests.json?page=0", 400),
        ("requests.json?page_size=many", 400),
        ("requests.xml?start_date=yesterday", 400),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_body_that_says_why(
    server: Open311Server, what: str, status: int
) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{server.url}/{what}", timeout=30)
    with caught.value as refusal:
        assert refusal.code == status
        assert b"description" in refusal.read()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_our_own_feed_reads_it_in_both_formats(redis: redis_module.Redis, server: Open311Server, form: str) -> None:
    feed = Feed(redis, server.url, format=form, page_size=7)

    def live(n: int) -> None:
        if n == 1:
            server.publish(published(1, status="closed", updated_datetime=NOON + timedelta(seconds=30)))
            server.publish(published(100, requested_datetime=NOON, lat=None, long=None, address="和平街 3"))

    feed.passes(3, live)
    assert sorted(feed.told()) == sorted([*(f"received O{n}" for n in (*range(25), 100)), "closed O1"])
    data = {e.subject: e.data for e in feed.inbox()}
    assert data["case:O2"]["text"].startswith("楼道里有煤气味 <2> &")
    assert "lat" not in data["case:O100"]
    assert feed.dead() == []


def test_the_demos_preset_takes_codes_as_categories(redis: redis_module.Redis, server: Open311Server) -> None:
    endpoint = load_endpoint("simulation", url=server.url, every_s=None)
    clock = Clock()
    assert poll(redis, KEYS, endpoint, now=clock, wait=clock.wait, once=True).outcome == "done"
    feed = Feed(redis, server.url)
    received = next(e for e in feed.inbox() if e.type == "case.received")
    assert (received.source, received.data["category"], received.data["channel"]) == ("open311", "gas_smell", "app")
