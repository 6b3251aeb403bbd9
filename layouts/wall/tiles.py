"""The large figures: what came, what is open, what is late."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def tiles(lang: Language) -> Component:
    """Four figures for the far end of the room."""
    _ = gettext(lang.id)
    return html.Section(
        [
            tile(_("Today"), "cases.received_today", "today", sign=True),
            tile(_("Last hour"), "cases.received_1h", "hour", sign=True),
            tile(_("Open"), "cases.open", "open"),
            tile(_("Overdue"), "cases.overdue", "overdue"),
        ],
        className="tiles",
        **attributes(aria_label=_("Figures")),
    )


def tile(label: str, figure: str, name: str, *, sign: bool = False) -> Component:
    """One figure under its label, with room for an arrow and for the note that puts it in proportion."""
    arrow = [html.Span("", className="tile-sign", **attributes(data_part=f"{name}-sign"))] if sign else []
    return html.Div(
        [
            html.H2(label),
            html.P([html.Span("", **attributes(data_figure=figure)), *arrow], className="tile-figure"),
            html.P("", className="tile-note", **attributes(data_part=f"{name}-note", data_rank="notes")),
        ],
        className=f"panel tile tile-{name}",
    )
