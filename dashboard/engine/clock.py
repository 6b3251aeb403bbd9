"""One clock per city: wall time, wall time shifted, or what the feed of a replay says."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec


class Mode(StrEnum):
    LIVE = "live"
    SIMULATION = "simulation"
    REPLAY = "replay"


class Clock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The city's time as committed. `at` never goes back, whatever the machine's clock does."""

    mode: Mode
    at: datetime
    speed: float | None = 1.0
    standing: bool = False  # a replay that has reached its end
    feed: str = ""  # the only source a replay listens to


def started(clock: Clock | None, mode: Mode, wall: datetime, start_at: datetime | None = None) -> Clock:
    """The clock an engine begins with: the committed one goes on, a new city starts at `start_at` or now.

    Raises ValueError when the city was made with another mode: its numbers would lie about time.
    """
    if clock is None:
        at = wall if mode is Mode.LIVE else (start_at or wall)
        return Clock(mode=mode, at=at, standing=mode is Mode.REPLAY, speed=None if mode is Mode.REPLAY else 1.0)
    if clock.mode is not mode:
        raise ValueError(f"this city runs as {clock.mode.value}; a {mode.value} needs a city or data folder of its own")
    return clock


class WallDriver:
    """Moves a live or simulated clock with the wall; a replay stands until its feed moves it."""

    def __init__(self, clock: Clock, wall: datetime):
        self.shift = timedelta() if clock.mode is Mode.LIVE else clock.at - wall

    def advanced(self, clock: Clock, wall: datetime) -> Clock:
        if clock.mode is Mode.REPLAY:
            return clock
        return msgspec.structs.replace(clock, at=max(clock.at, wall + self.shift))
