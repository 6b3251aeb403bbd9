"""The top line: city, mode, clock, how old each source is, and the languages."""

from __future__ import annotations

from collections.abc import Iterable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import LANGUAGES, Language, gettext
from layouts.wall.keys import keys_button


def header(city_name: str, lang: Language, offered: Iterable[str] = LANGUAGES) -> Component:
    """What tells at once which city, which time, and how much of it to believe.

    When frames stop, the bar takes the place of clock and sources; the last picture stays below, dimmed.
    """
    _ = gettext(lang.id)
    return html.Header(
        [
            html.H1(city_name, className="city"),
            html.Span("", className="mode", **attributes(data_part="mode")),
            html.Span(_("VISITORS"), className="badge visitor", hidden=True, **attributes(data_part="visitor")),
            html.Span("♪", className="badge", hidden=True, title=_("Sound is on"), **attributes(data_part="sound")),
            html.Div("", className="cut-bar", role="alert", hidden=True, **attributes(data_part="cut")),
            html.Span(
                [
                    html.Span("", className="clock-time", **attributes(data_part="time")),
                    html.Span("", className="clock-date", **attributes(data_part="date", data_rank="date")),
                ],
                className="clock",
                role="timer",
                **attributes(aria_live="off", aria_label=_("City clock")),
            ),
            html.Ul(
                [],
                className="sources",
                **attributes(
                    data_part="sources", data_rank="sources", data_private="yes", aria_label=_("Sources and their age")
                ),
            ),
            html.Span("", className="scene", hidden=True, role="status", **attributes(data_part="scene")),
            languages(lang, offered),
            keys_button(lang),
        ],
        className="wall-header",
    )


def languages(lang: Language, offered: Iterable[str] = LANGUAGES) -> Component:
    """The language switch: plain links under the present one's name, so that it works before any script does."""
    _ = gettext(lang.id)
    links = [_language_link(LANGUAGES[known], known == lang.id) for known in offered]
    return html.Details(
        [
            html.Summary(lang.name, lang=lang.html, title=_("Language")),
            html.Nav(links, **attributes(aria_label=_("Language"))),
        ],
        className="languages",
        **attributes(data_rank="switches"),
    )


def _language_link(known: Language, chosen: bool) -> Component:
    state = attributes(aria_current="true") if chosen else {}
    return html.A(
        known.name,
        href=f"?lang={known.id}",
        lang=known.html,
        dir=known.direction,
        **attributes(data_lang=known.id),
        **state,
    )
