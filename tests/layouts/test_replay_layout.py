"""The page of the past: the wall's own parts without its connection, and the bar that says and moves what is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from layouts import ids, shell
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
        assert attribute(found, "data-replay-next") == ["incident", "alert"]
        assert badge in [part.children for part in found if getattr(part, "className", "") == "replay-badge"]
    assert sorted(attribute(parts(), "data-lang")) == ["ar", "en", "zh_CN"]
