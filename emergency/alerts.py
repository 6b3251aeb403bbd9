"""An alert: one CAP message from outside, what became of it, and whether it is in force.

The order in which facts arrive does not matter: a cancellation or a newer message may come before what it ends.
Only messages of status Actual are ever in force; exercises, tests and drafts are documents that nobody is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from streams.events import (
    AlertCancelled,
    AlertExpired,
    AlertInfo,
    AlertIssued,
    AlertPayload,
    AlertSuperseded,
    Recording,
)

ACTUAL, PUBLIC = "Actual", "Public"
# The standard leaves it to the receiver how long a message without `expires` holds.
UNSTATED_LASTS = timedelta(hours=24)
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")  # the gravest first


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One alert as of `seq`. `sent_at` is the sender's time; `recorded_at` and the rest are times of recording.

    An end that comes before the alert is kept: such a document has `superseded_at` or `cancelled_at` and no
    `sent_at`, and is never in force.
    """

    alert_id: str
    sender: str = ""
    identifier: str = ""
    status: str = ACTUAL
    scope: str = PUBLIC
    infos: tuple[AlertInfo, ...] = ()
    source: str = ""
    sent_at: datetime | None = None
    recorded_at: datetime | None = None
    superseded_at: datetime | None = None
    superseded_by: str = ""
    cancelled_at: datetime | None = None
    cancelled_by: str = ""
    reason: str = ""
    expired_at: datetime | None = None
    seq: int = 0

    @property
    def is_actual(self) -> bool:
        return self.status == ACTUAL

    @property
    def is_public(self) -> bool:
        return self.scope == PUBLIC

    @property
    def is_ended(self) -> bool:
        """Whether its sender took it back or replaced it."""
        return self.cancelled_at is not None or self.superseded_at is not None


def fold_alert(alert: Alert | None, payload: AlertPayload, recording: Recording) -> Alert | None:
    """The alert after one fact, or the same object when the fact changes nothing."""
    if isinstance(payload, AlertIssued):
        return _issued(alert, payload, recording)
    if isinstance(payload, AlertExpired):
        if alert is None or alert.expired_at is not None:
            return alert
        return msgspec.structs.replace(alert, expired_at=recording.at, seq=recording.seq)
    known = alert or Alert(alert_id=payload.alert_id, source=recording.source)
    if isinstance(payload, AlertSuperseded) and known.superseded_at is None:
        return msgspec.structs.replace(known, superseded_at=recording.at, superseded_by=payload.by, seq=recording.seq)
    if isinstance(payload, AlertCancelled) and known.cancelled_at is None:
        return msgspec.structs.replace(
            known, cancelled_at=recording.at, cancelled_by=payload.by, reason=payload.reason, seq=recording.seq
        )
    return alert


def _issued(alert: Alert | None, payload: AlertIssued, recording: Recording) -> Alert:
    """A sender may not use an identifier twice; one that does all the same means its latest message."""
    if alert is not None and alert.sent_at is not None and alert.sent_at >= payload.sent_at:
        return alert
    return msgspec.structs.replace(
        alert or Alert(alert_id=payload.alert_id),
        sender=payload.sender,
        identifier=payload.identifier,
        status=payload.status,
        scope=payload.scope,
        infos=payload.infos,
        source=recording.source,
        sent_at=payload.sent_at,
        recorded_at=recording.at,
        expired_at=None,
        seq=recording.seq,
    )


# when


def is_in_force(alert: Alert, now: datetime) -> bool:
    """Whether the public is warned at `now`: Actual, issued, not ended, and one of its infos is in effect.

    An info is in effect from `effective` (or the sending) until just before `expires`; `onset` is when the danger
    begins, not the warning. Without `expires` it lasts `UNSTATED_LASTS`. An alert without infos says nothing.
    """
    return next(_in_effect(alert, now), None) is not None


def next_change(alert: Alert, now: datetime) -> datetime | None:
    """The first instant after `now` at which `is_in_force`, `alert_view` or `alert_is_over` may differ, or None.

    Exercises have such instants too: they also expire.
    """
    if alert.sent_at is None or alert.is_ended:
        return None
    instants = (at for info in alert.infos for at in _window(alert, info))
    return min((at for at in instants if at > now), default=None)


