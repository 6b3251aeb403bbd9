"""What the surge measurement notes and how it judges: on a real Redis, and on a server that sometimes refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks.numbers.seen_in_browser import WALL_TOPICS, delays_ms
from benchmarks.numbers.surge import Stretch, always_ready, nothing_dropped
from benchmarks.servers import Servers
from benchmarks.simulated import SIMULATED, Simulated
from benchmarks.watching import Log, Readiness
from layouts.pages.wall import TOPICS
from streams.codec import encode
from streams.events import Envelope
from tests.support.redis_server import wait_until

AT = datetime(2026, 3, 3, 9, 40, tzinfo=UTC)
CELL = {"cell": "8931aa42d23ffff", "area": "Chaoyang"}
PATIENCE_S = 0.2


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """A city of which only Redis runs."""
    servers = Servers(SIMULATED, tmp_path / "city")
    servers.folder.mkdir()
    try:
        servers.start_redis()
        yield servers
    finally:
        servers.stop()


def complaint(case_id: str, number: int = 0, **more: Any) -> bytes:
    data = {"case_id": case_id}
    return encode(
        Envelope(source="12345", id=f"{case_id}:{number}", type="case.received", occurred_at=AT, data=data, **more)
    )


def moved() -> bytes:
    data = {"unit_id": "u1", "lat": 39.9, "lng": 116.4}
    return encode(Envelope(source="cad", id="u1:1", type="unit.moved", occurred_at=AT, data=data))


def send(servers: Servers, *entries: bytes) -> list[str]:
    return [servers.client.xadd(servers.keys.inbox, {"e": raw}).decode() for raw in entries]  # type: ignore[union-attr]


def count(servers: Servers, sent: int, counted: int) -> None:
    """What the simulated city says that it sent, and what the engine says that it counted."""
    servers.client.hset(servers.keys.cursor("sim"), "cases", str(sent))
    servers.client.hset(servers.keys.position, "totals", msgspec.json.encode({"cases": counted}))


def test_a_complaint_is_sent_when_redis_first_had_it(servers: Servers) -> None:
    send(servers, complaint("before"))
    with Log(servers) as log:
        ids = send(servers, complaint("S1"), moved(), complaint("S1", 1), complaint("S2"))
        wait_until(lambda: log.entries == 4, what="all entries are noted")
    assert log.sent_ms == {"S1": int(ids[0].partition("-")[0]), "S2": int(ids[3].partition("-")[0])}


def test_only_a_complaint_with_a_cell_can_be_drawn(servers: Servers) -> None:
    facts = {
        "7-0": complaint("S1", placed=CELL),
        "7-1": complaint("S2", placed={"cell": "", "area": ""}),
        "8-0": moved(),
    }
    with Log(servers) as log:
        for entry_id, raw in facts.items():
            servers.client.xadd(servers.keys.events, {"e": raw}, id=entry_id)
        wait_until(lambda: log.facts == 3, what="all facts are noted")
    assert log.drawable == {"S1": 7}


def test_a_log_that_breaks_fails_the_measurement(servers: Servers) -> None:
    send(servers, moved())
    with pytest.raises(KeyError), Log(servers) as log:  # noqa: PT012  the thread fails inside, the block at its end
        servers.client.xadd(servers.keys.inbox, {"something": "else"})
        wait_until(lambda: not log.is_looking, what="it gave up")


def both_ends(servers: Servers, log: Log, recorded: int) -> None:
    """Two complaints enter the inbox, so many of them are recorded."""
    send(servers, complaint("S1"), complaint("S2"))
    for n in range(1, recorded + 1):
        servers.client.xadd(servers.keys.events, {"e": complaint(f"S{n}", placed=CELL)}, id=f"{n}-0")
    wait_until(lambda: len(log.sent_ms) == 2 and len(log.recorded) == recorded, what="all are noted")


def test_as_many_counted_as_sent_is_held(servers: Servers) -> None:
    with Log(servers) as log:
        both_ends(servers, log, recorded=2)
    count(servers, sent=2, counted=2)
    result = nothing_dropped(Simulated(servers), log, seeded=0, patience_s=PATIENCE_S)
    assert (result.met, result.value, result.n) == (True, 0, 2)


@pytest.mark.parametrize(
    ("sent", "counted", "recorded", "dead", "why"),
    [
        (2, 1, 2, 0, "one was lost"),
        (2, 3, 2, 0, "one was doubled"),
        (1, 1, 1, 0, "the city's own count forgot one as the engine did; the witness saw two"),
        (1, 1, 2, 0, "one was recorded and not counted"),
        (2, 2, 2, 1, "something could not be understood"),
    ],
)
def test_what_was_lost_or_doubled_is_not_held(
    servers: Servers, sent: int, counted: int, recorded: int, dead: int, why: str
) -> None:
    with Log(servers) as log:
        both_ends(servers, log, recorded)
    count(servers, sent, counted)
    for _ in range(dead):
        servers.client.xadd(servers.keys.dead, {"reason": "unreadable"})
    assert nothing_dropped(Simulated(servers), log, seeded=0, patience_s=PATIENCE_S).met is False, why


class Moody(BaseHTTPRequestHandler):
    """Answers 503 to the second question."""

    asked = 0

    def do_GET(self) -> None:
        Moody.asked += 1
        self.send_response(503 if Moody.asked == 2 else 200)
        self.end_headers()
        self.wfile.write(b"not now")

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody wants to read it."""


def test_one_refusal_among_many_polls_is_not_held() -> None:
    server = HTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with Readiness(f"http://127.0.0.1:{server.server_address[1]}", every_s=0.01) as readiness:
        wait_until(lambda: readiness.polls >= 3, what="three polls")
    server.shutdown()
    server.server_close()
    assert readiness.refusals == ["503 not now"]
    result = always_ready(readiness, taken_over=0)
    assert (result.met, result.value, result.n) == (False, 1, readiness.polls)


def test_nobody_at_home_is_a_refusal() -> None:
    server = HTTPServer(("127.0.0.1", 0), Moody)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    server.server_close()
    with Readiness(url, every_s=0.01) as readiness:
        wait_until(lambda: readiness.polls >= 1, what="a poll")
    assert len(readiness.refusals) == readiness.polls


def test_a_stretch_holds_its_beginning_and_not_its_end() -> None:
    stretch = Stretch(10, 1000.0, 2.0, entries=0, facts=0, engine_cpu_s=None, epochs=0, frames={})
    assert [stretch.holds(ms) for ms in (999, 1000, 2999, 3000)] == [False, True, True, False]


def test_a_complaint_is_drawn_by_the_first_drawing_that_reaches_its_commit() -> None:
    drawings = [[5.0, 1500.0], [7.0, 1900.0], [9.0, 2600.0]]
    sent, seqs = {"a": 1.0, "b": 1.5, "late": 2.0}, {"a": 5, "b": 6, "late": 10}
    assert delays_ms(sent, seqs, drawings) == [500.0, 400.0]


def test_the_viewers_listen_to_what_the_wall_listens_to() -> None:
    assert sorted(WALL_TOPICS) == sorted([*TOPICS, "cells:open:"])
