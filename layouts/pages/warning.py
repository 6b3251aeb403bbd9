"""Early warnings: what begins, how sure that is and why, and what people make of it."""

from __future__ import annotations

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.context import Context, Viewer, name_in
from layouts.pages.dispatch import DeskOptions
from layouts.texts import DESK_LANGUAGES, Language, gettext
from layouts.wall.header import languages
from layouts.wall.names import names
from layouts.warning.words import words_for_warning

MEASURES = ("residual", "observed", "expected")


def warning(context: Context, lang: Language, options: DeskOptions, viewer: Viewer) -> Component:
    """The whole page; the script fills it from the API."""
    _ = gettext(lang.id)
    if not viewer.may_read:
        return _not_for_this_role(lang)
    return html.Div(
        [
            html.Header(
                [
                    html.H1(f"{name_in(context.city.names, lang, context.city.id)} · {_('Early warning')}"),
                    html.Span("", className="warning-status", role="status", **attributes(data_part="status")),
                    html.Span("", className="warning-verdicts", **attributes(data_part="verdicts")),
                    languages(lang, DESK_LANGUAGES),
                ],
                className="warning-header",
            ),
            html.Main([_ranked(lang), _place(lang), _evidence(lang)], className="warning-main"),
        ],
        id=ids.Warnings.PAGE,
        className="warning",
        lang=lang.html,
        dir=lang.direction,
        **attributes(data_setup=json.dumps(setup(context, lang, viewer), ensure_ascii=False)),
    )


def _ranked(lang: Language) -> Component:
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


def _place(lang: Language) -> Component:
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


def _evidence(lang: Language) -> Component:
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


def _not_for_this_role(lang: Language) -> Component:
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


def setup(context: Context, lang: Language, viewer: Viewer) -> dict[str, Any]:
    """Everything the page's script needs to know, as plain JSON."""
    known = names(context, lang)
    return {
        "zone": str(context.city.zone),
        "api": f"{context.base_path}/api/v1",
        "lang": {"id": lang.id, "html": lang.html, "tag": lang.tag, "dir": lang.direction},
        "words": words_for_warning(lang),
        "names": known,
        "labels": [
            {"name": known["areas"].get(a.name, a.name), "lat": a.lat, "lng": a.lng, "size": a.size}
            for a in context.labels
        ],
        "who": {"csrf": viewer.csrf, "may_ask": viewer.may_ask, "may_case": viewer.may_case},
    }