def alert_is_over(alert: Alert, now: datetime) -> bool:
    """Whether every info of an issued alert has passed its end, so that `alert.expired` is due (once).

    Not for one that was cancelled or superseded (that is how it ended), nor for one without infos.
    """
    if alert.sent_at is None or alert.is_ended or not alert.infos:
        return False
    return all(_window(alert, info)[1] <= now for info in alert.infos)


def alert_is_spent(alert: Alert, now: datetime, keep: timedelta) -> bool:
    """Whether the alert ended `keep` ago or longer, by the log's time, and may leave the hot documents."""
    ends = [at for at in (alert.cancelled_at, alert.superseded_at, alert.expired_at) if at is not None]
    if not ends and alert.recorded_at is not None and not alert.infos:
        ends = [alert.recorded_at]
    return bool(ends) and now - max(ends) >= keep


def _counts(alert: Alert) -> bool:
    return alert.sent_at is not None and alert.is_actual and not alert.is_ended


def _window(alert: Alert, info: AlertInfo) -> tuple[datetime, datetime]:
    """From when until when an info holds; only asked of issued alerts."""
    start = info.effective_at or alert.sent_at
    assert start is not None
    return start, info.expires_at or start + UNSTATED_LASTS


def alert_span(alert: Alert) -> tuple[datetime, datetime]:
    """From the first instant at which an info of an issued alert holds until the last one ends.

    Raises ValueError for an alert without infos, or one that only its end is known of.
    """
    if alert.sent_at is None or not alert.infos:
        raise ValueError(f"{alert.alert_id}: says of no time")
    starts, ends = zip(*(_window(alert, info) for info in alert.infos), strict=True)
    return min(starts), max(ends)


def _in_effect(alert: Alert, now: datetime) -> Iterator[AlertInfo]:
    if not _counts(alert):
        return
    for info in alert.infos:
        start, end = _window(alert, info)
        if start <= now < end:
            yield info


# what is shown


def alert_infos(alert: Alert, now: datetime | None = None) -> list[AlertInfo]:
    """The infos that are in effect at `now` (without `now`: all), the gravest first, else in the message's order."""
    infos = alert.infos if now is None else _in_effect(alert, now)
    return sorted(infos, key=lambda info: SEVERITIES.index(info.severity) if info.severity in SEVERITIES else 9)


def alert_view(alert: Alert, now: datetime | None = None) -> dict[str, Any]:
    """What topic `alerts` says of an alert, from its infos in effect at `now` (without `now`: from all).

    Event and grades are those of the gravest info. Texts stand under primary language subtags (`en`, `zh`); where
    two infos speak one language, the graver is heard. An area that another language tells again is there once.
    Instants are None where the sender named none. Polygons are rings of (lat, lng), circles (lat, lng, km).
    """
    infos = alert_infos(alert, now)
    first = infos[0] if infos else AlertInfo(event="")
    return {
        "id": alert.alert_id,
        "event": first.event,
        "severity": first.severity,
        "urgency": first.urgency,
        "certainty": first.certainty,
        "events": _by_language(infos, "event"),
        "headlines": _by_language(infos, "headline"),
        "areas": _areas(infos),
        "onset_at": min((info.onset_at for info in infos if info.onset_at), default=None),
        "expires_at": max((info.expires_at for info in infos if info.expires_at), default=None),
        "sender_name": first.sender_name,
    }


def primary_language(tag: str) -> str:
    """`en` of `en-US`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def _by_language(infos: list[AlertInfo], field: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for info in infos:
        if text := getattr(info, field):
            texts.setdefault(primary_language(info.language), text)
    return texts


def _areas(infos: list[AlertInfo]) -> list[dict[str, Any]]:
    """Areas of all infos; languages repeat them with other words, so places are compared, and words without a place."""
    found: dict[Any, dict[str, Any]] = {}
    for info in infos:
        for area in info.areas:
            place = (area.polygons, area.circles, area.geocodes)
            shown = {"description": area.description, "polygons": area.polygons, "circles": area.circles}
            found.setdefault(place if any(place) else area.description, shown)
    return list(found.values())
