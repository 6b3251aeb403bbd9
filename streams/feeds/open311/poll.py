"""An Open311 endpoint as a feed: asked again and again, what is new or changed told once, outages said as facts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis

from streams.events import Envelope
from streams.feeds.appender import BACKLOG_LIMIT
from streams.feeds.open311.client import Client
from streams.feeds.open311.endpoint import MAX_WINDOW_DAYS, Endpoint
from streams.feeds.open311.envelopes import Known, Moment, Reading, changes
from streams.feeds.open311.errors import NotNow
from streams.feeds.open311.http import Http, Limits
from streams.feeds.open311.ledger import Ledger, letter_digest
from streams.feeds.open311.summary import Summary
from streams.feeds.open311.waits import wait_s
from streams.feeds.open311.windows import SWEEP_S, Field, Window, history, overlap_s, remaining, since, sweep
from streams.feeds.records import Rejected
from streams.feeds.rows import Health, RawRow
from streams.keys import Keys

OUTAGE_AFTER = 3  # failures in a row, then every screen is told
ALIVE_S = 240.0  # a quiet source that answers says so this often, below the city's patience with silent ones
PAUSE_S = 0.25
FORGET_EVERY = timedelta(days=1)
KEPT_DAYS = MAX_WINDOW_DAYS + 10

DONE = "done"
ASKED_TO_STOP = "asked to stop"
MOSTLY_MALFORMED = "most of the records lately read were malformed"


@dataclass(frozen=True)
class PollResult:
    """How a run ended: `outcome` in words; `failed` where that is no good end; what the whole run saw."""

    source: str
    outcome: str
    failed: bool
    summary: Summary


class _Lost(Exception):
    """Most of what the server gives is malformed: the preset does not fit, or the server is broken."""


class _Stopping(Exception):
    """The run was asked to stop in the middle of a pass."""


def poll(
    client: redis.Redis,
    keys: Keys,
    endpoint: Endpoint,
    *,
    now: Callable[[], datetime],
    wait: Callable[[float], object],
    stopping: Callable[[], bool] = lambda: False,
    draw: Callable[[], float] = random.random,
    say: Callable[[str], None] = lambda _: None,
    limits: Limits | None = None,
    api_key: str = "",
    once: bool = False,
) -> PollResult:
    """Poll the endpoint into the city's inbox until `stopping()`, or for one pass; a restart goes on where it ended.

    `now` is the city's time, `wait(seconds)` sleeps (and may return early), `draw` gives numbers in [0, 1), `say`
    takes lines for people. Ends by itself when most records are malformed. Raises FeedTaken when another process
    polls the same source into this city, and redis errors: run it again to go on.
    """
    with Http(limits or Limits(), now) as http:
        run = _Run(client, keys, endpoint, http, api_key, now, wait, stopping, draw, say)
        return run.go(once)


class _Run:
    """One run: passes over the endpoint, with waits between them."""

    def __init__(
        self,
        redis_client: redis.Redis,
        keys: Keys,
        endpoint: Endpoint,
        http: Http,
        api_key: str,
        now: Callable[[], datetime],
        wait: Callable[[float], object],
        stopping: Callable[[], bool],
        draw: Callable[[], float],
        say: Callable[[str], None],
    ) -> None:
        self.endpoint, self.now, self.wait, self.stopping, self.draw, self.say = (
            endpoint, now, wait, stopping, draw, say,
        )  # fmt: skip
        self.ledger = Ledger(redis_client, keys, endpoint.source)
        self.client = Client(http, endpoint, self._stamp_of, say, api_key)
        self.reading = Reading(endpoint, {})
        self.summary = Summary(zone=endpoint.zone)
        self._by_update = {"yes": True, "no": False}.get(endpoint.updated_after)
        self._health = Health()
        self._started = False
        self._heard_at: datetime | None = None

    def go(self, once: bool) -> PollResult:
        failures = 0
        while not self.stopping():
            try:
                self._pass()
            except _Stopping:
                break
            except _Lost:
                self._tell_stopped(MOSTLY_MALFORMED)
                return self._result(MOSTLY_MALFORMED, failed=True)
            except NotNow as error:
                failures += 1
                delay_s = self._failed(error, failures)
                if once:
                    return self._result(str(error), failed=True)
            else:
                failures, delay_s = 0, self.endpoint.every_s
                if once:
                    return self._result(DONE)
            self.wait(delay_s)
        return self._result(ASKED_TO_STOP)

    # one pass

    def _pass(self) -> None:
        """Ask for everything that is due. What was committed before a failure stays, and is not told again."""
        self._health = Health()
        if not self.client.format:
            self.client.discover()
            self.reading = Reading(self.endpoint, self.client.services)
        server_now = self.now() + self.client.skew
        if "loaded" not in self.ledger.notes:
            self._load(server_now)
        else:
            self._follow(server_now)
        self._say_alive()
        self._forget()
        self.summary.passes += 1
        for line in self.summary.news():
            self.say(f"{self.endpoint.source}: {line}")

    def _load(self, server_now: datetime) -> None:
        """The past, oldest first; after a restart what is left of it.

        `began` is when its first window was asked. A load that took more than one pass says nothing of what was
        published or changed since then within the windows that were read already, so the feed follows from there,
        and sweeps as if it had swept then: noting the end of the load instead left such records unread for an hour.
        """
        until = self._noted("until")
        began = self._noted("began") or until or server_now
        windows = remaining(until, server_now) if until else history(server_now, self.endpoint.days)
        for window in windows:
            self._read(window, is_history=True)
            self._commit([], {}, [], began=began.isoformat(), until=min(window.end, server_now).isoformat())
        self._commit([], {}, [], loaded="yes", swept=began.isoformat(), until=began.isoformat())
        if began < server_now:
            self._follow(server_now)

    def _follow(self, server_now: datetime) -> None:
        until = self._noted("until") or server_now
        field = self._field(server_now)
        for window in since(until, server_now, field, self.endpoint):
            self._read(window)
        self._sweep(server_now, field)
        self._commit([], {}, [], until=server_now.isoformat())

    def _field(self, server_now: datetime) -> Field:
        """By the time of change where the server can; that is found out once it is known to have records."""
        if self._by_update is None and not self.ledger.is_empty:
            self._by_update = self.client.filters_by_update(server_now)
            self.say(f"the server {'knows' if self._by_update else 'does not know'} the filter updated_after")
        return "updated" if self._by_update else "requested"

    def _sweep(self, server_now: datetime, field: Field) -> None:
        """Look for what the usual question misses: changes of older records, and records published late.

        Where the server cannot tell by the time of change, open records older than all windows are asked for by number.
        """
        endpoint, swept = self.endpoint, self._noted("swept")
        every_s = SWEEP_S[field] if endpoint.sweep_s is None else endpoint.sweep_s
        if swept is not None and server_now - swept < timedelta(seconds=every_s):
            return
        young_s = overlap_s(field, endpoint) if field == "requested" else 0
        for window in sweep(server_now, endpoint.days, young_s):
            self._read(window)
        if field == "requested":
            older = self.ledger.open_before(server_now - timedelta(days=endpoint.days))
            prefix = len(endpoint.id_prefix)
            self._take(list(self.client.named([record[prefix:] for record in older if "," not in record])))
        self._commit([], {}, [], swept=server_now.isoformat())

    def _read(self, window: Window, *, is_history: bool = False) -> None:
        for page in self.client.read(window):
            self._take(page, is_history=is_history)

    def _take(self, page: list[RawRow], *, is_history: bool = False) -> None:
        """Tell what a page says that is not known yet."""
        moment = Moment(self.now(), self.client.skew, is_history)
        answers = [self.reading.report(row) for row in page]
        reports = [answer for answer in answers if not isinstance(answer, Rejected)]
        reports.sort(key=lambda report: report.received.occurred_at)  # servers begin with the newest
        letters = {letter_digest(letter): letter for letter in answers if isinstance(letter, Rejected)}
        known = self.ledger.known(report.record for report in reports)
        told: list[Envelope] = []
        changed: dict[str, Known] = {}
        for report in reports:
            before = known.get(report.record)
            envelopes, after = changes(before, report, moment)
            told += envelopes
            if after != before:
                known[report.record] = changed[report.record] = after
            self.summary.count(report)
        old = self.ledger.rejected_before(letters.values())
        self._commit(told, changed, [letter for key, letter in letters.items() if key not in old])
        if any(self._health.is_lost(isinstance(answer, Rejected)) for answer in answers):
            raise _Lost

    # what is written

    def _commit(self, told: list[Envelope], known: dict[str, Known], letters: list[Rejected], **notes: str) -> None:
        """Append, then wait while the engine is far behind: nothing is dropped, the feed pauses."""
        if not self._started:
            told = [self.ledger.about("started", self.now()), *told]
            notes["outage"] = ""
        changed = {name: value for name, value in notes.items() if self.ledger.notes.get(name) != value}
        if told or known or letters or changed:
            self.ledger.commit(told, known, letters, self.now(), **changed)
        self._started = True
        if told or letters:
            self._heard_at = self.now()
            self.summary.told(told, len(letters))
        while self.ledger.backlog() > BACKLOG_LIMIT and not self.stopping():
            self.wait(PAUSE_S)
        if self.stopping():
            raise _Stopping

    def _say_alive(self) -> None:
        """A source that has nothing new is not a silent one."""
        now = self.now()
        if self._heard_at is None or now - self._heard_at >= timedelta(seconds=ALIVE_S):
            self._commit([self.ledger.about("polled", now)], {}, [])

    def _failed(self, error: NotNow, failures: int) -> float:
        """Seconds to wait; after a few failures in a row the outage is a fact for everybody."""
        delay_s = wait_s(error, failures, self.draw())
        self.summary.failures += 1
        self.say(f"{self.endpoint.source}: {error}; asking again in {delay_s:.0f} s")
        if failures >= OUTAGE_AFTER and not self.ledger.notes.get("outage"):
            self._tell_stopped(str(error), outage=self.now().isoformat())
        return delay_s

    def _tell_stopped(self, reason: str, **notes: str) -> None:
        self.ledger.commit([self.ledger.about("stopped", self.now(), reason=reason[:200])], {}, [], self.now(), **notes)
        self._started = False

    def _forget(self) -> None:
        now, forgot = self.now(), self._noted("forgot")
        if forgot is None or now - forgot >= FORGET_EVERY:
            self.ledger.forget(now - timedelta(days=max(KEPT_DAYS, self.endpoint.days + 10)))
            self._commit([], {}, [], forgot=now.isoformat())

    # small

    def _noted(self, name: str) -> datetime | None:
        value = self.ledger.notes.get(name)
        return datetime.fromisoformat(value) if value else None

    def _stamp_of(self, row: RawRow, field: Field) -> datetime | None:
        return self.reading.stamp_of(row, field)

    def _result(self, outcome: str, failed: bool = False) -> PollResult:
        self.summary.questions = self.client.asked
        self.summary.services = len(self.client.services)
        self.summary.skew = self.client.skew
        self.summary.incomplete = sorted(self.client.incomplete)
        return PollResult(self.endpoint.source, outcome, failed, self.summary)
