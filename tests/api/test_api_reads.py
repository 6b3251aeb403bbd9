"""Reads: the committed numbers, the lists, and one document at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import h3
import pytest
import redis as redis_module
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.accounts.audit import read_entries
from dashboard.api.arguments import LISTS, PAGING
from dashboard.api.lists import HIDDEN, shown
from dashboard.api.picture import MEASURES, Grid
from dashboard.engine.clock import Mode
from hotline.cases import Case
from tests.api.conftest import Door, open_door
from tests.support.engines import CITY_HALL, CORNER


def told(door: Door) -> None:
    """A small city: three cases (one at the default point), two incidents, one unit on its way."""
    door.city.case("c1", category="Noise", channel="phone", text="too loud", address="1 Main Street", phone="555")
    door.city.case("c2", (42.35, -71.06), category="Trash", channel="web", target_at="2026-03-04T16:00:00Z")
    door.city.case("c3", CITY_HALL, category="Trash", channel="web")
    door.city.post("incident.received", incident_id="i1", kind="fire", priority=1, lat=CORNER[0], lng=CORNER[1])
    door.city.post("incident.received", incident_id="i2", kind="medical", priority=2, lat=42.35, lng=-71.06, text="!")
    door.city.post("unit.listed", unit_id="E1", kind="engine", lat=42.36, lng=-71.05)
    door.city.post("unit.dispatched", unit_id="E1", incident_id="i1")
    door.settle()


def test_the_picture_says_what_the_engine_committed_in_the_promised_shape(door: Door) -> None:
    told(door)
    picture = door.get("/picture").get_json()
    assert set(picture) == {
        *("city", "clock", "seq", "cases", "incidents", "units", "calls", "sources"),
        *("alerts", "notices", "attention"),
    }
    assert picture["city"] == "boston"
    assert picture["clock"]["mode"] == "live"
    assert picture["clock"]["now"].endswith("Z")
    assert {name: n for name, n in picture["cases"].items() if not name.startswith("by_")} == {
        "received_today": 3,
        "received_1h": 3,
        "received_24h": 3,
        "closed_today": 0,
        "open": 3,
        "with_deadline": 1,
        "overdue": 1,
        "due_4h": 0,
        "without_location": 1,
        "received_total": 3,
    }
    assert picture["cases"]["by_channel"] == {"web": 2, "phone": 1}
    assert list(picture["cases"]["by_category"]) == ["Trash", "Noise"]
    assert picture["incidents"]["open"] == 2
    assert picture["incidents"]["by_kind"] == {"fire": 1, "medical": 1}
    assert picture["incidents"]["by_priority"] == {"1": 1, "2": 1, "3": 0}
    assert picture["units"]["busy"] == 1
    assert picture["units"]["by_status"]["dispatched"] == 1
    [source] = picture["sources"]
    assert set(source) == {"name", "last_event_at", "age_s", "stale", "dead"}
    assert source["name"] == "311"
    assert 0 <= source["age_s"] < 60
    assert picture["seq"] == int(door.city.client.hget(door.city.keys.position, "frame_seq"))  # type: ignore[arg-type]


def test_the_picture_shows_calls_and_to_a_kiosk_only_public_alerts(door: Door) -> None:
    for number, scope in enumerate(("Public", "Restricted")):
        info = {"event": "Storm", "severity": "Minor"}
        sent = {"sender": "w", "identifier": str(number), "sent_at": door.city.wall.at.isoformat()}
        door.city.post("alert.issued", alert_id=f"w,{number}", scope=scope, infos=[info], **sent)
    door.city.post("call.offered", call_id="k1", channel="foreign")
    door.settle()
    picture = door.get("/picture").get_json()
    assert picture["calls"]["waiting"] == picture["calls"]["by_channel"]["foreign"]["waiting"] == 1
    assert [alert["id"] for alert in picture["alerts"]] == ["w,0", "w,1"]
    assert [alert["id"] for alert in door.get("/picture", role="kiosk").get_json()["alerts"]] == ["w,0"]


def test_before_the_first_frame_there_is_no_picture_and_no_invented_zeros(redis: Any, tmp_path: Path) -> None:
    door = open_door(redis, tmp_path)
    try:
        for path in ("/picture", "/cells"):
            answer = door.get(path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        lists = door.get("/cases")
        assert (lists.status_code, lists.get_json()["error"]["code"]) == (503, "not_ready")
    finally:
        door.tail.writer.close()


@pytest.mark.parametrize("measure", MEASURES)
def test_at_every_resolution_cells_and_the_rest_are_the_whole(door: Door, measure: str) -> None:
    told(door)
    figures = door.city.figures()
    whole = figures["incidents.open"] if measure == "incidents" else figures[f"cases.{measure}"]
    finest = door.get(f"/cells?measure={measure}&res=9").get_json()["cells"]
    for res in (6, 7, 8, 9):
        body = door.get(f"/cells?measure={measure}&res={res}").get_json()
        assert sum(body["cells"].values()) + body["without_location"] == whole
        rolled = {h3.cell_to_parent(cell, res) for cell in finest}
        assert set(body["cells"]) == rolled


def test_cells_of_one_category_and_new_cells_between_two_questions(door: Door) -> None:
    told(door)
    assert sum(door.get("/cells?measure=open&res=9&category=Trash").get_json()["cells"].values()) == 1
    assert door.get("/cells?measure=open&category=Trash").get_json()["without_location"] == 1
    door.city.case("c4", (42.30, -71.10), category="Trash")
    door.settle()
    body = door.get("/cells?measure=open&res=9&category=Trash").get_json()
    assert body["cells"][h3.latlng_to_cell(42.30, -71.10, 9)] == 1
    assert door.get("/cells?category=unheard+of").get_json()["cells"] == {}


def test_a_kiosk_sees_sensitive_incidents_in_no_cell(door: Door) -> None:
    told(door)
    known = door.get("/cells?measure=incidents").get_json()
    wall = door.get("/cells?measure=incidents", role="kiosk").get_json()
    assert sum(known["cells"].values()) == 2
    assert sum(wall["cells"].values()) == 1
    assert wall["without_location"] == 1


def test_cells_of_a_city_that_began_anew_are_not_drawn_at_old_places(door: Door) -> None:
    told(door)
    before = set(door.get("/cells?res=9").get_json()["cells"])
    door.city.client.delete(door.city.keys.grid)
    door.city.client.rpush(door.city.keys.grid, *[h3.latlng_to_cell(10 + n, 20, 9) for n in range(5)])
    after = set(door.get("/cells?res=9").get_json()["cells"])
    assert after
    assert not after & before


def test_a_grid_notices_that_the_list_is_another_one() -> None:
    grid = Grid()
    assert grid.extend(0, ["a", "b"])
    assert grid.start() == 1
    assert grid.extend(1, ["b", "c"])
    assert grid.cells == ["a", "b", "c"]
    assert not grid.extend(2, ["x"])
    assert grid.cells == []
    assert grid.extend(0, ["x"])
    assert not grid.extend(0, [] if grid.start() else ["y"])


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/cells?measure=speed", "received_1h, received_24h, open, overdue, due_4h, incidents"),
        ("/cells?res=10", "6 to 9"),
        ("/cells?colour=red", "known: category, measure, res"),
        ("/cases?status=lost", "open, closed"),
        ("/cases?limit=0", "1 to 1000"),
        ("/cases?limit=1001", "1 to 1000"),
        ("/cases?due_before=yesterday", "with a zone"),
        ("/cases?due_before=2026-01-01T00:00:00", "with a zone"),
        ("/cases?cell=892a3066a03fff", "H3 cell"),
        ("/cases?cell=8a2a30664a07fff", "resolution 6 to 9"),
        ("/cases?cursor=nonsense!", "next"),
        ("/cases?area=a&area=b", "2 times"),
        ("/cases?colour=red", "known: area, category"),
        ("/incidents?priority=4", "1 to 3"),
        ("/units?q=x", "unknown parameter"),
        ("/cases/c1?fields=all", "unknown parameter"),
    ],
)
def test_a_question_that_cannot_be_understood_is_told_what_can(door: Door, path: str, says: str) -> None:
    told(door)
    answer = door.get(path)
    assert answer.status_code == 400
    assert says in answer.get_json()["error"]["message"]


def test_cases_are_filtered_paged_and_counted(door: Door) -> None:
    told(door)
    first = door.get("/cases?limit=2&count=1").get_json()
    assert (len(first["cases"]), first["total"]) == (2, 3)
    second = door.get(f"/cases?limit=2&cursor={first['next']}").get_json()
    assert {case["case_id"] for case in first["cases"] + second["cases"]} == {"c1", "c2", "c3"}
    assert second["next"] is None
    ids = lambda path: [case["case_id"] for case in door.get(path).get_json()["cases"]]  # noqa: E731
    assert ids("/cases?category=Noise&channel=&q=") == ["c1"]
    assert ids("/cases?status=open&due_before=2026-03-04T12:00:00-05:00") == ["c2"]
    assert ids("/cases?due_before=2026-03-05T00:00:00%2B08:00") == []
    assert ids("/cases?without_location=1") == ["c3"]
    assert ids(f"/cases?cell={h3.latlng_to_cell(*CORNER, 7)}") == ["c1"]
    assert first["seq"] == door.tail.writer.position.seq


def test_every_field_is_said_also_when_it_has_its_usual_value(door: Door) -> None:
    told(door)
    [case] = door.get("/cases?q=c1").get_json()["cases"]
    assert set(case) == {*Case.__struct_fields__, "stage", "status", "version"} - HIDDEN
    assert (case["kind"], case["status"], case["closed_at"]) == ("complaint", "open", None)
    assert "address" not in case
    assert case["version"] == shown(Case(case_id="x", seq=case["version"]))["version"]


def test_only_roles_that_may_read_words_can_search_them(door: Door) -> None:
    told(door)
    assert len(door.get("/cases?q=too+loud", role="hotline").get_json()["cases"]) == 1
    assert door.get("/cases?q=too+loud", role="viewer").get_json()["cases"] == []
    assert len(door.get("/cases?q=noise", role="viewer").get_json()["cases"]) == 1


def test_private_fields_are_shown_by_role_and_each_reveal_is_written_down(door: Door) -> None:
    told(door)
    audit = door.city.keys.of("audit")
    assert "private" not in door.get("/cases/c1", role="viewer").get_json()
    assert door.city.client.exists(audit) == 0
    shown_to_hotline = door.get("/cases/c1", role="hotline").get_json()
    caller = door.city.sealer.caller_of("555")
    assert shown_to_hotline["private"] == {"address": "1 Main Street", "text": "too loud", "caller": caller}
    assert door.get("/cases/c2", role="hotline").get_json()["private"] == {}
    [entry] = read_entries(door.city.client, door.city.keys)
    assert (entry.who, entry.role, entry.what) == ("hotline one", "hotline", "private.revealed")
    assert (entry.subject, entry.after) == ("case:c1", {"fields": ["address", "caller", "text"]})
    stored: Any = door.city.client.xrange(audit)
    assert b"Main Street" not in b"".join(stored[0][1].values())


def test_one_document_is_as_fresh_as_the_last_commit_and_old_ones_come_from_the_reader(door: Door) -> None:
    told(door)
    door.city.post("case.closed", case_id="c1")
    door.city.turn()
    assert door.get("/cases/c1").get_json()["status"] == "closed"
    assert door.get("/cases?q=c1").get_json()["cases"][0]["status"] == "open"
    door.city.client.hdel(door.city.keys.cases, "c2")
    assert door.get("/cases/c2").get_json()["case_id"] == "c2"
    assert door.get("/incidents/i1").get_json()["priority"] == 1
    assert door.get("/units/E1").get_json()["assignments"] == {"i1": "dispatched"}
    missing = door.get("/cases/none/such")
    assert (missing.status_code, missing.get_json()["error"]["code"]) == (404, "not_found")


def test_units_and_incidents_are_listed(door: Door) -> None:
    told(door)
    assert [unit["unit_id"] for unit in door.get("/units?status=dispatched").get_json()["units"]] == ["E1"]
    assert [i["incident_id"] for i in door.get("/incidents?priority=1").get_json()["incidents"]] == ["i1"]


def test_geojson_is_given_to_who_asks_for_it(door: Door) -> None:
    told(door)
    headers = {"Accept": "application/geo+json"}
    answer = door.get("/cases", headers=headers)
    assert answer.mimetype == "application/geo+json"
    body = answer.get_json(force=True)
    assert body["type"] == "FeatureCollection"
    points = {feature["id"]: feature["geometry"] for feature in body["features"]}
    assert points["c1"] == {"type": "Point", "coordinates": [CORNER[1], CORNER[0]]}
    assert body["seq"] == door.tail.writer.position.seq
    [unit] = door.get("/units/E1", headers=headers).get_json(force=True)["features"]
    assert unit["geometry"]["coordinates"] == [-71.05, 42.36]
    cells = door.get("/cells?measure=open", headers=headers).get_json(force=True)
    assert sum(feature["properties"]["n"] for feature in cells["features"]) == 2
    assert door.get("/cases", headers={"Accept": "text/html"}).mimetype == "application/json"


def test_an_authors_own_read_waits_for_the_reader(door: Door) -> None:
    told(door)
    door.city.post("case.closed", case_id="c1")
    door.city.turn()
    seq = int(door.city.client.hget(door.city.keys.position, "seq"))  # type: ignore[arg-type]
    behind = door.get(f"/cases?min_seq={seq}&status=closed")
    assert (behind.status_code, behind.headers["Retry-After"]) == (503, "1")
    door.settle()
    assert len(door.get(f"/cases?min_seq={seq}&status=closed").get_json()["cases"]) == 1


def test_a_store_that_is_away_is_said_so(door: Door, tmp_path: Path) -> None:
    nowhere = redis_module.Redis(unix_socket_path=str(tmp_path / "none.sock"))
    away = open_door(door.city.client, tmp_path / "away", Mode.LIVE)
    try:
        away.context.access.client = nowhere
        answer = away.get("/picture")
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "no_store")
    finally:
        away.tail.writer.close()


names = st.sampled_from([*LISTS["cases"], *LISTS["incidents"], *PAGING, "measure", "res", "x"])
nasty = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ['"', "'; DROP TABLE cases; --", "* OR *", "NEAR(", "\x00", "%00", "-1", "1e9", "٣", "9" * 25, "0"]
    ),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "892a3066a03ffff", "垃圾", "\ud83d"]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["/cases", "/incidents", "/units", "/cells", "/picture", "/cases/{}", "/requests/{}"]),
    st.lists(st.tuples(names.filter(lambda name: name != "min_seq"), nasty), max_size=4),
)
def test_no_question_whatever_is_a_server_error(door: Door, path: str, asked: list[tuple[str, str]]) -> None:
    if door.city.engine.position.seq < 2:
        told(door)
    fill = quote(asked[0][1].encode("utf-8", "surrogatepass") if asked else b"c1", safe="")
    answer = door.get(path.format(fill), query_string=[(n, v.encode("utf-8", "surrogatepass")) for n, v in asked])
    assert answer.status_code in (200, 400, 404)
    assert answer.get_json() is not None
    if answer.status_code != 200:
        assert answer.get_json()["error"]["message"]
