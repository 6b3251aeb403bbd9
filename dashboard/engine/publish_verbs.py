"""What people may ask to tell the public: alerts and notices, decided into facts or refused with the reason.

A warning cannot be unsaid: so whatever is odd about one is refused here, before anybody reads it. Only what was
published here can be replaced, cancelled or withdrawn here; other senders end their own messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import category

import msgspec

from dashboard.engine.request import Refused
from dashboard.outgoing import arguments as given
from dashboard.outgoing.own import (
    NOTICE_PREFIX,
    alert_id_of,
    identifier_of,
    is_own_alert,
    is_own_notice,
    own_sender,
)
from emergency.alerts import Alert, alert_is_over
from streams.codec import encode
from streams.events import (
    AlertArea,
    AlertCancelled,
    AlertInfo,
    AlertIssued,
    AlertSuperseded,
    NoticeIssued,
    NoticeWithdrawn,
    Payload,
)
from streams.feeds.cap import vocabulary as cap
from streams.feeds.notices import KINDS

if TYPE_CHECKING:
    from dashboard.engine.request import Request
    from dashboard.engine.state import State

MOST_BYTES = 40_000  # of one fact; an entry of the log holds 64 kB, with room for what the engine adds
# No longer than an alert that was replaced is kept: the references of an Update must not vanish while it holds.
MOST_AHEAD = timedelta(days=7)
NOTICE_AHEAD = timedelta(days=400)
NEAR = 2.0  # degrees around the city's bounds (some 200 km) in which a city may warn
STATUSES = ("Actual", "Exercise", "Test")  # Draft and System are nothing to publish
SCOPES = ("Public", "Restricted")  # Private needs addressees, which nobody here has
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
CHOICES: dict[str, tuple[str, ...]] = {
    "status": STATUSES,
    "scope": SCOPES,
    "kind": KINDS,
    "categories": tuple(cap.CATEGORY.values()),
    "response_types": tuple(cap.RESPONSE.values()),
    "urgency": tuple(cap.URGENCY.values()),
    "severity": tuple(cap.SEVERITY.values()),
    "certainty": tuple(dict.fromkeys(cap.CERTAINTY.values())),
}

S = TypeVar("S", bound=msgspec.Struct)
Ring = tuple[tuple[float, float], ...]


# alerts


def publish_alert(state: State, request: Request) -> list[Payload]:
    """Issue an alert of this city; with `updates` it takes the place of an own one that is not yet over."""
    asked = _read(request, given.PublishAlert)
    _choice("status", asked.status)
    _choice("scope", asked.scope)
    replaced = _own_alert(state, request, asked.updates) if asked.updates else None
    if replaced is not None and replaced.status != asked.status:
        raise Refused(f"status: {asked.status}, but the alert it replaces is {replaced.status}")
    _different("infos: language", [info.language.lower() for info in asked.infos])
    now = state.now.astimezone(UTC)
    identifier = identifier_of(request.request_id, now)
    issued = AlertIssued(
        alert_id=alert_id_of(state.city.id, identifier),
        sender=own_sender(state.city.id),
        identifier=identifier,
        sent_at=now.replace(microsecond=0),
        status=asked.status,
        scope=asked.scope,
        infos=tuple(_info(state, info, f"infos[{n}]") for n, info in enumerate(asked.infos)),
    )
    facts: list[Payload] = [_fitting(issued)]
    if replaced is not None:
        facts.append(AlertSuperseded(alert_id=replaced.alert_id, by=issued.alert_id))
    return facts


def cancel_alert(state: State, request: Request) -> list[Payload]:
    """Take an own alert back, with the reason that readers of the feed see."""
    asked = _read(request, given.CancelAlert)
    alert = _own_alert(state, request, asked.alert_id)
    by = alert_id_of(state.city.id, identifier_of(request.request_id, state.now))
    return [AlertCancelled(alert_id=alert.alert_id, by=by, reason=_text("reason", asked.reason, needed=True))]


def _own_alert(state: State, request: Request, alert_id: str) -> Alert:
    """An alert that was published here and still holds. Raises Refused."""
    alert: Alert | None = state.alerts.get(alert_id)
    if alert is None or alert.sent_at is None:
        raise Refused(f"alert {alert_id} is unknown")
    if not is_own_alert(alert, state.city.id):
        raise Refused(f"alert {alert_id} is of {alert.sender} ({alert.source}), who alone may end it")
    if alert.superseded_at is not None:
        raise Refused(f"alert {alert_id} was replaced by {alert.superseded_by}", {"alert_id": alert.superseded_by})
    if alert.cancelled_at is not None:
        raise Refused(f"alert {alert_id} was cancelled")
    if alert.expired_at is not None or alert_is_over(alert, state.now):
        raise Refused(f"alert {alert_id} is over")
    _unchanged(request, alert.seq)
    return alert


def _info(state: State, info: given.Info, where: str) -> AlertInfo:
    for name in ("urgency", "severity", "certainty"):
        _choice(name, getattr(info, name), where)
    for name in ("categories", "response_types"):
        for value in getattr(info, name):
            _choice(name, value, where)
        _different(f"{where}.{name}", getattr(info, name))
    _window(state.now, info, where)
    texts = {name: _text(f"{where}.{name}", getattr(info, name)) for name in ("headline", "description", "instruction")}
    return AlertInfo(
        event=_text(f"{where}.event", info.event, needed=True),
        language=info.language,
        categories=tuple(info.categories),
        response_types=tuple(info.response_types),
        urgency=info.urgency,
        severity=info.severity,
        certainty=info.certainty,
        effective_at=_second(info.effective_at),
        onset_at=_second(info.onset_at),
        expires_at=_second(info.expires_at),
        sender_name=_text(f"{where}.sender_name", info.sender_name) or state.city.name(info.language),
        web=_address(f"{where}.web", info.web),
        areas=tuple(_area(state, area, f"{where}.areas[{n}]") for n, area in enumerate(info.areas)),
        **texts,
    )


def _window(now: datetime, info: given.Info, where: str) -> None:
    """An alert ends, soon enough that nobody forgets it, and after it begins."""
    if info.expires_at <= now:
        raise Refused(f"{where}.expires_at: needs to be in the future, it is {_said(now)} in the city")
    if info.expires_at > now + MOST_AHEAD:
        raise Refused(f"{where}.expires_at: at most {MOST_AHEAD.days} days ahead; update the alert to prolong it")
    for name in ("effective_at", "onset_at"):
        at = getattr(info, name)
        if at is not None and at >= info.expires_at:
            raise Refused(f"{where}.{name}: needs to be before expires_at")


def _area(state: State, area: given.Area, where: str) -> AlertArea:
    if not (area.polygons or area.circles or area.geocodes):
        raise Refused(f"{where}: needs a polygon, a circle or a geocode")
    polygons = tuple(_ring(ring, f"{where}.polygons[{n}]") for n, ring in enumerate(area.polygons))
    circles = tuple((_degrees(lat), _degrees(lng), round(km, 3)) for lat, lng, km in area.circles)
    for n, ring in enumerate(polygons):
        _near(state, ring, f"{where}.polygons[{n}]")
    for n, (lat, lng, km) in enumerate(circles):
        if not km:
            raise Refused(f"{where}.circles[{n}]: needs a radius of a metre or more")
        _near(state, ((lat, lng),), f"{where}.circles[{n}]")
    return AlertArea(
        description=_text(f"{where}.description", area.description, needed=True),
        polygons=polygons,
        circles=circles,
        geocodes=tuple(
            (_text(f"{where}.geocodes", name, needed=True), _text(f"{where}.geocodes", value, needed=True))
            for name, value in area.geocodes
        ),
    )


# notices


def publish_notice(state: State, request: Request) -> list[Payload]:
    """Issue a notice of works, a closure, an event or a holiday; with `notice_id` it replaces an own one."""
    asked = _read(request, given.PublishNotice)
    _choice("kind", asked.kind)
    if asked.ends_at <= asked.starts_at:
        raise Refused("ends_at: needs to be after starts_at")
    if asked.ends_at <= state.now:
        raise Refused(f"ends_at: needs to be in the future, it is {_said(state.now)} in the city")
    if asked.starts_at > state.now + NOTICE_AHEAD:
        raise Refused(f"starts_at: at most {NOTICE_AHEAD.days} days ahead")
    if (asked.lat is None) != (asked.lng is None):
        raise Refused("lat, lng: come together")
    if asked.notice_id:
        _own_notice(state, request, asked.notice_id)
    notice_id = asked.notice_id or NOTICE_PREFIX + identifier_of(request.request_id, state.now)
    notice = NoticeIssued(
        notice_id=notice_id,
        kind=asked.kind,
        starts_at=asked.starts_at.astimezone(UTC),
        ends_at=asked.ends_at.astimezone(UTC),
        titles={tag: _text(f"titles.{tag}", text, needed=True) for tag, text in asked.titles.items()},
        details={tag: said for tag, text in asked.details.items() if (said := _text(f"details.{tag}", text))},
        areas=tuple(_text("areas", area, needed=True) for area in asked.areas),
        polygons=tuple(_ring(ring, f"polygons[{n}]") for n, ring in enumerate(asked.polygons)),
        lat=_degrees(asked.lat) if asked.lat is not None else None,
        lng=_degrees(asked.lng) if asked.lng is not None else None,
        owner=_text("owner", asked.owner),
    )
    return [_fitting(notice)]


def withdraw_notice(state: State, request: Request) -> list[Payload]:
    asked = _read(request, given.WithdrawNotice)
    _own_notice(state, request, asked.notice_id)
    return [NoticeWithdrawn(notice_id=asked.notice_id, reason=_text("reason", asked.reason))]


def _own_notice(state: State, request: Request, notice_id: str) -> None:
    """Raises Refused unless the notice was published here and still stands."""
    notice = state.notices.get(notice_id)
    if notice is None:
        raise Refused(f"notice {notice_id} is unknown")
    if not is_own_notice(notice):
        raise Refused(f"notice {notice_id} comes from {notice.source or 'a feed'}; change it there")
    if notice.withdrawn_at is not None:
        raise Refused(f"notice {notice_id} was withdrawn")
    if notice.ends_at is None or notice.ends_at <= state.now:
        raise Refused(f"notice {notice_id} is over")
    _unchanged(request, notice.seq)


# what both need


def _read(request: Request, shape: type[S]) -> S:
    try:
        return msgspec.convert(request.args, shape)
    except msgspec.ValidationError as error:
        raise Refused(f"{request.verb}: {str(error).replace('`$.', '`')}") from None


def _unchanged(request: Request, seq: int) -> None:
    if request.if_version is not None and request.if_version != seq:
        raise Refused("changed since you saw it", {"version": seq})


def _choice(name: str, value: str, where: str = "") -> None:
    if value not in CHOICES[name]:
        path = f"{where}.{name}" if where else name
        raise Refused(f"{path}: {value[:40]!r} is none of {', '.join(CHOICES[name])}")


def _different(name: str, values: Iterable[str]) -> None:
    known: set[str] = set()
    for value in values:
        if value in known:
            raise Refused(f"{name}: {value[:40]!r} stands there twice")
        known.add(value)


def _text(name: str, text: str, *, needed: bool = False) -> str:
    """The text without blanks around it. Raises Refused for what no page and no XML could show."""
    said = text.replace("\r\n", "\n").strip()
    if needed and not said:
        raise Refused(f"{name}: needed, as text")
    if odd := next((c for c in said if not c.isprintable() and not _is_writable(c)), ""):
        raise Refused(f"{name}: the character U+{ord(odd):04X} cannot be shown")
    return said


def _is_writable(c: str) -> bool:
    """Blanks of any script and the marks that Arabic and emoji need; no control codes, and nothing that turns the
    direction of what follows: such a text reads otherwise than it was typed.
    """
    if c in "\n\t":
        return True
    return category(c) not in ("Cc", "Cs", "Zl", "Zp") and c not in TURNING and ord(c) & 0xFFFE != 0xFFFE


def _address(name: str, text: str) -> str:
    said = _text(name, text)
    if said and (not said.startswith(("https://", "http://")) or not said.isascii() or " " in said):
        raise Refused(f"{name}: needs an address that begins with https:// or http://")
    return said


def _second(at: datetime | None) -> datetime | None:
    """CAP knows whole seconds: so do we, and nobody reads another time than was kept."""
    return at.astimezone(UTC).replace(microsecond=0) if at is not None else None


def _degrees(value: float) -> float:
    return round(value, 6) + 0.0  # no negative zero


def _ring(points: Iterable[tuple[float, float]], where: str) -> Ring:
    """A closed ring that encloses something and does not cross itself."""
    ring = tuple((_degrees(lat), _degrees(lng)) for lat, lng in points)
    ring = ring if ring[0] == ring[-1] else (*ring, ring[0])
    if len(set(ring)) < 3:
        raise Refused(f"{where}: needs three different points or more")
    import shapely  # as slow to load as it is rarely needed

    if not shapely.Polygon(ring).is_valid:
        raise Refused(f"{where}: crosses itself or encloses nothing")
    return ring


def _near(state: State, points: Ring, where: str) -> None:
    """Each point: one with latitude and longitude the wrong way round would stretch the warning over continents."""
    box = state.city.bounds
    for lat, lng in points:
        if not (box.south - NEAR <= lat <= box.north + NEAR and box.west - NEAR <= lng <= box.east + NEAR):
            raise Refused(f"{where}: {lat:g}, {lng:g} is nowhere near the city; points are (lat, lng)")


def _fitting(fact: S) -> S:
    size = len(encode(fact))
    if size > MOST_BYTES:
        raise Refused(f"{size} bytes, at most {MOST_BYTES}: fewer points, languages or words")
    return fact


def _said(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


PUBLISH_VERBS: Mapping[str, Any] = {
    "publish_alert": publish_alert,
    "cancel_alert": cancel_alert,
    "publish_notice": publish_notice,
    "withdraw_notice": withdraw_notice,
}
