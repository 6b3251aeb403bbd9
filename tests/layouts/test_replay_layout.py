"""The page of the past: the wall's own parts without its connection, and the bar that says and moves what is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from layouts import ids, shell
from layouts.context import Viewer
from layouts.replay.bar import SPEEDS
from tests.layouts.pages import small_context


def parts(search: str = "?lang=en", path: str = "/replay") -> list[Any]:
    page = shell.page_at(path, search, replace(small_context(), story=True))
    return [page, *page._traverse()]


def attribute(found: list[Any], name: str) -> list[Any]:
    return [getattr(part, name) for part in found if getattr(part, name, None) is not None]


def setup(found: list[Any]) -> dict[str, Any]:
    (text,) = attribute(found, "data-setup")
    return dict(json.loads(text))


def test_no_connection_is_opened_and_no_story_told() -> None:
    names = {type(part).__name__ for part in parts()}
    assert "DashSocketIO" not in names
    assert "DashSocketIO" in {type(part).__name__ for part in parts(path="/wall")}
    assert attribute(parts(), "data-story") == []
    assert attribute(parts(path="/wall"), "data-story") != []


def test_it_has_every_part_of_the_wall_and_the_bar_besides() -> None:
    wall = set(attribute(parts(path="/wall"), "data-part")) - {"story", "story-title", "story-proof"}
    past = set(attribute(parts(), "data-part"))
    assert past - wall == {
        "replay",
        "replay-at",
        "replay-track",
        "replay-first",
        "replay-last",
        "replay-said",
        "to-live",
    }
    assert wall <= past
    assert set(attribute(parts(), "id")) - {None} == set(attribute(parts(path="/wall"), "id"))
    assert [str(ids.Live.SOCKET)] == [p.id for p in parts() if getattr(p, "id", None) == ids.Live.SOCKET]


def test_scripts_learn_where_the_past_is_asked_for_and_the_live_wall_does_not() -> None:
    assert setup(parts())["replay"] == {"base": "/replay"}
    assert "replay" not in setup(parts(path="/wall"))
    assert setup(parts("?lang=zh_CN"))["words"]["replay.play"] == "播放"
    assert "replay.play" not in setup(parts(path="/wall"))["words"]


def test_speeds_jumps_and_the_badge_are_there_in_the_languages_of_the_desks() -> None:
    for search, badge in (("?lang=en", "REPLAY"), ("?lang=zh_CN", "回放"), ("?lang=ko", "REPLAY")):
        found = parts(search)
        assert attribute(found, "data-replay-speed") == [str(speed) for speed in SPEEDS]
        assert attribute(found, "data-replay-next") == ["incident", "alert", "warning"]
        assert badge in [part.children for part in found if getattr(part, "className", "") == "replay-badge"]
    assert sorted(attribute(parts(), "data-lang")) == ["ar", "en", "zh_CN"]


def desk_parts(view: str, **of_viewer: Any) -> list[Any]:
    """A page of the past as a dispatcher with a token sees it."""
    known: dict[str, Any] = {"name": "ann", "csrf": "token", "positions": ("North",), "is_person": True}
    viewer = Viewer(**(known | of_viewer))
    page = shell.page_at("/replay", f"?view={view}&lang=en", replace(small_context(), viewer=lambda: viewer))
    return [page, *page._traverse()]


@pytest.mark.parametrize("view", ["dispatch", "hotline"])
def test_a_desk_of_the_past_has_no_connection_no_token_and_may_do_nothing(view: str) -> None:
    found = desk_parts(view)
    who = setup(found)["who"]
    assert who["name"] == "ann"
    assert (who["csrf"], who["positions"]) == ("", [])
    assert [name for name, value in who.items() if name.startswith("may_") and value] == []
    assert "DashSocketIO" not in {type(part).__name__ for part in found}
    assert "REPLAY" in [part.children for part in found if getattr(part, "className", "") == "replay-badge"]
    assert setup(found)["replay"] == {"base": "/replay"}
    live = shell.page_at(f"/{view}", "", small_context())
    sockets = {str(ids.Dispatch.SOCKET), str(ids.Hotline.SOCKET)}
    assert (
        set(attribute(found, "id")) & sockets == {part.id for part in live._traverse() if "id" in dir(part)} & sockets
    )


def test_the_dispatch_desk_of_the_past_has_no_command_no_new_call_no_sound_and_no_hand_over() -> None:
    found = desk_parts("dispatch")
    for name in ("data-newcall", "data-sound", "data-sheet", "data-task", "data-account"):
        assert attribute(found, name) == [], name
    assert set(attribute(found, "data-part")).isdisjoint({"others", "paper"})
    assert "window" in attribute(found, "data-lock"), "a desk that is left alone locks in the past, too"
    assert attribute(found, "data-alarms") == ["here"]


def test_from_each_page_of_the_past_one_goes_to_the_others_and_back_to_its_own_live_page() -> None:
    for view in ("wall", "dispatch", "hotline"):
        found = desk_parts(view)
        assert attribute(found, "data-replay-view") == ["wall", "dispatch", "hotline"]
        [here] = [part for part in found if getattr(part, "aria-current", None) == "page"]
        assert getattr(here, "data-replay-view") == view
        [back] = [part for part in found if getattr(part, "data-part", None) == "to-live"]
        assert back.href.startswith(f"/{view}?")


def test_who_may_not_read_incidents_has_the_wall_alone() -> None:
    assert attribute(desk_parts("wall", may_read=False), "data-replay-view") == []
    assert attribute(desk_parts("dispatch", may_read=False), "data-setup") == []
    assert attribute(desk_parts("nonsense"), "data-part").count("replay") == 1
