"""The engine's turn: read, let time pass, decide, fold, commit. One active engine per city."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import redis
import structlog

from dashboard.engine.clock import Clock, Mode, WallDriver, started
from dashboard.engine.figures import Comparison
from dashboard.engine.hours import Hours
from dashboard.engine.state import Source, State
from dashboard.engine.store import Position, Store
from dashboard.engine.turn import Turn
from emergency.incidents import Incident
from emergency.units import Unit
from geo.areas import Areas
from geo.cities import City
from hotline.cases import Case
from streams.codec import decode_envelope

log = structlog.get_logger("engine")

READ_COUNT = 2000
BLOCK_MS = 100


class Engine:
    """The active engine of one city. `turn()` does one batch; `run()` turns until told to stop."""

    def __init__(
        self,
        store: Store,
        city: City,
        areas: Areas | None,
        mode: Mode,
        start_at: datetime | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self.store = store
        self.city = city
        self.areas = areas
        self.mode = mode
        self.start_at = start_at
        self.wall = wall
        self.monotonic = monotonic
        self.comparison = Comparison()
        self.fresh = True

    # --- start ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take over and rebuild the memory from the committed documents."""
        began = self.monotonic()
        position = self.store.take_over()
        wall = self.wall()
        clock = started(position.clock, self.mode, wall, self.start_at)
        self.driver = WallDriver(clock, wall)
        self.position = position
        self.clock = clock
        self.state = self._load(position, clock)
        self.held = [
            (decode_envelope(raw).occurred_at, name, raw)
            for name, raw in self.store.mapping(self.store.keys.held, bytes).items()
        ]
        heapq.heapify(self.held)
        self.fresh = True
        self.pending = False
        self.last_frame_at = self.last_trim_at = -1e9
        log.info(
            "engine started",
            city=self.city.id,
            epoch=position.epoch,
            seq=position.seq,
            cases=len(self.state.cases),
            seconds=round(self.monotonic() - began, 3),
        )

    def _load(self, position: Position, clock: Clock) -> State:
        keys, store = self.store.keys, self.store
        state = State(self.city, clock.at)
        state.grid = store.grid()
        state.hours = Hours(state.zone, store.mapping(keys.hours, list[int]))
        state.sources = store.mapping(keys.sources, Source)
        state.totals |= position.totals
        state.adopt(
            store.documents(keys.cases, Case),
            store.documents(keys.incidents, Incident),
            store.documents(keys.units, Unit),
        )
        return state

    # --- the loop ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop. Raises Fenced when another engine took over."""
        self.start()
        while not stop.is_set():
            try:
                self.turn()
            except (redis.ConnectionError, redis.TimeoutError) as error:
                # Whether the last commit was executed is unknown: only the committed documents can tell.
                log.warning("redis lost, rebuilding from its documents", error=str(error))
                self._reconnect(stop)
        log.info("engine stopped", seq=self.position.seq)

    def _reconnect(self, stop: threading.Event) -> None:
        while not stop.wait(0.2):
            try:
                self.store.client.ping()
                self.start()
                return
            except (redis.ConnectionError, redis.TimeoutError):
                continue

    def turn(self, block_ms: int | None = BLOCK_MS) -> int:
        """One batch; returns how many entries were read. Raises Fenced."""
        read = self.store.read(self.position, READ_COUNT, block_ms)
        requests = read.get(self.store.keys.requests, [])
        inbox = read.get(self.store.keys.inbox, [])
        turn = Turn(self, self.wall())
        turn.pass_time()
        turn.answer(requests)
        turn.release_held()
        turn.take(inbox)
        turn.watch_sources()
        turn.finish(requests, inbox)
        return len(requests) + len(inbox)
