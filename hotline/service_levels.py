"""The service level in the five ways in which it is reckoned, each under its name, on the same calls.

They differ by several points (81, 83 and 86 % in callcentrehelper.com's example, "Service Level Threshold
Calculations"; three of them have names at wiki.wfmlabs.org, "Service Level"). A percentage without its variant says
little: whoever shows one prints the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from hotline.intervals import Interval

# What an agent does counts when it is over. At first only contacts that ended are seen, not the waiting that goes on,
# and everybody looks busy all the time: half an hour is longer than most waits and several contacts long.
LEAST_OBSERVED_M = 30


class Variant(StrEnum):
    """How calls that were given up count."""

    IGNORED = "ignored"  # not at all: answered_within_T / answered
    OFFERED = "offered"  # each against: answered_within_T / (answered + abandoned)
    REMOVED = "removed"  # those after T against, earlier ones not at all: the one that this product shows
    POSITIVE = "positive"  # those within T as if served in time: (answered_within_T + abandoned_within_T) / offered
    SHORT = "short"  # only the short ones as if served in time, all others against


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Calls whose wait is over. `within`, `gave_up_within` and `gave_up_short` are parts of the two totals."""

    answered: int
    abandoned: int
    within: int  # answered within T
    gave_up_within: int  # abandoned within T
    gave_up_short: int = 0  # abandoned within the shorter time that counts as a change of mind


_LEVELS: dict[Variant, Callable[[Waits], tuple[int, int]]] = {
    Variant.IGNORED: lambda w: (w.within, w.answered),
    Variant.OFFERED: lambda w: (w.within, w.answered + w.abandoned),
    Variant.REMOVED: lambda w: (w.within, w.answered + w.abandoned - w.gave_up_within),
    Variant.POSITIVE: lambda w: (w.within + w.gave_up_within, w.answered + w.abandoned),
    Variant.SHORT: lambda w: (w.within + w.gave_up_short, w.answered + w.abandoned),
}
FORMULAS: dict[Variant, str] = {
    Variant.IGNORED: "answered_within_T / answered",
    Variant.OFFERED: "answered_within_T / (answered + abandoned)",
    Variant.REMOVED: "answered_within_T / (answered + abandoned_after_T)",
    Variant.POSITIVE: "(answered_within_T + abandoned_within_T) / (answered + abandoned)",
    Variant.SHORT: "(answered_within_T + short_abandoned) / (answered + abandoned)",
}


def level(variant: Variant, waits: Waits) -> dict[str, int]:
    """`n` of `of` callers served in time, as this variant counts them."""
    n, of = _LEVELS[variant](waits)
    return {"n": n, "of": of}


def levels(waits: Waits) -> dict[str, dict[str, int]]:
    """All five, by name."""
    return {variant.value: level(variant, waits) for variant in Variant}


def waits_of(interval: Interval) -> Waits:
    """What an interval of a channel counted, as the variants need it."""
    return Waits(
        answered=interval.answered,
        abandoned=interval.abandoned,
        within=interval.within,
        gave_up_within=interval.abandoned - interval.late,
        gave_up_short=interval.short,
    )


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """Agents' time by what they did, in seconds, and the calls that they handled in it."""

    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    available_s: float = 0.0
    handled: int = 0

    @property
    def busy_s(self) -> float:
        return self.talk_s + self.hold_s + self.wrap_up_s


def occupancy(effort: Effort, observed_m: int | None = LEAST_OBSERVED_M) -> float | None:
    """Share (0 to 1) of the time at the desk that went into calls; None when nobody was there.

    `observed_m`: for how many minutes agents were seen, None for not at all. Of less than `LEAST_OBSERVED_M` nothing
    is known yet.
    """
    if observed_m is None or observed_m < LEAST_OBSERVED_M:
        return None
    there_s = effort.busy_s + effort.available_s
    return effort.busy_s / there_s if there_s > 0 else None


def first_contact(quarters: Mapping[datetime, Interval]) -> datetime | None:
    """The first of these quarters of an hour (by their first instant) in which a contact ended; None: in none."""
    return min((at for at, interval in quarters.items() if interval.handled), default=None)


def observed_m(quarters: Iterable[datetime], first: datetime | None, now: datetime) -> int | None:
    """Minutes since the first of these quarters with agents seen; `first` is the day's `first_contact`."""
    seen = min((at for at in quarters if first is not None and at >= first), default=None)
    return None if seen is None else (now - seen) // timedelta(minutes=1)


def effort_of(interval: Interval) -> Effort | None:
    """What agents did in an interval of a channel; None where nobody tells of agents."""
    spent = {state: ms / 1000 for state, ms in interval.spent.items()}
    return (
        Effort(
            talk_s=spent.get("talking", 0.0),
            hold_s=spent.get("holding", 0.0),
            wrap_up_s=spent.get("wrap_up", 0.0),
            available_s=spent.get("available", 0.0),
            handled=interval.handled,
        )
        if spent
        else None
    )


def handle_time_s(effort: Effort) -> float | None:
    """AHT, talk, hold and wrap-up a call, in seconds; None without a call."""
    return effort.busy_s / effort.handled if effort.handled else None


class Peak(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The local clock hours that count as peak, from `start_h` up to (not including) `end_h`; by default by day."""

    start_h: Annotated[int, msgspec.Meta(ge=0, le=23)] = 9
    end_h: Annotated[int, msgspec.Meta(ge=1, le=24)] = 18

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        return self.start_h <= at.astimezone(zone).hour < self.end_h


def peak_and_off(quarters: dict[datetime, Interval], zone: ZoneInfo, peak: Peak | None = None) -> dict[str, Interval]:
    """The intervals (by their first instant, aware) of one channel summed as `peak` and `off_peak`: never one mean."""
    known = peak or Peak()
    sums = {"peak": Interval(), "off_peak": Interval()}
    for at, interval in quarters.items():
        sums["peak" if known.holds(at, zone) else "off_peak"].add(interval)
    return sums


def by_interval(quarters: dict[datetime, Interval], minutes: int) -> dict[datetime, Interval]:
    """Quarters of an hour (by their first instant) as intervals of 15 or 30 minutes. Raises ValueError for others."""
    if minutes not in (15, 30):
        raise ValueError("minutes: 15 or 30")
    found: dict[datetime, Interval] = {}
    for at, interval in sorted(quarters.items()):
        start = at - timedelta(minutes=at.minute % minutes, seconds=at.second, microseconds=at.microsecond)
        found.setdefault(start, Interval()).add(interval)
    return found
