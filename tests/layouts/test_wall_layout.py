"""The wall as a value: what it contains in each language, and what it tells its scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import dash_leaflet as dl
import pytest
from dash.development.base_component import Component

from layouts import ids, shell
from layouts.connection import socket_options
from layouts.context import MEASURES, Context, wall_options
from layouts.pages.wall import INCIDENT_CELLS, TOPICS, topics
from tests.layouts.pages import SmallCity, small_context


def parts(page: Component) -> list[Component]:
    return [page, *(part for part in page._traverse() if isinstance(part, Component))]


def wall_of(search: str = "", context: Context | None = None) -> Component:
    page = shell.page_at("/wall", search, context or small_context())
    return next(part for part in parts(page) if getattr(part, "id", None) == ids.Wall.PAGE)


def setup_of(search: str = "", context: Context | None = None) -> dict[str, Any]:
    return json.loads(wall_of(search, context).to_plotly_json()["props"]["data-setup"])


def figures_of(page: Component) -> set[str]:
    return {part.to_plotly_json()["props"].get("data-figure") for part in parts(page)} - {None}


def test_the_wall_shows_the_figures_of_the_picture() -> None:
    assert figures_of(wall_of()) == {
        *("cases.received_today", "cases.received_1h", "cases.open", "cases.overdue", "cases.due_4h", "units.busy"),
        *(f"incidents.by_priority.{priority}" for priority in (1, 2, 3)),
    }


@pytest.mark.parametrize(
    ("lang", "name", "direction"), [("en", "Smallville", "ltr"), ("zh", "小城", "ltr"), ("ar", "بلدة", "rtl")]
)
def test_the_wall_speaks_the_language_of_its_address(lang: str, name: str, direction: str) -> None:
    page = wall_of(f"?lang={lang}")
    assert page.dir == direction
    titles = [part.children for part in parts(page) if part.to_plotly_json()["type"] == "H1"]
    assert titles == [name]


def test_the_map_and_the_time_axis_keep_left_to_right_in_arabic() -> None:
    page = wall_of("?lang=ar")
    kept = {p.className for p in parts(page) if getattr(p, "dir", None) == "ltr" and getattr(p, "className", None)}
    assert {"map-box", "curve"} <= kept


def test_no_tile_is_asked_for_unless_an_address_is_configured() -> None:
    def tiles(context: Context) -> list[Component]:
        return [part for part in parts(wall_of("", context)) if isinstance(part, dl.TileLayer)]

    assert tiles(small_context()) == []
    assert len(tiles(Context(SmallCity(), tile_url="http://tiles.internal/{z}/{x}/{y}.png"))) == 1


def test_a_city_without_areas_says_so_to_the_map() -> None:
    assert setup_of("", Context(SmallCity()))["hasOutlines"] is False
    assert setup_of()["hasOutlines"] is True


def test_area_names_come_in_the_language_of_the_page() -> None:
    assert setup_of("?lang=zh")["labels"][0]["name"] == "北区"
    assert setup_of("?lang=ar")["labels"][0] | {"name": "North"} == setup_of("?lang=ar")["labels"][0]


@pytest.mark.parametrize("measure", MEASURES)
def test_the_page_asks_for_the_cells_of_its_measure(measure: str) -> None:
    asked = setup_of(f"?measure={measure}&category=Trees")
    assert (asked["measure"], asked["category"]) == (measure, "Trees")
    last = topics(measure, "Trees")[-1]
    assert last == (INCIDENT_CELLS if measure == "incidents" else f"cells:{measure}:Trees")


def test_the_wall_never_asks_for_incidents_that_the_public_may_not_see() -> None:
    for measure in MEASURES:
        assert not [t for t in topics(measure, "*") if t == "incidents" or t.startswith("cells:incidents:")]


def test_an_unknown_measure_falls_back_to_open_cases() -> None:
    assert setup_of("?measure=nonsense")["measure"] == "open"


def test_the_page_connects_by_websocket_only_and_names_its_topics() -> None:
    asked = wall_options("?measure=overdue")[1]
    options = socket_options(topics(asked.measure, asked.category))
    assert options["transports"] == ["websocket"]
    assert options["auth"]["topics"] == [*TOPICS, "cells:overdue:"]


def test_numbers_keep_latin_digits_in_every_language() -> None:
    for lang in ("en", "zh", "ar"):
        assert "u-nu-latn" in setup_of(f"?lang={lang}")["lang"]["tag"]


def test_an_address_without_a_page_says_so() -> None:
    assert "404" in str(shell.page_at("/nowhere", "", small_context()))


def test_the_front_door_is_the_wall() -> None:
    page = shell.page_at("/", "", small_context())
    assert any(getattr(part, "id", None) == ids.Wall.PAGE for part in parts(page))


@pytest.mark.parametrize(
    ("search", "scenes", "every_s", "palette"),
    [
        ("", (), 30, "dark"),
        ("?scenes=map,hotline,emergency&every=45", ("map", "hotline", "emergency"), 45, "dark"),
        ("?scenes=map,map,disco&every=1&palette=night", ("map",), 5, "night"),
        ("?every=soon&palette=pink", (), 30, "dark"),
    ],
)
def test_the_address_chooses_scenes_and_palette_and_nonsense_is_left_out(
    search: str, scenes: tuple[str, ...], every_s: float, palette: str
) -> None:
    options = wall_options(search)[1]
    assert (options.scenes, options.every_s, options.palette) == (scenes, every_s, palette)


@dataclass(frozen=True)
class SomeNames:
    names: dict[str, str]


@dataclass(frozen=True)
class SmallCatalogue:
    categories: dict[str, SomeNames]
    incident_kinds: dict[str, SomeNames]
    unit_kinds: dict[str, SomeNames]
    areas: dict[str, dict[str, str]]


def test_names_come_from_the_catalogue_in_the_language_of_the_page() -> None:
    smoke = SomeNames({"en": "Smoke", "zh": "冒烟"})
    catalogue = SmallCatalogue({"smoke": smoke}, {}, {}, {"North": {"en": "The north", "zh": "北城"}})
    context = replace(small_context(), catalogue=catalogue)
    names = setup_of("?lang=zh", context)["names"]
    assert names["categories"] == {"smoke": "冒烟"}
    assert names["areas"] == {"North": "北城"}, "the catalogue knows better than the outlines"
    assert setup_of("?lang=ar", context)["names"]["categories"] == {"smoke": "Smoke"}, "else in English"
    assert names["channels"]["phone"] == "电话"


def test_a_city_without_a_catalogue_has_the_names_of_its_outlines() -> None:
    assert setup_of("?lang=zh")["names"]["areas"] == {"North": "北区"}


def test_what_visitors_may_not_see_is_marked() -> None:
    private = [part for part in parts(wall_of()) if part.to_plotly_json()["props"].get("data-private")]
    assert {part.className for part in private} == {"sources", "duty-item duty-units", "panel unit-kinds"}
