"""A notice: planned works, a closure, an event or a holiday, and when it concerns the people on duty."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from streams.events import NoticeIssued, NoticePayload, NoticeWithdrawn, Recording

AHEAD = timedelta(hours=24)  # how long before its beginning a notice is shown

_SAID = ("kind", "starts_at", "ends_at", "titles", "details", "areas", "polygons", "lat", "lng", "owner")


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One notice as of `seq`. `said_at` is when its source last spoke of it: what is older changes nothing.

    Titles and details by language tag; polygons are rings of (lat, lng). A withdrawal that comes before the notice
    is kept, with `starts_at` None.
    """

    notice_id: str
    kind: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    titles: dict[str, str] = {}
    details: dict[str, str] = {}
    areas: tuple[str, ...] = ()
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    lat: float | None = None
    lng: float | None = None
    owner: str = ""
    source: str = ""
    said_at: datetime | None = None
    recorded_at: datetime | None = None
    withdrawn_at: datetime | None = None
    reason: str = ""
    seq: int = 0


def fold_notice(notice: Notice | None, payload: NoticePayload, recording: Recording) -> Notice | None:
    """The notice after one fact, or the same object when the fact changes nothing.

    What was said last holds (`occurred_at`), whatever came last: issued again, a notice is replaced, and it comes
    back after a withdrawal.
    """
    if notice is not None and notice.said_at is not None and recording.occurred_at < notice.said_at:
        return notice
    if isinstance(payload, NoticeWithdrawn):
        if notice is not None and notice.withdrawn_at is not None:
            return _repeated(notice, recording)
        return _changed(notice, payload, recording, withdrawn_at=recording.at, reason=payload.reason)
    if isinstance(payload, NoticeIssued):
        said = {name: getattr(payload, name) for name in _SAID}
        if notice is not None and notice.withdrawn_at is None and all(getattr(notice, n) == v for n, v in said.items()):
            return _repeated(notice, recording)
        return _changed(notice, payload, recording, **said, withdrawn_at=None, reason="", recorded_at=recording.at)
    return notice


def _repeated(notice: Notice, recording: Recording) -> Notice:
    """Said again later, it is newer than what may still arrive from between."""
    if notice.said_at == recording.occurred_at:
        return notice
    return msgspec.structs.replace(notice, said_at=recording.occurred_at, seq=recording.seq)


def _changed(notice: Notice | None, payload: NoticePayload, recording: Recording, **changes: Any) -> Notice:
    known = notice or Notice(notice_id=payload.notice_id)
    return msgspec.structs.replace(
        known, **changes, source=recording.source, said_at=recording.occurred_at, seq=recording.seq
    )


def is_active(notice: Notice, now: datetime) -> bool:
    """Whether it is going on at `now`: from `starts_at` until just before `ends_at`, unless withdrawn."""
    return _holds(notice) and _is_between(notice.starts_at, now, notice.ends_at)


def is_shown(notice: Notice, now: datetime) -> bool:
    """Whether topic `notices` has it: active, or beginning within `AHEAD`."""
    return (
        _holds(notice) and _is_between(notice.starts_at, now + AHEAD, None) and _is_between(None, now, notice.ends_at)
    )


def next_change(notice: Notice, now: datetime) -> datetime | None:
    """The first instant after `now` at which `is_active` or `is_shown` differs if no fact comes, or None."""
    if not _holds(notice) or notice.starts_at is None or notice.ends_at is None:
        return None
    instants = (notice.starts_at - AHEAD, notice.starts_at, notice.ends_at)
    return min((at for at in instants if at > now), default=None)


def notice_is_spent(notice: Notice, now: datetime, keep: timedelta) -> bool:
    """Whether it ended or was withdrawn `keep` ago or longer and may leave the hot documents."""
    ends = [at for at in (notice.ends_at, notice.withdrawn_at) if at is not None]
    return bool(ends) and now - min(ends) >= keep


def notice_view(notice: Notice) -> dict[str, Any]:
    """What topic `notices` says of a notice. Polygons are rings of (lat, lng)."""
    return {
        "id": notice.notice_id,
        "kind": notice.kind,
        "titles": notice.titles,
        "starts_at": notice.starts_at,
        "ends_at": notice.ends_at,
        "areas": notice.areas,
        "polygons": notice.polygons,
        "lat": notice.lat,
        "lng": notice.lng,
        "owner": notice.owner,
    }


def _holds(notice: Notice) -> bool:
    return notice.starts_at is not None and notice.withdrawn_at is None


def _is_between(start: datetime | None, at: datetime, end: datetime | None) -> bool:
    return (start is None or start <= at) and (end is None or at < end)
