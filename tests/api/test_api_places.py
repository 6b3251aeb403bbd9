"""Places and what is open near them, over HTTP: by name, by degrees, by cell; who may see what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import h3
import pytest
import redis as redis_module
from flask import Flask

from dashboard.api import api
from dashboard.api.context import ApiContext
from dashboard.places import KeptGazetteer, load_gazetteer
from dashboard.roles import ROLES, Permission, Role
from dashboard.settings import read_settings
from geo.cities import load_city
from geo.gazetteer import Gazetteer, Place
from tests.api.conftest import Door
from tests.support.engines import CORNER

MAIN = Place(id="street:Main St|", kind="street", names={"": "Main St"}, lat=42.34, lng=-71.08, n=7, precision_m=300)


def with_places(door: Door, gazetteer: Any) -> Door:
    """The same door, whose API knows places."""
    context: ApiContext = replace(door.context, gazetteer=gazetteer)
    app = Flask("test")
    app.secret_key = "secret"
    app.register_blueprint(api(context))
    return replace(door, context=context, app=app)


@pytest.fixture
def knowing(door: Door) -> Door:
    return with_places(door, lambda: Gazetteer([MAIN], lambda lat, lng: "Roxbury" if lat > 42 else ""))


def test_a_street_is_found_with_all_that_a_desk_needs_of_it(knowing: Door) -> None:
    body = knowing.get("/places?q=12+main").get_json()
    assert body == {
        "q": "12 main",
        "places": [
            {
                "id": "street:Main St|",
                "name": "Main St",
                "kind": "street",
                "lat": 42.34,
                "lng": -71.08,
                "area": "",
                "cell": h3.latlng_to_cell(42.34, -71.08, 9),
                "precision_m": 300,
                "why": ["prefix", "number", "learnt"],
                "names": {"": "Main St"},
                "n": 7,
            }
        ],
    }
    assert "near" in knowing.get("/places?q=main&lat=42.34&lng=-71.08").get_json()["places"][0]["why"]


@pytest.mark.parametrize(
    ("q", "why", "lat", "lng", "area"),
    [
        ("42.33,-71.09", ["coordinates"], 42.33, -71.09, "Roxbury"),
        ("-71.09, 42.33", ["coordinates", "turned"], 42.33, -71.09, "Roxbury"),
        ("12.5, 13.5", ["coordinates"], 12.5, 13.5, ""),
    ],
)
def test_two_numbers_are_a_point_also_when_longitude_comes_first(
    knowing: Door, q: str, why: list[str], lat: float, lng: float, area: str
) -> None:
    [place] = knowing.get("/places", query_string={"q": q}).get_json()["places"]
    assert (place["kind"], place["why"], place["lat"], place["lng"]) == ("point", why, lat, lng)
    assert place["area"] == area
    assert place["precision_m"] == 10


@pytest.mark.parametrize("resolution", [7, 9, 11])
def test_a_cell_is_its_centre_and_as_exact_as_it_is_small(knowing: Door, resolution: int) -> None:
    cell = h3.latlng_to_cell(*CORNER, resolution)
    [place] = knowing.get(f"/places?q={cell}").get_json()["places"]
    assert (place["kind"], place["name"], place["why"]) == ("cell", cell, ["cell"])
    assert place["cell"] == (cell if resolution <= 9 else h3.cell_to_parent(cell, 9))
    assert place["precision_m"] == pytest.approx(h3.average_hexagon_edge_length(resolution, unit="m"), abs=1)


@pytest.mark.parametrize(
    "query",
    [
        *("", "?q=", "?q=a&limit=0", "?q=a&limit=51", "?q=a&lat=1", "?q=a&lat=91&lng=0", "?q=a&lat=x&lng=0"),
        *("?q=a&lat=nan&lng=0", "?q=a&kind=street", "?q=a&lat=1&lng=181"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_would_be(knowing: Door, query: str) -> None:
    answer = knowing.get(f"/places{query}")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["message"]


def test_places_are_for_those_who_may_read_incidents(knowing: Door) -> None:
    allowed = {role: knowing.get("/places?q=main", role.value).status_code for role in Role}
    assert allowed == {role: 200 if Permission.READ_INCIDENTS in ROLES[role] else 403 for role in Role}
    assert knowing.get("/places?q=main", None).status_code == 401


def test_a_file_of_places_that_cannot_be_read_is_said(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "streets.json"
    path.write_text("[]", encoding="utf-8")
    kept = KeptGazetteer(read_settings({}, places=str(path)), load_city("boston"), None)
    kept.warm()
    answer = with_places(door, kept).get("/places?q=main")
    assert answer.status_code == 503
    assert "streets.json" in answer.get_json()["error"]["message"]


def test_a_simulated_beijing_knows_districts_landmarks_and_its_invented_streets() -> None:
    city = load_city("beijing-sim")
    areas = city.load_areas()
    gazetteer = load_gazetteer(read_settings({}), city, areas)
    found = gazetteer.search("东城区春和胡同12号")[0]
    assert (found.place.kind, found.place.area) == ("street", "Dongcheng")
    assert {"illustrative", "number"} <= set(found.why)
    assert gazetteer.search("دونغتشنغ")[0].place.id == "area:Dongcheng"
    assert gazetteer.search("Xidan")[0].place.area == "Xicheng"
    assert gazetteer.search("天安门")[0].place.id == "landmark:tiananmen"
    assert 2_000 < gazetteer.search("Haidian")[0].place.precision_m < 20_000
    assert gazetteer.area_of(39.999, 116.3267) == "Haidian"
    assert not [p for p in load_gazetteer(read_settings({}), load_city("beijing"), areas).places if p.is_illustrative]


# nearby


def busy_corner(door: Door) -> None:
    lat, lng = CORNER
    post = door.city.post
    post("incident.received", incident_id="fire", kind="fire", priority=1, lat=lat + 0.0005, lng=lng)
    post("incident.received", incident_id="ill", kind="medical", priority=2, lat=lat, lng=lng)
    post("incident.received", incident_id="gone", kind="fire", lat=lat, lng=lng)
    post("incident.closed", incident_id="gone")
    post("incident.received", incident_id="nowhere", kind="fire")
    post("incident.received", incident_id="far", kind="fire", lat=lat + 0.01, lng=lng)
    post("unit.dispatched", unit_id="E1", incident_id="fire")
    door.city.case("smoke", (lat + 0.001, lng), category="Smoke", text="it smells")
    door.city.case("done", CORNER, category="Smoke")
    post("case.closed", case_id="done")
    door.settle()


def near(door: Door, role: str = "dispatcher", **more: Any) -> dict[str, Any]:
    given = {"lat": CORNER[0], "lng": CORNER[1], "kind": "fire"} | more
    body: dict[str, Any] = door.get("/nearby", role, query_string=given).get_json()
    return body


def test_what_is_open_around_a_point_stands_nearest_first(door: Door) -> None:
    busy_corner(door)
    body = near(door)
    assert [one["subject"] for one in body["nearby"]] == ["incident:ill", "incident:fire", "case:smoke"]
    ill, fire, smoke = body["nearby"]
    assert ill["why"] == ["very_near", "just_now"]
    assert fire["why"] == ["same_kind", "very_near", "just_now"]
    assert (fire["distance_m"], fire["units"], fire["priority"], fire["stage"]) == (56, 1, 1, "dispatched")
    assert (smoke["kind"], smoke["distance_m"], smoke["units"], smoke["priority"]) == ("Smoke", 111, None, None)
    assert smoke["why"] == ["just_now"]
    assert body["missing"] == []
    assert body["seq"] == int(door.city.client.hget(door.city.keys.position, "seq"))  # type: ignore[arg-type]
    assert fire["version"] == door.get("/incidents/fire").get_json()["version"]
    assert "text" not in str(smoke)


def test_sensitive_incidents_are_only_for_those_who_may_see_private_fields(door: Door) -> None:
    busy_corner(door)
    shown = {role.value: {one["id"] for one in near(door, role.value).get("nearby", [])} for role in Role}
    assert shown == {
        **{role: {"ill", "fire", "smoke"} for role in ("admin", "dispatcher", "hotline")},
        **{role: {"fire", "smoke"} for role in ("leader", "viewer")},
        **{role: set() for role in ("agency", "kiosk", "reporter")},
    }


def test_a_further_call_a_second_later_is_offered_the_first_ones_incident_before_the_lists_know_it(door: Door) -> None:
    door.settle()
    door.city.post("incident.received", incident_id="new", kind="fire", lat=CORNER[0], lng=CORNER[1])
    door.city.turn()
    assert [one["id"] for one in near(door)["nearby"]] == ["new"]


def test_after_half_an_hour_nothing_is_near_any_more(door: Door) -> None:
    busy_corner(door)
    door.city.wall.pass_(minutes=29)
    door.settle()
    assert len(near(door)["nearby"]) == 3
    door.city.wall.pass_(minutes=2)
    door.settle()
    assert near(door)["nearby"] == []


def test_while_the_lists_are_built_incidents_are_told_and_the_missing_cases_said(
    door: Door, redis: redis_module.Redis
) -> None:
    door.city.post("incident.received", incident_id="new", kind="fire", lat=CORNER[0], lng=CORNER[1])
    door.city.turn()
    door.context.reader.path.unlink(missing_ok=True)
    body = near(door)
    assert body["missing"] == ["cases"]
    assert [one["id"] for one in body["nearby"]] == ["new"]


@pytest.mark.parametrize("query", ["", "?lat=1", "?lat=1&lng=x", "?lat=1&lng=1&q=a"])
def test_nearby_needs_a_point(door: Door, query: str) -> None:
    assert door.get(f"/nearby{query}", "dispatcher").status_code == 400
