"""The engine waits for the archive: facts stay in Redis until a file holds them, within a limit."""

from __future__ import annotations

from typing import Any, NamedTuple

from streams.keys import Keys


class Archived(NamedTuple):
    """The last fact that stands in a file, and how many the log holds."""

    position: str
    length: int


def archived_until(pipe: Any, keys: Keys, most: int) -> Archived | None:
    """What the archiver told; None where none ever ran, or where it is so late that the log cannot wait (`most`)."""
    position = pipe.hget(keys.archive, "position")
    if position is None:
        return None
    length = int(pipe.xlen(keys.events))
    return Archived(position.decode(), length) if length <= most else None


def queue_event_trim(pipe: Any, keys: Keys, kept: int, archived: Archived | None) -> None:
    """Keep the newest `kept` facts, and with an archive all that it has not passed.

    The inbox need not wait: what the engine took from it became facts in the same transaction, and it holds
    personal fields in clear.
    """
    if archived is None:
        pipe.xtrim(keys.events, maxlen=kept, approximate=True)
    elif archived.length > kept:
        # Whole blocks only, and no more of them than the first rule would let go.
        pipe.xtrim(keys.events, minid=archived.position, approximate=True, limit=archived.length - kept)
