"""The queue: open incidents in the order in which they want a decision, each with its reason."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext

SKELETON_ROWS = 6


def queue(lang: Language) -> Component:
    """Filled by `assets/61-queue.js`; its rows are options of a list box, so that a screen reader hears the choice."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.Div(
                [
                    html.H2([_("Queue"), " ", html.Span("", className="quiet", **attributes(data_part="queue-count"))]),
                    html.Span("", className="age-badge", hidden=True, **attributes(data_part="queue-age")),
                    _search(lang),
                ],
                className="desk-column-head",
            ),
            html.Div(  # of one height, whatever it says: rows must not move when something is new
                [
                    html.P(
                        _("crew in danger, then who needs units, by priority"),
                        className="queue-order",
                        **attributes(data_part="queue-order"),
                    ),
                    html.Button(
                        "", type="button", className="queue-new", hidden=True, **attributes(data_part="queue-new")
                    ),
                ],
                className="queue-top",
            ),
            html.Ul(
                [html.Li("", className="skeleton") for _row in range(SKELETON_ROWS)],
                className="queue-list",
                role="listbox",
                tabIndex=0,
                **attributes(data_part="queue-list", aria_label=_("Queue"), aria_keyshortcuts="j k"),
            ),
            html.P("", className="desk-empty", hidden=True, **attributes(data_part="queue-empty")),
        ],
        className="desk-column desk-queue panel",
        **attributes(data_panel_name="queue", aria_label=_("Queue")),
    )


def _search(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Span(
        # A plain input: dcc.Input would send each letter to the server.
        [html.Span("", **attributes(data_part="queue-search"))],
        className="queue-search",
        **attributes(data_placeholder=_("Search"), data_label=_("Search the queue by kind, place, number or unit")),
    )
