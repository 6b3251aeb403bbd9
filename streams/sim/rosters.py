"""Who is on duty when: shifts, breaks and days off of every agent, pure in the seed, the agent and the day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from streams.sim.profile import Duty, Profile
from streams.sim.randomness import salt, unit

DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_WORKDAYS = 5 / 7  # of an agent's days
_KEPT_DAYS = 3  # a shift may reach into the next day, and tomorrow's is known today
_ID = re.compile(r"A(\d{4,})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Shift(NamedTuple):
    """From when to when somebody works, and when they rest: milliseconds since 1970, ends excluded."""

    start_ms: int
    end_ms: int
    breaks: tuple[tuple[int, int], ...]


class _Post(NamedTuple):
    """An agent's place in the roster: the `rank`-th of `of` who share one line of it."""

    group: int
    duty: Duty
    rank: int
    of: int


class Rosters:
    """All agents of the floor. Days are numbered from 1970, by the local calendar."""

    def __init__(self, profile: Profile, seed: str, zone: tzinfo) -> None:
        self._plan, self._zone = profile.floor, zone
        self._salts = [salt(seed, f"shift {n}") for n in range(1 + len(profile.floor.breaks_min))]
        self._posts = list(_posts(profile))
        self.groups = [post.group for post in self._posts]
        self._shifts: list[list[Shift]] = [[] for _ in self._posts]

    def agent_id(self, number: int) -> str:
        return f"A{number + 1:04d}"

    def number_of(self, agent_id: str) -> int | None:
        """The agent's number, or None for an id that is none of ours."""
        match = _ID.fullmatch(agent_id)
        number = int(match.group(1)) - 1 if match else -1
        return number if 0 <= number < len(self._posts) else None

    def day_of(self, at_ms: int) -> int:
        """The local day of an instant."""
        return (at_ms + _offset_ms(at_ms // _HOUR_MS, self._zone)) // DAY_MS

    def prepare(self, day: int) -> Iterator[tuple[int, int]]:
        """Learn the shifts of a day, the days in order; yields (agent, instant at which their duty changes)."""
        midnight_ms = self._midnight_ms(day)
        is_weekend = (day + 3) % 7 >= 5
        for number, post in enumerate(self._posts):
            shifts = self._shifts[number]
            while shifts and shifts[0].end_ms < midnight_ms - (_KEPT_DAYS - 1) * DAY_MS:
                shifts.pop(0)
            needed = post.duty.weekend if is_weekend else post.duty.weekday
            # Who is off moves on by two sevenths of the line a day, so that everybody has days off in turn.
            if (post.rank + day * max(1, post.of * 2 // 7)) % post.of >= needed:
                continue
            shift = self._shift(number, post, day, midnight_ms)
            shifts.append(shift)
            for at_ms in (shift.start_ms, shift.end_ms, *(at for rest in shift.breaks for at in rest)):
                yield number, at_ms

    def state(self, number: int, at_ms: int) -> str:
        """`available`, `away` or `signed_out`: what the agent is when no call keeps them busy."""
        for shift in self._shifts[number]:
            if shift.start_ms <= at_ms < shift.end_ms:
                for start_ms, end_ms in shift.breaks:
                    if start_ms <= at_ms < end_ms:
                        return "away"
                return "available"
        return "signed_out"

    def _midnight_ms(self, day: int) -> int:
        """The beginning of a local day, by the offset that clocks have about then."""
        about_ms = day * DAY_MS - _offset_ms(day * DAY_MS // _HOUR_MS, self._zone)
        return day * DAY_MS - _offset_ms(about_ms // _HOUR_MS, self._zone)

    def _shift(self, number: int, post: _Post, day: int, midnight_ms: int) -> Shift:
        draws = [unit(s, day * 4096 + number) - 0.5 for s in self._salts]
        start_ms = midnight_ms + int((post.duty.start_h * 60 + draws[0] * self._plan.sign_in_spread_min) * _MINUTE_MS)
        end_ms = start_ms + int(post.duty.hours * _HOUR_MS)
        rests = []
        for (after_min, minutes), drawn in zip(self._plan.breaks_min, draws[1:], strict=True):
            rest_ms = start_ms + int((after_min + drawn * self._plan.break_spread_min) * _MINUTE_MS)
            if rest_ms + minutes * _MINUTE_MS < end_ms:
                rests.append((rest_ms, rest_ms + int(minutes * _MINUTE_MS)))
        return Shift(start_ms, end_ms, tuple(rests))


def _posts(profile: Profile) -> Iterator[_Post]:
    for number, group in enumerate(profile.floor.groups):
        for duty in group.roster:
            of = ceil(max(duty.weekday, duty.weekend) / _WORKDAYS)
            for rank in range(of):
                yield _Post(number, duty, rank, of)


@lru_cache(maxsize=4096)
def _offset_ms(hour: int, zone: tzinfo) -> int:
    offset = (_EPOCH + timedelta(hours=hour)).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) * 1000 if offset is not None else 0
