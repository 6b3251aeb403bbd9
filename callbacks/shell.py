"""From address to page."""

from __future__ import annotations

from dash import Dash, Input, Output
from dash.development.base_component import Component

from layouts import ids
from layouts.context import Context
from layouts.shell import page_at


def register(app: Dash, context: Context) -> None:
    """Wire the address bar."""

    @app.callback(
        Output(ids.Shell.PAGE, "children"),
        Input(ids.Shell.ADDRESS, "pathname"),
        Input(ids.Shell.ADDRESS, "search"),
    )
    def show_page(pathname: str | None, search: str | None) -> Component:
        return page_at(pathname or "/", search or "", context)
