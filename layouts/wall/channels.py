"""The channel board: who waits and how long, how soon calls are answered, and cases of channels without calls."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def channels(lang: Language) -> Component:
    """Rows are filled by the scripts; the service level's variant is named beside the heading."""
    _ = gettext(lang.id)
    heads = (_("Channel"), _("waiting"), _("longest"), _("30 min level"), _("24 h rate"))
    head = html.Tr([html.Th(text, scope="col", title=text) for text in heads])
    return html.Section(
        [
            html.H2([html.Span(_("Channels")), html.Span("", **attributes(data_part="channel-variant"))]),
            html.Table(
                [html.Thead(head), html.Tbody([], **attributes(data_part="channel-rows"))],
                className="calls",
            ),
            html.Div(
                [
                    html.H3(_("Cases today"), **attributes(data_part="channel-others-head")),
                    html.Ul([], className="pairs", **attributes(data_part="channel-others")),
                ],
                className="others",
            ),
        ],
        className="panel channels",
        hidden=True,
        **attributes(data_rank="channels", data_part="channels"),
    )
