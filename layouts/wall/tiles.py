"""The large figures: what came, what is open, what is late, who is out."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext
from layouts.tokens import PRIORITY_SHAPES


def tiles(lang: Language) -> Component:
    """Four figures for the far end of the room and, below, three for who is on duty."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.Div(
                [
                    tile(_("Today"), "cases.received_today", "today"),
                    tile(_("Last hour"), "cases.received_1h", "hour", sign=True),
                    tile(_("Open"), "cases.open", "open"),
                    tile(_("Overdue"), "cases.overdue", "overdue"),
                ],
                className="tiles tiles-main",
            ),
            html.Div(
                [
                    tile(_("Due in 4 h"), "cases.due_4h", "due", rank="due"),
                    incidents_tile(_),
                    units_tile(_),
                ],
                className="tiles tiles-duty",
            ),
        ],
        className="tile-block",
        **attributes(aria_label=_("Figures")),
    )


def tile(label: str, figure: str, name: str, *, sign: bool = False, rank: str = "") -> Component:
    """One figure under its label, with room for an arrow and for the note that puts it in proportion."""
    arrow = [html.Span("", className="tile-sign", **attributes(data_part=f"{name}-sign"))] if sign else []
    return html.Div(
        [
            html.H2(label),
            html.P([html.Span("", **attributes(data_figure=figure)), *arrow], className="tile-figure"),
            html.P("", className="tile-note", **attributes(data_part=f"{name}-note", data_rank="notes")),
        ],
        className=f"panel tile tile-{name}",
        **(attributes(data_rank=rank) if rank else {}),
    )


def incidents_tile(_: Callable[[str], str]) -> Component:
    """Open incidents by priority: shape, colour and number together."""
    counts = [
        html.Span(
            [
                html.Span(shape, className=f"shape priority-{priority}", **attributes(aria_hidden="true")),
                html.Span("", **attributes(data_figure=f"incidents.by_priority.{priority}", data_zero="0")),
            ],
            className="by-priority",
            title=_("Priority {n}").format(n=priority),
        )
        for priority, shape in PRIORITY_SHAPES.items()
    ]
    return html.Div(
        [
            html.H2(_("Open incidents")),
            html.P(counts, className="tile-figure tile-priorities"),
            html.P("", className="tile-note", **attributes(data_part="incidents-note", data_rank="notes")),
        ],
        className="panel tile tile-incidents",
        **attributes(data_rank="incidents"),
    )


def units_tile(_: Callable[[str], str]) -> Component:
    """Busy and available units with the marks they have on the map."""
    note = html.Span("", **attributes(data_part="units-note"))
    return html.Div(
        [
            html.H2(_("Units busy")),
            html.P([_mark("busy"), html.Span("", **attributes(data_figure="units.busy"))], className="tile-figure"),
            html.P([_mark("available"), note], className="tile-note", **attributes(data_rank="notes")),
        ],
        className="panel tile tile-units",
        **attributes(data_rank="units"),
    )


def _mark(state: str) -> Component:
    return html.Span("", className=f"unit-mark {state}", **attributes(aria_hidden="true"))
