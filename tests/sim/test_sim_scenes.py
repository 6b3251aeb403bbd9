"""Scenes: every file is understood, and what it tells can be told twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import h3
import msgspec
import pytest

from geo.catalogue import Catalogue
from geo.cells import point_to_cell
from geo.cities import load_city
from streams.codec import check_envelope, payload_of
from streams.events import CaseReceived, Envelope, IncidentReceived, UnitEmergency, type_of
from streams.sim.scenes import Told, load_scene, scene_distress, scene_events, scene_names

BEGAN = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
BEIJING = load_city("beijing")
HELP = timedelta(seconds=840)


def told(name: str) -> list[Told]:
    return list(scene_events(load_scene(name), name, BEGAN))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    found = BEIJING.load_catalogue()
    assert found is not None
    return found


@pytest.mark.parametrize("name", scene_names())
def test_every_scene_tells_events_that_the_door_would_take(name: str, catalogue: Catalogue) -> None:
    events = told(name)
    assert len({(e.source, e.id) for e in events}) == len(events)
    for event in events:
        data = msgspec.to_builtins(event.payload)
        envelope = Envelope(
            source=event.source, id=event.id, type=type_of(type(event.payload)), occurred_at=event.at, data=data
        )
        assert payload_of(check_envelope(envelope)) == event.payload
        if isinstance(event.payload, CaseReceived):
            assert event.payload.category in catalogue.categories
        if isinstance(event.payload, IncidentReceived):
            assert event.payload.kind in catalogue.incident_kinds
        if isinstance(event.payload, (CaseReceived, IncidentReceived)):
            assert BEIJING.usable(event.payload.lat, event.payload.lng)


def test_the_four_who_smell_gas_are_neighbours_within_minutes_and_speak_three_languages() -> None:
    reports = [r for r in load_scene("gas").report if r.category == "gas_smell"]
    cells = [point_to_cell(r.lat, r.lng) for r in reports]
    assert len(reports) == 4
    assert max(r.after_s for r in reports) <= 240
    assert {r.language for r in reports} == {"zh", "en", "ar"}
    assert [r.via for r in reports].count("open311") == 1
    assert all(h3.grid_distance(a, b) <= 4 for a, b in pairwise(cells))


def test_the_same_scene_begun_at_the_same_moment_is_the_same_events() -> None:
    assert told("storm") == told("storm")
    later = list(scene_events(load_scene("storm"), "storm", BEGAN + timedelta(seconds=1)))
    assert not {e.id for e in later} & {e.id for e in told("storm")}


def test_a_storm_swells_and_goes() -> None:
    storm = load_scene("storm")
    assert storm.demand(10).surge > storm.demand(1000).surge > storm.demand(3000).surge == 1.0


def test_an_unknown_scene_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no scene 'fire'; there are quiet, crash, gas, storm"):
        load_scene("fire")


def test_only_a_crew_that_is_there_calls_for_help_and_the_second_telling_is_the_same() -> None:
    scene = load_scene("crash")

    def calls(unit_id: str) -> list[Told]:
        return list(scene_distress(scene, "crash", BEGAN, lambda incident_id, at: unit_id))

    assert calls("") == []
    (call,) = calls("F001")
    assert (call.payload, call.at) == (UnitEmergency(unit_id="F001", reason=scene.distress[0].reason), BEGAN + HELP)
    assert calls("F002")[0].id == call.id, "told again it changes nothing, whoever is there by then"
    assert [name for name in scene_names() if load_scene(name).distress] == ["crash"], "it is rare"
