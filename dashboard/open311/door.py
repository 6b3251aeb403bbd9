"""The way from a posted report into the inbox: open or not, once per idempotency key, and durable before the answer."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis

from dashboard.api.answers import Problem
from dashboard.api.context import ApiContext
from dashboard.api.intake import RETRY_AFTER_S, refuse_when_closed
from dashboard.city_time import committed_clock
from dashboard.engine.clock import Mode
from dashboard.open311.filing import Filed, case_id_of, receipt, source_of
from dashboard.open311.formats import Fault
from streams.codec import MAX_ENTRY_BYTES, encode

LOOK_S = 0.25  # between two looks at the backlog: it cannot grow much meanwhile
JUST_FILED_S = 60  # how long a number is known to be on its way
KEPT_S = 2 * 86_400  # idempotency keys


def _seed() -> bytes:
    return secrets.token_bytes(16)


@dataclass
class Door:
    """One process' door. What it knows of the backlog and of the city's time is at most a quarter of a second old."""

    context: ApiContext
    seed: Callable[[], bytes] = _seed
    _until: float = field(default=-1.0, repr=False)
    _refusal: Problem | None = field(default=None, repr=False)
    _city_at: datetime | None = field(default=None, repr=False)  # None: it is the wall's time there

    def check(self) -> None:
        """Raises Fault while nothing is taken: 409 in a replay, 503 with Retry-After while too much waits."""
        self._look()
        if (refused := self._refusal) is not None:
            raise Fault(refused.status, refused.message, retry_after_s=refused.retry_after_s)

    def now(self) -> datetime:
        """The city's time: a simulated city lives in its own."""
        self._look()
        return self._city_at or self.context.now()

    def _look(self) -> None:
        now = self.context.monotonic()
        if now < self._until:
            return
        # Whoever comes while one looks goes by what was known; only at the beginning is nothing known.
        self._until = now + LOOK_S if self._until >= 0 else self._until
        clock = committed_clock(self.context.client, self.context.keys)
        self._city_at = clock.at if clock and clock.mode is not Mode.LIVE else None
        try:
            refuse_when_closed(self.context)
            self._refusal = None
        except Problem as problem:
            self._refusal = problem
        self._until = now + LOOK_S

    def take(self, filed: Filed, name: str, key: str = "") -> tuple[str, bool]:
        """(the case's number, whether it was filed before under the same key); `name` is the key holder's.

        With a key the number follows from it: sent again, after whatever happened in between, the same report has
        the same number and id, and the engine takes it once. Raises Fault 409 when the key stands for another report.
        """
        if not key:
            return self._append(filed, case_id_of(self.seed()), name, None), False
        case_id = case_id_of(f"{source_of(name)}\0{key}".encode("utf-8", "replace"))
        told = hashlib.blake2b(encode(filed.data), digest_size=16).hexdigest()
        kept = self.context.keys.of("open311-key", case_id)
        before: Any = self.context.client.get(kept)
        if before is not None and before.decode() != told:
            raise Fault(409, "this idempotency key was used for another report")
        return self._append(filed, case_id, name, (kept, told)), before is not None

    def _append(self, filed: Filed, case_id: str, name: str, key: tuple[str, str] | None) -> str:
        """Returns when Redis has made it durable. Sent again, it is appended again: the engine knows it by its id."""
        raw = encode(receipt(filed, case_id, name, self.now()))
        if len(raw) > MAX_ENTRY_BYTES:
            raise Fault(413, f"larger than {MAX_ENTRY_BYTES} bytes")
        keys = self.context.keys
        try:
            with self.context.client.pipeline(transaction=True) as pipe:
                pipe.xadd(keys.inbox, {"e": raw})
                pipe.set(filed_key(self.context, case_id), 1, ex=JUST_FILED_S)
                if key is not None:
                    pipe.set(*key, ex=KEPT_S)
                pipe.execute()
        except redis.OutOfMemoryError:
            raise Fault(503, "Redis is out of memory; nothing was taken", retry_after_s=RETRY_AFTER_S) from None
        return case_id


def filed_key(context: ApiContext, case_id: str) -> str:
    """Stands while a report may be between the door and the engine's next commit."""
    return context.keys.of("open311-filed", case_id)
