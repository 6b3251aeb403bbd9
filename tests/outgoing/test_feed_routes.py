"""The feeds as machines read them: the chain of a warning, who may see what, and nothing twice for nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import redis as redis_module
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from dashboard.access import Access
from dashboard.access_keys import new_key
from dashboard.api.context import ApiContext
from dashboard.outgoing.messages import current, messages_of
from dashboard.outgoing.routes import feeds
from dashboard.roles import ROLES, Permission, Role
from emergency.alerts import is_in_force
from geo.cities import load_city
from streams.codec import encode, payload_of
from streams.events import AlertIssued, NoticeIssued
from streams.feeds.cap.atom import FEED_LIMITS, entries_of, is_feed
from streams.feeds.cap.facts import facts_of
from streams.feeds.cap.parse import parse_cap
from streams.feeds.cap.tree import parse
from streams.keys import Keys
from streams.reader import Reader
from tests.outgoing.desk import LAT, LNG, SQUARE, Desk, area, info
from tests.support.engines import NOON, Wall

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("/feeds/cap.atom", "/feeds/alerts.geojson", "/feeds/notices.geojson")


class Office:
    """The feeds of one city, and the desk whose documents are committed for them."""

    def __init__(self, client: redis_module.Redis):
        self.client = client
        self.keys = Keys("boston")
        self.desk = Desk()
        self.wall = Wall(NOON + timedelta(minutes=1))
        access = Access(client, self.keys)
        context = ApiContext(client, self.keys, Reader(None, "boston"), access, now=self.wall)  # type: ignore[arg-type]
        self.app = Flask("test")
        self.app.secret_key = "secret"
        self.app.register_blueprint(feeds(context, load_city("boston")))
        self.access = {role.value: new_key(client, self.keys, f"{role} one", role) for role in Role}

    def commit(self, mode: str = "live") -> None:
        """What the engine commits: documents by id, and the clock."""
        for noun, documents in (("alerts", self.desk.alerts), ("notices", self.desk.notices)):
            for name, document in documents.items():
                self.client.hset(self.keys.of(noun), name, encode(document))
        clock: dict[Any, Any] = {"now": encode(self.desk.now), "mode": encode(mode)}
        self.client.hset(self.keys.view("clock"), mapping=clock)

    def get(self, path: str, role: str | None = "viewer", **headers: str) -> TestResponse:
        key = {"X-API-Key": self.access[role]} if role else {}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().get(path, headers={**key, **sent})

    def entries(self, role: str = "viewer") -> list[ElementTree.Element]:
        return ElementTree.fromstring(self.get("/feeds/cap.atom", role).data).findall(f"{ATOM}entry")  # noqa: S314

    def features(self, path: str, role: str = "viewer") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get(path, role).data)["features"]
        return found


@pytest.fixture
def office(redis: redis_module.Redis) -> Office:
    return Office(redis)


def path_of(alert_id: str) -> str:
    return f"/feeds/cap/{alert_id.partition(',')[2]}.xml"


def test_a_warning_its_update_and_its_end_are_one_chain_of_messages(office: Office) -> None:
    desk = office.desk
    first = desk.alert()
    desk.now += timedelta(minutes=5)
    second = desk.alert(infos=[info(severity="Extreme")], updates=first.alert_id)
    desk.now += timedelta(minutes=5)
    (cancelled,) = desk.ask("cancel_alert", alert_id=second.alert_id, reason="valve closed")
    office.commit()
    messages = [office.get(path_of(i)) for i in (first.alert_id, second.alert_id, cancelled.by)]  # type: ignore
    assert [m.status_code for m in messages] == [200, 200, 200]
    assert {m.mimetype for m in messages} == {"application/cap+xml"}
    read = [parse_cap(m.data) for m in messages]
    assert [m.kind for m in read] == ["Alert", "Update", "Cancel"]
    assert [[r.alert_id for r in m.references] for m in read] == [
        [],
        [first.alert_id],
        [second.alert_id, first.alert_id],
    ]
    assert read[2].note == "valve closed"
    assert [m.sent_at for m in read] == [NOON, NOON + timedelta(minutes=5), NOON + timedelta(minutes=10)]


def test_another_city_that_reads_the_feed_ends_where_this_one_is(office: Office) -> None:
    """Our writer, feed and all, against our reader of other people's feeds."""
    desk = office.desk
    first, other = desk.alert(), desk.alert(infos=[info(language="zh-CN", event="燃气泄漏")])
    reader = Desk()

    def poll() -> None:
        office.commit()
        feed = parse(office.get("/feeds/cap.atom").data, FEED_LIMITS)
        assert is_feed(feed.root)
        for entry in entries_of(feed, "http://localhost/feeds/cap.atom"):
            message = parse_cap(office.get(entry.url.removeprefix("http://localhost")).data)
            for envelope in facts_of(message).envelopes:
                reader.record(payload_of(envelope), source="cap")

    poll()
    assert [i for i, a in reader.alerts.items() if is_in_force(a, NOON)] == [first.alert_id, other.alert_id]
    assert reader.alerts[first.alert_id].infos == first.infos
    second = desk.alert(updates=first.alert_id)
    desk.ask("cancel_alert", alert_id=other.alert_id, reason="over")
    poll()
    in_force = [i for i, a in desk.alerts.items() if is_in_force(a, NOON)]
    assert in_force == [second.alert_id]
    assert [i for i, a in reader.alerts.items() if is_in_force(a, NOON)] == in_force


