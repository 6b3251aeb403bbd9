"""The panel of followed calls: which are followed, and the open one line by line. Scripts fill everything live."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def calls(lang: Language) -> list[Component]:
    """List at the side, the open call beside it. What was said is in no frame: scripts ask for it, which is audited."""
    _ = gettext(lang.id)
    return [
        html.P("", className="desk-empty", hidden=True, **attributes(data_part="calls-empty")),
        html.Div(
            [
                html.Div(
                    [
                        html.Span("", className="age-badge", hidden=True, **attributes(data_part="calls-age")),
                        html.Ul([], **attributes(data_part="calls-list", aria_label=_("Followed calls"))),
                    ],
                    className="calls-side",
                ),
                _open(lang),
            ],
            className="calls",
        ),
    ]


def _open(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Section(
        [
            html.Div(
                [
                    html.H3(
                        [
                            html.Span("", **attributes(data_part="call-title")),
                            html.Span("", className="call-state", **attributes(data_part="call-state")),
                        ]
                    ),
                    html.Div([], className="call-acts", **attributes(data_part="call-acts")),
                    html.P("", className="call-facts quiet", **attributes(data_part="call-facts")),
                    html.Div(
                        [
                            html.Div([], className="card-cases", **attributes(data_part="call-links")),
                            html.Span("", className="quiet", **attributes(data_part="call-caller")),
                        ],
                        className="call-more",
                    ),
                ],
                className="call-head",
            ),
            html.P("", className="desk-empty", hidden=True, **attributes(data_part="call-said")),
            html.Ol(
                [],
                className="call-lines",
                role="log",
                tabIndex=0,
                **attributes(data_part="call-lines", aria_label=_("What is said")),
            ),
        ],
        className="call-open",
        hidden=True,
        **attributes(data_part="call-open", aria_label=_("The open call")),
    )
