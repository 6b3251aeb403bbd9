"""The top line of the desk: city, mode, what waits, the clock, who sits here, and the way to keys and languages."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context, Viewer, name_in
from layouts.dispatch.slots import slot
from layouts.texts import DESK_LANGUAGES, Language, gettext
from layouts.tokens import PRIORITY_SHAPES
from layouts.wall.header import languages


def header(context: Context, lang: Language, viewer: Viewer) -> Component:
    """When frames stop, the bar across the top says since when; the last picture stays below, dimmed."""
    _ = gettext(lang.id)
    return html.Header(
        [
            html.H1(name_in(context.city.names, lang, context.city.id), className="city"),
            html.Span("", className="mode", **attributes(data_part="mode")),
            _counts(lang),
            slot("alarm-rate", context, lang),
            html.Div("", className="cut-bar", role="alert", hidden=True, **attributes(data_part="cut")),
            html.Time(
                "",
                className="desk-time",
                role="timer",
                dir="ltr",
                **attributes(data_part="time", aria_live="off", aria_label=_("City clock")),
            ),
            slot("sound", context, lang),
            slot("presence", context, lang),
            html.Button(
                html.Bdi(viewer.name),
                type="button",
                className="desk-who",
                title=_("Signed in as"),
                **attributes(data_part="who"),
            ),
            slot("lock", context, lang),
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
    """How many wait for a unit, by priority, and how many lie in the sectors of whoever sits here."""
    _ = gettext(lang.id)
    waiting = [
        html.Span(
            [
                html.Span(shape, className=f"shape priority-{priority}", **attributes(aria_hidden="true")),
                html.Span(_("Priority {n}").format(n=priority), className="spoken"),
                html.B("–", **attributes(data_waiting=str(priority))),
            ],
            className="by-priority",
        )
        for priority, shape in PRIORITY_SHAPES.items()
    ]
    return html.Div(
        [
            html.Span(
                [html.Span(_("without a unit"), className="quiet"), *waiting],
                className="desk-count",
                title=_("Open incidents to which no unit is assigned"),
            ),
            html.Span(
                [html.Span(_("mine"), className="quiet"), html.B("–", **attributes(data_part="mine-count"))],
                className="desk-count",
                hidden=True,
                title=_("Open incidents in the sectors that you look after"),
                **attributes(data_part="mine"),
            ),
        ],
        className="desk-counts",
        **attributes(data_part="counts"),
    )
