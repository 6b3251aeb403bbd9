"""Who is at which position now, as the accounts say: an alarm at an empty one must not wait for anybody to sit down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import redis

from dashboard.accounts.audit import Audit
from dashboard.accounts.positions import Positions, Presence, Standing, covers
from dashboard.accounts.sessions import Sessions
from streams.keys import Keys

EVERY_S = 2.0


class Attendance:
    """Positions as read a moment ago; nobody asks more often than an alarm needs it."""

    def __init__(self, client: redis.Redis, keys: Keys, wall: Callable[[], datetime], monotonic: Callable[[], float]):
        self._positions = Positions(Sessions(Audit(client, keys, now=wall)))
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._standing: dict[str, Standing] = {}

    def is_attended(self, sector: str) -> bool:
        """Whether somebody hears an alarm of a sector; "" is everybody's. A locked desk still sounds."""
        standing = self._now()
        position = self.position_of(sector)
        if position in standing:
            return _hears(standing[position])
        return not sector and any(map(_hears, standing.values()))

    def position_of(self, sector: str) -> str:
        """The held position that a sector belongs to, or the sector itself while nobody has it."""
        standing = self._now()
        return next((position for position in standing if covers(position, sector, standing.keys())), sector)

    def holder_of(self, sector: str) -> str:
        """The name of who has a sector, there or not; "" for nobody."""
        known = self._now().get(self.position_of(sector))
        return known.holding.name if known is not None and known.holding is not None else ""

    def _now(self) -> dict[str, Standing]:
        at = self._monotonic()
        if self._read_at is None or at - self._read_at >= EVERY_S or at < self._read_at:
            self._standing = {known.position: known for known in self._positions.standing()}
            self._read_at = at
        return self._standing


def _hears(standing: Standing) -> bool:
    return standing.presence is not Presence.UNATTENDED
