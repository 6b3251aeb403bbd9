"""The process that sends cases on: two threads per body, one that sends and one that asks what became of them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import redis
import structlog

from dashboard.accounts.audit import Audit
from dashboard.callers.sealing import Sealer
from dashboard.city_time import committed_clock
from dashboard.engine.clock import Mode
from dashboard.open311.onwards.bodies import Body
from dashboard.open311.onwards.books import Book, bodies_key, ledger_of
from dashboard.open311.onwards.following import Follower
from dashboard.open311.onwards.sending import Sender
from dashboard.outgoing.posting import Wire
from dashboard.outgoing.webhooks import Pace
from streams.feeds.open311.http import Http, Limits
from streams.keys import Keys

log = structlog.get_logger(__name__)

END_S = 5.0


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Office:
    """What sending and following share."""

    client: redis.Redis
    keys: Keys
    stop: threading.Event = field(default_factory=threading.Event)
    pace: Pace = field(default_factory=Pace)
    wire: Wire = field(default_factory=lambda: Wire(time.monotonic))
    draw: Callable[[], float] = random.random
    wall: Callable[[], datetime] = _wall
    sealer: Sealer | None = None  # opens callers' numbers for bodies that get them

    def now(self) -> datetime:
        """The city's time: a simulated body answers a simulated city in its own."""
        clock = committed_clock(self.client, self.keys)
        return self.wall() if clock is None or clock.mode is Mode.LIVE else clock.at

    def sender(self, body: Body, api_key: str) -> Sender:
        return Sender(
            hook=body.hook(),
            ledger=ledger_of(self.client, self.keys, body.agency),
            stop=self.stop,
            wire=self.wire,
            pace=self.pace,
            now=self.now,
            jitter=self.draw,
            body=body,
            api_key=api_key,
            book=Book(self.client, self.keys, body.agency),
            audit=Audit(self.client, self.keys),
            sealer=self.sealer,
        )

    def follower(self, body: Body, api_key: str, http: Http) -> Follower:
        ledger = ledger_of(self.client, self.keys, body.agency)
        book = Book(self.client, self.keys, body.agency)
        return Follower(body, api_key, book, ledger, http, self.stop, self.now, self.draw)


def run_onwards(office: Office, bodies: Sequence[Body], api_keys: Mapping[str, str]) -> None:
    """Send and follow for all bodies until the office is stopped. Run one such process per city."""
    threads, connections = [], []
    for body in bodies:
        office.client.sadd(bodies_key(office.keys), body.agency.lower())
        http = Http(Limits(total_s=body.timeout_s * 3, silent_s=body.timeout_s), office.wall)
        connections.append(http)
        for part in (office.sender(body, api_keys[body.agency]), office.follower(body, api_keys[body.agency], http)):
            thread = threading.Thread(target=part.run, name=f"onwards-{body.agency}", daemon=True)
            thread.start()
            threads.append(thread)
        log.info("cases go on to a body", body=body.agency, to=body.hook().origin)
    office.stop.wait()
    for thread in threads:
        thread.join(END_S)
    for http in connections:
        http.close()
