"""The process that makes pictures of the past, so that no web process folds facts. Unasked, it loads nothing.

It keeps the last past that it made and goes on from it: a page that plays asks for the next instant, not for a new
beginning.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import redis
import structlog

from dashboard.replaying.asks import (
    KEPT_S,
    NOT_HERE,
    NOT_KNOWN,
    OK,
    REFUSAL_KEPT_S,
    Answer,
    Ask,
    answer_key,
    asks_key,
    refusal,
    zipped,
)
from streams.codec import encode
from streams.keys import Keys

if TYPE_CHECKING:
    from dashboard.replaying.desks import Desks
    from dashboard.replaying.past import Past
    from emergency.plans import Plans
    from geo.cities import City
    from streams.archive.view import Archive

log = structlog.get_logger("replay")

BLOCK_S = 1
NICE = 5
_decode = msgspec.json.Decoder(Ask).decode


@dataclass
class Replayer:
    """Answers questions about one city's past."""

    city: City
    archive: Archive
    plans: Plans | None = None
    past: Past | None = None  # the one made last; a large city's memory is some hundred MB
    _desks: Desks | None = None

    def answer(self, ask: Ask) -> Answer:
        """The picture, or what a desk asks besides; or why there is none."""
        from dashboard.replaying.lists import TooManyCases
        from dashboard.replaying.past import NotKnown
        from streams.archive.manifest import BadArchive

        try:
            return Answer(OK, zipped(self._body(self._past(ask), ask)))
        except (NotKnown, BadArchive) as error:
            return refusal(NOT_KNOWN, str(error))
        except TooManyCases as error:
            return refusal(NOT_HERE, str(error))

    def _body(self, past: Past, ask: Ask) -> Any:
        if not ask.what:
            return shown(self.city.id, past, ask)
        from dashboard.replaying.desks import Desks

        self._desks = self._desks or Desks(self.archive, self.city.languages[0])
        return self._desks.told(past, ask.what, ask.asked)

    def _past(self, ask: Ask) -> Past:
        from dashboard.replaying.past import past_at

        # One that fails half-way is none to go on from, and one that lies later is of no use while another is built.
        was, self.past = self.past, None
        if was is not None and was.at > ask.at:
            was = None
        self.past = past_at(self.archive, self.city, ask.at, self.plans, was)
        return self.past


def shown(city_id: str, past: Past, ask: Ask) -> bytes:
    """JSON in the shape of /live/snapshot; `epoch` is 0, which no engine has."""
    head = {"city": city_id, "epoch": 0, "seq": past.seq, "at": past.at}
    topics = {asked: past.views.get(served, {}) for asked, served in ask.topics}
    body = b",".join(encode(asked) + b":" + _object(fields) for asked, fields in topics.items())
    return encode(head)[:-1] + b',"topics":{' + body + b"}}"


def _object(fields: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(encode(name) + b":" + value for name, value in fields.items()) + b"}"


def step(
    client: redis.Redis, keys: Keys, replayer: Callable[[], Replayer], wall: Callable[[], float] = time.time
) -> bool:
    """Wait a moment for a question and answer it; whether there was one. What nobody waits for is left."""
    taken: Any = client.blpop([asks_key(keys)], timeout=BLOCK_S)
    if taken is None:
        return False
    ask = _decode(taken[1])
    key = answer_key(keys, ask.id)
    if ask.until < wall() or client.exists(key):
        return True
    began = time.monotonic()
    answer = replayer().answer(ask)
    with client.pipeline(transaction=True) as pipe:
        pipe.hset(key, mapping={"status": answer.status, "body": answer.body})
        pipe.expire(key, KEPT_S if answer.status == OK else REFUSAL_KEPT_S)
        pipe.execute()
    log.info("replayed", at=ask.at.isoformat(), status=answer.status, ms=round((time.monotonic() - began) * 1000))
    return True


def run(client: redis.Redis, keys: Keys, make: Callable[[], Replayer], stop: threading.Event, nice: int = NICE) -> None:
    """Answer until `stop` is set. Redis away: waits."""
    os.nice(nice)
    made: list[Replayer] = []

    def replayer() -> Replayer:
        if not made:
            gc.set_threshold(50_000, 20, 100)  # as in the engine: documents live long
            made.append(make())
        return made[0]

    while not stop.is_set():
        try:
            step(client, keys, replayer)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("redis does not answer; nothing is replayed", error=str(error))
            stop.wait(1.0)