def test_the_feed_lists_what_holds_and_tells_of_cancellations_until_the_warning_would_be_over(office: Office) -> None:
    desk = office.desk
    kept, gone = desk.alert(), desk.alert(infos=[info(headline="Second")])
    desk.now += timedelta(minutes=1)
    desk.ask("cancel_alert", alert_id=gone.alert_id, reason="false alarm")
    office.commit()
    titles = [entry.findtext(f"{ATOM}title") for entry in office.entries()]
    assert titles == ["CANCEL: Second", "Gas leak in Roxbury"]
    link = office.entries()[1].find(f"{ATOM}link")
    assert link is not None
    assert link.attrib["href"] == f"http://localhost{path_of(kept.alert_id)}"
    assert office.entries()[0].findtext(f"{ATOM}summary") == "false alarm"
    desk.now = NOON + timedelta(hours=3)
    office.commit()
    assert office.entries() == []
    assert office.get(path_of(kept.alert_id)).status_code == 200  # a link that somebody kept still leads there


def test_alerts_of_others_are_on_the_map_but_not_in_our_feed(office: Office) -> None:
    (issued,) = office.desk.ask("publish_alert", infos=[info()])
    assert isinstance(issued, AlertIssued)
    foreign = AlertIssued(alert_id="w@nws,1", sender="w@nws", identifier="1", sent_at=NOON, infos=issued.infos)
    office.desk.record(foreign, source="cap")
    office.commit()
    assert len(office.entries()) == 1
    assert office.get("/feeds/cap/1.xml").status_code == 404
    told = {f["properties"]["alert_id"]: f["properties"]["own"] for f in office.features("/feeds/alerts.geojson")}
    assert told == {issued.alert_id: True, "w@nws,1": False}


def test_an_exercise_says_so_first_and_is_on_no_map(office: Office) -> None:
    made = office.desk.alert(status="Exercise")
    office.commit()
    assert [entry.findtext(f"{ATOM}title") for entry in office.entries()] == ["EXERCISE: Gas leak in Roxbury"]
    assert parse_cap(office.get(path_of(made.alert_id)).data).status == "Exercise"
    assert office.features("/feeds/alerts.geojson") == []


