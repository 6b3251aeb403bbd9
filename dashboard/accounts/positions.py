"""Positions: which sector is looked after by whom, at which desk, and whether anybody is there now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from dashboard.accounts.audit import Actor, Audit, Record, Step
from dashboard.accounts.sessions import Sessions
from streams.codec import encode
from streams.keys import Keys

# The position of whoever looks after all that no other position covers: also what has no place yet.
WHOLE_CITY = "city"
# The position of whoever leads the floor of the hotline. No area is called so.
FLOOR = "hotline"
# A desk with an open page is heard of every few seconds; after this long nobody hears an alarm there.
ABSENT_AFTER = timedelta(minutes=2)
MOST_NAME = 100


class Presence(StrEnum):
    ATTENDED = "attended"
    LOCKED = "locked"  # alarms still sound at this desk, but nobody acted for a while
    UNATTENDED = "unattended"


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks after a position (a sector), at which desk, since when; `session` is the mark of that desk."""

    position: str
    name: str
    desk: str = ""
    since: datetime
    session: str = ""

    def shown(self) -> dict[str, Any]:
        return {"name": self.name, "desk": self.desk, "since": self.since}


@dataclass(frozen=True)
class Standing:
    """A position and whether somebody is there. Without a holding it is free."""

    position: str
    presence: Presence
    holding: Holding | None = None


class NotYours(Exception):
    """The position cannot be taken, left or handed over like this; the message says why, `holding` who has it."""

    def __init__(self, why: str, holding: Holding | None = None) -> None:
        super().__init__(why)
        self.holding = holding


class Positions:
    """All positions of one city: one person at each, any number of them with one person."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions: Sessions = sessions
        self.audit: Audit = sessions.audit
        self._client: Any = self.audit.client
        self.key = _key(self.audit.keys)

    # looking

    def holdings(self) -> dict[str, Holding]:
        """Position -> who has it."""
        return read_holdings(self._client, self.audit.keys)

    def of(self, name: str) -> list[str]:
        """The positions of one person."""
        return [position for position, holding in self.holdings().items() if holding.name == name]

    def standing(self, positions: Iterable[str] = ()) -> list[Standing]:
        """Every held position, and those named, with whether somebody is there now."""
        holdings = self.holdings()
        here = self._presences(holdings.values())
        names = sorted({*holdings, *positions})
        return [Standing(name, here.get(name, Presence.UNATTENDED), holdings.get(name)) for name in names]

    def unattended(self, positions: Iterable[str] = ()) -> list[str]:
        """Positions where an alarm would reach nobody."""
        return [s.position for s in self.standing(positions) if s.presence is Presence.UNATTENDED]

    def _presences(self, holdings: Iterable[Holding]) -> dict[str, Presence]:
        held = list(holdings)
        seen_at, now = self.sessions.seen_at(h.session for h in held), self.audit.now()
        return {h.position: self._presence(h, seen_at.get(h.session), now) for h in held}

    def _presence(self, holding: Holding, seen_at: datetime | None, now: datetime) -> Presence:
        session = self.sessions.find(holding.session)
        if session is None or seen_at is None or now - seen_at > ABSENT_AFTER:
            return Presence.UNATTENDED
        return Presence.LOCKED if session.locked_at else Presence.ATTENDED

    # acting

    def take(self, by: Actor, position: str, desk: str = "") -> Holding:
        """Sit down at a position that is free, one's own, or left alone by whoever has it. Raises NotYours."""
        _check(position, desk)

        def decide(redis: Any) -> Step[Holding]:
            before = _read(redis.hget(self.key, position))
            if before and before.name != by.name and position not in self.unattended():
                raise NotYours(f"{before.name} is at {position}; it can be handed over, not taken", before)
            after = Holding(position=position, name=by.name, desk=desk, since=self.audit.now(), session=by.session)
            if before and (before.name, before.desk, before.session) == (by.name, desk, by.session):
                return Step(before)
            record = Record(by, "position.taken", position, before and before.shown(), after.shown())
            return Step(after, [record], [self.kept(after)])

        return self.audit.commit(decide, self.key)[0]

    def leave(self, by: Actor, position: str) -> None:
        """Get up from one's own position; it is unattended then. Raises NotYours."""

        def decide(redis: Any) -> Step[None]:
            before = held_by(by.name, redis.hget(self.key, position), position)
            record = Record(by, "position.left", position, before.shown(), None)
            return Step(None, [record], [("HDEL", self.key, position)])

        self.audit.commit(decide, self.key)

    def hand_over(self, giver: str, to: Actor, positions: Sequence[str], desk: str = "") -> list[Holding]:
        """All of `positions` pass from `giver` to who accepts them (`to`), or none. Raises NotYours."""

        def decide(redis: Any) -> Step[list[Holding]]:
            after, records, writes = self.passing(redis, giver, to, positions, desk)
            return Step(after, records, writes)

        return self.audit.commit(decide, self.key)[0]

    def passing(
        self, redis: Any, giver: str, to: Actor, positions: Sequence[str], desk: str = ""
    ) -> tuple[list[Holding], list[Record], list[tuple[Any, ...]]]:
        """What a hand-over changes, for a transaction that watches `key`. Raises NotYours."""
        if giver == to.name:
            raise NotYours("whoever hands over cannot accept")
        before = [held_by(giver, redis.hget(self.key, position), position) for position in positions]
        now = self.audit.now()
        after = [Holding(position=b.position, name=to.name, desk=desk, since=now, session=to.session) for b in before]
        records = [
            Record(to, "position.handed_over", a.position, b.shown(), a.shown())
            for b, a in zip(before, after, strict=True)
        ]
        return after, records, [self.kept(holding) for holding in after]

    def kept(self, holding: Holding) -> tuple[Any, ...]:
        return ("HSET", self.key, holding.position, encode(holding))


def read_holdings(redis: Any, keys: Keys) -> dict[str, Holding]:
    """Position -> who has it, in the order of names."""
    found = [_decode(raw) for raw in redis.hvals(_key(keys))]
    return {holding.position: holding for holding in sorted(found, key=lambda h: h.position)}


def covers(position: str, area: str, held: Collection[str]) -> bool:
    """Whether what happens in `area` (empty: nobody knows where) belongs to `position`; `held`: all that are held."""
    return position == area or (position == WHOLE_CITY and area not in held)


def held_by(name: str, raw: bytes | None, position: str) -> Holding:
    """The holding, if it is that of `name`. Raises NotYours."""
    holding = _read(raw)
    if holding is None:
        raise NotYours(f"nobody is at {position}")
    if holding.name != name:
        raise NotYours(f"{holding.name} is at {position}, not {name}", holding)
    return holding


def _key(keys: Keys) -> str:
    return keys.of("positions")


def _decode(raw: bytes) -> Holding:
    return msgspec.json.decode(raw, type=Holding)


def _read(raw: bytes | None) -> Holding | None:
    return None if raw is None else _decode(raw)


def _check(*names: str) -> None:
    position, desk = names
    if not 0 < len(position) <= MOST_NAME or len(desk) > MOST_NAME or not (position + desk).isprintable():
        raise NotYours(f"a position and a desk have 1 to {MOST_NAME} printable characters")
