"""Laws of the desk's map and board, on an empty page: no server, no picture."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_module

from tests.browser.scripts import ASSETS, load_scripts
from tests.support.engines import CORNER, TestCity

pytestmark = pytest.mark.browser

LAT, LNG = CORNER
DESK = (
    *("60-desk.js", "64-keymatch.js", "71-thin.js", "71-place.js", "72-acts.js", "72-boardlist.js", "72-board.js"),
    *("73-kept.js", "73-splits.js"),
)
COLUMNS = [
    {"name": "available", "states": ["available", "returning"]},
    {"name": "on-scene", "states": ["on-scene"]},
    {"name": "out", "states": ["out-of-service"]},
]
# How a unit comes into each state: what is asked of the engine, of unit E1 and incident i1.
WAYS: dict[str, list[dict[str, Any]]] = {
    "available": [],
    "returning": [{"verb": "signal_unit", "status": "returning"}],
    "out-of-service": [{"verb": "signal_unit", "status": "out_of_service"}],
    "out-of-contact": [{"verb": "signal_unit", "status": "out_of_contact"}],
    "dispatched": [{"verb": "dispatch"}],
    **{
        status: [{"verb": "dispatch"}, {"verb": "report", "status": status}]
        for status in ("notified", "acknowledged", "en-route", "on-scene", "transporting", "at-hospital")
    },
}


def desk_scripts(page: Any) -> Any:
    load_scripts(page)
    for name in DESK:
        page.add_script_tag(path=str(ASSETS / name))
    return page


def offered(page: Any, unit: dict[str, Any], selected: str = "", chosen: bool = False) -> list[dict[str, Any]]:
    return page.evaluate(
        "([unit, selected, chosen]) => hexwatch.legalActs(unit, selected, chosen)", [unit, selected, chosen]
    )


# what is offered is legal


class Desk(TestCity):
    """Two incidents and a unit in a wanted state, and what the roster says of it."""

    __test__ = False

    def begin(self, ways: list[dict[str, Any]]) -> None:
        for incident_id in ("i1", "i2"):
            self.post("incident.received", incident_id=incident_id, kind="structure_fire", lat=LAT, lng=LNG)
        self.post("unit.listed", unit_id="E1", kind="engine")
        self.turn()
        for way in ways:
            self.asked(**fields_of(way))

    def asked(self, verb: str, **fields: Any) -> dict[str, Any]:
        request_id = self.ask(verb, **fields)
        self.turn()
        return self.reply(request_id)


def fields_of(way: dict[str, Any]) -> dict[str, Any]:
    if way["verb"] == "dispatch":
        return way | {"incident_id": "i1", "unit_ids": ["E1"]}
    return way | {"unit_id": "E1"} | ({"incident_id": "i1"} if way["verb"] == "report" else {})


@pytest.mark.parametrize("status", WAYS)
@pytest.mark.parametrize("selected", ["", "i1", "i2"])
def test_the_engine_grants_every_act_that_the_board_offers(
    page: Any, redis: redis_module.Redis, status: str, selected: str
) -> None:
    desk_scripts(page)
    first = Desk(redis)
    first.begin(WAYS[status])
    unit = first.view("roster")["E1"]
    assert unit["status"] == status
    acts = [act for act in offered(page, unit, selected) if act["verb"]]
    assert acts
    for act in acts:
        redis.flushall()
        city = Desk(redis)
        city.begin(WAYS[status])
        reply = city.asked(act["verb"], **act["fields"])
        assert reply["outcome"] == "done", (act, reply)


def test_a_crew_in_distress_is_offered_its_end_first_and_never_its_beginning(page: Any) -> None:
    desk_scripts(page)
    acts = offered(page, {"id": "E1", "status": "en-route", "incidents": ["i1"], "stacked": [], "distress": True})
    assert acts[0]["verb"] == "end_unit_emergency"
    assert "unit_emergency" not in [act["verb"] for act in acts]
    assert offered(page, {"id": "E1", "status": "available"})[-1]["verb"] == "unit_emergency"


def test_a_unit_with_a_patient_is_neither_diverted_nor_called_back(page: Any) -> None:
    desk_scripts(page)
    for status in ("transporting", "at-hospital"):
        unit = {"id": "M1", "status": status, "incidents": ["i1"], "stacked": []}
        verbs = {act["verb"] for act in offered(page, unit, "i2")}
        assert "divert" not in verbs
        assert "stand_down" not in verbs
        assert "stack" in verbs


def test_a_free_unit_can_be_chosen_without_sending_it(page: Any) -> None:
    desk_scripts(page)
    unit = {"id": "E1", "status": "available", "incidents": [], "stacked": ["i3"]}
    assert [act["word"] for act in offered(page, unit, "i2")][:3] == ["choose", "dispatch", "dispatch"]
    assert offered(page, unit, "i2", chosen=True)[0]["word"] == "drop"
    assert offered(page, unit, "i2")[2]["fields"] == {"incident_id": "i3", "unit_ids": ["E1"]}


# columns and filters


def test_every_unit_stands_in_exactly_one_column_those_in_distress_first(page: Any) -> None:
    desk_scripts(page)
    states = ["available", "returning", "on-scene", "out-of-service", "nobody knows this"]
    roster = {f"E{n}": {"id": f"E{n}", "status": states[n % 5], "distress": n == 17} for n in range(40)}
    script = """([roster, columns]) => {
      const known = new Map(Object.entries(roster)), order = hexwatch.naturally(known.keys());
      return Object.fromEntries(hexwatch.bucketUnits(order, known, columns, () => true));
    }"""
    dealt = page.evaluate(script, [roster, COLUMNS])
    assert sorted(id_ for ids in dealt.values() for id_ in ids) == sorted(roster)
    assert dealt["on-scene"][:3] == ["E17", "E2", "E7"]
    assert dealt["available"][:4] == ["E0", "E1", "E5", "E6"]
    assert {"E4", "E9"} <= set(dealt["out"])


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"kind": "engine"}, True),
        ({"kind": "ladder"}, False),
        ({"station": "36"}, True),
        ({"station": "3"}, False),
        ({"words": ["e1", "260304"]}, True),
        ({"words": ["e1", "nowhere"]}, False),
        ({"words": ["消防车"]}, True),
    ],
)
def test_a_unit_is_found_by_kind_station_and_every_word(page: Any, wanted: dict[str, Any], fits: bool) -> None:
    desk_scripts(page)
    unit = {"id": "E1", "kind": "engine", "station": "36", "incidents": ["260304-0001"], "stacked": []}
    script = "([unit, wanted]) => hexwatch.unitFits(unit, wanted, '消防车')"
    assert page.evaluate(script, [unit, {"kind": "", "station": "", "words": []} | wanted]) is fits


# times of what was done on paper


@pytest.mark.parametrize(
    ("now", "said", "at"),
    [
        ("2026-03-04T17:05:30Z", "12:05", "2026-03-04T17:05:00.000Z"),
        ("2026-03-04T17:05:30Z", "12:04", "2026-03-04T17:04:00.000Z"),
        ("2026-03-04T17:05:30Z", "12:06", "2026-03-03T17:06:00.000Z"),
        ("2026-03-04T05:02:00Z", "23:58", "2026-03-04T04:58:00.000Z"),
        ("2026-03-04T17:05:30Z", "", None),
        ("2026-03-04T17:05:30Z", "25:00", None),
    ],
)
def test_a_time_of_day_is_the_last_such_moment_of_the_city(page: Any, now: str, said: str, at: str | None) -> None:
    desk_scripts(page)
    script = """([now, said]) => {
      const speech = new hexwatch.Speech({}, "en-GB-u-nu-latn-hc-h23", "America/New_York");
      return hexwatch.momentOf(said, Date.parse(now), speech);
    }"""
    assert page.evaluate(script, [now, said]) == at


# columns that can be moved


@pytest.mark.parametrize("width", [1366, 1600, 1920, 3840])
@pytest.mark.parametrize("wanted", [-50, 100, 320, 500, 5000])
def test_whatever_is_dragged_map_and_board_keep_their_room(page: Any, width: int, wanted: int) -> None:
    desk_scripts(page)
    queue = page.evaluate("([wanted, width]) => hexwatch.fittedSplit('queue', wanted, 400, width)", [wanted, width])
    assert 240 <= queue <= 640
    assert width - queue - 400 >= 420
    share = page.evaluate("(wanted) => hexwatch.fittedSplit('middle', wanted, 0, 1366)", wanted)
    assert 20 <= share <= 80


def test_areas_are_hatched_by_their_outer_rings(page: Any) -> None:
    desk_scripts(page)
    ring, hole, other = ([{"lat": at, "lng": at}, {"lat": at, "lng": at + 1}] for at in (0, 0.1, 5))
    count = "(latLngs) => hexwatch.outerRings(latLngs).map((ring) => ring[0].lat)"
    assert page.evaluate(count, [ring, hole]) == [0]
    assert page.evaluate(count, [[ring, hole], [other]]) == [0, 5]
    assert page.evaluate(count, []) == []
