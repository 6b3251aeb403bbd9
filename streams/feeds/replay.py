"""A recorded file as a feed: its records happen again, at their own pace, faster, or as fast as the engine reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis

from streams.events import Envelope
from streams.feeds.appender import BACKLOG_LIMIT, Appender
from streams.feeds.items import Item
from streams.feeds.prepare import Prepared, prepare
from streams.feeds.preset import Preset
from streams.feeds.rows import Progress
from streams.feeds.sequence import as_recorded, repeated, shifted
from streams.feeds.times import EPOCH
from streams.keys import Keys

BATCH = 2_000
TICK_S = 1.0  # wall time between two pushes of the clock
POLL_S = 0.25  # how often the city's own clock is looked at
QUARTER = timedelta(minutes=15)

END_OF_FILE = "end of file"
UNTIL_REACHED = "until reached"
ASKED_TO_STOP = "asked to stop"


@dataclass(frozen=True)
class Plan:
    """What to replay, and how fast. All instants are aware; `Preset.instant` makes them from the city's time.

    `speed` is city seconds per wall second; None is as fast as the engine reads. What lies before `start` is
    loaded at once. `until` is inclusive. With `shift_to` the midnight before the first entry becomes that instant
    and the city's own clock (`city_now`) sets the pace; with `loop` the first recorded day then never ends.
    Raises ValueError for what contradicts itself.
    """

    speed: float | None = None
    start: datetime | None = None
    until: datetime | None = None
    shift_to: datetime | None = None
    loop: bool = False
    city_now: Callable[[], datetime] | None = None

    def __post_init__(self) -> None:
        if self.speed is not None and not 0 < self.speed < 1e6:
            raise ValueError("speed: needs a number above 0, or none for as fast as possible")
        if (self.shift_to is None) != (self.city_now is None):
            raise ValueError("shift_to and city_now: one needs the other")
        if self.loop and self.shift_to is None:
            raise ValueError("loop: needs shift_to, the instant at which the recorded day begins")
        if self.shift_to is not None and (self.start or self.speed):
            raise ValueError("shift_to: the city's clock sets the pace, so start and speed have no meaning")
        if self.start and self.until and self.start > self.until:
            raise ValueError("until: lies before start")


@dataclass(frozen=True)
class ReplayResult:
    """How a run ended: `outcome` in words, what this run appended, and how far the feed has come."""

    feed: str
    outcome: str
    refused: bool
    entries: int
    dead: int
    position: int
    items: int
    at: datetime | None


def replay(
    client: redis.Redis,
    keys: Keys,
    preset: Preset,
    path: Path,
    plan: Plan,
    *,
    work_dir: Path,
    monotonic: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
    wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    stopping: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> ReplayResult:
    """Replay the file into the city's inbox, from where an earlier run left it, and return when it ended.

    `wait(seconds)` sleeps; `stopping()` ends the run after the batch at hand. Raises FeedError for a file that does
    not fit the preset, FeedTaken when another process replays it, and redis errors: run it again to go on.
    """
    prepared = prepare(path, preset, work_dir, by_day=plan.loop, progress=progress)
    log = Appender(client, keys, prepared.feed, preset.source, wall)
    return _Run(prepared, plan, log, monotonic, wait, stopping).go()


class _Run:
    """One run: takes items when their time has come, pushes the clock meanwhile."""

    def __init__(
        self,
        prepared: Prepared,
        plan: Plan,
        log: Appender,
        monotonic: Callable[[], float],
        wait: Callable[[float], None],
        stopping: Callable[[], bool],
    ) -> None:
        self.prepared, self.plan, self.log = prepared, plan, log
        self.monotonic, self.wait, self.stopping = monotonic, wait, stopping
        self._anchor: tuple[float, datetime] | None = None
        self._ticked: float | None = None

    def go(self) -> ReplayResult:
        if self.prepared.refused:
            return self._refuse()
        sequence = self._sequence()
        first = next(sequence, None)
        outcome = END_OF_FILE if first is None else self._replay(first, sequence)
        if outcome != ASKED_TO_STOP:
            outcome = self._finish(outcome)
        return self._result(outcome)

    def _sequence(self) -> Iterator[Item]:
        plan, position = self.plan, self.log.position
        if plan.shift_to is None:
            return as_recorded(self.prepared, position, plan.start)
        to = datetime.fromisoformat(self.log.notes.setdefault("shifted_to", plan.shift_to.isoformat()))
        return (repeated if plan.loop else shifted)(self.prepared, position, to)

    def _replay(self, first: Item, sequence: Iterator[Item]) -> str:
        until = self.plan.until
        if until is not None and first.at > until:
            return UNTIL_REACHED
        self._begin(first)
        item: Item | None = first
        while item is not None:
            if until is not None and item.at > until:
                return UNTIL_REACHED
            if not self._reach(item.at):
                return ASKED_TO_STOP
            self._take(item)
            item = next(sequence, None)
        return END_OF_FILE

    def _begin(self, first: Item) -> None:
        """The clock stands where the feed is before its first entry comes."""
        self.log.at = self.log.at or min(first.at, self.plan.start or first.at)
        self._say_clock(self.log.at)
        self._say_feed("started", {"records": self.prepared.entries})

    def _take(self, item: Item) -> None:
        """Append the item; at full speed the clock is pushed on each quarter of an hour, so that windows move."""
        quarter = item.at - (item.at - EPOCH) % QUARTER
        if self._anchor is None and self.log.at is not None and self.log.at < quarter:
            self._say_clock(quarter)
        self.log.add(item)
        if self.log.pending >= BATCH:
            self._commit()

    # pace

    def _now(self) -> datetime:
        """The city's time: of its own clock, or what passed since this run began to keep the pace."""
        if self.plan.city_now is not None:
            return self.plan.city_now()
        if self._anchor is None:
            begun_at = max(at for at in (self.plan.start, self.log.at) if at is not None)
            self._anchor = self.monotonic(), begun_at
        since, at = self._anchor
        return at + timedelta(seconds=(self.monotonic() - since) * (self.plan.speed or 1))

    def _is_free(self, at: datetime) -> bool:
        """Whether this instant needs no waiting: at full speed, and before the start."""
        if self.plan.city_now is not None:
            return False
        return self.plan.speed is None or (self.plan.start is not None and at < self.plan.start)

    def _reach(self, at: datetime) -> bool:
        """Wait until the city's time is `at`, pushing the clock. False when the run was asked to stop."""
        if self._is_free(at):
            return not (self.log.pending == 0 and self.stopping())
        while (now := self._now()) < at:
            self._tick(now)
            if self.stopping():
                return False
            left_s = (at - now).total_seconds() / (self.plan.speed or 1)
            self.wait(min(left_s, POLL_S if self.plan.city_now else TICK_S))
        return not self.stopping()

    def _tick(self, now: datetime) -> None:
        """Append what is due; once a second of wall time, say what time it is."""
        wall_s = self.monotonic()
        if self.plan.city_now is None and (self._ticked is None or wall_s - self._ticked >= TICK_S):
            self._ticked = wall_s
            self._say_clock(now)
            self.log.at = now
        if self.log.pending:
            self._commit()

    def _commit(self, **notes: str) -> None:
        """Append, then wait while the engine is far behind: nothing is dropped, the feed pauses."""
        self.log.commit(**notes)
        while self.log.backlog() > BACKLOG_LIMIT and not self.stopping():
            self.wait(POLL_S)

    # what the feed says of itself

    def _finish(self, outcome: str) -> str:
        """Let the clock run to the end and stand there."""
        ends = [at for at in (self.plan.until, self.log.at) if at is not None]
        if not ends:
            return outcome
        end = max(ends)
        if self.log.notes.get("finished") == end.isoformat() and not self.log.pending:
            return outcome
        self.log.at = self.log.at or self.plan.start or end
        if not self._reach(end):
            return ASKED_TO_STOP
        self.log.at = end
        self._say_feed("stopped", {"reason": outcome})
        self._say_clock(end, standing=True)  # last: any other entry would set the clock going again
        self._commit(finished=end.isoformat())
        return outcome

    def _refuse(self) -> ReplayResult:
        """A file of mostly malformed rows: its dead letters are kept, nothing of it enters the city."""
        reason = self.prepared.refused
        if self.log.notes.get("finished") != "refused":
            for item in as_recorded(self.prepared, self.log.position, None):
                self.log.add(item)
                if self.log.pending >= BATCH:
                    self._commit()
            self._say_feed("stopped", {"reason": reason})
            self._commit(finished="refused")
        return self._result(reason)

    def _say_clock(self, at: datetime, *, standing: bool = False) -> None:
        if self.plan.city_now is not None:
            return  # the city keeps its own time
        pace = "standing" if standing else f"x{self.plan.speed or 'max'}"
        self._say(
            f"clock:{at.isoformat()}:{pace}", "clock.advanced", at, "clock", speed=self.plan.speed, standing=standing
        )

    def _say_feed(self, what: str, data: dict[str, object]) -> None:
        """People know the feed by its source; the id also names the file, so that another one speaks for itself."""
        plan, log = self.plan, self.log
        at = plan.city_now() if plan.city_now else log.at or plan.start or plan.until or EPOCH
        event_id = f"{log.feed}:{what}:{log.position}"
        self._say(event_id, f"feed.{what}", at, f"feed:{log.source}", feed=log.source, **data)

    def _say(self, event_id: str, kind: str, at: datetime, subject: str, **data: object) -> None:
        self.log.say(
            Envelope(source=self.log.source, id=event_id, type=kind, occurred_at=at, data=data, subject=subject)
        )

    def _result(self, outcome: str) -> ReplayResult:
        log = self.log
        return ReplayResult(
            feed=log.feed,
            outcome=outcome,
            refused=bool(self.prepared.refused),
            entries=log.entries,
            dead=log.dead,
            position=log.position,
            items=self.prepared.items,
            at=log.at,
        )