@pytest.mark.parametrize("mode", ["simulation", "replay"])
def test_what_a_simulated_city_publishes_is_never_actual_outside(office: Office, mode: str) -> None:
    made = office.desk.alert()
    office.commit(mode)
    message = parse_cap(office.get(path_of(made.alert_id)).data)
    assert message.status == "Exercise"
    assert message.note.startswith("SIMULATION")
    feed = ElementTree.fromstring(office.get("/feeds/cap.atom").data)  # noqa: S314
    assert feed.findtext(f"{ATOM}title") == "SIMULATION: Boston"
    assert office.entries()[0].findtext(f"{ATOM}title") == "EXERCISE: Gas leak in Roxbury"
    assert json.loads(office.get("/feeds/alerts.geojson").data)["mode"] == mode


def test_the_wall_reads_what_is_public_and_others_what_is_restricted_too(office: Office) -> None:
    public, restricted = office.desk.alert(), office.desk.alert(scope="Restricted")
    office.commit()
    for role in set(Role) - {Role.REPORTER}:
        is_inside = Permission.READ_INCIDENTS in ROLES[role]
        expected = {public.alert_id} | ({restricted.alert_id} if is_inside else set())
        found = {f["properties"]["alert_id"] for f in office.features("/feeds/alerts.geojson", role)}
        assert found == expected
        assert len(office.entries(role)) == len(expected)
        assert office.get(path_of(restricted.alert_id), role).status_code == (200 if is_inside else 404)
    assert b"<restriction>" in office.get(path_of(restricted.alert_id)).data


@pytest.mark.parametrize("path", [*FEEDS, "/feeds/cap/x.xml"])
def test_strangers_read_nothing(office: Office, path: str) -> None:
    office.commit()
    assert office.get(path, role=None).status_code == 401
    assert office.get(path, role=None, X_API_Key="hx_guess").status_code == 401


