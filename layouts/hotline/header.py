"""The top line of the hotline desk: city, mode, what presses, the way to search, sources, clock, and who sits here."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context, Viewer, name_in
from layouts.texts import DESK_LANGUAGES, Language, gettext
from layouts.wall.header import languages


def header(context: Context, lang: Language, viewer: Viewer, whose: Sequence[str] = ()) -> Component:
    """When frames stop, the bar says since when; the last picture stays below, dimmed.

    `whose`: names of the bodies whose cases alone are seen; then nothing of the floor stands here.
    """
    _ = gettext(lang.id)
    return html.Header(
        [
            html.H1(name_in(context.city.names, lang, context.city.id), className="city"),
            html.Span("", className="mode", **attributes(data_part="mode")),
            *([html.B(", ".join(whose), className="whose")] if whose else [_counts(lang), _search(lang)]),
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
            *([] if whose else [_hand_over(lang)]),
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


def _search(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Button(
        [html.Span(_("Search")), html.Kbd("/")],
        type="button",
        className="tool search-button",
        title=_("Number, name, address, text or case"),
        **attributes(data_part="search-button", aria_keyshortcuts="/"),
    )


def _hand_over(lang: Language) -> Component:
    return html.Button(
        gettext(lang.id)("Hand over"),
        type="button",
        className="tool",
        hidden=True,
        **attributes(data_sheet="button", aria_keyshortcuts="s"),
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
