"""One question over real HTTP to servers that behave badly: each ends in time, in memory, and with a reason."""

from __future__ import annotations

import gzip
import itertools
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from streams.feeds.open311.errors import NotNow, TooMuch
from streams.feeds.open311.http import Answer, Http, Limits
from streams.feeds.open311.waits import LONGEST_S, wait_s
from tests.open311.servers import NOON, Reply, serving
from tests.open311.servers import Answer as Answered

# Limits that pass in a test are short, all others are far away: the machine may do much else.
PATIENT = Limits(most_bytes=100_000, total_s=60, silent_s=30)
SHORT = Limits(most_bytes=100_000, total_s=0.6, silent_s=30)
SOON_SILENT = Limits(most_bytes=100_000, total_s=60, silent_s=0.3)


def ask(reply: Reply, limits: Limits = PATIENT, now: datetime = NOON, **params: str) -> Answer:
    with serving(lambda _, __: reply) as server, Http(limits, lambda: now) as http:
        return http.get(f"{server.url}/requests.json", params)


def always(reply: Reply) -> Answered:
    return lambda _, __: reply


def refusal_of(reply: Reply, limits: Limits = PATIENT) -> NotNow:
    with pytest.raises(NotNow) as caught:
        ask(reply, limits)
    return caught.value


def dripping(piece: bytes, stopped: threading.Event) -> Iterator[bytes]:
    """A byte now and then, for ever: every single wait is short."""
    while not stopped.wait(0.05):
        yield piece


def test_an_answer_comes_with_its_type_and_the_servers_clock() -> None:
    answer = ask(Reply(b"[1]", date=NOON + timedelta(hours=3)))
    assert (answer.body, answer.content_type) == (b"[1]", "application/json")
    assert answer.skew is not None
    assert abs(answer.skew - timedelta(hours=3)) <= timedelta(seconds=1)
    assert ask(Reply(b"[1]", date=None)).skew is None
    assert ask(Reply(b"[1]", date=None, headers={"Date": "the day after"})).skew is None


def silent(stopped: threading.Event) -> Iterator[bytes]:
    """Nothing, for longer than anybody waits."""
    stopped.wait(30)
    yield b""


def test_a_silent_server_is_given_up_on() -> None:
    stopped = threading.Event()
    try:
        error = refusal_of(Reply(head=silent(stopped)), SOON_SILENT)
    finally:
        stopped.set()
    assert isinstance(error, TooMuch)
    assert "silent for 0.3 s" in str(error)


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_server_that_drips_is_given_up_on_in_time(where: str) -> None:
    stopped = threading.Event()
    begun = time.monotonic()
    try:
        if where == "header":
            reply = Reply(head=itertools.chain([b"HTTP/1.1 200 OK\r\nX-Drip: "], dripping(b"a", stopped)))
        else:
            reply = Reply(dripping(b" ", stopped))
        error = refusal_of(reply, SHORT)
    finally:
        stopped.set()
    assert isinstance(error, TooMuch)
    assert "no whole answer within 0.6 s" in str(error)
    assert time.monotonic() - begun < 10  # it would drip for ever


def test_huge_and_endless_bodies_are_refused_at_the_limit() -> None:
    assert "larger than 100000 bytes" in str(refusal_of(Reply(b"x" * 100_001)))
    assert "larger than 100000 bytes" in str(refusal_of(Reply(itertools.repeat(b"x" * 10_000))))
    assert len(ask(Reply(b"x" * 100_000)).body) == 100_000


