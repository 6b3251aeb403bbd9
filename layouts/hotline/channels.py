"""The left column: every channel with its queue, and the people who answer."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext

SKELETON_ROWS = 5


def channels(lang: Language) -> Component:
    """Cards are made by `assets/81-hotlinechannels.js`; what a channel does not have is left out, not shown as zero."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.Div(
                [
                    html.H2(_("Channels")),
                    html.Span("", className="age-badge", hidden=True, **attributes(data_part="channels-age")),
                ],
                className="desk-column-head",
            ),
            html.Div(
                [
                    html.Ul([], className="number-list", **attributes(data_part="agents", aria_label=_("Agents"))),
                    html.P("", className="quiet", hidden=True, **attributes(data_part="agents-empty")),
                ],
                className="column-part agents",
            ),
            html.P("", className="channel-variant quiet", **attributes(data_part="channel-variant")),
            html.Div(
                [],
                className="channel-steps",
                hidden=True,
                **attributes(data_part="channel-steps", aria_label=_("Interval"), role="group"),
            ),
            html.Ul(
                [html.Li("", className="skeleton tall") for _row in range(SKELETON_ROWS)],
                className="channel-cards",
                tabIndex=0,
                **attributes(data_part="channel-cards", aria_label=_("Channels"), role="list"),
            ),
            html.P("", className="desk-empty", hidden=True, **attributes(data_part="channels-empty")),
            html.Div(
                [
                    html.H3(_("Cases today without a call")),
                    html.Ul([], className="number-list", **attributes(data_part="channel-others")),
                ],
                hidden=True,
                className="column-part",
                **attributes(data_part="channel-others-box"),
            ),
        ],
        className="desk-column hotline-channels panel",
        **attributes(data_panel_name="channels", aria_label=_("Channels")),
    )
