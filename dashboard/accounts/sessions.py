"""Sessions of people, kept on the server: beginning, locking, ending, here or everywhere.

A browser holds a random id; Redis holds its digest, the session's mark. So a copy of Redis opens no session, and
everything but the cookie speaks of marks.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dashboard.accounts.audit import Actor, Audit, Record, Step
from streams.codec import encode

UNSEEN = timedelta(hours=12)  # then a session is over
DISPATCHER = "dispatcher"  # the role whose desk locks itself
LEFT_ALONE = timedelta(minutes=15)  # a dispatcher's page that was away for so long comes back locked
TOUCH_EVERY = timedelta(seconds=20)
MOST_TOUCHED = 10_000
MOST_AGENT = 200


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One session: whose, since when, from where, and whether its desk is locked."""

    mark: str
    name: str
    roles: tuple[str, ...]
    bodies: tuple[str, ...] = ()
    locale: str
    began_at: datetime
    peer: str = ""
    agent: str = ""
    locked_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.name, self.roles[0], self.peer, self.mark)


class Ended(Exception):
    """The session, or the right to begin it, ended meanwhile."""


def mark_of(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """All sessions of one city."""

    def __init__(self, audit: Audit, is_needed: Callable[[str], bool] = lambda name: False) -> None:
        """`is_needed(name)`: whether someone owns what must not be left alone; such sessions do not run out."""
        self.audit = audit
        self._client: Any = audit.client
        self.is_needed = is_needed
        self._touched: dict[str, datetime] = {}
        self.key, self.seen_key = audit.keys.of("sessions"), audit.keys.of("sessions-seen")

    # beginning and ending

    def begin(self, person: Any, peer: str, agent: str = "") -> str:
        """Begin a session for someone whose password was checked; its id, which is kept nowhere.

        Raises Ended when the person was disabled, or the password changed, since `person` was read.
        """
        session_id, now = secrets.token_urlsafe(32), self.audit.now()
        session = Session(
            mark=mark_of(session_id),
            name=person.name,
            roles=person.roles,
            bodies=person.bodies,
            locale=person.locale,
            began_at=now,
            peer=peer,
            agent=agent[:MOST_AGENT],
        )

        def decide(redis: Any) -> Step[None]:
            raw = redis.hget(self._people_key, person.key)
            if raw is None or msgspec.json.decode(raw, type=_Version) != _Version(person.version, False):
                raise Ended("the account was changed meanwhile")
            writes = [("HSET", self.key, session.mark, encode(session)), self._seen(session.mark, now)]
            return Step(None, [Record(session.actor, "session.began", person.name)], writes)

        self.audit.commit(decide, self._people_key)
        return session_id

    def end(self, mark: str, by: Actor | None = None) -> bool:
        """End one session; whether there was one."""

        def decide(redis: Any) -> Step[bool]:
            session = _read(redis.hget(self.key, mark))
            if session is None:
                return Step(False)
            record = Record(by or session.actor, "session.ended", session.name)
            return Step(True, [record], self.ending([mark]))

        return self.audit.commit(decide, self.key)[0]

    def ending(self, marks: Iterable[str]) -> list[tuple[Any, ...]]:
        """What to write so that these sessions are over; for transactions that end them with something else."""
        gone = tuple(marks)
        return [("HDEL", self.key, *gone), ("HDEL", self.seen_key, *gone)] if gone else []

    def marks_of(self, redis: Any, name: str) -> list[str]:
        """Marks of all sessions of `name`, read with the client of a transaction that watches `key`."""
        return [session.mark for session in map(_read, redis.hvals(self.key)) if session and session.name == name]

    def sweep(self) -> int:
        """End the sessions that ran out, and forget when those were seen that are over; how many ended."""
        seen = set(self._client.hkeys(self.seen_key))  # read first: a session that begins now is not in it
        strays = seen - set(self._client.hkeys(self.key))
        if strays:
            self._client.hdel(self.seen_key, *strays)
        alive = {session.mark for session in self.all()}
        gone = [mark for raw in self._client.hkeys(self.key) if (mark := raw.decode()) not in alive]
        return sum(self.end(mark, Actor("clock")) for mark in gone)

    # looking

    def find(self, mark: str) -> Session | None:
        """The session behind a mark, None when it ended or ran out."""
        raw, seen = self._read_many([mark])[0]
        return self._alive(raw, seen)

    def come_back(self, mark: str) -> Session | None:
        """The same for whoever asks with it: a dispatcher's that was left alone, its page closed or its machine asleep,
        is locked from now on."""
        raw, seen = self._read_many([mark])[0]
        session = self._alive(raw, seen)
        is_desk = session is not None and DISPATCHER in session.roles
        if session is None or not is_desk or session.locked_at:
            return session
        if self.audit.now() - _last(session, seen) < LEFT_ALONE:
            return session
        try:
            return self.lock(mark)
        except Ended:
            return None

    def all(self) -> list[Session]:
        """Every session that lives, the oldest first."""
        marks = [raw.decode() for raw in self._client.hkeys(self.key)]
        found = [self._alive(raw, seen) for raw, seen in self._read_many(marks)]
        return sorted((session for session in found if session), key=lambda s: (s.began_at, s.mark))

    def living(self, marks: Iterable[str]) -> set[str]:
        """Which of these sessions live: what a socket asks for all it serves at once."""
        wanted = list(marks)
        return {mark for mark, kept in zip(wanted, self._read_many(wanted), strict=True) if self._alive(*kept)}

    def seen_at(self, marks: Iterable[str]) -> dict[str, datetime]:
        """When each of these sessions was last heard of."""
        wanted = list(marks)
        values = self._client.hmget(self.seen_key, wanted) if wanted else []
        return {mark: _instant(raw) for mark, raw in zip(wanted, values, strict=True) if raw is not None}

    def touch(self, marks: Iterable[str]) -> None:
        """Note that these sessions were heard of now: a request came, or a socket of theirs is open."""
        now = self.audit.now()
        due = [mark for mark in marks if (last := self._touched.get(mark)) is None or now - last >= TOUCH_EVERY]
        if not due:
            return
        if len(self._touched) >= MOST_TOUCHED:
            self._touched.clear()
        self._touched.update(dict.fromkeys(due, now))
        self._client.hset(self.seen_key, mapping=dict.fromkeys(due, now.isoformat()))

    # locking

    def lock(self, mark: str) -> Session:
        """Hide texts and refuse acts until `unlock`. Raises Ended."""
        return self._relocked(mark, self.audit.now(), "session.locked")

    def unlock(self, mark: str) -> Session:
        """Open a locked session; whoever calls has checked the PIN or the password. Raises Ended."""
        return self._relocked(mark, None, "session.unlocked")

    def _relocked(self, mark: str, locked_at: datetime | None, what: str) -> Session:
        def decide(redis: Any) -> Step[Session]:
            session = _read(redis.hget(self.key, mark))
            if session is None:
                raise Ended("the session is over")
            if (session.locked_at is None) == (locked_at is None):
                return Step(session)
            changed = msgspec.structs.replace(session, locked_at=locked_at)
            record = Record(session.actor, what, session.name)
            return Step(changed, [record], [("HSET", self.key, mark, encode(changed))])

        return self.audit.commit(decide, self.key)[0]

    # helpers

    def _read_many(self, marks: list[str]) -> list[tuple[bytes | None, bytes | None]]:
        if not marks:
            return []
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hmget(self.key, marks)
            pipe.hmget(self.seen_key, marks)
            sessions, seen = pipe.execute()
        return list(zip(sessions, seen, strict=True))

    def _alive(self, raw: bytes | None, seen: bytes | None) -> Session | None:
        session = _read(raw)
        if session is None:
            return None
        if self.audit.now() - _last(session, seen) < UNSEEN or self.is_needed(session.name):
            return session
        return None

    def _seen(self, mark: str, at: datetime) -> tuple[Any, ...]:
        return ("HSET", self.seen_key, mark, at.isoformat())

    @property
    def _people_key(self) -> str:
        return self.audit.keys.of("people")


class _Version(msgspec.Struct, frozen=True):
    """Of an account, what ends the right to begin a session."""

    version: int
    disabled: bool = False


def _read(raw: bytes | None) -> Session | None:
    return None if raw is None else msgspec.json.decode(raw, type=Session)


def _last(session: Session, seen: bytes | None) -> datetime:
    """When it was last heard of."""
    return _instant(seen) if seen else session.began_at


def _instant(raw: bytes) -> datetime:
    return datetime.fromisoformat(raw.decode())
