"""What the sources say of themselves, the clock of a replay, and the erasure of a person's fields."""

from __future__ import annotations

from typing import ClassVar

from streams.events.envelope import Payload


class FeedPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "feed"
    SUBJECT: ClassVar[str] = "feed"
    feed: str


class FeedStarted(FeedPayload, frozen=True, kw_only=True):
    records: int | None = None


class FeedPolled(FeedPayload, frozen=True, kw_only=True):
    """The feed looked at its source, and there was nothing new: silence is no fault."""


class FeedStalled(FeedPayload, frozen=True, kw_only=True):
    """A source has been silent for longer than it may be."""

    silent_s: int = 0


class FeedResumed(FeedPayload, frozen=True, kw_only=True):
    """A stalled source spoke again."""


class FeedRejected(FeedPayload, frozen=True, kw_only=True):
    """Records of a feed went to the dead letters before they could become entries."""

    n: int = 1


class FeedStopped(FeedPayload, frozen=True, kw_only=True):
    """A feed ended or gave up, and says why."""

    reason: str = ""


class ClockAdvanced(Payload, frozen=True, kw_only=True):
    """The feed of a replay moved the city's clock to the event's `occurred_at`."""

    ENTITY: ClassVar[str] = "clock"
    speed: float | None = None
    standing: bool = False


class SubjectErased(Payload, frozen=True, kw_only=True):
    """A person's fields were erased at their request; the counts stay."""

    ENTITY: ClassVar[str] = "subject"
    SUBJECT: ClassVar[str] = "erased"
    erased: str
