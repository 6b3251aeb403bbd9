"""What every event has: its payload's base, the envelope it travels in, and the circumstances of a recorded fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import msgspec

# Fields of a report that name or locate a person, or carry their words: stored apart, under `:private`.
PRIVATE_FIELDS = frozenset({"address", "text", "name", "phone", "email"})


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one kind of event says. Unknown fields survive: the log keeps the mapping it was given."""

    VERSION: ClassVar[int] = 1
    ENTITY: ClassVar[str] = ""
    SUBJECT: ClassVar[str] = ""  # the field that holds the subject's id

    @property
    def subject(self) -> str:
        """`<entity>:<id>` of the thing that changed, the key for documents and private fields."""
        return f"{self.ENTITY}:{getattr(self, self.SUBJECT)}" if self.SUBJECT else self.ENTITY


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as it travels and is stored. `source` + `id` identify it; equal pairs are one event.

    `occurred_at` is when it happened outside, `recorded_at` when the log took it (absent until then).
    """

    source: str
    id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]
    version: int = 1
    recorded_at: datetime | None = None
    actor: str = ""
    subject: str = ""
    placed: dict[str, Any] | None = None  # {"cell", "area", "due"}: decided once by the engine
    flags: list[str] | None = None  # contradictions kept and shown, e.g. "double-assigned at source"


class Recording(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The circumstances of one recorded fact, as the folds of documents need them.

    `at` is when the log took it, `cell` and `area` where the engine placed it.
    """

    at: datetime
    occurred_at: datetime
    seq: int
    source: str = ""
    cell: str = ""
    area: str = ""
    actor: str = ""
    flags: tuple[str, ...] = ()  # what the fact contradicts
    due: dict[str, datetime] | None = None  # deadlines that the rules of that day made of it, by the document's field

    @property
    def by(self) -> str:
        """Who says so: the person who acted, else the source."""
        return self.actor or self.source


def recording_of(envelope: Envelope, seq: int) -> Recording:
    """The circumstances of a recorded event that was committed as `seq`."""
    placed = envelope.placed or {}
    return Recording(
        at=envelope.recorded_at or envelope.occurred_at,
        occurred_at=envelope.occurred_at,
        seq=seq,
        source=envelope.source,
        cell=placed.get("cell") or "",
        area=placed.get("area") or "",
        actor=envelope.actor,
        flags=tuple(envelope.flags) if envelope.flags else (),
        due=msgspec.convert(due, _DUE) if (due := placed.get("due")) else None,
    )


_DUE = dict[str, datetime]
