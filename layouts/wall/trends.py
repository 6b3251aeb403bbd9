"""The day so far: the 24-hour curve, and which categories and areas it came from."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def curve(lang: Language) -> Component:
    """Today's curve before yesterday's; the time axis runs left to right in every language."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.H2([_("Cases per half hour"), html.Span("", className="keys", **attributes(data_part="curve-keys"))]),
            html.Div([], className="curve", dir="ltr", **attributes(data_part="curve")),
        ],
        className="panel curve-panel",
        **attributes(data_rank="curve"),
    )


def rankings(lang: Language) -> Component:
    """The longest lists of today side by side."""
    _ = gettext(lang.id)
    return html.Div(
        [
            ranking(_("Top categories"), "categories", lang),
            ranking(_("Top areas"), "areas", lang),
        ],
        className="rankings",
    )


def ranking(title: str, name: str, lang: Language) -> Component:
    """Names with what came today; rows are filled by the scripts."""
    _ = gettext(lang.id)
    head = html.Tr(
        [
            html.Th(title, scope="col"),
            html.Th(_("change"), scope="col", className="change", title=_("Against yesterday at this time")),
            html.Th(_("today"), scope="col", className="number"),
        ]
    )
    return html.Section(
        [
            html.Table([html.Thead(head), html.Tbody([], **attributes(data_part=f"rank-{name}"))]),
            html.P("", className="quiet", hidden=True, **attributes(data_part=f"rank-{name}-empty")),
        ],
        className="panel ranking",
        **attributes(data_rank=name),
    )
