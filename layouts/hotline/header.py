"""The top line of the hotline desk: city, mode, what presses, the way to search, sources, clock, and who sits here."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context, Viewer, name_in
from layouts.texts import DESK_LANGUAGES, Language, gettext
from layouts.wall.header import languages


def header(context: Context, lang: Language, viewer: Viewer) -> Component:
    """When frames stop, the bar says since when; the last picture stays below, dimmed."""
    _ = gettext(lang.id)
    return html.Header(
        [
            html.H1(name_in(context.city.names, lang, context.city.id), className="city"),
            html.Span("", className="mode", **attributes(data_part="mode")),
            _counts(lang),
            html.Button(
                [html.Span(_("Search")), html.Kbd("/")],
                type="button",
                className="tool search-button",
                title=_("Number, name, address, text or case"),
                **attributes(data_part="search-button", aria_keyshortcuts="/"),
            ),
            html.Div("", className="cut-bar", role="alert", hidden=True, **attributes(data_part="cut")),
            html.Ul([], className="sources", **attributes(data_part="sources", aria_label=_("Sources and their age"))),
            html.Time(
                "",
                className="desk-time",
                role="timer",
                dir="ltr",
                **attributes(data_part="time", aria_live="off", aria_label=_("City clock")),
            ),
            html.Bdi(viewer.name, className="desk-who", title=_("Signed in as"), **attributes(data_part="who")),
            html.Button(
                _("Hand over"),
                type="button",
                className="tool",
                hidden=True,
                **attributes(data_sheet="button", aria_keyshortcuts="s"),
            ),
            html.Button(
                _("Night"),
                type="button",
                className="tool",
                title=_("Colours for a dark room"),
                **attributes(data_part="night", aria_pressed="false"),
            ),
            languages(lang, DESK_LANGUAGES),
            html.Button(
                "?",
                type="button",
                className="tool",
                title=_("Keys"),
                **attributes(data_part="keys-button", aria_label=_("Keys"), aria_keyshortcuts="?"),
            ),
        ],
        className="desk-header",
    )


def _counts(lang: Language) -> Component:
    """What the whole floor has on its hands."""
    _ = gettext(lang.id)
    shown = (
        ("cases.open", _("open")),
        ("cases.overdue", _("overdue")),
        ("cases.due_4h", _("due in 4 h")),
        ("calls.waiting", _("waiting")),
    )
    return html.Div(
        [
            html.Span(
                [html.Span(name, className="quiet"), html.B("–", **attributes(data_figure=figure))],
                className="desk-count",
                **attributes(data_count=figure),
            )
            for figure, name in shown
        ],
        className="desk-counts",
        **attributes(data_part="counts"),
    )
