"""What is near: the box holds all of it, nothing beyond 500 m and 30 minutes, and each with its reasons."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from emergency.nearby import WITHIN, WITHIN_M, Matter, box_around, nearby

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
HERE = (42.3301, -71.0899)


def matter(subject: str, north_m: float = 0, east_m: float = 0, age_s: float = 60, kind: str = "fire") -> Matter:
    lat = HERE[0] + north_m / 111_195
    lng = HERE[1] + east_m / (111_195 * math.cos(math.radians(HERE[0])))
    return Matter(subject, kind, lat, lng, NOW - timedelta(seconds=age_s))


def test_the_nearest_comes_first_with_what_speaks_for_it() -> None:
    matters = [
        matter("incident:far", 499, age_s=1799, kind="theft"),
        matter("incident:here", 50, age_s=100, kind="FIRE"),
        matter("case:old", 10, age_s=1801),
        matter("case:away", 501),
        matter("case:new", 0, 300, age_s=10, kind="noise"),
    ]
    assert [
        (one.matter.subject, one.distance_m, one.age_s, one.why) for one in nearby(matters, *HERE, "fire", NOW)
    ] == [
        ("incident:here", 50, 100, ("same_kind", "very_near", "just_now")),
        ("case:new", 300, 10, ("just_now",)),
        ("incident:far", 499, 1799, ("near",)),
    ]


def test_without_a_kind_nothing_is_of_the_same() -> None:
    assert nearby([matter("i", kind="")], *HERE, "", NOW)[0].why == ("very_near", "just_now")


@given(
    st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900), st.floats(-60, 4000)), max_size=12),
    st.sampled_from(["fire", "theft", ""]),
)
def test_all_that_is_within_and_nothing_else_in_order(given_: list[tuple[float, float, float]], kind: str) -> None:
    matters = [matter(f"i{n}", *one) for n, one in enumerate(given_)]
    found = nearby(matters, *HERE, kind, NOW)
    assert [one.distance_m for one in found] == sorted(one.distance_m for one in found)
    inside = {
        f"i{n}"
        for n, (north, east, age_s) in enumerate(given_)
        if math.hypot(north, east) <= WITHIN_M - 1 and age_s <= WITHIN.total_seconds() - 1
    }
    outside = {
        f"i{n}"
        for n, (north, east, age_s) in enumerate(given_)
        if math.hypot(north, east) > WITHIN_M + 1 or age_s > WITHIN.total_seconds() + 1
    }
    names = {one.matter.subject for one in found}
    assert inside <= names
    assert not outside & names
    south, west, north, east = box_around(*HERE)
    assert all(south <= one.matter.lat <= north and west <= one.matter.lng <= east for one in found)
    assert all(one.why and one.age_s >= 0 for one in found)
