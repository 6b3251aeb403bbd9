"""Known matters: published with a script, matched with the calls that come in, and over when their time has passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
import redis as redis_module

from geo.cells import cell_to_parent, point_to_cell
from hotline.matters import Described, Matter, matters_for, script_for
from tests.support.engines import CORNER, NOON
from tests.support.situations import SECRET, Floor

SCRIPTS = {"en": "The main has burst; water is back by six.", "zh": "主管道爆裂，预计六点恢复供水。"}


@pytest.fixture
def floor(redis: redis_module.Redis) -> Floor:
    return Floor(redis)


def published(floor: Floor, hours: float = 2, **more: Any) -> str:
    said = {"what": "No water near the corner", "category": "water", "scripts": SCRIPTS} | more
    return str(floor.done("publish_matter", until=floor.wall.at + timedelta(hours=hours), **said)["matter_id"])


def matched(floor: Floor, matter_id: str) -> int:
    floor.turn()
    return int(floor.view("matters")[matter_id]["matched"])


def test_calls_that_fit_are_counted_and_others_are_not(floor: Floor) -> None:
    matter_id = published(floor, cells=[cell_to_parent(point_to_cell(*CORNER), 8)])
    floor.case("w1", category="water", text="There is no water in our building")
    floor.case("w2", category="water", where=(CORNER[0] + 0.1, CORNER[1]), text="There is no water in our building")
    floor.case("w3", category="water", text="The water is back on, thank you")
    floor.case("n1", category="noise", text="A dog barks all night")
    floor.case("o1", category="other", text="No water near the corner, what is going on?")
    assert matched(floor, matter_id) == 2
    said = [fact for fact in floor.events() if fact["type"] == "matter.matched"]
    assert {fact["data"]["case_id"] for fact in said} == {"w1", "o1"}
    assert {fact["source"] for fact in said} == {"engine"}


def test_it_ends_by_itself_as_a_fact_and_is_told_no_more(floor: Floor) -> None:
    matter_id = published(floor, hours=1)
    assert matter_id in floor.view("matters")
    floor.wall.pass_(hours=1)
    floor.turn()
    assert floor.view("matters") == {}
    assert [f["data"]["matter_id"] for f in floor.events() if f["type"] == "matter.expired"] == [matter_id]
    assert "already" in floor.refused("withdraw_matter", matter_id=matter_id)["reason"]
    floor.case("w1", category="water", text="no water")
    floor.turn()
    assert "matter.matched" not in {fact["type"] for fact in floor.events()}


def test_what_passed_while_nobody_looked_is_over_after_a_restart(floor: Floor) -> None:
    matter_id = published(floor, hours=1)
    floor.wall.pass_(hours=3)
    floor.engine = floor.new_engine()
    floor.turn()
    floor.turn()
    assert floor.view("matters") == {}
    assert [f["data"]["matter_id"] for f in floor.events() if f["type"] == "matter.expired"] == [matter_id]


def test_published_again_it_is_replaced_and_undone_it_says_what_it_said(floor: Floor) -> None:
    matter_id = published(floor)
    published(floor, matter_id=matter_id, what="Water is back tonight only", category="water")
    assert floor.view("matters")[matter_id]["what"] == "Water is back tonight only"
    floor.done("undo")
    floor.turn()
    assert floor.view("matters")[matter_id]["what"] == "No water near the corner"
    floor.done("withdraw_matter", matter_id=matter_id, reason="repaired")
    floor.turn()
    assert floor.view("matters") == {}
    floor.done("undo")
    floor.turn()
    assert floor.view("matters")[matter_id]["scripts"] == SCRIPTS


def test_the_first_publishing_is_undone_by_withdrawing(floor: Floor) -> None:
    published(floor)
    floor.done("undo")
    floor.turn()
    assert floor.view("matters") == {}


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"what": "x", "until": NOON - timedelta(hours=1)}, "until"),
        ({"what": "x", "until": NOON + timedelta(days=60)}, "until"),
        ({"what": "", "until": NOON + timedelta(hours=1)}, "what"),
        ({"what": "x", "until": NOON + timedelta(hours=1), "cells": ["nonsense"]}, "cells"),
        ({"what": "x", "until": NOON + timedelta(hours=1), "scripts": {"en": " "}}, "scripts"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(floor: Floor, args: dict[str, Any], why: str) -> None:
    assert floor.refused("publish_matter", **args)["reason"].startswith(why)


def test_no_words_of_a_caller_reach_a_screen_or_the_log(floor: Floor) -> None:
    published(floor, category="gas_smell")
    floor.case("g9", category="gas_smell", text=SECRET)
    floor.turn()
    assert SECRET not in msgspec.json.encode([floor.view("matters"), floor.view("situations"), floor.events()]).decode()


# matching, without an engine


def matter(**more: Any) -> Matter:
    said: dict[str, Any] = {"what": "No water near the corner", "category": "water", "until": NOON + timedelta(hours=2)}
    return Matter(matter_id="m", published_at=NOON, **(said | more))


@pytest.mark.parametrize(
    ("more", "case", "why"),
    [
        ({}, {}, ("same_category", "whole_city")),
        ({"areas": ("Roxbury",)}, {}, ("same_category", "in_area")),
        ({"areas": ("Dorchester",)}, {}, None),
        ({"category": ""}, {"category": "noise"}, ("whole_city",)),
        ({}, {"category": "noise"}, None),
        ({}, {"received_at": NOON - timedelta(hours=7)}, None),
        ({}, {"text": "No water here near the corner!"}, ("same_category", "similar_words", "whole_city")),
        ({}, {"category": "other", "text": "no water near our corner"}, ("similar_words", "whole_city")),
        ({}, {"text": "The water is back"}, None),
        ({"until": NOON}, {}, None),
    ],
)
def test_where_when_and_what_decide(more: dict[str, Any], case: dict[str, Any], why: tuple[str, ...] | None) -> None:
    here: dict[str, Any] = {"category": "water", "cell": point_to_cell(*CORNER), "area": "Roxbury", "received_at": NOON}
    found = matters_for(Described(**(here | case)), [matter(**more)], NOON)
    assert [fit.why for fit in found] == ([] if why is None else [why])


def test_a_caller_is_told_in_the_language_spoken_or_the_nearest_there_is() -> None:
    known = matter(scripts={"en": "by six", "zh": "六点"})
    assert script_for(known, "zh-Hans") == ("zh", "六点")
    assert script_for(known, "en") == ("en", "by six")
    assert script_for(known, "ar") == ("zh", "六点")
    assert script_for(matter(scripts={"fr": "à six heures"}), "ar") == ("fr", "à six heures")
    assert script_for(matter(), "ar") == ("", "")
