"""Webhooks against receivers that fail, hang and leave: in order, at least once, and never more than was allowed."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module
from hypothesis import given
from hypothesis import strategies as st

from dashboard.outgoing.deliveries import Ledger, delivery_of
from dashboard.outgoing.hooks import Hook
from dashboard.outgoing.posting import Wire
from dashboard.outgoing.webhooks import Pace, backoff_s, run_webhooks
from streams.events import PRIVATE_FIELDS, Envelope
from streams.keys import Keys
from tests.outgoing.receivers import Receiver, Script, answers, hook_to, is_signed, status_line
from tests.support.engines import NOON, TestCity
from tests.support.redis_server import RedisServer, wait_until

AT_ONCE = Pace(first_s=0.001, most_s=0.002)


@contextmanager
def delivering(city: TestCity, *hooks: Hook, pace: Pace = AT_ONCE, **more: Any) -> Iterator[threading.Event]:
    """The webhook process in a thread, as `webhook run` runs it."""
    stop = threading.Event()
    seed = random.Random(7)
    told: list[BaseException] = []

    def run() -> None:
        try:
            run_webhooks(
                city.client, city.keys, hooks, stop, pace=pace, jitter=seed.random, **{"now": lambda: NOON, **more}
            )
        except BaseException as error:
            told.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: all(Ledger(city.client, city.keys, h.name).progress().at for h in hooks), what="cursors")
        yield stop
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
        assert told == []


@pytest.fixture
def city(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis)


@pytest.fixture
def receiver() -> Iterator[Callable[[Script], Receiver]]:
    """Makes receivers, and closes them."""
    made: list[Receiver] = []

    def start(script: Script) -> Receiver:
        made.append(Receiver(script).__enter__())
        return made[-1]

    yield start
    for each in made:
        each.__exit__()


def incidents(city: TestCity, *ids: str, **data: Any) -> list[str]:
    """Post incidents and record them; their subjects."""
    for incident_id in ids:
        city.post("incident.received", incident_id=incident_id, kind="fire", lat=42.33, lng=-71.09, **data)
    city.turn()
    return [f"incident:{incident_id}" for incident_id in ids]


def progress(city: TestCity, hook: Hook) -> Any:
    return Ledger(city.client, city.keys, hook.name).progress()


def dead(city: TestCity, hook: Hook) -> list[dict[str, Any]]:
    return [letter for _, letter in Ledger(city.client, city.keys, hook.name).dead()]


def test_chosen_events_arrive_in_order_signed_and_with_the_allowed_fields_only(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(answers())
    hook = hook_to(tmp_path, server.url)
    with delivering(city, hook):
        city.case("c1", text="not chosen")
        subjects = incidents(city, "i1", "i2", "i3", text="my husband fell", phone="617-555-0100", address="12 Main St")
        first = server.wait_for(3)[0]
    assert server.subjects() == subjects
    assert all(is_signed(each) for each in server.received)
    assert first.headers["content-type"] == "application/json"
    body = first.json
    assert body["data"] == {"incident_id": "i1", "kind": "fire"}
    assert body["type"] == "incident.received"
    assert body["placed"] == {}
    assert (body["city"], body["mode"]) == ("boston", "live")
    assert body["id"] == first.delivery
    for word in ("husband", "617", "Main", "42.33"):
        assert word.encode() not in first.body


def test_a_changed_body_or_time_breaks_the_signature(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(answers())
    with delivering(city, hook_to(tmp_path, server.url)):
        incidents(city, "i1")
        (got,) = server.wait_for(1)
    assert f"t={int(NOON.timestamp())}," in got.headers["hexwatch-signature"]
    assert not is_signed(type(got)(got.headers, got.body.replace(b"i1", b"i2")))
    later = got.headers | {"hexwatch-signature": got.headers["hexwatch-signature"].replace("t=1", "t=2")}
    assert not is_signed(type(got)(later, got.body))
    assert not is_signed(got, "another secret of the room")


def test_a_new_hook_begins_now_and_not_with_the_past(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    incidents(city, "old-1", "old-2")
    server = receiver(answers())
    with delivering(city, hook_to(tmp_path, server.url)):
        new = incidents(city, "new")
        server.wait_for(1)
    assert server.subjects() == new


def test_a_receiver_that_fails_gets_the_same_delivery_again_and_the_next_only_after_it(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(answers(500, 503, 404))
    hook = hook_to(tmp_path, server.url)
    with delivering(city, hook):
        first, second = incidents(city, "i1", "i2")
        got = server.wait_for(5)
        wait_until(lambda: progress(city, hook).delivered == 2)
    assert server.subjects() == [first] * 4 + [second]
    assert len({each.delivery for each in got}) == 2
    assert len({each.body for each in got}) == 2
    assert progress(city, hook).last_error == ""
    assert dead(city, hook) == []


def test_after_its_attempts_an_event_is_a_dead_letter_and_the_hook_goes_on(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(answers(500, 500, 500))
    hook = hook_to(tmp_path, server.url, attempts=3)
    with delivering(city, hook):
        first, second = incidents(city, "i1", "i2")
        server.wait_for(4)
        wait_until(lambda: progress(city, hook).delivered == 1)
    assert server.subjects() == [first] * 3 + [second]
    (letter,) = dead(city, hook)
    assert (letter["reason"], letter["type"]) == ("HTTP 500", "incident.received")
    assert letter["body"] == server.received[0].body
    assert letter["id"] == server.received[0].delivery


def test_a_receiver_that_is_gone_is_asked_no_more_until_enabled_and_then_misses_nothing(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(answers(410))
    hook = hook_to(tmp_path, server.url)
    with delivering(city, hook):
        first, second = incidents(city, "i1", "i2")
        wait_until(lambda: progress(city, hook).disabled)
    assert "HTTP 410" in progress(city, hook).disabled
    with delivering(city, hook):
        pass
    assert server.subjects() == [first]
    Ledger(city.client, city.keys, hook.name).enable()
    with delivering(city, hook):
        server.wait_for(3)
    assert server.subjects() == [first, first, second]


def test_a_redirect_is_never_followed(city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]) -> None:
    elsewhere = receiver(answers())
    server = receiver(lambda n, _: status_line(301 if n == 0 else 307, Location=elsewhere.url))
    hook = hook_to(tmp_path, server.url, attempts=2)
    with delivering(city, hook):
        incidents(city, "i1")
        wait_until(lambda: dead(city, hook))
    assert dead(city, hook)[0]["reason"] == "HTTP 307: redirects are not followed"
    assert elsewhere.received == []


def test_a_receiver_that_hangs_delays_nobody_else(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    hanging, quick = receiver(lambda *_: None), receiver(answers())
    slow = hook_to(tmp_path, hanging.url, name="slow", timeout_s=2, attempts=1)
    with delivering(city, slow, hook_to(tmp_path, quick.url, name="quick")):
        subjects = incidents(city, *(f"i{n}" for n in range(30)))
        hanging.wait_for(1)
        started = time.monotonic()
        quick.wait_for(30)
        assert time.monotonic() - started < 2 * 30 / 2
        wait_until(lambda: dead(city, slow))
    assert quick.subjects() == subjects
    assert dead(city, slow)[-1]["reason"] == "no answer within 2 s"


def test_a_receiver_that_drips_is_ended_at_the_deadline(city: TestCity, tmp_path: Path) -> None:
    """One byte at a time keeps a plain socket timeout from ever passing."""
    server = socket.create_server(("127.0.0.1", 0))
    never = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            while True:
                connection.sendall(b"H")
                never.wait(0.02)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    hook = hook_to(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}/", timeout_s=0.3, attempts=1)
    with delivering(city, hook):
        incidents(city, "i1")
        wait_until(lambda: dead(city, hook), 5)
    assert dead(city, hook)[0]["reason"] in ("no answer within 0.3 s", "no HTTP answer: LineTooLong")
    thread.join(60)
    server.close()


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 9999999 What\r\n\r\n", b"\xff" * 70_000])
def test_what_is_no_http_is_a_failed_try(
    said: bytes, city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(lambda n, _: said if n == 0 else status_line(204))
    hook = hook_to(tmp_path, server.url)
    with delivering(city, hook):
        incidents(city, "i1")
        wait_until(lambda: progress(city, hook).delivered == 1)
    assert len(server.received) == 2


def test_nobody_listening_is_a_failed_try_with_its_reason(city: TestCity, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    hook = hook_to(tmp_path, url, attempts=2)
    with delivering(city, hook):
        incidents(city, "i1")
        wait_until(lambda: dead(city, hook))
    assert dead(city, hook)[0]["reason"] == "not reached: Connection refused"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "::ffff:127.0.0.1",
     "64:ff9b::a00:1", "2002:7f00:1::", "0.0.0.0", "224.0.0.1"],
)  # fmt: skip
def test_private_addresses_are_not_connected_to_unless_meant(
    address: str, city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    """Also when a public name leads there, and when only one of its addresses does."""
    server = receiver(answers())
    places = [("8.8.8.8", server.port), (address, server.port)]  # the public one is judged, never connected to
    found = [
        (socket.AF_INET6 if ":" in place[0] else socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places
    ]
    wire = Wire(time.monotonic, resolve=lambda *_, **__: found[1:] if address == "127.0.0.1" else found)
    hook = hook_to(tmp_path, f"http://example.org:{server.port}/", allow_private=False, attempts=1)
    with delivering(city, hook, wire=wire):
        incidents(city, "i1")
        wait_until(lambda: dead(city, hook))
    reason = dead(city, hook)[0]["reason"]
    assert "is private; set allow_private" in reason or "is no address of a receiver" in reason
    assert server.received == []


def test_a_hook_that_fell_behind_the_log_goes_on_and_says_what_is_missing(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(answers())
    hook = hook_to(tmp_path, server.url)
    with delivering(city, hook):
        incidents(city, "i1")
        server.wait_for(1)
    incidents(city, "i2")
    incidents(city, "i3")
    city.client.xtrim(city.keys.events, maxlen=1, approximate=False)
    with delivering(city, hook):
        server.wait_for(2)
    assert server.subjects() == ["incident:i1", "incident:i3"]
    (letter,) = dead(city, hook)
    assert letter["reason"].startswith("missing: ")
    with delivering(city, hook):
        incidents(city, "i4")
        server.wait_for(3)
    assert len(dead(city, hook)) == 1


def test_a_log_that_begins_anew_is_followed_from_its_beginning(
    city: TestCity, tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    server = receiver(answers())
    hook = hook_to(tmp_path, server.url)
    with delivering(city, hook):
        incidents(city, "i1")
        server.wait_for(1)
        city.client.delete(city.keys.events)
        wait_until(lambda: dead(city, hook))
        incidents(city, "i2")
        server.wait_for(2)
    assert server.subjects() == ["incident:i1", "incident:i2"]
    assert len(dead(city, hook)) == 1


def test_redis_that_goes_away_and_comes_back_loses_nothing(
    tmp_path: Path, receiver: Callable[[Script], Receiver]
) -> None:
    own = RedisServer(tmp_path / "redis").start()
    try:
        city = TestCity(own.client())
        server = receiver(answers())
        hook = hook_to(tmp_path, server.url)
        with delivering(city, hook):
            incidents(city, "i1")
            server.wait_for(1)
            own.kill()
            own.start()
            city.engine = city.new_engine()
            incidents(city, "i2")
            wait_until(lambda: "incident:i2" in server.subjects(), 15)
        assert list(dict.fromkeys(server.subjects())) == ["incident:i1", "incident:i2"]
    finally:
        own.stop()


@given(
    attempts=st.integers(1, 10_000),
    jitter=st.floats(0, 1, exclude_max=True),
    asked_s=st.floats(0, 1e6),
    first_s=st.floats(0.001, 10),
    most_s=st.floats(10, 1000),
)
def test_waits_grow_to_a_limit_and_respect_the_receiver(
    attempts: int, jitter: float, asked_s: float, first_s: float, most_s: float
) -> None:
    pace = Pace(first_s, most_s)
    waited = backoff_s(attempts, pace, jitter, asked_s)
    assert min(asked_s, most_s) <= waited <= most_s
    assert waited >= min(most_s, first_s * 2.0 ** min(attempts - 1, 60)) / 2
    assert backoff_s(attempts, pace, jitter) <= backoff_s(attempts + 1, pace, jitter)


names = st.sampled_from([*sorted(PRIVATE_FIELDS), "kind", "note"]) | st.text(max_size=9)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


@given(
    data=st.dictionaries(st.sampled_from([*sorted(PRIVATE_FIELDS), "kind", "note", "extra"]), anything),
    fields=st.frozensets(st.sampled_from(["kind", "note", "extra", "area", "text"])),
)
def test_no_delivery_ever_holds_a_private_field_or_one_that_was_not_allowed(
    data: dict[str, Any], fields: frozenset[str]
) -> None:
    event = Envelope(
        source="cad",
        id="e1",
        type="incident.received",
        occurred_at=datetime(2026, 3, 4, tzinfo=UTC),
        data=data,
        subject="incident:i1",
        actor="ann",
        placed={"cell": "892a3066a03ffff", "area": "Roxbury"},
    )
    hook = Hook("h", None, (), fields, "S")  # type: ignore[arg-type]
    body = msgspec.json.decode(delivery_of(hook, "5-0", event, "boston", "live").body)
    assert not names_in(body["data"]) & PRIVATE_FIELDS
    assert set(body["data"]) <= fields
    assert set(body["placed"]) == fields & {"area"}
    assert "ann" not in body.values()


def test_city_keys_of_hooks_stay_in_the_city() -> None:
    ledger = Ledger(None, Keys("boston"), "control-room")  # type: ignore[arg-type]
    assert ledger.key == "hexwatch:{boston}:webhook:control-room"
    assert ledger.dead_key == "hexwatch:{boston}:webhook-dead:control-room"
