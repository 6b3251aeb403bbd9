"""The feeds under /feeds: CAP messages of this city, alerts in force and notices. Described in docs/api.md.

All are read from committed documents. They are for machines that ask again and again: each answer carries an ETag
and Last-Modified, and an unchanged one costs no body.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request, url_for

from dashboard.api.answers import GEOJSON, Problem
from dashboard.api.context import ApiContext
from dashboard.outgoing import atom, cap_xml
from dashboard.outgoing.geojson import alerts_to_features, notices_to_features
from dashboard.outgoing.messages import LIVE, changed_at, current, messages_of
from dashboard.outgoing.own import is_own_alert
from dashboard.roles import Permission, Principal
from emergency.alerts import Alert
from geo.cities import City
from geo.features import Feature, features_to_collection
from hotline.notices import Notice
from streams.codec import encode

_alerts = msgspec.json.Decoder(Alert)
_notices = msgspec.json.Decoder(Notice)
JUST_BEFORE = timedelta(seconds=2)  # Last-Modified has whole seconds: within them more may change


@dataclass(frozen=True)
class Kept:
    """Committed documents, and what time and mode it is in the city."""

    documents: Sequence[Any]
    now: datetime
    mode: str


def feeds(context: ApiContext, city: City) -> Blueprint:
    """The blueprint, bound to one city."""
    blueprint = Blueprint("feeds", __name__, url_prefix="/feeds")
    blueprint.register_error_handler(Problem, lambda problem: problem.response())
    _cap(blueprint, context, city)
    _geojson(blueprint, context)
    return blueprint


def _cap(blueprint: Blueprint, context: ApiContext, city: City) -> None:
    @blueprint.get("/cap.atom")
    @context.access.require(Permission.READ_PICTURE)
    def cap_atom() -> Response:
        kept, mine = _own(context, g.principal)
        messages = current(messages_of(mine, context.keys.city, kept.mode), mine, kept.now)
        title = city.name() if kept.mode == LIVE else f"SIMULATION: {city.name()}"
        own_url = url_for(".cap_atom", _external=True)
        body = atom.write_atom(context.keys.city, title, messages, own_url, _cap_url)
        return _answer(context, body, atom.MEDIA_TYPE, changed_at(mine, kept.now))

    @blueprint.get("/cap/<identifier>.xml")
    @context.access.require(Permission.READ_PICTURE)
    def cap_message(identifier: str) -> Response:
        kept, mine = _own(context, g.principal)
        message = messages_of(mine, context.keys.city, kept.mode).get(identifier)
        if message is None:
            raise Problem(404, "not_found", f"no message {identifier[:200]!r} of this city")
        return _answer(context, cap_xml.write_cap(message), cap_xml.MEDIA_TYPE, changed_at(mine, kept.now))


def _geojson(blueprint: Blueprint, context: ApiContext) -> None:
    @blueprint.get("/alerts.geojson")
    @context.access.require(Permission.READ_PICTURE)
    def alerts_geojson() -> Response:
        kept = _kept(context, "alerts", _alerts)
        visible = _visible(kept.documents, g.principal)
        features = alerts_to_features(visible, context.keys.city, kept.now)
        return _collection(context, kept, features, changed_at(visible, kept.now))

    @blueprint.get("/notices.geojson")
    @context.access.require(Permission.READ_PICTURE)
    def notices_geojson() -> Response:
        kept = _kept(context, "notices", _notices)
        return _collection(context, kept, notices_to_features(kept.documents, kept.now), _changed(kept))


def _own(context: ApiContext, principal: Principal) -> tuple[Kept, list[Alert]]:
    kept = _kept(context, "alerts", _alerts)
    visible = _visible(kept.documents, principal)
    return kept, [alert for alert in visible if is_own_alert(alert, context.keys.city)]


def _visible(alerts: Iterable[Alert], principal: Principal) -> list[Alert]:
    """The wall is public space: its role reads only what is meant for the public."""
    is_inside = principal.may(Permission.READ_INCIDENTS)
    return [alert for alert in alerts if alert.is_public or is_inside]


def _kept(context: ApiContext, noun: str, decoder: msgspec.json.Decoder[Any]) -> Kept:
    """Raises Problem 503 before the engine's first commit: no warnings yet is not the same as none."""
    with context.client.pipeline(transaction=True) as pipe:
        pipe.hvals(context.keys.of(noun))
        pipe.hmget(context.keys.view("clock"), ["now", "mode"])
        raw, (now, mode) = pipe.execute()
    if now is None:
        raise Problem(503, "no_picture", "the engine has not committed a picture yet", retry_after_s=2)
    at = msgspec.json.decode(now, type=datetime)
    return Kept([decoder.decode(each) for each in raw], at, msgspec.json.decode(mode))


def _changed(kept: Kept) -> datetime | None:
    instants = [at for n in kept.documents for at in (n.recorded_at, n.withdrawn_at, n.starts_at, n.ends_at)]
    return max((at for at in instants if at is not None and at <= kept.now), default=None)


def _cap_url(identifier: str) -> str:
    return url_for(".cap_message", identifier=identifier, _external=True)


def _collection(context: ApiContext, kept: Kept, features: list[Feature], changed: datetime | None) -> Response:
    body = features_to_collection(features) | {"city": context.keys.city, "mode": kept.mode}
    return _answer(context, encode(body), GEOJSON, changed)


def _answer(context: ApiContext, body: bytes, media_type: str, changed: datetime | None) -> Response:
    response = Response(body, mimetype=media_type)
    response.headers["Cache-Control"] = "private, no-cache"  # keep it, but ask each time
    response.headers["Vary"] = "Authorization, X-API-Key, Cookie"
    response.add_etag()
    # A simulated city may live in what is the future outside; no answer may say that it changed after it was given.
    if changed is not None and changed <= context.now() - JUST_BEFORE:
        response.last_modified = changed
    return response.make_conditional(request)  # type: ignore[return-value]
