"""The channels that have a queue: who waits now, and what became of the calls of today.

Counts stand in intervals of a quarter of an hour, one stored document each (`2026-01-31T09:15`, UTC, holding every
channel), because zones differ from UTC in whole quarters: local days and local intervals are sums of them.
A call counts in the interval in which it was **offered**, whenever it was answered: so on every channel
offered = answered + abandoned + still waiting, which is not so when each fact counts where it happens.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from hotline.calls import Call, talk_s, wait_s
from hotline.intervals import (
    BEIJING,
    BOUNDS_MS,
    LAST_BUCKET,
    Interval,
    Standard,
    average_wait_s,
    percentile_wait_s,
    service_level,
    shift,
)

QUARTER_S = 900
KEEP = timedelta(hours=50)  # two of the longest local days
RECENT_M = 30
MINUTES_AHEAD = 2  # how far the clock of a source may be ahead of ours
QUARTERS_24H = 96
LIVE_QUARTERS = 4  # the running quarter and those before it in which calls still go on
KEY_FORMAT = "%Y-%m-%dT%H:%M"

Quarter = dict[str, Interval]  # channel -> its interval: one stored document


class Floor:
    """Every channel with a queue. A fold of calls drives it: `move` after each, `board` whenever somebody looks.

    A cache of the stored intervals and of the calls that are open: made from the documents of one commit it equals
    the one that counted them.
    """

    def __init__(self, standard: Standard = BEIJING, quarters: Mapping[str, Quarter] | None = None):
        self.standard = standard
        self.changed: set[str] = set()  # keys of quarters since the last commit
        self._threshold_ms = round(standard.threshold_s * 1000)
        self._short_ms = round(standard.short_s * 1000)
        self._lines: dict[str, _Line] = {}
        self._horizon = 0  # quarters before it were forgotten
        for key, channels in (quarters or {}).items():
            for channel, interval in channels.items():
                self._line(channel).quarters[_quarter_of(key)] = interval

    def move(self, before: Call | None, after: Call) -> None:
        """Count `after` in the place of `before`, the same call one fact earlier (None: not known until now)."""
        if before is not None and before.offered_at is not None:
            self._count(before, before.offered_at, -1)
        if after.offered_at is not None:
            self._count(after, after.offered_at, 1)

    def adopt(self, call: Call) -> None:
        """Take a committed call as it is: its counts came with the intervals, only its waiting is new."""
        if (since := call.waiting_since) is not None:
            self._line(call.channel).wait(call.call_id, since)
        else:
            self.leave(call)

    def leave(self, call: Call) -> None:
        """The call leaves memory. Its counts stay; it waits no longer, even when no fact said so."""
        if (line := self._lines.get(call.channel)) is not None:
            line.unwait(call.call_id)

    def board(self, now: datetime, day_start: datetime) -> dict[str, dict[str, Any]]:
        """The topic `channels`: channel -> what a supervisor must know, in plain JSON values.

        Counts are of calls offered since `day_start` (local midnight, aware), `connect_24h` of those offered in the
        last 96 whole quarters and the running one, `service_level` of waits that ended in the last 30 minutes, the
        running one included. Channels without a call today or in 24 hours have no entry.
        """
        moment = _Moment(int(now.timestamp()) // 60, -int(-day_start.timestamp() // QUARTER_S))
        boards = {name: line.board(moment, self.standard) for name, line in sorted(self._lines.items())}
        return {name: board for name, board in boards.items() if board is not None}

    def totals(self, now: datetime, day_start: datetime) -> dict[str, int]:
        """The figures of all channels together, by their flat names; the same windows as `board`."""
        boards = self.board(now, day_start).values()
        totals = {
            f"calls.{figure}": sum(board[field] for board in boards)
            for figure, field in (
                ("waiting", "waiting"),
                ("offered_today", "offered"),
                ("answered_today", "answered"),
                ("abandoned_today", "abandoned"),
            )
        }
        totals["calls.connect_24h_n"] = sum(board["connect_24h"]["n"] for board in boards)
        totals["calls.connect_24h_of"] = sum(board["connect_24h"]["of"] for board in boards)
        return totals

    def documents(self, keys: Iterable[str] | None = None) -> dict[str, Quarter]:
        """The quarters to store by key: those named, without names those that `changed`. Call `changed.clear()`
        once they are committed. In order of time and name: equal counts are equal bytes.
        """
        found: dict[str, Quarter] = {}
        lines = sorted(self._lines.items())
        for key in sorted(self.changed if keys is None else keys):
            quarter = _quarter_of(key)
            channels = {name: line.quarters[quarter] for name, line in lines if quarter in line.quarters}
            if channels:
                found[key] = channels
        return found

    def take_changed(self) -> Mapping[str, Quarter]:
        """Quarters to write since the last commit."""
        found = self.documents()
        self.changed.clear()
        return found

    def forget(self, now: datetime) -> list[str]:
        """Drop quarters that nothing asks for any more; returns their keys, to be removed from the store."""
        self._horizon = max(self._horizon, int((now - KEEP).timestamp()) // QUARTER_S)
        old: set[int] = set()
        for name, line in list(self._lines.items()):
            gone = [quarter for quarter in line.quarters if quarter < self._horizon]
            old.update(gone)
            for quarter in gone:
                del line.quarters[quarter]
            if not line.quarters and not line.waiting:
                del self._lines[name]
        keys = sorted(map(_key_of, old))
        self.changed.difference_update(keys)
        return keys

    def _line(self, channel: str) -> _Line:
        line = self._lines.get(channel)
        if line is None:
            line = self._lines[channel] = _Line()
        return line

    def _count(self, call: Call, offered_at: datetime, by: int) -> None:
        """Add (1) or take away (-1) one call."""
        line = self._line(call.channel)
        line.is_stale = True
        interval = self._interval(line, int(offered_at.timestamp()) // QUARTER_S)
        if interval is not None:
            interval.offered += by
        over_at = call.answered_at or call.gone_at
        if over_at is not None:
            self._count_outcome(line, interval, call, over_at, by)
        elif by > 0:
            line.waiting[call.call_id] = call.queued_at or offered_at
        else:
            line.waiting.pop(call.call_id, None)

    def _count_outcome(self, line: _Line, interval: Interval | None, call: Call, over_at: datetime, by: int) -> None:
        """The wait is over: how long it was, and what the service level says of it."""
        waited_ms = round((wait_s(call) or 0.0) * 1000)
        is_answered = call.answered_at is not None
        is_met = is_answered and waited_ms <= self._threshold_ms
        is_short = not is_answered and waited_ms < self._short_ms
        is_late = not is_answered and not is_short and waited_ms > self._threshold_ms
        if interval is not None and is_answered:
            interval.answered += by
            interval.within += by * is_met
            interval.wait_ms += by * waited_ms
            interval.talk_ms += by * round((talk_s(call) or 0.0) * 1000)
            shift(interval.waits, min(bisect_left(BOUNDS_MS, waited_ms), LAST_BUCKET), by)
        elif interval is not None:
            interval.abandoned += by
            interval.late += by * is_late
            interval.short += by * is_short
        if not (is_answered or is_late):
            return
        minute = int(over_at.timestamp()) // 60
        where = self._interval(line, minute // 15)
        if where is not None:
            shift(where.judged, minute % 15, by)
            if is_met:
                shift(where.met, minute % 15, by)

    def _interval(self, line: _Line, quarter: int) -> Interval | None:
        """The interval to count in, or None for one that is long forgotten."""
        if quarter < self._horizon:
            return None
        self.changed.add(_key_of(quarter))
        return line.touch(quarter)


class _Moment(msgspec.Struct, frozen=True):
    """A look at the board: minutes since 1970, and the first quarter of the local day."""

    minute: int
    first_quarter: int


class _Line:
    """One channel: its intervals by quarter since 1970, who waits, and the last board made of them.

    Quarters that are hardly touched any more are summed once; a board adds the few live ones to that.
    """

    __slots__ = ("_board", "_made_for", "_settled", "_settled_24h", "_settled_for", "is_stale", "quarters", "waiting")

    def __init__(self) -> None:
        self.quarters: dict[int, Interval] = {}
        self.waiting: dict[str, datetime] = {}
        self.is_stale = True
        self._made_for: _Moment | None = None
        self._board: dict[str, Any] | None = None
        self._settled_for: tuple[int, int] | None = None  # (first quarter of the day, first live quarter)
        self._settled = Interval()  # today's
        self._settled_24h = (0, 0)  # answered, offered

    def wait(self, call_id: str, since: datetime) -> None:
        self.waiting[call_id] = since
        self.is_stale = True

    def unwait(self, call_id: str) -> None:
        self.waiting.pop(call_id, None)
        self.is_stale = True

    def touch(self, quarter: int) -> Interval:
        """The interval of a quarter, about to be changed."""
        if self._settled_for is not None and quarter < self._settled_for[1]:
            self._settled_for = None
        interval = self.quarters.get(quarter)
        if interval is None:
            interval = self.quarters[quarter] = Interval()
        return interval

    def board(self, moment: _Moment, standard: Standard) -> dict[str, Any] | None:
        """What it was when nothing moved and the minute is the same; None without calls to speak of."""
        if self.is_stale or self._made_for != moment:
            self._board = self._made(moment, standard)
            self._made_for, self.is_stale = moment, False
        return self._board

    def _made(self, moment: _Moment, standard: Standard) -> dict[str, Any] | None:
        today, (answered_24h, offered_24h) = self._sums(moment)
        if not (self.waiting or today.offered or offered_24h):
            return None
        recent = self._recent(moment.minute)
        return {
            "waiting": len(self.waiting),
            "waiting_since": _iso(min(self.waiting.values())) if self.waiting else None,
            "offered": today.offered,
            "answered": today.answered,
            "abandoned": today.abandoned,
            "short_abandoned": today.short,
            "service_level": recent | {"threshold_s": standard.threshold_s, "goal": standard.goal},
            "service_level_today": service_level(today),
            "asa_s": average_wait_s(today),
            "p90_wait_s": percentile_wait_s(today),
            "connect_24h": {"n": answered_24h, "of": offered_24h},
        }

    def _sums(self, moment: _Moment) -> tuple[Interval, tuple[int, int]]:
        """(calls of today, (answered, offered) of 24 hours)."""
        quarter = moment.minute // 15
        first, live = moment.first_quarter, quarter - LIVE_QUARTERS
        if self._settled_for != (first, live):
            self._settle(first, quarter - QUARTERS_24H, live)
        today = Interval()
        today.add(self._settled)
        answered, offered = self._settled_24h
        for number in range(live, quarter + 2):  # one ahead: the clocks of sources may be
            interval = self.quarters.get(number)
            if interval is not None:
                answered, offered = answered + interval.answered, offered + interval.offered
                if number >= first:
                    today.add(interval)
        return today, (answered, offered)

    def _settle(self, first: int, first_24h: int, live: int) -> None:
        """Sum what lies before the live quarters."""
        today, answered, offered = Interval(), 0, 0
        for number, interval in self.quarters.items():
            if first <= number < live:
                today.add(interval)
            if first_24h <= number < live:
                answered, offered = answered + interval.answered, offered + interval.offered
        self._settled, self._settled_24h, self._settled_for = today, (answered, offered), (first, live)

    def _recent(self, minute: int) -> dict[str, int]:
        """The service level of waits that ended in the last 30 minutes, this one included."""
        n = of = 0
        for at in range(minute - RECENT_M + 1, minute + MINUTES_AHEAD + 1):
            interval = self.quarters.get(at // 15)
            if interval is not None:
                of += interval.judged.get(at % 15, 0)
                n += interval.met.get(at % 15, 0)
        return {"n": n, "of": of}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def _key_of(quarter: int) -> str:
    return datetime.fromtimestamp(quarter * QUARTER_S, UTC).strftime(KEY_FORMAT)


def _quarter_of(key: str) -> int:
    return int(datetime.strptime(key, KEY_FORMAT).replace(tzinfo=UTC).timestamp()) // QUARTER_S
