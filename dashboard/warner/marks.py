"""Times that are not like others: holidays of the city, what concerns all of it, and weather alerts.

Early warning learns how many more cases they bring and expects them while they last. A mark holds for the whole city:
works in one street are no mark, and what lasts longer than a week is how things are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis

from emergency.alerts import Alert, alert_infos, alert_span
from geo.cities import City
from geo.days import date_bounds, local_date
from geo.public_holidays import days_off
from geo.warning.baseline import Mark
from hotline.notices import Notice, fold_notice
from streams.codec import payload_of
from streams.events import NoticeIssued, NoticeWithdrawn, recording_of, type_of
from streams.keys import Keys

HOLIDAY, WORKDAY = "holiday", "workday"  # a workday: one that was moved to a weekend
NOTICE, ALERT = "notice:", "alert:"
NOTICE_TYPES = (type_of(NoticeIssued), type_of(NoticeWithdrawn))
LONGEST = timedelta(days=7)
LOOKED_BACK = timedelta(days=2)  # the longest window is 24 hours, and is told hour by hour for a day
_decode_notice = msgspec.json.Decoder(Notice).decode
_decode_alert = msgspec.json.Decoder(Alert).decode


def marks_of(
    city: City, span: tuple[datetime, datetime], notices: Iterable[Notice], alerts: Iterable[Alert]
) -> list[Mark]:
    """All marks that touch the span, each instant at most once under one name, oldest first."""
    begin, end = (at.timestamp() for at in span)
    found = merged([*_calendar(city, span), *map(_of_notice, notices), *map(_of_alert, alerts)])
    return [mark for mark in found if mark.from_s < end and mark.until_s > begin]


def present(client: redis.Redis, keys: Keys) -> tuple[list[Notice], list[Alert]]:
    """What the city knows now: coming, in force, and just ended."""
    notices: Any = client.hvals(keys.notices)
    alerts: Any = client.hvals(keys.alerts)
    return [_decode_notice(raw) for raw in notices], [_decode_alert(raw) for raw in alerts]


def marks_now(client: redis.Redis, keys: Keys, city: City, now: datetime) -> list[Mark]:
    """Those that touch the day that a look at `now` reaches into."""
    return marks_of(city, (now - LOOKED_BACK, now), *present(client, keys))


def archived_marks(view: Any, city: City, since: datetime, until: datetime) -> list[Mark]:
    """Marks of the past, from an open view of the archive."""
    from streams.archive.facts import envelopes

    told = view.rows(f"SELECT document FROM {view.latest('alerts')} WHERE sent_at >= ?", [since])
    sql = f"SELECT * FROM {view.table('events')} WHERE type IN (?, ?) AND recorded_at >= ? ORDER BY seq, index"
    notices: dict[str, Notice] = {}
    for name, envelope in envelopes(view.arrow(sql, [*NOTICE_TYPES, since])):
        payload: Any = payload_of(envelope)
        recording = recording_of(envelope, int(name.partition("-")[0]))
        if (folded := fold_notice(notices.get(payload.notice_id), payload, recording)) is not None:
            notices[payload.notice_id] = folded
    return marks_of(city, (since, until), notices.values(), (_decode_alert(row["document"]) for row in told))


def merged(marks: Iterable[Mark | None]) -> list[Mark]:
    """Spans of one name that touch are one: two alerts for one storm do not expect it twice."""
    by_name: dict[str, list[Mark]] = defaultdict(list)
    for mark in sorted((mark for mark in marks if mark is not None), key=lambda mark: mark.from_s):
        own = by_name[mark.name]
        if own and mark.from_s <= own[-1].until_s:
            own[-1] = own[-1]._replace(until_s=max(own[-1].until_s, mark.until_s))
        else:
            own.append(mark)
    found = [mark for own in by_name.values() for mark in own]
    return sorted(found, key=lambda mark: (mark.from_s, mark.name))


def _calendar(city: City, span: tuple[datetime, datetime]) -> Iterable[Mark]:
    """The days of the city file, and the official ones of its country."""
    first, last = (local_date(at, city.zone) for at in span)
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        is_free = day in city.holidays or days_off(city.public_holidays, day, day) > 0
        if is_free or day in city.workdays:
            begin, end = date_bounds(day, city.zone)
            yield Mark(HOLIDAY if is_free else WORKDAY, begin.timestamp(), end.timestamp())


def _of_notice(notice: Notice) -> Mark | None:
    if notice.areas or notice.polygons or notice.lat is not None:
        return None
    name = HOLIDAY if notice.kind == HOLIDAY else NOTICE + notice.kind
    return _span(name, notice.starts_at, notice.ends_at, notice.withdrawn_at)


def _of_alert(alert: Alert) -> Mark | None:
    """From when its public is warned until its end or until its sender took it back; exercises are nothing."""
    infos = alert_infos(alert)
    if alert.sent_at is None or not alert.is_actual or not infos:
        return None
    begin, end = alert_span(alert)
    ended = min((at for at in (alert.cancelled_at, alert.superseded_at) if at is not None), default=None)
    return _span(ALERT + infos[0].event.casefold(), begin, end, ended)


def _span(name: str, begin: datetime | None, end: datetime | None, ended: datetime | None) -> Mark | None:
    if begin is None or end is None:
        return None
    end = min(end, ended or end)
    if not begin < end <= begin + LONGEST:
        return None
    return Mark(name, begin.timestamp(), end.timestamp())
