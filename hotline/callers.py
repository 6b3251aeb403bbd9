"""The label of a nuisance caller: proposed with a reason and an end, in force once a second person agrees.

It labels. It lowers no priority, moves no case and blocks no call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from streams.events import CallerFlagged, CallerPayload, CallerSeconded, CallerUnflagged, Recording

LONGEST = timedelta(days=90)


class CallerFlag(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What is said of one caller as of `seq`. `caller` is a keyed hash of the number; times are of recording."""

    caller: str
    reason: str = ""
    until: datetime | None = None
    by: str = ""
    flagged_at: datetime | None = None
    seconded_by: str = ""
    seconded_at: datetime | None = None
    seq: int = 0

    def stands(self, now: datetime) -> bool:
        """Whether it is proposed or in force, and its time not over."""
        return self.until is not None and now < self.until

    def is_in_force(self, now: datetime) -> bool:
        """Whether two people said so, and its time is not over."""
        return self.stands(now) and bool(self.seconded_by)


def fold_caller(flag: CallerFlag | None, payload: CallerPayload, recording: Recording) -> CallerFlag | None:
    """The label after one fact, or the same object when the fact changes nothing."""
    known = flag or CallerFlag(caller=payload.caller)
    if isinstance(payload, CallerFlagged):
        return CallerFlag(
            caller=payload.caller,
            reason=payload.reason,
            until=payload.until,
            by=recording.by,
            flagged_at=recording.at,
            seq=recording.seq,
        )
    if isinstance(payload, CallerSeconded):
        if known.until is None or known.seconded_by or recording.by == known.by:
            return flag  # one person's word twice is still one person's
        return msgspec.structs.replace(known, seconded_by=recording.by, seconded_at=recording.at, seq=recording.seq)
    if isinstance(payload, CallerUnflagged) and known.until is not None:
        return CallerFlag(caller=payload.caller, seq=recording.seq)
    return flag
