"""What is on duty, below the map: open incidents, units, deadlines, alerts in force and agents."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext
from layouts.tokens import PRIORITY_SHAPES

Say = Callable[[str], str]


def duty(lang: Language) -> Component:
    """Figures on the first line, alerts and agents on the next two."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.Div([_incidents(_), _units(_)], className="duty-line duty-figures"),
            html.Div([_due(_), _agents(_)], className="duty-line duty-agents"),
            _alerts(_),
        ],
        className="panel duty",
        **attributes(aria_label=_("On duty")),
    )


def _incidents(_: Say) -> Component:
    """Open incidents by priority: shape, colour and number together."""
    counts = [
        html.Span(
            [
                html.Span(shape, className=f"shape priority-{priority}", **attributes(aria_hidden="true")),
                html.Span(_("Priority {n}").format(n=priority), className="spoken"),
                html.Span("", **attributes(data_figure=f"incidents.by_priority.{priority}", data_zero="0")),
            ],
            className="by-priority",
            title=_("Priority {n}").format(n=priority),
        )
        for priority, shape in PRIORITY_SHAPES.items()
    ]
    note = html.P("", className="duty-note", **attributes(data_part="incidents-note", data_rank="notes"))
    head, figure = html.H2(_("Open incidents")), html.P(counts, className="tile-figure by-priorities")
    return html.Div([head, figure, note], className="duty-item duty-incidents", **attributes(data_rank="incidents"))


def _units(_: Say) -> Component:
    """Busy and available units with the marks they have on the map, and those out of service."""
    figure = html.P([_mark("busy"), html.Span("", **attributes(data_figure="units.busy"))], className="tile-figure")
    note = html.P(
        [
            _mark("available"),
            html.Span("", **attributes(data_part="units-note")),
        ],
        className="duty-note",
        **attributes(data_rank="notes"),
    )
    out = html.P(
        html.Span("", **attributes(data_part="units-out")), className="units-out", **attributes(data_rank="notes")
    )
    return html.Div(
        [html.H2(_("Units busy")), figure, note, out],
        className="duty-item duty-units",
        **attributes(data_rank="units", data_private="yes"),
    )


def _due(_: Say) -> Component:
    figure = html.P(html.Span("", **attributes(data_figure="cases.due_4h")), className="tile-figure")
    return html.Div([html.H2(_("Due in 4 h")), figure], className="duty-item duty-due", **attributes(data_rank="due"))


def _alerts(_: Say) -> Component:
    return html.Div(
        [
            html.H2(_("Alerts")),
            html.P("", className="quiet", **attributes(data_part="alerts-none")),
            html.Ul([], className="alerts", **attributes(data_part="alerts")),
            html.Span("", className="quiet", **attributes(data_part="alerts-more")),
            html.Span("", className="quiet notices", **attributes(data_part="notices")),
        ],
        className="duty-line duty-alerts",
        **attributes(data_rank="alerts"),
    )


def _agents(_: Say) -> Component:
    return html.Div(
        [html.H2(_("Agents")), html.Ul([], className="pairs", **attributes(data_part="agents"))],
        className="duty-item",
        hidden=True,
        **attributes(data_rank="agents", data_part="agents-line"),
    )


def _mark(state: str) -> Component:
    return html.Span("", className=f"unit-mark {state}", **attributes(aria_hidden="true"))
