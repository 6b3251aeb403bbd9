"""Alarms on the desk: the gravest in one line, all of them on demand, and how many came against the guidance."""

from __future__ import annotations

import json

from dash import html
from dash.development.base_component import Component

from emergency.alarm_rules import load_settings
from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.fields import button, field
from layouts.texts import Language, gettext

SHELF_MINUTES = (5, 15, 30, 60, 240)


def alarm_rate(context: Context, lang: Language) -> list[Component]:
    """How many alarms began to sound here in ten minutes."""
    return [html.Span("", className="alarm-rate", **attributes(data_alarm_rate="here"))]


def alarms(context: Context, lang: Language) -> list[Component]:
    """One line high; the list opens over the page, the shelf in the line's place."""
    _ = gettext(lang.id)
    return [
        html.Section(
            [_line(lang), _shelf(lang), _list(lang)],
            className="alarms",
            hidden=True,
            **attributes(data_alarms="here", data_guidance=json.dumps(guidance(context)), aria_label=_("Alarms")),
        )
    ]


def guidance(context: Context) -> dict[str, float]:
    """Alarms per person and ten minutes: acceptable, the most that can be managed, more than which is a flood."""
    rate = (context.alarms or load_settings()).rate
    return {"acceptable": rate.acceptable, "manageable": rate.manageable, "flood": rate.flood}


def _line(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Div(
        [
            html.Span("", className="shape", **attributes(data_alarm="shape", aria_hidden="true")),
            html.Button("", type="button", className="alarm-go", title=_("Show it"), **attributes(data_alarm="text")),
            html.Span("", className="alarm-since number", **attributes(data_alarm="since")),
            html.Span("", className="alarm-action", **attributes(data_alarm="action")),
            html.Span("", className="alarm-state quiet", **attributes(data_alarm="state")),
            html.Button(
                [html.Kbd("a"), html.Span(_("Acknowledge"))],
                type="button",
                className="tool strong",
                **attributes(data_alarm="ack", aria_keyshortcuts="a"),
            ),
            button(_("Shelve…"), data_alarm="shelve"),
            button("", data_alarm="all", aria_expanded="false"),
        ],
        className="alarm-line",
    )


def _shelf(lang: Language) -> Component:
    """Why it is put aside, and for how long: it comes back by itself."""
    _ = gettext(lang.id)
    return html.Form(
        [
            html.B("", **attributes(data_alarm="shelf-what")),
            field("reason", "text", _("Why it is put aside"), shows_label=False, placeholder=_("Why it is put aside")),
            *(
                html.Button(
                    _("{n} min").format(n=minutes),
                    type="submit",
                    className="tool",
                    **attributes(data_minutes=str(minutes)),
                )
                for minutes in SHELF_MINUTES
            ),
            button(_("Cancel"), data_alarm="shelf-close"),
        ],
        className="alarm-shelf",
        hidden=True,
        **attributes(data_alarm="shelf", aria_label=_("Shelve an alarm")),
    )


def _list(lang: Language) -> Component:
    _ = gettext(lang.id)
    heads = ("", _("Alarm"), _("Expected action"), _("Since"), _("Owner and state"), "")
    return html.Div(
        html.Table(
            [html.Thead(html.Tr([html.Th(head) for head in heads])), html.Tbody([], **attributes(data_alarm="rows"))]
        ),
        className="alarm-list panel",
        hidden=True,
        **attributes(data_alarm="list"),
    )
