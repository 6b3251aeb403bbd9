"""The live side on real sockets: what a page gets, when it sleeps, when it never reads, and what its role may see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from tests.live.conftest import RING_S, LiveCity
from tests.support.processes import System, children_of, moments, rss_kb
from tests.support.pump import Pump
from tests.support.seconds import second_s
from tests.support.viewer import RawSocket, Refused, Viewer

EQUAL_S = 20.0
WOKEN_S = 4.0  # promised are two seconds
BEATS_S = 60.0
UNITS = 100
WORDY = "x" * 3000  # makes a frame large, so that a page that does not read fills every buffer in seconds
GROWTH_KB = 3_000
ALL_TOPICS = ["figures", "sources", "curve", "incidents", "units", "cells:open:", "cells:received_1h:Noise"]


def ask(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.get(url, headers=headers, timeout=30)


def tell(system: System, type_: str, event_id: str, /, **data: Any) -> None:
    event = {"source": "live", "id": event_id, "type": type_, "occurred_at": datetime.now(UTC), "data": data}
    system.client.xadd(system.keys.inbox, {"e": msgspec.json.encode(event)})


@contextmanager
def busy(system: System, seed: int) -> Iterator[Pump]:
    """Something happens all the time, and has stopped happening afterwards."""
    pump = Pump(system.server.client(), system.keys, seed).start()
    try:
        yield pump
    finally:
        pump.stop()


@contextmanager
def wordy_units(system: System) -> Iterator[None]:
    """A hundred units with much to say move ten times a second: frames of 300 kB."""
    for n in range(UNITS):
        tell(system, "unit.listed", f"listed:{n}", unit_id=f"wordy-{n}", kind=WORDY)
    client, stop = system.server.client(), threading.Event()

    def drive() -> None:
        turn = 0
        while not stop.wait(0.1):
            turn += 1
            with client.pipeline(transaction=False) as pipe:
                for n in range(UNITS):
                    data = {"unit_id": f"wordy-{n}", "lat": 42.3 + turn % 97 / 1000, "lng": -71.0}
                    event = {"source": "avl", "id": f"{time.time()}:{n}", "type": "unit.moved", "data": data}
                    raw = msgspec.json.encode(event | {"occurred_at": datetime.now(UTC)})
                    pipe.xadd(system.keys.inbox, {"e": raw})
                pipe.execute()

    driver = threading.Thread(target=drive, daemon=True)
    driver.start()
    try:
        yield
    finally:
        stop.set()
        driver.join(60)
        for n in range(UNITS):
            tell(system, "unit.listed", f"quiet:{time.time()}:{n}", unit_id=f"wordy-{n}", kind="quiet")


def test_two_viewers_under_load_have_the_servers_picture(live_city: LiveCity, viewer: Callable[..., Viewer]) -> None:
    one, other = viewer(topics=ALL_TOPICS), viewer(topics=["figures", "cells:open:"])
    with busy(live_city.system, 1):
        frames = one.watch(1.5)
        while frames < 4:
            frames += one.watch(0.5)
    for page in (one, other):
        page.equals_server(EQUAL_S)
        assert "applied" in page.outcomes
    shared = other.page.picture.keys()
    one.equals_server(EQUAL_S)
    other.equals_server(EQUAL_S)
    now = other.snapshot()["topics"]
    assert {t: one.snapshot()["topics"][t] for t in shared - {"clock"}} == {t: now[t] for t in shared - {"clock"}}


def test_both_web_processes_relay_the_same_frames(live_city: LiveCity, viewer: Callable[..., Viewer]) -> None:
    here = viewer()
    there = Viewer(live_city.open_port, ["figures", "incidents", "units"], live_city.key("viewer"))
    try:
        with busy(live_city.system, 2):
            here.watch(0.7)
            there.watch(0.7)
        here.equals_server(EQUAL_S)
        there.equals_server(EQUAL_S)
        assert here.page.epoch == there.page.epoch
    finally:
        there.close()


def test_a_heartbeat_comes_every_second_when_nothing_happens(viewer: Callable[..., Viewer]) -> None:
    page = viewer(topics=["figures"])
    page.watch(1.0)
    began, steady = time.monotonic(), 0
    while steady < 3:  # in a row; the page says "cut off" after 3 s
        assert time.monotonic() - began < BEATS_S, "silence again and again"
        steady = 0 if next(page.socket.frames(3.0), None) is None else steady + 1
    assert page.snapshot()["topics"]["clock"]["standing"] is False


def test_after_a_take_over_every_page_takes_a_snapshot_and_is_right(
    live_city: LiveCity, viewer: Callable[..., Viewer]
) -> None:
    page, system = viewer(topics=ALL_TOPICS), live_city.system
    with busy(system, 3):
        page.watch(0.5)
        epoch, snapshots = page.page.epoch, page.snapshots
        system.add_engine(f"engine-{time.time()}", "--take-over")
        page.watch(1.0)
    page.equals_server(EQUAL_S)
    assert page.page.epoch == epoch + 1
    assert page.snapshots > snapshots
    assert "missing" in page.outcomes


def test_pages_that_sleep_or_never_read_cost_nothing_and_wake_up_right(
    live_city: LiveCity, viewer: Callable[..., Viewer]
) -> None:
    """Ten seconds of large frames: twice what the ring holds, far more than what the kernel's buffers hold."""
    system = live_city.system
    (worker,) = children_of(live_city.web.pid)
    with wordy_units(system):
        reads = viewer()
        sleeps = viewer(receive_bytes=4096)
        never = [viewer(receive_bytes=4096) for _ in range(5)]
        reads.watch(RING_S + 1.0)  # the ring and the buffers fill
        before = rss_kb(worker)
        sleeps.socket.ping()  # the answer must wait for the end of the message that is half sent
        frames = reads.watch(10.0 - RING_S)
        while frames < 10:  # the others go on getting frames
            frames += reads.watch(0.5)
        grown = rss_kb(worker) - before
        assert set(reads.outcomes) <= {"applied", "old"}
        assert grown < GROWTH_KB, f"{grown} kB"
        taken = sleeps.snapshots
        took_s = sleeps.equals_server(EQUAL_S)
        assert took_s <= WOKEN_S * second_s()
        assert sleeps.snapshots > taken, "it slept longer than the ring, so a gap must have told it"
    assert all(page.socket.read_bytes < 20_000 for page in never)
    system.until(moments(0.5), 5, "units fall quiet")
    reads.equals_server(EQUAL_S)


