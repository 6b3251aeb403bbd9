"""The relay's tail of the frame stream, over a real Redis that goes back in time."""

from __future__ import annotations

import contextlib
import threading

import redis as redis_module

from dashboard.relay import Frame, Relay, tail
from streams.codec import encode
from streams.keys import Keys
from tests.support.redis_server import wait_until

KEYS = Keys("boston")


def write_frame(client: redis_module.Redis, seq: int) -> None:
    header = {"epoch": 1, "prev": seq - 1, "seq": seq, "at": "2026-03-04T17:00:00Z"}
    client.xadd(KEYS.frames, {"h": encode(header)}, id=f"{seq}-0")


class Ended(Exception):
    """The test is over: leave the endless loop."""


def test_a_relay_follows_a_redis_that_was_restored_from_an_older_back_up(redis: redis_module.Redis) -> None:
    received: list[int] = []

    class Heard(Relay):
        def deliver(self, frame: Frame) -> None:
            super().deliver(frame)
            received.append(frame.seq)
            if frame.seq == 4:
                raise Ended

    def follow() -> None:
        with contextlib.suppress(Ended):
            tail(redis, KEYS, Heard(send=lambda sid, raw: None, is_idle=lambda sid: True), lambda seconds: None)

    write_frame(redis, 5)
    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    wait_until(lambda: received == [5])
    with redis.pipeline(transaction=True) as restore:
        restore.delete(KEYS.frames)
        write_frame(restore, 3)
        restore.execute()
    wait_until(lambda: received == [5, 3])
    write_frame(redis, 4)
    thread.join(60)
    assert received == [5, 3, 4]
