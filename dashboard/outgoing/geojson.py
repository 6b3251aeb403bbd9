"""Alerts in force and notices as GeoJSON; their shapes are made in `emergency.alert_shapes` and `geo.features`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dashboard.outgoing.own import is_own_alert, is_own_notice
from emergency.alert_shapes import alert_to_features
from emergency.alerts import Alert, alert_view, is_in_force
from geo.features import Feature, area_to_feature, point_to_feature, points_to_shape, shape_to_polygons
from hotline.notices import Notice, is_active

_REPEATED = ("id", "areas", "event", "severity")  # of an alert's view; the feature says it of its own area


def alerts_to_features(alerts: Iterable[Alert], city_id: str, now: datetime) -> list[Feature]:
    """One feature for each shape of each alert in force."""
    features = []
    for alert in sorted(alerts, key=lambda each: each.alert_id):
        if not is_in_force(alert, now):
            continue
        told = {name: value for name, value in alert_view(alert, now).items() if name not in _REPEATED}
        own = {"sender": alert.sender, "sent_at": alert.sent_at, "own": is_own_alert(alert, city_id)}
        for number, feature in enumerate(alert_to_features(alert, now)):
            properties = {**told, **own, **feature["properties"]}
            features.append({**feature, "id": f"{alert.alert_id}#{number}", "properties": properties})
    return features


def is_ahead(notice: Notice, now: datetime) -> bool:
    """Whether a notice still says something: it stands and has not ended, however far ahead it begins."""
    return notice.withdrawn_at is None and notice.ends_at is not None and notice.ends_at > now


def notices_to_features(notices: Iterable[Notice], now: datetime) -> list[Feature]:
    """One feature for each polygon of each notice, its point, or one without geometry where it names areas only."""
    ahead = [notice for notice in notices if is_ahead(notice, now)]
    ahead.sort(key=lambda notice: (notice.starts_at or now, notice.notice_id))
    return [feature for notice in ahead for feature in _notice_features(notice, now)]


def _notice_features(notice: Notice, now: datetime) -> list[Feature]:
    names = ("kind", "titles", "details", "starts_at", "ends_at", "areas", "owner")
    told: dict[str, Any] = {name: getattr(notice, name) for name in names}
    told = {"notice_id": notice.notice_id, **told, "active": is_active(notice, now), "own": is_own_notice(notice)}
    shapes = [part for ring in notice.polygons for part in shape_to_polygons(points_to_shape(ring))]
    # Counter-clockwise, as RFC 7946 asks.
    found = [area_to_feature(part if part.exterior.is_ccw else part.reverse(), told) for part in shapes]
    if notice.lat is not None and notice.lng is not None:
        found.append(point_to_feature(notice.lat, notice.lng, told))
    found = found or [{"type": "Feature", "geometry": None, "properties": told}]
    return [{**feature, "id": f"{notice.notice_id}#{number}"} for number, feature in enumerate(found)]