def test_a_page_that_sleeps_a_little_gets_merged_frames_and_no_snapshot(
    live_city: LiveCity, viewer: Callable[..., Viewer]
) -> None:
    page = viewer(topics=ALL_TOPICS)
    with busy(live_city.system, 4):
        live_city.system.until(moments(RING_S / 2), 10, "the page sleeps")
    page.equals_server(EQUAL_S)
    assert page.snapshots == 1
    assert set(page.outcomes) <= {"applied", "old"}


def test_the_wall_is_not_told_where_somebody_is_ill(live_city: LiveCity, viewer: Callable[..., Viewer]) -> None:
    system = live_city.system
    topics = ["incidents", "units", "cells:incidents:", "cells:incidents:medical", "figures"]
    wall, desk = viewer("kiosk", topics), viewer("dispatcher", topics)
    spot = {"lat": 42.3456789, "lng": -71.0789}
    tell(system, "incident.received", "ill", incident_id="i-ill", kind="medical", area="Roxbury", **spot)
    tell(system, "incident.received", "fire", incident_id="i-fire", kind="fire", lat=42.31, lng=-71.05)
    for page in (wall, desk):
        page.until(lambda page=page: {"i-ill", "i-fire"} <= page.page.picture["incidents"].keys(), "both are there")
        page.equals_server(EQUAL_S)
    assert desk.page.picture["incidents"]["i-ill"]["lat"] == spot["lat"]
    shown = wall.page.picture["incidents"]["i-ill"]
    assert (shown["lat"], shown["lng"], shown["area"]) == (None, None, "Roxbury")
    assert wall.page.picture["incidents"]["i-fire"]["lat"] == 42.31
    assert sum(desk.page.picture["cells:incidents:"].values()) > sum(wall.page.picture["cells:incidents:"].values())
    assert desk.page.picture["cells:incidents:medical"]
    assert wall.page.picture["cells:incidents:medical"] == {}
    assert "42.3456789" not in str(wall.page.picture)


