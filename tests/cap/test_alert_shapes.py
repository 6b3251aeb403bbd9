"""Where an alert warns, as GeoJSON and as cells."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise

import h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergency.alert_shapes import CORNERS, alert_cells, alert_to_features, circle_to_ring
from emergency.alerts import Alert
from geo.cells import point_to_cell
from streams.events import AlertArea, AlertInfo

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SQUARE = ((39.9, 116.3), (40.0, 116.3), (40.0, 116.5), (39.9, 116.5), (39.9, 116.3))  # clockwise on the map
BEIJING = (39.43, 115.41, 41.07, 117.52)


def alert(*areas: AlertArea) -> Alert:
    told = AlertInfo(event="Storm", severity="Severe", areas=areas)
    again = AlertInfo(event="暴雨", severity="Severe", language="zh", areas=areas)
    return Alert(alert_id="met,1", sent_at=NOON, infos=(told, again))


def km(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    return h3.great_circle_distance((lat, lng), (other_lat, other_lng), unit="km")


@settings(deadline=None)
@given(st.floats(-75, 75), st.floats(-180, 180), st.floats(0.05, 500))
def test_ring_of_a_circle_goes_around_it_and_hardly_further(lat: float, lng: float, radius_km: float) -> None:
    ring = circle_to_ring(lat, lng, radius_km)
    assert len(ring) == CORNERS + 1
    assert ring[0] == ring[-1]
    assert all(-180 <= x <= 180 for _, x in ring)
    distances = [km(lat, lng, *corner) for corner in ring]
    assert min(distances) >= radius_km * 0.9999
    assert max(distances) <= radius_km * 1.006
    (south, west), (north, east) = ring[0], ring[1]
    middle = [(a + b) / 2 for a, b in zip(_vector(south, west), _vector(north, east), strict=True)]
    length = math.sqrt(sum(x * x for x in middle))
    at = (math.degrees(math.asin(middle[2] / length)), math.degrees(math.atan2(middle[1], middle[0])))
    assert km(lat, lng, *at) >= radius_km * 0.999


def _vector(lat: float, lng: float) -> tuple[float, float, float]:
    phi, lam = math.radians(lat), math.radians(lng)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)


def test_circle_that_holds_a_pole_is_a_belt_of_all_longitudes() -> None:
    ring = circle_to_ring(89.0, 10.0, 500)
    assert {lng for _, lng in ring} == {-180.0, 180.0}
    assert max(lat for lat, _ in ring) == 90.0


def test_geojson_is_longitude_first_closed_and_counter_clockwise() -> None:
    (feature,) = alert_to_features(alert(AlertArea(description="East", polygons=(SQUARE,))))
    (ring,) = feature["geometry"]["coordinates"]
    assert ring[0] == ring[-1] == [116.3, 39.9]
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) > 0
    assert feature["properties"]["description"] == "East"


def test_each_shape_is_a_feature_a_point_stays_a_point_and_words_have_no_geometry() -> None:
    features = alert_to_features(
        alert(
            AlertArea(description="here", circles=((39.9, 116.4, 2.0), (39.9, 116.4, 0.0))),
            AlertArea(description="by code", geocodes=(("adcode", "110105"),)),
        )
    )
    kinds = [feature["geometry"] and feature["geometry"]["type"] for feature in features]
    assert kinds == ["Polygon", "Point", None]
    assert features[2]["properties"]["geocodes"] == [["adcode", "110105"]]


def test_outline_across_the_antimeridian_does_not_run_around_the_world() -> None:
    ring = ((-16.0, 179.0), (-16.0, -179.0), (-17.0, -179.0), (-17.0, 179.0), (-16.0, 179.0))
    (feature,) = alert_to_features(alert(AlertArea(description="Fiji", polygons=(ring,))))
    lngs = [lng for lng, _ in feature["geometry"]["coordinates"][0]]
    assert max(lngs) - min(lngs) == 2
    cells = alert_cells(alert(AlertArea(description="Fiji", polygons=(ring,))), 6)
    assert {round(h3.cell_to_latlng(cell)[1]) for cell in cells} <= {179, 180, -180, -179}
    assert len(cells) > 100


def test_cells_are_those_whose_centres_lie_inside() -> None:
    cells = alert_cells(alert(AlertArea(description="East", polygons=(SQUARE,))))
    assert len(cells) > 1_000
    for cell in cells:
        lat, lng = h3.cell_to_latlng(cell)
        assert 39.9 <= lat <= 40.0
        assert 116.3 <= lng <= 116.5


def test_shape_smaller_than_a_cell_still_has_one() -> None:
    lat, lng = 39.91, 116.41
    for area in (AlertArea(circles=((lat, lng, 0.02),)), AlertArea(circles=((lat, lng, 0.0),))):
        assert point_to_cell(lat, lng) in alert_cells(alert(area))


def test_alert_for_half_the_world_is_cut_to_the_city_and_refused_without() -> None:
    country = alert(AlertArea(polygons=(((20.0, 80.0), (20.0, 130.0), (50.0, 130.0), (50.0, 80.0), (20.0, 80.0)),)))
    with pytest.raises(ValueError, match="give the city's bounds"):
        alert_cells(country)
    cells = alert_cells(country, 7, within=BEIJING)
    south, west, north, east = BEIJING
    assert len(cells) > 1_000
    for cell in cells:
        lat, lng = h3.cell_to_latlng(cell)
        assert south <= lat <= north
        assert west <= lng <= east


def test_alert_elsewhere_has_no_cells_in_the_city() -> None:
    tonga = alert(AlertArea(circles=((-16.053, -173.274, 50.0), (-16.053, -173.274, 0.0))))
    assert alert_cells(tonga, within=BEIJING) == set()


def test_outline_that_crosses_itself_still_counts() -> None:
    bow = ((39.9, 116.3), (40.0, 116.5), (40.0, 116.3), (39.9, 116.5), (39.9, 116.3))
    assert len(alert_cells(alert(AlertArea(polygons=(bow,))))) > 500
