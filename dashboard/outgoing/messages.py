"""From alerts as they are kept to the CAP messages that tell of them: Alert, Update with its chain, and Cancel.

A cancellation is no document of its own: its message is made from the alert that it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from dashboard.outgoing.cap_xml import CapMessage, Reference
from dashboard.outgoing.own import is_own_alert
from emergency.alerts import ACTUAL, UNSTATED_LASTS, Alert, alert_is_over

LIVE = "live"
SIMULATED = "SIMULATION, not the real city."


def messages_of(alerts: Iterable[Alert], city_id: str, mode: str) -> dict[str, CapMessage]:
    """Every message of this city by identifier, also of alerts that are over.

    What a replay or a simulation publishes leaves as an Exercise: no reader of a feed may take it for real.
    """
    own = [alert for alert in alerts if is_own_alert(alert, city_id) and alert.sent_at is not None]
    before = {alert.superseded_by: alert for alert in own if alert.superseded_by}
    told = [message for alert in own for message in _told(alert, before)]
    return {message.identifier: message if mode == LIVE else _as_exercise(message) for message in told}


def current(messages: Mapping[str, CapMessage], alerts: Iterable[Alert], now: datetime) -> list[CapMessage]:
    """The messages a feed shows, newest first: of alerts that hold, and cancellations until the alert would be over.

    A reader that was away for an hour must still learn that a warning was taken back.
    """
    shown = [name for alert in alerts if (name := _newest(alert, now)) in messages]
    return sorted((messages[name] for name in shown), key=lambda m: (m.sent_at, m.identifier), reverse=True)


def changed_at(alerts: Iterable[Alert], now: datetime) -> datetime | None:
    """When what these alerts say last became otherwise, by facts or by the passing of time."""
    return max((at for alert in alerts for at in _instants(alert) if at is not None and at <= now), default=None)


def _newest(alert: Alert, now: datetime) -> str:
    """The identifier of the message that is the last word on an alert, or "" when nothing is to be said."""
    if alert.superseded_at is not None:
        return ""
    if alert.cancelled_at is not None:
        return _identifier(alert.cancelled_by) if _last_end(alert) > now else ""
    return "" if alert_is_over(alert, now) else alert.identifier


def _told(alert: Alert, before: Mapping[str, Alert]) -> Iterator[CapMessage]:
    assert alert.sent_at is not None
    chain = tuple(_chain(alert, before))
    issued = CapMessage(
        sender=alert.sender,
        identifier=alert.identifier,
        sent_at=alert.sent_at,
        status=alert.status,
        kind="Update" if chain else "Alert",
        scope=alert.scope,
        infos=alert.infos,
        references=chain,
    )
    yield issued
    if alert.cancelled_at is not None and alert.cancelled_by:
        yield replace(
            issued,
            identifier=_identifier(alert.cancelled_by),
            sent_at=alert.cancelled_at,
            kind="Cancel",
            references=(Reference(alert.sender, alert.identifier, alert.sent_at), *chain),
            note=alert.reason,
        )


def _chain(alert: Alert, before: Mapping[str, Alert]) -> Iterator[Reference]:
    """The messages that this one replaced, latest first."""
    seen = {alert.alert_id}
    while (found := before.get(alert.alert_id)) is not None and found.alert_id not in seen:
        alert = found
        seen.add(alert.alert_id)
        assert alert.sent_at is not None
        yield Reference(alert.sender, alert.identifier, alert.sent_at)


def _as_exercise(message: CapMessage) -> CapMessage:
    status = "Exercise" if message.status == ACTUAL else message.status
    return replace(message, status=status, note=f"{SIMULATED} {message.note}".strip())


def _identifier(alert_id: str) -> str:
    return alert_id.partition(",")[2]


def _last_end(alert: Alert) -> datetime:
    assert alert.sent_at is not None
    return max((_end(alert, info.expires_at) for info in alert.infos), default=alert.sent_at + UNSTATED_LASTS)


def _end(alert: Alert, expires_at: datetime | None) -> datetime:
    assert alert.sent_at is not None
    return expires_at or alert.sent_at + UNSTATED_LASTS


def _instants(alert: Alert) -> Iterator[datetime | None]:
    yield from (alert.recorded_at, alert.superseded_at, alert.cancelled_at, alert.expired_at)
    for info in alert.infos:
        yield info.effective_at
        if alert.sent_at is not None:
            yield info.expires_at or (info.effective_at or alert.sent_at) + UNSTATED_LASTS
