"""Sockets of people: open as long as the session, deaf to nothing while the desk is locked, and seen by the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard.access_keys import new_key, remove_key
from dashboard.accounts.accounts import Accounts
from dashboard.presence import EVERY_S
from tests.live.conftest import LiveCity
from tests.support.people import CONSOLE, PASSWORD, Browser, accounts_of, signed_in
from tests.support.redis_server import wait_until
from tests.support.seconds import second_s
from tests.support.viewer import Gone, RawSocket, Refused

# On a machine of its own; promised are two seconds.
CUT_S = 8.0
SEEN_S = 6.0


@pytest.fixture(scope="module")
def accounts(live_city: LiveCity) -> Accounts:
    """Ann and bob dispatch, vic only looks on."""
    found = accounts_of(live_city.system.client, live_city.system.keys)
    for name, role in (("ann", "dispatcher"), ("bob", "dispatcher"), ("vic", "viewer")):
        found.people.add(CONSOLE, name, [role], PASSWORD)
    return found


@pytest.fixture(scope="module")
def browsers(live_city: LiveCity, accounts: Accounts) -> Iterator[dict[str, Browser]]:
    """Everybody signed in once: tries are limited."""
    made = {name: signed_in(live_city.system.base, name) for name in ("ann", "bob", "vic")}
    yield made
    for browser in made.values():
        browser.close()


@pytest.fixture
def socket(live_city: LiveCity) -> Iterator[Callable[..., RawSocket]]:
    """Opens sockets with a browser's cookie, on this or another port, that are closed at the end."""
    opened: list[RawSocket] = []

    def open_socket(browser: Browser, port: int = 0, topics: tuple[str, ...] = ("figures",)) -> RawSocket:
        opened.append(RawSocket(port or live_city.system.port, list(topics), browser.headers))
        return opened[-1]

    yield open_socket
    for one in opened:
        one.close()


def read(one: RawSocket, for_s: float) -> int:
    """How many frames came; other events are kept in the socket."""
    deadline, n = time.monotonic() + for_s, 0
    while time.monotonic() < deadline:
        for _ in one.frames(0.1):
            n += 1
            if time.monotonic() >= deadline:
                break
    return n


def hears(one: RawSocket) -> bool:
    """Whether frames come; what is cut raises Gone."""
    return read(one, 1.5) > 0 or next(one.frames(SEEN_S * second_s()), None) is not None


def cut_after_s(one: RawSocket) -> float | None:
    """When the server ended a connection; None when it did not."""
    began = time.monotonic()
    try:
        read(one, CUT_S * second_s())
    except Gone:
        return time.monotonic() - began
    return None


def desks(one: RawSocket) -> dict[str, Any]:
    """The newest picture of the desks that a socket was told."""
    told = [value for name, value in one.events if name == "presence"]
    return {desk["who"]: desk for desk in told[-1].values()} if told else {}


def sees(one: RawSocket, true: Callable[[dict[str, Any]], bool]) -> float:
    """Read until the desks are as wanted; after how long."""
    began = time.monotonic()
    while not true(desks(one)):
        assert time.monotonic() - began < SEEN_S * second_s(), desks(one)
        read(one, 0.1)
    return time.monotonic() - began


# the session and the socket


def test_a_socket_ends_within_seconds_of_being_signed_out_everywhere(
    live_city: LiveCity, accounts: Accounts, socket: Callable[..., RawSocket]
) -> None:
    browser = signed_in(live_city.system.base, "bob")
    here, there = socket(browser), socket(browser, live_city.open_port)
    assert hears(here)
    accounts.sessions.end(_mark_of(accounts, browser))
    assert cut_after_s(here) is not None
    assert cut_after_s(there) is not None, "in every process"
    with pytest.raises(Refused, match="sign in"):
        socket(browser)
    assert browser.http.get("/live/snapshot?topics=figures").status_code == 401
    browser.close()


