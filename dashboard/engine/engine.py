"""The engine's turn: read, let time pass, decide, fold, commit. One active engine per city."""

from __future__ import annotations

import heapq
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
import structlog

from dashboard.callers.numbers import dialling_of
from dashboard.callers.sealing import Sealer
from dashboard.engine.attendance import Attendance
from dashboard.engine.clock import Mode, WallDriver, started
from dashboard.engine.figures import Comparison
from dashboard.engine.frames import Outlook
from dashboard.engine.lease import lease_kept
from dashboard.engine.loading import Warm, load
from dashboard.engine.state import State
from dashboard.engine.store import Position, Store
from dashboard.engine.turn import Turn
from dashboard.engine.watching import TOPIC as ATTENTION
from dashboard.engine.watching import Watching
from emergency.alarm_rules import Settings as AlarmSettings
from emergency.plans import Plans
from geo.areas import Areas
from geo.cities import City
from hotline.case_rules import CaseRules
from streams.codec import decode_envelope

log = structlog.get_logger("engine")

READ_COUNT = 2000
BLOCK_MS = 100
BEHIND_S = 10.0


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
        plans: Plans | None = None,
        alarms: AlarmSettings | None = None,
        rules: CaseRules | None = None,
        sealer: Sealer | None = None,
        call_kept: timedelta | None = None,
    ):
        self.store = store
        self.city = city
        self.areas = areas
        self.mode = mode
        self.start_at = start_at
        self.wall = wall
        self.monotonic = monotonic
        self.plans, self.alarms, self.rules = plans, alarms, rules  # None: those that come with Hexwatch
        self.call_kept = call_kept  # how long what was said stays after a call's end
        # Without a key it seals with one that nobody else has: better lost than in clear.
        self.sealer = sealer or Sealer(secrets.token_bytes(32), dialling_of(city))
        self.outlook = Outlook(Comparison(), Watching(city.load_catalogue(), {}))
        self.attendance = Attendance(store.client, store.keys, wall, monotonic)
        self.fresh = True

    def use_own(self, state: State) -> None:
        """What the settings of this installation name in place of what comes with Hexwatch."""
        state.use_plans(self.plans)
        state.use_alarms(self.alarms)
        state.use_rules(self.rules)
        state.call_room.use_kept(self.call_kept)

    # --- start ---------------------------------------------------------------------------------------------

    def start(self, warm: Warm | None = None, kept: ExitStack | None = None) -> None:
        """Take over, with the memory of a warm standby or rebuilt from the committed documents.

        The lease is kept until that is done, with `kept` until it is closed. Raises ValueError, before anybody is
        fenced, when the city runs in another mode.
        """
        began = self.monotonic()
        started(self.store.position().clock, self.mode, self.wall(), self.start_at)
        position = self.store.take_over()
        with ExitStack() as loading:
            (kept or loading).enter_context(lease_kept(self.store, position.epoch))
            self._load(position, warm)
        log.info(
            "engine started",
            city=self.city.id,
            epoch=position.epoch,
            seq=position.seq,
            cases=len(self.state.cases),
            seconds=round(self.monotonic() - began, 3),
        )

    def _load(self, position: Position, warm: Warm | None) -> None:
        """The memory as of a position."""
        wall = self.wall()
        clock = started(position.clock, self.mode, wall, self.start_at)
        self.driver = WallDriver(clock, wall)
        self.position = position
        self.clock = clock
        self.state = warm.finish(position) if warm else load(self.store, self.city, position, clock)
        self.use_own(self.state)
        self.held = [
            (decode_envelope(raw).occurred_at, name, raw)
            for name, raw in self.store.mapping(self.store.keys.held, bytes).items()
        ]
        heapq.heapify(self.held)
        shown = self.store.mapping(self.store.keys.view(ATTENTION), Any)
        self.outlook = Outlook(Comparison(), Watching(self.state.catalogue, shown))
        self.fresh = True
        self.pending = False
        self.last_frame_at = self.last_trim_at = -1e9
        self.settled_at = self.monotonic()

    # --- the loop ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event, warm: Warm | None = None) -> None:
        """Turn until told to stop. Raises Fenced when another engine took over."""
        with ExitStack() as kept:  # the first turn writes every view: it may outlast a lease, too
            self.start(warm, kept)
            self._turn_or_reconnect(stop)
        while not stop.is_set():
            self._turn_or_reconnect(stop)
        log.info("engine stopped", seq=self.position.seq)

    def _turn_or_reconnect(self, stop: threading.Event) -> None:
        try:
            self.turn()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            # Whether the last commit was executed is unknown: only the committed documents can tell.
            log.warning("redis lost, rebuilding from its documents", error=str(error))
            self._reconnect(stop)

    def _reconnect(self, stop: threading.Event) -> None:
        """Wait for Redis and rebuild, unless another engine took over meanwhile. Raises Fenced."""
        while not stop.wait(0.2):
            try:
                self.store.check_epoch(self.position.epoch)
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
        turn.end_alerts()
        turn.tell_due()
        if not self._is_behind(requests, inbox):
            turn.settle_alarms()
        turn.finish(requests, inbox)
        return len(requests) + len(inbox)

    def _is_behind(self, requests: list[Any], inbox: list[Any]) -> bool:
        """Whether most causes for alarms will end with what is read next: for a while those are not sounded."""
        now_s = self.monotonic()
        if len(inbox) == READ_COUNT and not requests and now_s - self.settled_at < BEHIND_S:
            return True
        self.settled_at = now_s
        return False
