"""Clicking a cell: who gets the list, what the desk is asked, and what is said instead."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.wall import LIMIT, case_filters
from layouts import ids
from tests.layouts.pages import ListDesk, small_app
from tests.support.dash_contract import fire

CELL = "892a30643b7ffff"
CLICK = {"cell": CELL, "measure": "open", "category": "*", "asked_at": 1}
CASE = {
    "case_id": "101000295613",
    "category": "Trees",
    "area": "Roxbury",
    "received_at": "2011-08-28T18:05:00Z",
    "target_at": None,
    "status": "open",
}
TRIGGER = (ids.Map.PLACE_CHOICE.value, "data")


def click(desk: ListDesk, choice: Any, lang: str = "en") -> dict[str, dict[str, Any]]:
    app = small_app(desk)
    return fire(app, TRIGGER, {TRIGGER: choice, (ids.Wall.PAGE.value, "lang"): lang})


def test_a_click_opens_the_drawer_with_the_cases_of_the_cell() -> None:
    desk = ListDesk(rows=(CASE,))
    answer = click(desk, CLICK)
    assert answer[ids.Cases.DRAWER]["opened"] is True
    assert desk.asked == [{"measure": "open", "cell": CELL, "limit": LIMIT}]
    shown = str(answer[ids.Cases.LIST]["children"])
    assert "101000295613" in shown
    assert "28 Aug 14:05" in shown, "times are shown in the city's zone"
    assert "1 case" in shown


def test_the_desk_may_refuse_and_the_page_says_it_in_its_language() -> None:
    class Refusing(ListDesk):
        def cases(self, **filters: Any) -> list[dict[str, Any]]:
            raise PermissionError("not your sector")

    shown = str(click(Refusing(), CLICK, "zh-Hans"))
    assert "此屏幕只显示数字" in shown
    assert "/signin?lang=zh_CN" in shown, "and where to go"


def test_an_empty_list_says_why() -> None:
    assert "closed or left the window" in str(click(ListDesk(), CLICK))


def test_a_full_list_says_that_there_may_be_more() -> None:
    rows = tuple(CASE | {"case_id": str(n)} for n in range(LIMIT))
    assert f"newest {LIMIT} cases" in str(click(ListDesk(rows=rows), CLICK))


def test_cases_without_location_have_a_list_of_their_own() -> None:
    desk = ListDesk(rows=(CASE,))
    click(desk, {"without_location": True, "measure": "overdue", "category": "Trees"})
    assert desk.asked == [{"measure": "overdue", "category": "Trees", "without_location": True, "limit": LIMIT}]


def test_nothing_chosen_opens_nothing() -> None:
    assert click(ListDesk(), None)[ids.Cases.DRAWER]["opened"] is False


@pytest.mark.parametrize(
    "choice",
    [
        {"cell": "not a cell", "measure": "open"},
        {"cell": CELL, "measure": "passwords"},
        {"cell": CELL},
        {"cell": {"$gt": ""}, "measure": "open"},
        {"cell": CELL, "measure": "open", "category": ["x"]},
        {"without_location": "yes", "measure": "open"},
        {"cell": CELL, "measure": ["open"]},
    ],
)
def test_a_choice_that_is_no_place_of_this_map_asks_the_desk_nothing(choice: dict[str, Any]) -> None:
    desk = ListDesk(rows=(CASE,))
    assert "not known" in str(click(desk, choice))
    assert desk.asked == []


@given(st.dictionaries(st.sampled_from(["cell", "measure", "category", "without_location"]), st.text() | st.none()))
def test_whatever_the_browser_sends_is_understood_or_refused(choice: dict[str, Any]) -> None:
    filters = case_filters(choice)
    assert filters is None or {"measure", "limit"} <= filters.keys()
