"""The invented streets of the simulation have made-up positions that stay, in their own district."""

from __future__ import annotations

from geo.cities import load_city
from streams.sim.street_places import LANDMARKS, invented_places
from streams.sim.texts import Words, read_streets


def test_invented_streets_lie_in_their_district_and_always_at_the_same_spot() -> None:
    city = load_city("beijing-sim")
    areas = city.load_areas()
    assert areas is not None
    places = list(invented_places(city, areas, read_streets()))
    assert places == list(invented_places(city, areas, read_streets()))
    assert all(areas.area_of(place.lat, place.lng) == place.area for place in places)
    assert {place.area for place in places} == set(areas.names())
    assert all(place.is_illustrative and place.n == 0 for place in places)
    assert len({place.id for place in places}) == len(places)
    spots = {(place.lat, place.lng) for place in places}
    assert len(spots) > 0.99 * len(places), "no two on one spot"
    assert {"zh", "en"} <= set(places[0].names)


def test_the_landmarks_are_those_that_callers_name() -> None:
    words = Words.load()
    for language in ("zh", "en", "ar"):
        told = set(words._voices[language].landmarks)
        assert told <= {names[language] for names in LANDMARKS}, language