def test_a_withdrawn_keys_socket_ends_too_and_others_stay(
    live_city: LiveCity, browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    system = live_city.system
    key = new_key(system.client, system.keys, "soon gone", "viewer")
    one = RawSocket(system.port, ["figures"], {"X-API-Key": key})
    other = socket(browsers["ann"])
    assert hears(one)
    remove_key(system.client, system.keys, "soon gone")
    assert cut_after_s(one) is not None, "a key may be remembered for three seconds"
    assert hears(other)
    one.close()


def _mark_of(accounts: Accounts, browser: Browser) -> str:
    desk = browser.account["desk"]
    return next(s.mark for s in accounts.sessions.all() if s.mark.startswith(desk))


# the lock


def test_a_locked_desk_gets_frames_and_is_refused_everything_else(
    live_city: LiveCity, browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    browser = browsers["ann"]
    before = socket(browser)
    assert browser.post("/account/lock").json()["locked"] is True
    try:
        after = socket(browser, topics=("figures", "incidents", "queue", "alarms"))
        assert hears(before), "alarms still come"
        assert hears(after), "also to a page that is loaded again"
        assert browser.http.get("/live/snapshot?topics=incidents&topics=queue").status_code == 200
        assert browser.http.get("/api/v1/incidents").status_code == 423
        asked = browser.post("/api/v1/requests", {"verb": "dispatch", "incident_id": "x", "unit_ids": ["y"]})
        assert asked.status_code == 423
        assert browser.post("/account/unlock", {"secret": "wrong"}).status_code == 403
    finally:
        assert browser.post("/account/unlock", {"secret": PASSWORD}).json()["locked"] is False
    assert browser.http.get("/api/v1/requests/nothing").status_code == 404


def test_the_desks_topics_are_for_those_who_dispatch_also_as_one_role_of_several(
    live_city: LiveCity, accounts: Accounts, browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    desk = ("queue", "roster", "alarms", "tasks")
    for topic in desk:
        with pytest.raises(Refused, match="not for role viewer"):
            socket(browsers["vic"], topics=(topic,))
        assert browsers["vic"].http.get(f"/live/snapshot?topics={topic}").status_code == 400
    accounts.people.add(CONSOLE, "max", ["viewer", "dispatcher"], PASSWORD)
    both = signed_in(live_city.system.base, "max")
    assert hears(socket(both, topics=desk))
    assert both.http.get("/live/snapshot?topics=queue").status_code == 200
    both.close()


# who is where


def test_two_dispatchers_see_each_others_selection_across_processes(
    live_city: LiveCity, browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    assert browsers["ann"].post("/positions/take", {"position": "Roxbury"}).status_code == 200
    ann, bob = socket(browsers["ann"]), socket(browsers["bob"], live_city.open_port)
    sees(bob, lambda seen: {"ann", "bob"} <= seen.keys())
    ann.emit("select", {"selected": "incident:170010023"})
    sees(bob, lambda seen: seen.get("ann", {}).get("selected") == "incident:170010023")
    assert desks(bob)["ann"]["position"] == "Roxbury"
    assert "mark" not in desks(bob)["ann"]
    assert [desks(bob)[name]["mine"] for name in ("ann", "bob")] == [False, True]
    bob.emit("select", {"selected": "unit:E36"})
    sees(ann, lambda seen: seen.get("bob", {}).get("selected") == "unit:E36")
    for wrong in ({"selected": "case:1"}, {"selected": 7}, "x", None, {"selected": "unit:" + "x" * 999}):
        bob.emit("select", wrong)
    bob.emit("select", {"selected": ""})
    sees(ann, lambda seen: seen.get("bob", {}).get("selected") == "")
    bob.close()
    sees(ann, lambda seen: "bob" not in seen)


def test_a_flood_of_selections_costs_a_few_messages_and_the_last_one_counts(
    browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    ann, bob = socket(browsers["ann"]), socket(browsers["bob"])
    sees(bob, lambda seen: {"ann", "bob"} <= seen.keys())
    told, began = len(bob.events), time.monotonic()
    for n in range(500):
        ann.emit("select", {"selected": f"incident:{n}"})
    sees(bob, lambda seen: seen.get("ann", {}).get("selected") == "incident:499")
    assert len(bob.events) - told <= max(10, 2 + (time.monotonic() - began) / EVERY_S)


def test_a_page_without_its_socket_in_hand_tells_by_http(
    live_city: LiveCity, browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    ann, bob = socket(browsers["ann"]), socket(browsers["bob"], live_city.open_port)
    sees(ann, lambda seen: {"ann", "bob"} <= seen.keys())
    sees(bob, lambda seen: {"ann", "bob"} <= seen.keys())
    keys = live_city.system.keys
    client: Any = live_city.system.client

    def hers() -> list[str]:
        return [sid.decode() for sid, raw in client.hgetall(keys.of("presence")).items() if b'"ann"' in raw]

    wait_until(lambda: len(hers()) == 1, 20, "earlier sockets are forgotten")
    [mine] = hers()
    told = {"socket": mine, "selected": "incident:9"}
    assert browsers["bob"].post("/live/presence", told).status_code == 404, "not hers"
    assert browsers["ann"].post("/live/presence", told).status_code == 204
    sees(bob, lambda seen: seen.get("ann", {}).get("selected") == "incident:9")
    assert browsers["ann"].post("/live/presence", {"socket": mine, "selected": "x"}).status_code == 404
    assert browsers["ann"].post("/live/presence", {"sockets": 1}).status_code == 400


def test_whoever_only_looks_on_is_told_of_the_desks_but_keys_and_screens_are_not(
    live_city: LiveCity, browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    vic = socket(browsers["vic"])
    sees(vic, lambda seen: "vic" in seen)
    by_key = RawSocket(live_city.system.port, ["figures"], live_city.key("dispatcher"))
    read(by_key, 1.0)
    assert by_key.events == []
    by_key.close()


def test_a_killed_process_leaves_nobody_at_the_desks(
    live_city: LiveCity, browsers: dict[str, Browser], socket: Callable[..., RawSocket]
) -> None:
    """What a process that died left behind is as good as gone half a minute later; here its beat is set back."""
    keys, client = live_city.system.keys, live_city.system.client
    sitting = b'{"mark":"' + b"0" * 64 + b'","who":"ghost","selected":"","at":"2026-03-04T17:00:00Z"}'
    client.hset(keys.of("presence"), "ghost-sid", sitting)
    client.hset(keys.of("presence-seen"), "ghost-sid", "2026-03-04T17:00:00+00:00")
    ann = socket(browsers["ann"])
    sees(ann, lambda seen: "ann" in seen)
    assert "ghost" not in desks(ann)
    wait_until(lambda: client.hexists(keys.of("presence"), "ghost-sid") == 0, 15, "the ghost is buried")
