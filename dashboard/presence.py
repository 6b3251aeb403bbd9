"""Who is at the desks now and what each looks at, told to every desk of every web process.

Each socket of a signed-in person has a field in one Redis hash; all processes read it a few times a second, and tell
their desks the whole of it when it changed. Nothing of this is state of the city: it is forgotten with the socket.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis
import structlog

from dashboard.accounts.positions import Positions
from dashboard.roles import ROLES, Permission, Principal
from streams.codec import encode
from streams.keys import Keys

log = structlog.get_logger("presence")

EVERY_S = 0.25
BEAT_EVERY = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(seconds=30)  # of a process that was killed and took its sockets with it
SELECTED = re.compile(r"(incident|unit):[^\x00-\x1f]{1,200}|")
KEY_SHOWN = 12  # as in the audit: enough of a session's mark to tell desks apart, too little to find one


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """One socket of a desk: whose, and what was chosen there when."""

    mark: str
    who: str
    selected: str = ""
    at: datetime


def is_desk(principal: Principal) -> bool:
    """Whether somebody is shown among the desks and told of them: a person who may read incidents, locked or not."""
    return bool(principal.session) and any(Permission.READ_INCIDENTS in ROLES[role] for role in principal.roles)


def shown(sittings: Iterable[Sitting], positions: Mapping[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Desk -> {who, position, selected, at}. Of several windows of one desk the one that chose last counts."""
    newest: dict[str, Sitting] = {}
    for sitting in sorted(sittings, key=lambda s: s.at):
        newest[sitting.mark[:KEY_SHOWN]] = sitting
    return {
        desk: {
            "who": sitting.who,
            "position": ", ".join(positions.get(sitting.who, [])),
            "selected": sitting.selected,
            "at": sitting.at,
        }
        for desk, sitting in sorted(newest.items())
    }


@dataclass
class Presence:
    """The desks of one web process, and the view of all. `send(sid, picture)` reaches one of its sockets."""

    client: redis.Redis
    keys: Keys
    positions: Positions
    now: Callable[[], datetime]
    send: Callable[[str, dict[str, Any]], None]
    _mine: dict[str, Principal] = field(default_factory=dict)
    _chosen: dict[str, str] = field(default_factory=dict)  # since the last turn: a flood costs one write per socket
    _left: set[str] = field(default_factory=set)
    _told: dict[str, Any] = field(default_factory=dict)  # socket -> the picture it has
    _beat_at: datetime | None = None

    # what sockets do; nothing here waits for Redis

    def join(self, sid: str, principal: Principal) -> None:
        if is_desk(principal):
            self._mine[sid] = principal
            self._chosen[sid] = ""

    def leave(self, sid: str) -> None:
        if self._mine.pop(sid, None) is not None:
            self._chosen.pop(sid, None)
            self._told.pop(sid, None)
            self._left.add(sid)

    def select(self, sid: str, selected: Any) -> bool:
        """Note what a socket's desk looks at; whether it was understood."""
        if sid not in self._mine or not isinstance(selected, str) or not SELECTED.fullmatch(selected):
            return False
        self._chosen[sid] = selected
        return True

    # what a request does: a page may have no hand on its own socket

    def select_for(self, principal: Principal, sid: str, selected: str) -> bool:
        """The same for a socket of any process; False when it is not one of this person's."""
        raw: Any = self._redis.hget(self._key, sid)
        known = _read(raw)
        if known is None or known.mark != principal.session or not SELECTED.fullmatch(selected):
            return False
        changed = msgspec.structs.replace(known, selected=selected, at=self.now())
        self._redis.hset(self._key, sid, encode(changed))
        return True

    # the turn

    def turn(self) -> None:
        """Write what changed here, read what is true everywhere, tell it to those who have not been told."""
        self._write()
        if not self._mine:
            return
        picture = self.picture()
        for sid, principal in list(self._mine.items()):
            if self._told.get(sid) != picture:
                self._told[sid] = picture
                own = principal.session[:KEY_SHOWN]
                self.send(sid, {desk: told | {"mine": desk == own} for desk, told in picture.items()})

    def picture(self) -> dict[str, dict[str, Any]]:
        """All desks as of now."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._key)
            pipe.hgetall(self._beats_key)
            sittings, beats = pipe.execute()
        fresh = self.now() - FORGOTTEN_AFTER
        alive = [found for sid, raw in sittings.items() if _instant(beats.get(sid)) > fresh and (found := _read(raw))]
        held: dict[str, list[str]] = {}
        for position, holding in self.positions.holdings().items() if alive else ():
            held.setdefault(holding.name, []).append(position)
        return shown(alive, held)

    def _write(self) -> None:
        now = self.now()
        is_due = self._beat_at is None or now - self._beat_at >= BEAT_EVERY
        if not (self._chosen or self._left or (is_due and self._mine)):
            return
        chosen, left = dict(self._chosen), set(self._left)
        with self._redis.pipeline(transaction=True) as pipe:
            for sid, selected in chosen.items():
                principal = self._mine[sid]
                sitting = Sitting(mark=principal.session, who=principal.name, selected=selected, at=now)
                pipe.hset(self._key, sid, encode(sitting))
            for sid in self._mine if is_due else chosen:
                pipe.hset(self._beats_key, sid, now.isoformat())
            if left:
                pipe.hdel(self._key, *left)
                pipe.hdel(self._beats_key, *left)
            pipe.execute()
        self._chosen = {sid: choice for sid, choice in self._chosen.items() if chosen.get(sid) != choice}
        self._left -= left
        if is_due:
            self._beat_at = now
            self._bury(now)

    def _bury(self, now: datetime) -> None:
        """Forget sockets whose process died without a word."""
        beats: Any = self._redis.hgetall(self._beats_key)
        gone = [sid for sid, raw in beats.items() if _instant(raw) <= now - FORGOTTEN_AFTER]
        if gone:
            self._redis.hdel(self._key, *gone)
            self._redis.hdel(self._beats_key, *gone)

    @property
    def _redis(self) -> Any:
        return self.client

    @property
    def _key(self) -> str:
        return self.keys.of("presence")

    @property
    def _beats_key(self) -> str:
        return self.keys.of("presence-seen")


def keep_telling(presence: Presence, sleep: Callable[[float], None]) -> None:
    """Turn for ever; a lost Redis is waited for."""
    while True:
        sleep(EVERY_S)
        try:
            presence.turn()
        except redis.RedisError as error:
            log.warning("presence out of reach, trying again", error=str(error))


def _read(raw: bytes | None) -> Sitting | None:
    return None if raw is None else msgspec.json.decode(raw, type=Sitting)


def _instant(raw: bytes | None) -> datetime:
    return datetime.fromisoformat(raw.decode()) if raw else datetime.min.replace(tzinfo=UTC)