def test_a_small_gzip_that_unpacks_to_a_large_body_is_refused_before_it_is_whole() -> None:
    bomb = gzip.compress(b"0" * 200_000_000, 1)
    assert len(bomb) < 1_000_000
    limits = Limits(most_bytes=2_000_000, total_s=60)
    tracemalloc.start()
    try:
        assert isinstance(refusal_of(Reply(bomb, headers={"Content-Encoding": "gzip"}), limits), TooMuch)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    packed = gzip.compress(b"[1]")
    assert ask(Reply(packed, headers={"Content-Encoding": "gzip"})).body == b"[1]"
    assert "damaged gzip" in str(refusal_of(Reply(b"[1]", headers={"Content-Encoding": "gzip"})))
    assert "not asked for" in str(refusal_of(Reply(b"[1]", headers={"Content-Encoding": "br"})))


def test_a_truncated_answer_is_none() -> None:
    assert "no answer" in str(refusal_of(Reply(b'[{"a"', length=500)))
    assert "no answer" in str(refusal_of(Reply(head=[b"HTTP/1.1 200 OK\r\nContent-Le"])))
    assert "no answer" in str(refusal_of(Reply(head=[b"220 mail.example ESMTP\r\n"])))


def test_nobody_listens() -> None:
    with serving(lambda _, __: Reply()) as server:
        url = server.url
    with Http(PATIENT, lambda: NOON) as http, pytest.raises(NotNow, match="no answer"):
        http.get(f"{url}/requests.json", {})


def test_redirects_on_the_same_host_are_followed_three_times_others_never() -> None:
    other_asked: list[str] = []

    def other(resource: str, _: dict[str, str]) -> Reply:
        other_asked.append(resource)
        return Reply()

    def answer(resource: str, _: dict[str, str]) -> Reply:
        location = {
            "requests.json": "two",
            "two": "/v2/three",
            "three": "four.json?page=1",
            "loop": "loop",
            "port": f"{elsewhere.url}/requests.json",
            "name": "http://localhost:1/requests.json",
            "file": "file:///etc/hostname",
        }
        if resource in location:
            return Reply(status=302, headers={"Location": location[resource]})
        return Reply(b"[4]")

    with serving(other) as elsewhere, serving(answer) as server, Http(PATIENT, lambda: NOON) as http:
        assert http.get(f"{server.url}/requests.json", {}).body == b"[4]"
        for wrong, why in (("loop", "more than 3 redirects"), ("port", "other hosts"), ("name", "other hosts")):
            with pytest.raises(NotNow, match=why):
                http.get(f"{server.url}/{wrong}", {})
        with pytest.raises(NotNow):
            http.get(f"{server.url}/file", {})
    assert other_asked == []


def test_errors_carry_their_status_and_when_to_come_back_but_no_key() -> None:
    later = format_datetime(NOON + timedelta(seconds=90), usegmt=True)
    for said, seconds in (("17", 17), (later, 90), ("soon", None), ("-3", None), ("1e9", 6 * 3600), ("nan", None)):
        reply = Reply(b"", 503, headers={"Retry-After": said})
        with serving(always(reply)) as server, Http(PATIENT, lambda: NOON - timedelta(days=9)) as http:
            with pytest.raises(NotNow) as caught:
                http.get(f"{server.url}/requests.json", {"api_key": "secret"})
            assert caught.value.retry_after_s == seconds
            assert caught.value.status == 503
            assert "secret" not in str(caught.value)
            assert server.asked[-1][1] == {"api_key": "secret"}


def test_waits_grow_to_a_quarter_of_an_hour_and_never_undercut_what_the_server_asks() -> None:
    errors = NotNow("down", 503), NotNow("no", 403), NotNow("later", 429, retry_after_s=3000)
    for error in errors:
        for draw in (0.0, 0.5, 0.999):
            waits = [wait_s(error, n, draw) for n in range(1, 40)]
            assert waits == sorted(waits)
            assert min(waits) >= (error.retry_after_s or 2.5)
            assert max(waits) <= max(LONGEST_S, (error.retry_after_s or 0) * 1.1)
    assert wait_s(errors[1], 1, 0.0) >= 30 > wait_s(errors[0], 1, 0.99)
    assert wait_s(errors[0], 3, 0.1) != wait_s(errors[0], 3, 0.9)
