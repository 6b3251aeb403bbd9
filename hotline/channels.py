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

from hotline.calls import Call, talk_s, wait_s
from hotline.channel_line import Line, Moment, tongue_in
from hotline.channel_rules import ChannelRules, default_channel_rules
from hotline.intervals import BOUNDS_MS, LAST_BUCKET, Interval, shift
from hotline.service_levels import Waits, level

QUARTER_S = 900
QUARTER_MS = 1000 * QUARTER_S
KEEP = timedelta(hours=50)  # two of the longest local days
KEY_FORMAT = "%Y-%m-%dT%H:%M"
SPENT = frozenset({"talking", "holding", "wrap_up", "available"})  # what agents do at their desks
ON_A_CONTACT = frozenset({"talking", "holding"})
LONGEST_SPELL = timedelta(hours=12)  # whoever does one thing for longer went home, and the fact was lost

Quarter = dict[str, Interval]  # channel -> its interval: one stored document


class Floor:
    """Every channel with a queue. A fold of calls drives it: `move` after each, `board` whenever somebody looks.

    A cache of the stored intervals and of the calls that are open: made from the documents of one commit it equals
    the one that counted them.
    """

    def __init__(self, rules: ChannelRules | None = None, quarters: Mapping[str, Quarter] | None = None):
        self.rules = rules or default_channel_rules()
        self.changed: set[str] = set()  # keys of quarters since the last commit
        self._lines: dict[str, Line] = {}
        self._horizon = 0  # quarters before it were forgotten
        for key, channels in (quarters or {}).items():
            for channel, interval in channels.items():
                self._line(channel).quarters[_quarter_of(key)] = interval

    def use(self, rules: ChannelRules) -> None:
        """Other promises from now on; what was counted stays as it was."""
        self.rules = rules
        for name, line in self._lines.items():
            line.standard, line.is_stale = rules.standard(name), True

    def move(self, before: Call | None, after: Call) -> None:
        """Count `after` in the place of `before`, the same call one fact earlier (None: not known until now)."""
        if before is not None and before.offered_at is not None:
            self._count(before, before.offered_at, -1)
        if after.offered_at is not None:
            self._count(after, after.offered_at, 1)

    def adopt(self, call: Call) -> None:
        """Take a committed call as it is: its counts came with the intervals, only its waiting is new."""
        if (since := call.waiting_since) is not None:
            self._line(call.channel).wait(call, since)
        else:
            self.leave(call)

    def leave(self, call: Call) -> None:
        """The call leaves memory. Its counts stay; it waits no longer, even when no fact said so."""
        if (line := self._lines.get(call.channel)) is not None:
            line.unwait(call.call_id)

    def spend(self, channel: str, state: str, since: datetime, until: datetime, then: str) -> None:
        """Count what an agent did on a channel from `since` to `until`, doing `then` from now on.

        A spell counts when it is over, in the quarters in which it lay; a contact where it ended.
        """
        if not channel or state not in SPENT or not timedelta(0) <= until - since <= LONGEST_SPELL:
            return
        line = self._line(channel)
        line.is_stale = True
        start_ms, end_ms = round(since.timestamp() * 1000), round(until.timestamp() * 1000)
        for quarter in range(start_ms // QUARTER_MS, end_ms // QUARTER_MS + 1):
            lasted = min(end_ms, (quarter + 1) * QUARTER_MS) - max(start_ms, quarter * QUARTER_MS)
            if lasted > 0 and (interval := self._interval(line, quarter)) is not None:
                interval.spent[state] = interval.spent.get(state, 0) + lasted
        is_over = state in ON_A_CONTACT and then not in ON_A_CONTACT
        if is_over and (interval := self._interval(line, end_ms // QUARTER_MS)) is not None:
            interval.handled += 1

    def board(self, now: datetime, day_start: datetime) -> dict[str, dict[str, Any]]:
        """The topic `channels`: channel -> what a supervisor must know, in plain JSON values.

        Counts are of calls offered since `day_start` (local midnight, aware), `connect_24h` of those offered in the
        last 96 whole quarters and the running one, `service_level` of waits that ended in the last 30 minutes, the
        running one included. Channels without a call today or in 24 hours have no entry, nor has a channel whose
        agents nobody tells of a time of handling (`aht_s`) and an `occupancy`.
        """
        moment = Moment(int(now.timestamp()) // 60, -int(-day_start.timestamp() // QUARTER_S))
        boards = {name: line.board(moment) for name, line in sorted(self._lines.items())}
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

    def _line(self, channel: str) -> Line:
        line = self._lines.get(channel)
        if line is None:
            line = self._lines[channel] = Line(self.rules.standard(channel))
        return line

    def _count(self, call: Call, offered_at: datetime, by: int) -> None:
        """Add (1) or take away (-1) one call."""
        line = self._line(call.channel)
        line.is_stale = True
        counted = self._counted(line, int(offered_at.timestamp()) // QUARTER_S, call)
        for interval in counted:
            interval.offered += by
        over_at = call.answered_at or call.gone_at
        if over_at is not None:
            self._count_outcome(line, counted, call, over_at, by)
        elif by > 0:
            line.wait(call, call.queued_at or offered_at)
        else:
            line.unwait(call.call_id)

    def _counted(self, line: Line, quarter: int, call: Call) -> list[Interval]:
        """Where a call counts in a quarter: on its channel, and in its language where the channel is counted so."""
        interval = self._interval(line, quarter)
        if interval is None or not line.standard.by_language:
            return [] if interval is None else [interval]
        return [interval, interval.tongues.setdefault(tongue_in(call), Interval())]

    def _count_outcome(self, line: Line, counted: list[Interval], call: Call, over_at: datetime, by: int) -> None:
        """The wait is over: how long it was, and what the service level says of it."""
        promised = line.standard
        waited_ms = round((wait_s(call) or 0.0) * 1000)
        is_answered, is_within = call.answered_at is not None, waited_ms <= round(promised.threshold_s * 1000)
        is_short = not is_answered and waited_ms < round(promised.short_s * 1000)
        is_late = not is_answered and not is_short and not is_within
        for interval in counted:
            if is_answered:
                interval.answered += by
                interval.within += by * is_within
                interval.wait_ms += by * waited_ms
                interval.talk_ms += by * round((talk_s(call) or 0.0) * 1000)
                shift(interval.waits, min(bisect_left(BOUNDS_MS, waited_ms), LAST_BUCKET), by)
            else:
                interval.abandoned += by
                interval.late += by * is_late
                interval.short += by * is_short
        one = Waits(
            answered=int(is_answered),
            abandoned=int(not is_answered),
            within=int(is_answered and is_within),
            gave_up_within=int(not is_answered and not is_late),
            gave_up_short=int(is_short),
        )
        judged = level(promised.variant, one)
        minute = int(over_at.timestamp()) // 60
        for where in self._counted(line, minute // 15, call) if judged["of"] else ():
            shift(where.judged, minute % 15, by)
            if judged["n"]:
                shift(where.met, minute % 15, by)

    def _interval(self, line: Line, quarter: int) -> Interval | None:
        """The interval to count in, or None for one that is long forgotten."""
        if quarter < self._horizon:
            return None
        self.changed.add(_key_of(quarter))
        return line.touch(quarter)


@lru_cache(maxsize=1024)
def _key_of(quarter: int) -> str:
    return datetime.fromtimestamp(quarter * QUARTER_S, UTC).strftime(KEY_FORMAT)


def _quarter_of(key: str) -> int:
    return int(datetime.strptime(key, KEY_FORMAT).replace(tzinfo=UTC).timestamp()) // QUARTER_S