def test_the_wall_cannot_follow_an_ambulance_to_the_door(live_city: LiveCity, viewer: Callable[..., Viewer]) -> None:
    """A unit's place while it is on a sensitive incident is that incident's place."""
    system = live_city.system
    wall = viewer("kiosk", ["incidents", "units"])
    tell(system, "incident.received", "home", incident_id="i-home", kind="medical", lat=42.3512347, lng=-71.0712)
    tell(system, "unit.dispatched", "home:sent", unit_id="A-1", incident_id="i-home")
    tell(system, "unit.arrived", "home:there", unit_id="A-1", incident_id="i-home")
    tell(system, "unit.moved", "home:moved", unit_id="A-1", lat=42.3512347, lng=-71.0712)
    system.until(system.is_drained, 20, "the engine has taken it all")
    wall.until(lambda: "A-1" in wall.page.picture["units"], "the unit is there")
    wall.watch(0.6)
    wall.equals_server(EQUAL_S)
    assert "A-1" in wall.page.picture["units"]
    assert "42.3512347" not in str(wall.page.picture)


@pytest.mark.parametrize(
    "topics", [["no-such-topic"], ["cells:open"], [1], "figures", None, [f"cells:open:{n}" for n in range(40)]]
)
def test_topics_that_do_not_exist_are_refused_at_the_door(live_city: LiveCity, topics: Any) -> None:
    with pytest.raises(Refused):
        RawSocket(live_city.system.port, topics, live_city.key("viewer"))


def test_strangers_get_neither_frames_nor_snapshots_nor_geometry(live_city: LiveCity) -> None:
    with pytest.raises(Refused, match="sign in"):
        RawSocket(live_city.system.port, ["figures"])
    with pytest.raises(Refused, match="sign in"):
        RawSocket(live_city.system.port, ["figures"], {"X-API-Key": "a wrong key"})
    for path in ("/live/snapshot?topics=figures", "/live/grid?from=0"):
        assert ask(live_city.system.base + path).status_code == 401
        assert ask(live_city.system.base + path, {"X-API-Key": "wrong"}).status_code == 401


def test_an_open_wall_is_open_as_a_kiosk_and_not_further(live_city: LiveCity) -> None:
    base = f"http://127.0.0.1:{live_city.open_port}"
    socket = RawSocket(live_city.open_port, ["figures", "incidents"])
    socket.close()
    public = ask(f"{base}/live/snapshot?topics=incidents").json()["topics"]["incidents"]
    assert all(i["lat"] is None for i in public.values() if i["kind"] in ("medical", "crisis", "domestic"))
    assert ask(f"{base}/live/snapshot?topics=no-such").status_code == 400
    assert ask(f"{base}/api/v1/picture").status_code == 401
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert ask(f"{base}/live/snapshot?topics=figures", forwarded).status_code == 401
    with pytest.raises(Refused, match="sign in"):
        RawSocket(live_city.open_port, ["figures"], forwarded)


def test_a_page_of_another_site_is_not_let_in(live_city: LiveCity) -> None:
    headers = live_city.key("viewer") | {"Origin": "http://elsewhere.example"}
    with pytest.raises(Refused):
        RawSocket(live_city.system.port, ["figures"], headers)
