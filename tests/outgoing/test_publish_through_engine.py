"""From a leader's request over the engine's commit to the feed that a neighbour reads."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.outgoing.routes import feeds
from streams.feeds.cap.parse import parse_cap
from tests.api.conftest import Door, door  # noqa: F401  a fixture
from tests.outgoing.desk import info, notice


@pytest.fixture
def office(door: Door) -> Door:  # noqa: F811
    """The API with its feeds, before a running engine."""
    door.app.register_blueprint(feeds(door.context, door.city.city))
    door.settle()
    return door


def asked(office: Door, role: str = "leader", **body: Any) -> tuple[int, dict[str, Any]]:
    with office.running_engine():
        answer = office.post("/requests", body, role)
    return answer.status_code, answer.get_json()


def read(office: Door, path: str, role: str = "kiosk") -> Any:
    return office.client.get(f"/feeds/{path}", headers=office.headers(role))


def test_what_a_leader_publishes_stands_in_the_feed_until_cancelled(office: Door) -> None:
    status, reply = asked(office, verb="publish_alert", infos=[info()])
    assert (status, reply["outcome"]) == (200, "done"), reply
    (feature,) = read(office, "alerts.geojson").get_json(force=True)["features"]
    alert_id = feature["properties"]["alert_id"]
    message = parse_cap(read(office, f"cap/{alert_id.partition(',')[2]}.xml").data)
    assert (message.alert_id, message.status, message.kind) == (alert_id, "Actual", "Alert")
    assert message.infos[0].event == "Gas leak"
    assert asked(office, verb="cancel_alert", alert_id=alert_id, reason="valve closed")[0] == 200
    assert read(office, "alerts.geojson").get_json(force=True)["features"] == []
    assert b"CANCEL: Gas leak" in read(office, "cap.atom").data


def test_a_notice_is_published_and_withdrawn(office: Door) -> None:
    assert asked(office, verb="publish_notice", **notice())[0] == 200
    (feature,) = read(office, "notices.geojson").get_json(force=True)["features"]
    notice_id = feature["properties"]["notice_id"]
    assert asked(office, verb="withdraw_notice", notice_id=notice_id)[0] == 200
    assert read(office, "notices.geojson").get_json(force=True)["features"] == []


def test_a_refusal_reaches_the_person_and_changes_nothing(office: Door) -> None:
    status, reply = asked(office, verb="publish_alert", infos=[info(severity="Bad")])
    assert (status, reply["outcome"]) == (409, "refused")
    assert "none of Extreme" in reply["reason"]
    assert read(office, "alerts.geojson").get_json(force=True)["features"] == []


@pytest.mark.parametrize("role", ["dispatcher", "hotline", "viewer", "kiosk"])
def test_other_roles_may_not_publish(office: Door, role: str) -> None:
    assert asked(office, role, verb="publish_alert", infos=[info()])[0] == 403


def test_the_door_refuses_a_misspelt_field_before_the_engine_is_asked(office: Door) -> None:
    status, reply = asked(office, verb="publish_alert", infos=[{**info(), "expires": "tomorrow"}])
    assert status == 400
    assert "expires" in reply["error"]["message"]
