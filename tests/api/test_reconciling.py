"""One story of cases and calls, and every way of counting it: channels, areas, categories, lists, cells and picture."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from hotline.worklists import WORKLISTS
from tests.api.conftest import Door

AREAS, CATEGORIES = ("Roxbury", "Allston", "Back Bay", ""), ("Noise", "Trees", "Heating")
CHANNELS, GRADES, TONGUES = ("phone", "web", "enterprise", "foreign"), ("I", "II", "III", ""), ("", "en", "ko")
LISTED = {"open": "open", "overdue": "overdue", "due_soon": "due_4h"}  # list -> figure
MAPPED = ("received_1h", "received_24h", "open", "overdue", "due_4h")
SPLITS = {
    "received_today": ("by_channel", "by_category", "by_area"),
    "open": ("open_by_area", "open_by_category"),
    "overdue": ("overdue_by_area",),
    "received_1h": ("received_1h_by_category", "received_1h_by_area"),
}


def happen(door: Door, draw: random.Random, step: int) -> None:
    """One more thing: a case comes, is amended, closed or opened again, or somebody calls."""
    city, known = door.city, f"c{draw.randrange(40)}"
    place: dict[str, Any] = (
        {"lat": 42.3 + draw.random() / 20, "lng": -71.1 + draw.random() / 20} if draw.random() < 0.8 else {}
    )
    about: dict[str, Any] = {"category": draw.choice(CATEGORIES), "area": draw.choice(AREAS), **place}
    kind = draw.choices(("came", "amended", "closed", "reopened", "called"), (6, 1, 2, 1, 4))[0]
    if kind == "came":
        due: dict[str, Any] = (
            {"target_at": city.wall.at + timedelta(hours=draw.uniform(-3, 12))} if draw.random() < 0.8 else {}
        )
        said: dict[str, Any] = {
            "channel": draw.choice(CHANNELS),
            "language": draw.choice(TONGUES),
            "grade": draw.choice(GRADES),
        }
        city.post("case.received", case_id=f"c{step}", **about, **due, **{k: v for k, v in said.items() if v})
    elif kind == "called":
        _call(door, draw, f"k{step}")
    else:
        city.post(f"case.{kind}", case_id=known, **(about if kind == "amended" else {}))


def _call(door: Door, draw: random.Random, call_id: str) -> None:
    at, city = door.city.wall.at, door.city
    channel, language = draw.choice((("phone", ""), ("wechat", ""), ("foreign", "ko"), ("foreign", "en")))
    city.post("call.offered", at=at, source="phones", call_id=call_id, channel=channel, language=language)
    if draw.random() < 0.8:
        over = at + timedelta(seconds=draw.uniform(1, 90))
        outcome = draw.choice(("answered", "answered", "abandoned"))
        more: dict[str, Any] = {"agent_id": "a1"} if outcome == "answered" else {}
        city.post(f"call.{outcome}", at=over, source="phones", call_id=call_id, **more)


def total(figures: dict[str, Any], prefix: str) -> int:
    return sum(n for name, n in figures.items() if name.startswith(f"{prefix}."))


def assert_figures_reconcile(door: Door) -> None:
    """Channels, areas and categories add up to the whole; the cells, with what lies in none, too."""
    figures, picture = door.city.figures(), door.get("/picture").get_json()
    for measure, splits in SPLITS.items():
        for split in splits:
            assert total(figures, f"cases.{split}") == figures[f"cases.{measure}"], split
    for split in ("by_channel", "by_category", "by_area"):
        assert (
            sum(picture["cases"][split].values())
            == picture["cases"]["received_today"]
            == total(figures, f"cases.{split}")
        )
    for measure in MAPPED:
        whole = figures[f"cases.{measure}"]
        for res in (9, 7):
            seen = door.get(f"/cells?measure={measure}&res={res}").get_json()
            assert sum(seen["cells"].values()) + seen["without_location"] == whole, (measure, res)
        by_category = [door.get(f"/cells?measure={measure}&category={one}").get_json() for one in CATEGORIES]
        assert sum(sum(one["cells"].values()) + one["without_location"] for one in by_category) == whole


def assert_lists_reconcile(door: Door) -> None:
    """Every list has as many rows as are said, in all and by what it is narrowed by, and as many as the figures say."""
    figures = door.city.figures()
    narrowed = {
        "area": AREAS[:-1], "category": CATEGORIES, "channel": CHANNELS, "grade": GRADES[:-1], "language": ("en", "ko")
    }  # fmt: skip
    counted = counts(door, "")
    for name in WORKLISTS:
        assert counted[name] == rows_in_all(door, f"list={name}") == len(rows(door, f"list={name}&end=1000")), name
    for name, figure in LISTED.items():
        assert counted[name] == figures[f"cases.{figure}"], name
    for field, values in narrowed.items():
        parts = {value: counts(door, f"{field}={value}") for value in values}
        for name in WORKLISTS:
            listed = rows(door, f"list={name}&end=1000")
            for value, part in parts.items():
                assert part[name] == sum((one[field] or "").partition("-")[0] == value for one in listed), (name, value)
        for value, part in parts.items():
            if (split := f"cases.open_by_{field}") in ("cases.open_by_area", "cases.open_by_category"):
                assert part["open"] == figures.get(f"{split}.{value}", 0)


def counts(door: Door, query: str) -> dict[str, int]:
    return {one["name"]: one["n"] for one in door.get(f"/worklists?{query}").get_json()["lists"]}


def rows(door: Door, query: str) -> list[dict[str, Any]]:
    return list(door.get(f"/cases/rows?{query}").get_json()["rows"])


def rows_in_all(door: Door, query: str) -> int:
    return int(door.get(f"/cases/rows?{query}&end=0").get_json()["total"])


def assert_calls_reconcile(door: Door) -> None:
    """On a channel offered = answered + abandoned + waiting; channels add up to the floor, intervals to channels."""
    figures, picture = door.city.figures(), door.get("/picture").get_json()
    board, day = picture["calls"]["by_channel"], door.get("/channels?interval=30").get_json()["channels"]
    assert board == door.city.view("channels")
    for name, channel in board.items():
        assert channel["offered"] == channel["answered"] + channel["abandoned"] + channel["waiting"], name
        for field in ("offered", "answered", "abandoned"):
            assert channel[field] == sum(one[field] for one in day[name]["intervals"]), (name, field)
            assert channel[field] == sum(day[name].get(part, {}).get(field, 0) for part in ("peak", "off_peak"))
    for field in ("offered", "answered", "abandoned"):
        assert figures[f"calls.{field}_today"] == sum(channel[field] for channel in board.values())
    assert figures["calls.waiting"] == sum(channel["waiting"] for channel in board.values())


@pytest.mark.parametrize("seed", [3])
def test_channels_areas_lists_cells_and_picture_count_the_same_cases_and_calls(door: Door, seed: int) -> None:
    draw = random.Random(seed)
    for part in range(3):
        for step in range(60):
            happen(door, draw, part * 60 + step)
        door.settle()
        assert_figures_reconcile(door)
        assert_lists_reconcile(door)
        assert_calls_reconcile(door)
        door.city.wall.pass_(minutes=draw.randrange(20, 90))
        door.settle()
    held = counts(door, "")
    assert all(held[name] for name in ("open", "unassigned", "overdue", "due_soon", "foreign", "enterprise")), held
