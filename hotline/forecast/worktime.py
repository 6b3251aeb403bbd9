"""Time as work goes: an hour counts by how many cases are usually closed in that hour of the week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from hotline.forecast.columns import HOUR_S, Floats

WEEK_H = 168
# So much of an average hour counts also where nothing was ever closed: somebody may come in.
FLOOR = 0.05
FULL = 300  # closings from which on half of what they say of the week is believed
_MONDAY = 72  # hours from the first Monday's midnight back to 1970, which began on a Thursday


class WorkTime:
    """Worked hours as a function of the instant: an average hour of the week counts one, so a week counts 168.

    `weights`: 168 values, mean 1, from Monday 00:00 of the zone's own clock.
    """

    def __init__(self, weights: Floats, zone: str) -> None:
        self.weights, self.zone = weights, zone
        self._within = np.concatenate(([0.0], np.cumsum(weights)))

    @classmethod
    def learnt(cls, closed: Floats, since: float, until: float, zone: str) -> WorkTime:
        """From the instants of closings (seconds since 1970) between two others; few of them leave every hour nearly
        alike. An hour of the week that came up more often between the two has more closings for that: they are divided.
        """
        there = closed[(closed > since) & (closed <= until)]
        seen = _by_hour(there, zone) / np.maximum(_by_hour(np.arange(since, until, HOUR_S), zone), 1.0)
        believed = len(there) / (len(there) + FULL)
        shape = seen / seen.mean() if len(there) else np.ones(WEEK_H)
        weights = np.maximum(believed * shape + (1 - believed), FLOOR)
        return cls(weights / weights.mean(), zone)

    def at(self, instants: Floats) -> Floats:
        """Worked hours up to each instant, in seconds since 1970. Differences of two mean something, values nothing."""
        hours = local_hours(instants, self.zone) + _MONDAY
        weeks, within = np.divmod(hours, WEEK_H)
        return weeks * WEEK_H + np.interp(within, np.arange(WEEK_H + 1), self._within)


def _by_hour(instants: Floats, zone: str) -> Floats:
    """How many instants lie in each hour of the week."""
    hours = np.floor(local_hours(instants, zone)).astype(np.int64)
    return np.bincount((hours + _MONDAY) % WEEK_H, minlength=WEEK_H).astype(float)


def local_hours(instants: Floats, zone: str) -> Floats:
    """Hours since 1970 as the zone's clock counts them. A day on which the clock changes has one offset throughout."""
    days = np.floor(instants / 86_400).astype(np.int64)
    known, which = np.unique(days, return_inverse=True)
    offsets = np.array([_offset_h(int(day), ZoneInfo(zone)) for day in known], dtype=float)
    return instants / HOUR_S + (offsets[which] if len(known) else 0.0)


def _offset_h(day: int, zone: ZoneInfo) -> float:
    noon = datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    return (noon.astimezone(zone).utcoffset() or timedelta()).total_seconds() / HOUR_S
