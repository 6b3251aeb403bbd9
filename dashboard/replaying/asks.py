"""How a page's question about a past instant reaches the process that answers it, and how the answer comes back.

Folding an hour of facts takes seconds of processor time, so no web process does it. Both sides meet in Redis: a list of
questions, and for each an answer that is kept a while, so that several screens at one instant cost one fold.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import msgspec
import redis

from streams.codec import encode
from streams.keys import Keys

KEPT_S = 60  # an answer
REFUSAL_KEPT_S = 2  # the archive grows: what it cannot tell now it may tell soon
WAIT_S = 9.0  # less than a page's own patience, so that it hears the reason
LOOK_S = 0.03
MOST_WAITING = 40
OK, NOT_KNOWN, NOT_HERE = 200, 404, 501


Topics: TypeAlias = tuple[tuple[str, str], ...]


class Ask(msgspec.Struct, frozen=True):
    """One question: these topics `(as asked, as served)` at an instant, or `what` a desk asks besides, with its
    arguments. Nobody waits any more after `until` (Unix).
    """

    id: str
    at: datetime
    topics: Topics
    until: float
    what: str = ""
    asked: dict[str, Any] = {}


class Answer(NamedTuple):
    """An HTTP status and a JSON object, gzipped."""

    status: int
    body: bytes


class TooMany(Exception):
    """More questions wait than can be answered in time."""


class NoAnswer(Exception):
    """Nothing came in time: the process is away, or the instant takes longer to build."""


def asks_key(keys: Keys) -> str:
    """List: questions, the oldest first."""
    return keys.of("replay-asks")


def answer_key(keys: Keys, ask_id: str) -> str:
    """Hash: status and body."""
    return keys.of("replay-answer", ask_id)


def ask_of(at: datetime, topics: Topics, until: float, what: str = "", asked: Mapping[str, Any] | None = None) -> Ask:
    """The same question has the same id, whoever asks."""
    more = dict(sorted((asked or {}).items()))
    digest = hashlib.sha256(encode([at, topics, what, more])).hexdigest()[:32]
    return Ask(digest, at, topics, until, what, more)


def zipped(body: Any) -> bytes:
    """A body as JSON, gzipped; bytes are taken as they are."""
    return gzip.compress(body if isinstance(body, bytes) else encode(body), 4)


def refusal(status: int, reason: str) -> Answer:
    """In the shape of every refusal of the live side."""
    return Answer(status, zipped({"error": {"code": status, "message": reason}}))


@dataclass(frozen=True)
class Asking:
    """The asking side. `sleep` lets others work meanwhile."""

    client: redis.Redis
    keys: Keys
    sleep: Callable[[float], None]
    wait_s: float = WAIT_S
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time

    def picture(self, at: datetime, topics: Topics) -> Answer:
        """Topics at an instant. Raises TooMany or NoAnswer."""
        return self._answer(ask_of(at, topics, self.wall() + self.wait_s))

    def told(self, at: datetime, what: str, asked: Mapping[str, Any]) -> Answer:
        """What a desk asks of an instant besides its topics. Raises TooMany or NoAnswer."""
        return self._answer(ask_of(at, (), self.wall() + self.wait_s, what, asked))

    def _answer(self, ask: Ask) -> Answer:
        """Kept or new."""
        if (found := self._found(ask)) is not None:
            return found
        if self.client.llen(asks_key(self.keys)) >= MOST_WAITING:
            raise TooMany("the replay has more to do than it can in time; ask again soon")
        with self.client.pipeline(transaction=True) as pipe:
            pipe.rpush(asks_key(self.keys), encode(ask))
            pipe.expire(asks_key(self.keys), KEPT_S)
            pipe.execute()
        return self._wait(ask)

    def _wait(self, ask: Ask) -> Answer:
        end = self.monotonic() + self.wait_s
        while self.monotonic() < end:
            self.sleep(LOOK_S)
            if (found := self._found(ask)) is not None:
                return found
        raise NoAnswer("no picture in time: it is still being built, or `python -m dashboard replayer` does not run")

    def _found(self, ask: Ask) -> Answer | None:
        answer: Any = self.client.hmget(answer_key(self.keys, ask.id), ["status", "body"])
        status, body = answer
        return Answer(int(status), body) if status and body else None
