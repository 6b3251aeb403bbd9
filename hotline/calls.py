"""A call: one contact over a channel that has a queue, from the offer to the goodbye."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from streams.events import (
    CallAbandoned,
    CallAnswered,
    CallEnded,
    CallJoined,
    CallLeft,
    CallOffered,
    CallPayload,
    CallQueued,
    CallSaid,
    Recording,
)

KEEP_FINISHED = timedelta(hours=1)
# Nobody waits or talks this long: the fact that would have finished the call was lost.
LOST_AFTER = timedelta(hours=4)
ABANDONED_AFTER_ANSWERED = "call abandoned after it was answered"
ANSWERED_AFTER_ABANDONED = "call answered after it was abandoned"
ANSWERED_TWICE = "call answered by a second agent"


class Beside(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Somebody beside caller and agent, as last told of them."""

    who: str
    role: str
    at: datetime
    here: bool = True


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One call as of `seq`. Times are times of occurrence: a wait is measured where it happens, and a log that
    stood still for a minute must not shorten it.

    A fact that comes before the offer makes a stub: it has no `offered_at`, counts nowhere and waits nowhere until
    the offer comes and says which channel it was.
    """

    call_id: str
    channel: str = "phone"
    language: str = ""
    agency: str = ""
    offered_at: datetime | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    abandoned_at: datetime | None = None
    ended_at: datetime | None = None
    agent_id: str = ""
    case_id: str = ""
    silent: bool = False  # answered, and nobody spoke
    said_at: datetime | None = None
    said: int = 0  # how often something was said, or said better
    beside: tuple[Beside, ...] = ()  # who listens in, or did
    seq: int = 0

    @property
    def state(self) -> str:
        """`offered`, `queued`, `answered`, `abandoned` or `ended`; a call that ended unanswered was abandoned."""
        if self.answered_at is not None:
            return "answered" if self.ended_at is None else "ended"
        if self.gone_at is not None:
            return "abandoned"
        return "offered" if self.queued_at is None else "queued"

    @property
    def gone_at(self) -> datetime | None:
        """When the caller left unanswered, or None."""
        return None if self.answered_at is not None else self.abandoned_at or self.ended_at

    @property
    def waiting_since(self) -> datetime | None:
        """Since when somebody waits for an answer now, or None. Without `call.queued`, since the offer."""
        if (
            self.offered_at is None
            or self.answered_at is not None
            or self.abandoned_at is not None
            or self.ended_at is not None
        ):
            return None
        return self.queued_at or self.offered_at


def fold_call(call: Call | None, payload: CallPayload, recording: Recording) -> Call:
    """The call after one fact, or the same object when the fact changes nothing.

    What was told first holds, and an answer outweighs an abandonment whichever comes first: so the facts of a call
    give the same document in any order, and an answered call never waits again.
    """
    kind = type(payload)
    known = call if call is not None else Call(call_id=payload.call_id)
    at, seq = recording.occurred_at, recording.seq
    if isinstance(payload, CallOffered):
        if known.offered_at is not None:
            return known
        said = {"channel": payload.channel, "language": payload.language, "agency": payload.agency}
        return msgspec.structs.replace(known, **said, offered_at=at, seq=seq)
    if kind is CallQueued and known.queued_at is None:
        return msgspec.structs.replace(known, queued_at=at, seq=seq)
    if isinstance(payload, CallAnswered) and known.answered_at is None:
        return msgspec.structs.replace(known, answered_at=at, agent_id=payload.agent_id, abandoned_at=None, seq=seq)
    if kind is CallAbandoned and known.answered_at is None and known.abandoned_at is None:
        return msgspec.structs.replace(known, abandoned_at=at, seq=seq)
    if isinstance(payload, CallEnded) and known.ended_at is None:
        return msgspec.structs.replace(known, ended_at=at, case_id=payload.case_id, silent=payload.silent, seq=seq)
    if kind is CallSaid:
        return msgspec.structs.replace(known, said=known.said + 1, said_at=max(known.said_at or at, at), seq=seq)
    if isinstance(payload, CallJoined | CallLeft):
        return _beside(known, payload, at, seq)
    return known


def _beside(call: Call, payload: CallJoined | CallLeft, at: datetime, seq: int) -> Call:
    """The latest word on somebody holds, whichever came first; going outweighs coming at the same instant."""
    joined = isinstance(payload, CallJoined)
    before = next((one for one in call.beside if one.who == payload.who), None)
    if before is not None and (before.at, not before.here) >= (at, not joined):
        return call
    role = payload.role if isinstance(payload, CallJoined) else before.role if before else ""
    others = [one for one in call.beside if one.who != payload.who]
    after = tuple(sorted([*others, Beside(payload.who, role, at, joined)], key=lambda one: one.who))
    return msgspec.structs.replace(call, beside=after, seq=seq)


def call_contradiction(call: Call | None, payload: CallPayload) -> str | None:
    """Why a fact cannot be true together with what is known, in the words that flag it, or None."""
    if call is None:
        return None
    if isinstance(payload, CallAbandoned) and call.answered_at is not None:
        return ABANDONED_AFTER_ANSWERED
    if isinstance(payload, CallAnswered):
        if call.abandoned_at is not None:
            return ANSWERED_AFTER_ABANDONED
        if call.answered_at is not None and payload.agent_id != call.agent_id:
            return ANSWERED_TWICE
    return None


def wait_s(call: Call, now: datetime | None = None) -> float | None:
    """Seconds from joining the queue (without that fact: from the offer) to the answer or the giving up.

    While the caller waits: until `now`, or None when it is not given. None for a stub too. Never negative: clocks
    of a telephone system and its feed may differ.
    """
    start = call.queued_at or call.offered_at
    end = call.answered_at or call.gone_at or now
    if call.offered_at is None or start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds())


def talk_s(call: Call) -> float | None:
    """Seconds from the answer to the end, or None when one of them is not known."""
    if call.answered_at is None or call.ended_at is None:
        return None
    return max(0.0, (call.ended_at - call.answered_at).total_seconds())


def call_spent_at(call: Call, keep: timedelta = KEEP_FINISHED, lost: timedelta = LOST_AFTER) -> datetime:
    """The instant from which the document may leave memory: its counts stand in the intervals of its channel.

    A finished call stays for `keep`, in case a late fact comes; any other leaves `lost` after its last fact.
    """
    times = (call.offered_at, call.queued_at, call.answered_at, call.abandoned_at, call.ended_at)
    known = [at for at in (*times, call.said_at, *(one.at for one in call.beside)) if at is not None]
    last = max(known)
    return last + (keep if call.state in ("ended", "abandoned") else lost)
