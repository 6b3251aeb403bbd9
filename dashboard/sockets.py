"""Who sits behind each open socket, and the end of those whose session ended: a socket outlives no sign-out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol

import redis
import structlog

log = structlog.get_logger("sockets")

EVERY_S = 1.0
SWEEP_EVERY_S = 60.0


class Judge(Protocol):
    """Says which marks may still be served; `dashboard.access.Access` does."""

    def living(self, marks: Iterable[str]) -> set[str]: ...


class Sockets:
    """The sockets of one web process, each with what it was opened with. `cut(sid)` ends one."""

    def __init__(self, judge: Judge, cut: Callable[[str], None]) -> None:
        self._judge, self._cut = judge, cut
        self.marks: dict[str, str] = {}

    def join(self, sid: str, mark: str) -> None:
        self.marks[sid] = mark

    def leave(self, sid: str) -> None:
        self.marks.pop(sid, None)

    def check(self) -> list[str]:
        """Cut every socket whose session or key ended; which. All others count as heard of by this."""
        known = dict(self.marks)
        living = self._judge.living(known.values())
        ended = [sid for sid, mark in known.items() if mark not in living]
        for sid in ended:
            self.leave(sid)
            self._cut(sid)
        return ended


def look_after(sockets: Sockets, sweep: Callable[[], int], sleep: Callable[[float], None]) -> None:
    """For ever: check the sockets, and now and then end the sessions that ran out. A lost Redis is waited for."""
    swept_s = time.monotonic()
    while True:
        sleep(EVERY_S)
        try:
            if ended := sockets.check():
                log.info("sockets ended with their sessions", n=len(ended))
            if time.monotonic() - swept_s > SWEEP_EVERY_S:
                swept_s = time.monotonic()
                sweep()
        except redis.RedisError as error:
            log.warning("sessions out of reach, trying again", error=str(error))