@pytest.mark.parametrize("path", FEEDS)
def test_before_the_first_commit_no_feed_says_that_there_is_nothing(office: Office, path: str) -> None:
    answer = office.get(path)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_shapes_are_geojson_with_longitude_first(office: Office) -> None:
    office.desk.alert(infos=[info(areas=[area(circles=[[LAT, LNG, 1.5]])])])
    office.desk.notice(lat=LAT, lng=LNG)
    office.desk.notice(polygons=[], areas=["Roxbury"])
    office.commit()
    polygon, circle = office.features("/feeds/alerts.geojson")
    assert polygon["geometry"]["coordinates"][0][0] == [LNG, LAT]
    assert circle["geometry"]["type"] == "Polygon"
    assert polygon["properties"]["headlines"] == {"en": "Gas leak in Roxbury"}
    outline, point, nowhere = office.features("/feeds/notices.geojson")
    ring = outline["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert {tuple(point) for point in ring} == {(round(lng, 5), round(lat, 5)) for lat, lng in SQUARE}
    assert point["geometry"] == {"type": "Point", "coordinates": [LNG, LAT]}
    assert nowhere["geometry"] is None
    assert nowhere["properties"]["titles"]["es"] == "Puente cerrado"
    assert len({f["id"] for f in office.features("/feeds/notices.geojson")}) == 3


def test_a_notice_leaves_the_feed_when_it_ends_or_is_withdrawn(office: Office) -> None:
    desk = office.desk
    withdrawn, ends = desk.notice(), desk.notice(ends_at=(NOON + timedelta(hours=2)).isoformat())
    times: dict[str, Any] = {"starts_at": NOON + timedelta(days=9), "ends_at": NOON + timedelta(days=10)}
    desk.record(NoticeIssued(notice_id="far", kind="event", titles={"en": "Parade"}, **times), source="notices")
    desk.ask("withdraw_notice", notice_id=withdrawn.notice_id)
    office.commit()
    told = {f["properties"]["notice_id"]: f["properties"] for f in office.features("/feeds/notices.geojson")}
    assert set(told) == {ends.notice_id, "far"}
    assert (told["far"]["own"], told[ends.notice_id]["own"]) == (False, True)
    assert not told[ends.notice_id]["active"]
    desk.now = NOON + timedelta(hours=1)
    office.commit()
    assert [f["properties"]["active"] for f in office.features("/feeds/notices.geojson")] == [True, False]
    desk.now = NOON + timedelta(hours=2)
    office.commit()
    assert [f["properties"]["notice_id"] for f in office.features("/feeds/notices.geojson")] == ["far"]


@pytest.mark.parametrize("path", FEEDS)
def test_what_has_not_changed_is_not_sent_again(office: Office, path: str) -> None:
    desk = office.desk
    old, _ = desk.alert(), desk.notice()
    office.commit()
    first = office.get(path)
    assert first.last_modified == NOON
    desk.now += timedelta(seconds=30)  # time passes and nothing happens
    office.commit()
    for asked in ({"If_None_Match": first.headers["ETag"]}, {"If_Modified_Since": first.headers["Last-Modified"]}):
        again = office.get(path, **asked)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    desk.ask("cancel_alert", alert_id=old.alert_id, reason="over")
    desk.notice(titles={"en": "Another"})
    office.commit()
    for asked in ({"If_None_Match": first.headers["ETag"]}, {"If_Modified_Since": first.headers["Last-Modified"]}):
        assert office.get(path, **asked).status_code == 200


def test_a_warning_that_ends_by_itself_is_a_change_for_those_who_ask_by_date(office: Office) -> None:
    office.desk.alert()
    office.commit()
    first = office.get("/feeds/alerts.geojson")
    office.desk.now = NOON + timedelta(hours=3)
    office.wall.at = office.desk.now + timedelta(minutes=1)
    office.commit()
    again = office.get("/feeds/alerts.geojson", If_Modified_Since=first.headers["Last-Modified"])
    assert (again.status_code, json.loads(again.data)["features"]) == (200, [])


def test_an_answer_never_says_that_it_changed_after_it_was_given(office: Office) -> None:
    """A simulated city may live in what is the future outside."""
    office.desk.alert()
    office.commit("simulation")
    office.wall.at = datetime(2026, 1, 1, tzinfo=UTC)
    answer = office.get("/feeds/alerts.geojson")
    assert "Last-Modified" not in answer.headers
    assert office.get("/feeds/alerts.geojson", If_None_Match=answer.headers["ETag"]).status_code == 304


steps = st.lists(
    st.tuples(st.sampled_from(["publish", "update", "cancel", "wait"]), st.integers(0, 5), st.integers(1, 100)),
    max_size=12,
)


@given(steps)
def test_after_any_story_the_feed_has_one_last_word_for_each_chain(story: list[tuple[str, int, int]]) -> None:
    """What holds here is what a reader finds: no chain told twice, none that holds left out."""
    desk = Desk()
    for what, which, minutes in story:
        standing = [a.alert_id for a in desk.alerts.values() if is_in_force(a, desk.now)]
        chosen = standing[which % len(standing)] if standing else ""
        expires = (desk.now + timedelta(minutes=60)).isoformat()
        if what == "publish":
            desk.alert(infos=[info(expires_at=expires)])
        elif what == "update" and chosen:
            desk.alert(infos=[info(expires_at=expires)], updates=chosen)
        elif what == "cancel" and chosen:
            desk.ask("cancel_alert", alert_id=chosen, reason="over")
        desk.now += timedelta(minutes=minutes)
    alerts = list(desk.alerts.values())
    messages = messages_of(alerts, "boston", "live")
    shown = current(messages, alerts, desk.now)
    assert {f"{m.sender},{m.identifier}" for m in shown if m.kind != "Cancel"} == {
        a.alert_id for a in alerts if is_in_force(a, desk.now)
    }
    assert [m.sent_at for m in shown] == sorted((m.sent_at for m in shown), reverse=True)
    named = [r.identifier for m in shown for r in m.references]
    assert len(named) == len(set(named))
    for message in messages.values():
        assert (message.kind == "Alert") == (not message.references)
        times = [message.sent_at, *(r.sent_at for r in message.references)]
        assert times == sorted(times, reverse=True)
