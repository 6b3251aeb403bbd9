"""The wall: choosing what the cells count, and asking which cases are behind one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import h3
from dash import ClientsideFunction, Dash, Input, Output, State
from dash.development.base_component import Component

from callbacks.desk import Desk
from layouts import ids
from layouts.context import ALL_CATEGORIES, MEASURES, Context
from layouts.texts import Language, language
from layouts.wall import cases

LIMIT = 100
SCRIPTS = "hexwatch"  # the clientside namespace of assets/


def case_filters(choice: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a click asks the desk for, or None when it is not a place of this map."""
    measure = choice.get("measure")
    if measure not in MEASURES:
        return None
    filters: dict[str, Any] = {"measure": measure, "limit": LIMIT}
    if category := choice.get("category"):
        if not isinstance(category, str):
            return None
        if category != ALL_CATEGORIES:
            filters["category"] = category
    if choice.get("without_location") is True:
        return filters | {"without_location": True}
    cell = choice.get("cell")
    if not isinstance(cell, str) or not h3.is_valid_cell(cell):
        return None
    return filters | {"cell": cell}


def cases_behind(choice: Mapping[str, Any], desk: Desk, lang: Language, zone: ZoneInfo) -> Component:
    """The list behind a click, or the sentence that says why there is none."""
    filters = case_filters(choice)
    if filters is None:
        return cases.unknown_place(lang)
    try:
        rows = desk.cases(**filters)
    except PermissionError:
        return cases.not_for_this_role(lang)
    return cases.case_rows(rows, lang, zone, LIMIT)


def register(app: Dash, desk: Desk, context: Context) -> None:
    """Wire the wall. What streams goes to clientside functions only."""

    @app.callback(
        Output(ids.Cases.DRAWER, "opened"),
        Output(ids.Cases.LIST, "children"),
        Input(ids.Map.PLACE_CHOICE, "data"),  # what a person clicked; never a live stream
        State(ids.Wall.PAGE, "lang"),
        prevent_initial_call=True,
    )
    def show_cases(choice: dict[str, Any] | None, html_lang: str | None) -> tuple[bool, Component | None]:
        if not choice:
            return False, None
        zone = ZoneInfo(str(context.city.zone))
        return True, cases_behind(choice, desk, language(html_lang), zone)

    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "mount"),
        Output(ids.Wall.PAGE, "data-mounted"),  # without an output Dash does not call it for a page that comes later
        Input(ids.Wall.PAGE, "data-setup"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "choose"),
        Output(ids.Live.SOCKET, "options"),
        Input(ids.Map.MEASURE, "value"),
        Input(ids.Map.CATEGORY, "value"),
        State(ids.Live.SOCKET, "options"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "connected"),
        Output(ids.Live.SOCKET, "data-link"),
        Input(ids.Live.SOCKET, "socketId"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "receive"),
        Output(ids.Live.SOCKET, "data-heard"),
        Input(ids.Live.SOCKET, "data-frame"),
    )
