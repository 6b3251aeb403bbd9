"""One channel with a queue: its quarters of an hour, who waits, and what a supervisor must know of it now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from hotline.calls import Call
from hotline.channel_rules import Standard
from hotline.intervals import Interval, average_wait_s, percentile_wait_s
from hotline.service_levels import effort_of, handle_time_s, level, occupancy, waits_of
from hotline.worklists import tongue_of

RECENT_M = 30
MINUTES_AHEAD = 2  # how far the clock of a source may be ahead of ours
QUARTERS_24H = 96
LIVE_QUARTERS = 4  # the running quarter and those before it in which calls still go on
UNKNOWN_TONGUE = "und"  # as BCP 47 writes a language that nobody named


class Moment(msgspec.Struct, frozen=True):
    """A look at the board: minutes since 1970, and the first quarter of the local day."""

    minute: int
    first_quarter: int


class Line:
    """One channel: its intervals by quarter since 1970, who waits, and the last board made of them.

    Quarters that are hardly touched any more are summed once; a board adds the few live ones to that.
    """

    __slots__ = (
        *("_board", "_made_for", "_settled", "_settled_24h", "_settled_first", "_settled_for"),
        *("is_stale", "quarters", "standard", "waiting"),
    )

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self.quarters: dict[int, Interval] = {}
        self.waiting: dict[str, tuple[datetime, str]] = {}  # since when, in which language
        self.is_stale = True
        self._made_for: Moment | None = None
        self._board: dict[str, Any] | None = None
        self._settled_for: tuple[int, int] | None = None  # (first quarter of the day, first live quarter)
        self._settled = Interval()  # today's
        self._settled_24h = (0, 0)  # answered, offered
        self._settled_first: int | None = None  # today's first quarter in which a contact ended

    def wait(self, call: Call, since: datetime) -> None:
        self.waiting[call.call_id] = (since, tongue_in(call))
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

    def board(self, moment: Moment) -> dict[str, Any] | None:
        """What it was when nothing moved and the minute is the same; None without calls to speak of."""
        if self.is_stale or self._made_for != moment:
            self._board = self._made(moment)
            self._made_for, self.is_stale = moment, False
        return self._board

    def _made(self, moment: Moment) -> dict[str, Any] | None:
        standard = self.standard
        today, (answered_24h, offered_24h), first_handled = self._sums(moment)
        if not (self.waiting or today.offered or offered_24h):
            return None
        promised = {"threshold_s": standard.threshold_s, "goal": standard.goal, "variant": standard.variant.value}
        board: dict[str, Any] = {
            **self._counts(today, [since for since, _ in self.waiting.values()]),
            "service_level": self._recent(moment.minute) | promised,
            "connect_24h": {"n": answered_24h, "of": offered_24h},
        }
        if (effort := effort_of(today)) is not None:
            if (aht_s := handle_time_s(effort)) is not None:
                board["aht_s"] = round(aht_s, 1)
            busy = occupancy(effort, None if first_handled is None else moment.minute - 15 * first_handled)
            board["occupancy"] = None if busy is None else round(busy, 3)
        if standard.by_language:
            board["languages"] = self._by_language(today)
        return board

    def _counts(self, interval: Interval, waiting: list[datetime]) -> dict[str, Any]:
        """What is told of calls of a day and of those who wait, of a channel or of one language on it."""
        return {
            "waiting": len(waiting),
            "waiting_since": _iso(min(waiting)) if waiting else None,
            "offered": interval.offered,
            "answered": interval.answered,
            "abandoned": interval.abandoned,
            "short_abandoned": interval.short,
            "service_level_today": level(self.standard.variant, waits_of(interval)),
            "asa_s": average_wait_s(interval),
            "p90_wait_s": percentile_wait_s(interval),
        }

    def _by_language(self, today: Interval) -> dict[str, Any]:
        """The same by language, of those in which somebody called today or waits."""
        waiting: dict[str, list[datetime]] = {}
        for since, tongue in self.waiting.values():
            waiting.setdefault(tongue, []).append(since)
        called = {tongue for tongue, interval in today.tongues.items() if interval.offered}
        return {
            tongue: self._counts(today.tongues.get(tongue, Interval()), waiting.get(tongue, []))
            for tongue in sorted({*waiting, *called})
        }

    def _sums(self, moment: Moment) -> tuple[Interval, tuple[int, int], int | None]:
        """(calls of today, (answered, offered) of 24 hours, today's first quarter in which a contact ended)."""
        quarter = moment.minute // 15
        first, live = moment.first_quarter, quarter - LIVE_QUARTERS
        if self._settled_for != (first, live):
            self._settle(first, quarter - QUARTERS_24H, live)
        today = Interval()
        today.add(self._settled)
        (answered, offered), first_handled = self._settled_24h, self._settled_first
        for number in range(live, quarter + 2):  # one ahead: the clocks of sources may be
            interval = self.quarters.get(number)
            if interval is not None:
                answered, offered = answered + interval.answered, offered + interval.offered
                if number >= first:
                    today.add(interval)
                    if interval.handled and first_handled is None:
                        first_handled = number
        return today, (answered, offered), first_handled

    def _settle(self, first: int, first_24h: int, live: int) -> None:
        """Sum what lies before the live quarters."""
        today, answered, offered = Interval(), 0, 0
        handled = []
        for number, interval in self.quarters.items():
            if first <= number < live:
                today.add(interval)
                handled += [number] if interval.handled else []
            if first_24h <= number < live:
                answered, offered = answered + interval.answered, offered + interval.offered
        self._settled, self._settled_24h, self._settled_for = today, (answered, offered), (first, live)
        self._settled_first = min(handled, default=None)

    def _recent(self, minute: int) -> dict[str, int]:
        """The service level of waits that ended in the last 30 minutes, this one included."""
        n = of = 0
        for at in range(minute - RECENT_M + 1, minute + MINUTES_AHEAD + 1):
            interval = self.quarters.get(at // 15)
            if interval is not None:
                of += interval.judged.get(at % 15, 0)
                n += interval.met.get(at % 15, 0)
        return {"n": n, "of": of}


def tongue_in(call: Call) -> str:
    """The main language of a call."""
    return tongue_of(call.language) or UNKNOWN_TONGUE


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
