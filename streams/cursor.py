"""A feed's cursor: entries and how far they reach move in one transaction, and a second hand on it is noticed.

The cursor is a hash in Redis. One of its fields, the guard, changes with every commit: whoever finds it changed by
somebody else has lost the feed to another process, and nothing of the commit happens.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import redis
from redis.exceptions import WatchError

Append = tuple[str, Mapping[str, Any]]  # stream, fields of the entry


class Cursor:
    """One cursor as one process sees it. `taken` makes the exception that says that another process moved it."""

    def __init__(self, client: redis.Redis, key: str, guard: str, taken: Callable[[], Exception]) -> None:
        self._client: Any = client
        self.key, self._guard, self._taken = key, guard, taken
        self._stored: bytes | None = None

    def read(self) -> dict[bytes, bytes]:
        """All fields as stored; commits are from now on built upon these. Raises redis errors."""
        found: dict[bytes, bytes] = self._client.hgetall(self.key)
        self._stored = found.get(self._guard.encode())
        return found

    def commit(
        self,
        appends: Sequence[Append],
        fields: Mapping[str, Any],
        forget: Collection[str] = (),
        also: Callable[[Any], None] = lambda pipe: None,
    ) -> list[bytes]:
        """Append the entries, drop and set fields, and whatever `also` puts into the transaction; or none of it.

        `fields` holds the guard's new value. Returns the ids of the entries. Raises what `taken` makes, and redis
        errors: when the server was lost during the transaction it is open whether it happened, and `read` tells.
        """
        with self._client.pipeline(transaction=True) as pipe:
            pipe.watch(self.key)
            if pipe.hget(self.key, self._guard) != self._stored:
                raise self._taken()
            pipe.multi()
            for stream, entry in appends:
                pipe.xadd(stream, entry)
            if forget:
                pipe.hdel(self.key, *forget)
            pipe.hset(self.key, mapping=fields)
            also(pipe)
            try:
                answers = pipe.execute()
            except WatchError:
                self._tell_apart()
        self._stored = _as_stored(fields[self._guard])
        return list(answers[: len(appends)])

    def _tell_apart(self) -> None:
        """Say why a transaction failed: redis-py calls a connection that broke while it watched a WatchError too."""
        if self._client.hget(self.key, self._guard) != self._stored:
            raise self._taken() from None
        raise redis.ConnectionError("the connection broke before the transaction") from None


def entry_order(entry_id: bytes | str) -> tuple[int, int]:
    """Ids of stream entries compare as numbers, not as text."""
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    ms, _, n = text.partition("-")
    return int(ms), int(n or 0)


def _as_stored(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
