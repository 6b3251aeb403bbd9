"""What a desk of the past is told besides its picture, by the permissions of the live one; nothing can be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import redis as redis_module

from dashboard.replaying.process import Replayer
from geo.cities import load_city
from hotline.worklists import WORKLISTS
from streams.archive import facts
from tests.replaying.test_past_pictures import CITY, Recorded
from tests.replaying.test_replay_routes import Door

NOTHING_KNOWN = ("cases/none", "cases/none/history", "incidents/none")


@pytest.fixture(scope="module")
def recorded(redis_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    client = redis_server.client()
    client.flushall()
    return Recorded(client, tmp_path_factory.mktemp("desks"), steps=28, step_m=9, is_busy=True)


@pytest.fixture
def door(redis: redis_module.Redis, recorded: Recorded) -> Door:
    return Door(redis, recorded.archive, Replayer(load_city(CITY), recorded.archive))


@pytest.fixture
def then(recorded: Recorded) -> tuple[datetime, dict[str, Any]]:
    """An instant in the middle and the picture of it."""
    return list(recorded.pictures.items())[10]


def told(door: Door, path: str, at: datetime, **asked: Any) -> dict[str, Any]:
    answer = door.get(path, at=at.isoformat(), **asked)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


def types(door: Door, case_id: str, at: datetime) -> list[str]:
    """The steps of a case's story as it was known."""
    return [fact["type"] for fact in told(door, f"cases/{case_id}/history", at)["facts"]]


def test_lists_count_what_the_figures_of_then_counted(door: Door, then: tuple[datetime, dict[str, Any]]) -> None:
    at, picture = then
    body = told(door, "worklists", at)
    found = {one["name"]: one["n"] for one in body["lists"]}
    assert found.keys() == WORKLISTS.keys() - {"repeat"}
    figures = picture["figures"]
    assert found["open"] == figures["cases.open"] > 0
    assert found["overdue"] == figures["cases.overdue"]
    assert found["due_soon"] == figures["cases.due_4h"]
    assert datetime.fromisoformat(body["at"]) == at
    area = {"area": "nowhere"}
    assert {one["n"] for one in told(door, "worklists", at, **area)["lists"]} == {0}


def test_rows_are_the_cases_that_were_open_in_their_order(door: Door, then: tuple[datetime, dict[str, Any]]) -> None:
    at, picture = then
    page = told(door, "cases/rows", at, list="open", sort="received", order="desc", start=0, end=20)
    assert page["total"] == picture["figures"]["cases.open"]
    received = [row["received_at"] for row in page["rows"]]
    assert received == sorted(received, reverse=True)
    assert len(received) == min(20, page["total"])
    assert all(datetime.fromisoformat(instant) <= at for instant in received)
    assert {row["status"] for row in page["rows"]} == {"open"}


def test_a_case_and_its_story_are_as_they_were_known(
    door: Door, recorded: Recorded, then: tuple[datetime, dict[str, Any]]
) -> None:
    at, _ = then
    with recorded.archive.view() as view:
        log = list(facts.between(view.folder, view.manifest, "0-0"))
    begun, ended = (
        {e.data["case_id"]: e.recorded_at for _, e in log if e.type == type_ and e.recorded_at is not None}
        for type_ in ("case.received", "case.closed")
    )
    later = next(case_id for case_id, then in ended.items() if then > at)
    between = begun[later] + (ended[later] - begun[later]) / 2
    case = told(door, f"cases/{later}", between)
    assert (case["case_id"], case["status"], "private" in case) == (later, "open", False)
    assert types(door, later, between)[0] == "case.received"
    assert "case.closed" not in types(door, later, between)
    last = max(recorded.pictures)
    assert told(door, f"cases/{later}", last)["status"] == "closed"
    assert "case.closed" in types(door, later, last)


def test_an_incident_is_as_it_was_known(door: Door, then: tuple[datetime, dict[str, Any]]) -> None:
    at, picture = then
    assert picture["queue"]
    for incident_id, row in list(picture["queue"].items())[:3]:
        document = told(door, f"incidents/{incident_id}", at)
        assert (document["incident_id"], document["priority"]) == (incident_id, row["priority"])
        assert "private" not in document


def test_each_answer_is_for_the_roles_that_have_it_live(door: Door, then: tuple[datetime, dict[str, Any]]) -> None:
    at = then[0].isoformat()
    for path in ("worklists", "cases/rows", *NOTHING_KNOWN):
        assert door.get(path, "", at=at).status_code == 401
        assert door.get(path, "kiosk", at=at).status_code == 403
    door.allowed = False
    assert door.get("worklists", at=at).status_code == 429


def test_what_was_not_known_then_or_cannot_be_asked_is_said(door: Door, then: tuple[datetime, dict[str, Any]]) -> None:
    at = then[0].isoformat()
    for path in NOTHING_KNOWN:
        refused = door.get(path, at=at)
        assert refused.status_code == 404
        assert "was known then" in refused.get_json()["error"]["message"]
    for asked in ({"q": "gas"}, {"start": 5, "end": 2}, {"end": 5000}, {"list": "best"}, {"at": "yesterday"}):
        assert door.get("cases/rows", **({"at": at} | asked)).status_code == 400, asked
    assert door.get("worklists").status_code == 400


def test_nothing_can_be_done_in_the_past(door: Door) -> None:
    rules = [rule for rule in door.app.url_map.iter_rules() if rule.rule.startswith("/replay")]
    assert len(rules) == 8
    assert all(rule.methods is not None and rule.methods <= {"GET", "HEAD", "OPTIONS"} for rule in rules)


def test_more_than_can_be_looked_through_is_said(
    door: Door, then: tuple[datetime, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.replaying.lists.MOST_CASES", 3)
    assert door.get("worklists", at=then[0].isoformat()).status_code == 501


@pytest.mark.parametrize(("kind", "topic"), [("warning", "warnings"), ("alert", "alerts")])
def test_the_next_warning_or_alert_stands_in_the_picture_that_is_jumped_to(
    door: Door, then: tuple[datetime, dict[str, Any]], kind: str, topic: str
) -> None:
    at, picture = then
    found = door.get("next", after=at.isoformat(), kind=kind).get_json()
    assert found["id"] not in picture[topic]
    assert found["id"] in door.picture(datetime.fromisoformat(found["at"]), topics=(topic,))["topics"][topic]
