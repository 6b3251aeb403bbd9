"""The parts of the warning page: its top line, the ranked list, the map with its hours, and the evidence with acts."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context, name_in
from layouts.texts import DESK_LANGUAGES, Language, gettext
from layouts.wall.header import languages

MEASURES = ("residual", "observed", "expected")


def header(context: Context, lang: Language) -> Component:
    """City, what early warning rests on, and how many warnings were of use."""
    _ = gettext(lang.id)
    return html.Header(
        [
            html.H1([name_in(context.city.names, lang, context.city.id), " · ", _("Early warning")]),
            html.Span("", className="warning-status", role="status", **attributes(data_part="status")),
            html.Span("", className="warning-verdicts", **attributes(data_part="verdicts")),
            languages(lang, DESK_LANGUAGES),
        ],
        className="warning-header",
    )


def ranked(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Section(
        [
            html.H2(_("Warnings, the strangest first")),
            html.Ol([], className="warning-list", **attributes(data_part="list", aria_label=_("Warnings"))),
            html.H2(_("Recurring problems")),
            html.Ul([], className="warning-recurring", **attributes(data_part="recurring")),
        ],
        className="warning-panel",
    )


def place(lang: Language) -> Component:
    """Map, its choice of measure, and the hour that is shown; the script puts the slider in."""
    _ = gettext(lang.id)
    texts = {"residual": _("Residual"), "observed": _("Observed"), "expected": _("Expected")}
    return html.Section(
        [
            html.Div(
                [
                    *(
                        html.Button(
                            texts[measure],
                            type="button",
                            className="tool",
                            **attributes(data_measure=measure, aria_pressed="false"),
                        )
                        for measure in MEASURES
                    ),
                    html.Button(_("Whole city"), type="button", className="tool", **attributes(data_part="whole")),
                    html.Span("", className="warning-at", **attributes(data_part="at")),
                ],
                className="warning-tools",
                role="group",
            ),
            html.Div([], className="warning-slide", **attributes(data_part="slide", data_said=_("Hour that is shown"))),
            html.Div([], className="warning-map", role="img", **attributes(data_part="map", aria_label=_("Map"))),
            html.Div([], className="warning-legend", **attributes(data_part="legend")),
        ],
        className="warning-panel",
    )


def evidence(lang: Language) -> Component:
    _ = gettext(lang.id)
    acts = (
        ("acknowledge_warning", _("Acknowledge")),
        ("dismiss_warning", _("Dismiss")),
        ("warning_case", _("Open a proactive case")),
        ("warning_situation", _("Open a situation")),
    )
    return html.Section(
        [
            html.H2("", **attributes(data_part="chosen")),
            html.Div(
                [
                    html.Button(text, type="button", className="tool", **attributes(data_verb=verb))
                    for verb, text in acts
                ],
                className="warning-tools",
                role="group",
                **attributes(data_part="acts", data_why=_("Why is nothing to be done?")),
            ),
            html.P("", className="warning-answer", role="status", **attributes(data_part="answer")),
            html.Div([], className="warning-curve", **attributes(data_part="curve")),
            html.Div([], className="warning-evidence", **attributes(data_part="evidence")),
        ],
        className="warning-panel",
    )


def not_for_this_role(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Main(
        [
            html.P(_("This page is for the desks. You may not read its lists here.")),
            html.P(html.A(_("Sign in as somebody else"), href="/signin?next=/warning")),
        ],
        className="not-found",
        lang=lang.html,
        dir=lang.direction,
    )
