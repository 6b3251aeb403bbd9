"""The windows of a change of shift: the hand-over sheet with the positions, and callers who wait to be called back."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.fields import button, field
from layouts.texts import Language, gettext


def desk_buttons(context: Context, lang: Language) -> list[Component]:
    """In the header: call-backs that wait, and the sheet."""
    _ = gettext(lang.id)
    return [
        html.Button(
            "",
            type="button",
            className="tool task-count",
            hidden=True,
            **attributes(data_task="button", aria_keyshortcuts="q"),
        ),
        html.Button(
            _("Hand over"),
            type="button",
            className="tool",
            hidden=True,
            **attributes(data_sheet="button", aria_keyshortcuts="h"),
        ),
    ]


def hand_over(context: Context, lang: Language) -> list[Component]:
    """What waits for me stands first; then what I own now; then who is where."""
    _ = gettext(lang.id)
    return [
        html.Dialog(
            [
                html.Div(
                    [
                        html.H2(_("Hand-over")),
                        button(_("Read again"), data_sheet="again"),
                        button(_("Print"), data_sheet="print"),
                        button(_("Close"), data_sheet="close"),
                    ],
                    className="dialog-head",
                ),
                html.P("", className="sheet-told", role="status", **attributes(data_sheet="told")),
                _box(_("Waits for you to take over"), "waiting"),
                _box(_("Offered by you"), "offered"),
                _mine(lang),
                _positions(lang),
            ],
            className="desk-dialog sheet-window",
            **attributes(data_sheet="window", aria_label=_("Hand-over")),
        )
    ]


def _box(title: str, name: str) -> Component:
    return html.Section(
        [html.H3(title), html.Ul([], **attributes(data_sheet=name))],
        hidden=True,
        **attributes(data_sheet=f"{name}-box"),
    )


def _mine(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Section(
        [
            html.H3(_("What you would hand over now")),
            html.Ul([], **attributes(data_sheet="mine")),
            html.P("", className="quiet", **attributes(data_sheet="why")),
            html.Div(
                [
                    field("receiver", "text", _("To (empty: whoever comes)"), ltr="yes"),
                    field("note", "area", _("Note")),
                    button(_("Offer"), "tool strong", data_sheet="offer"),
                ],
                className="sheet-offer",
            ),
        ]
    )


def _positions(lang: Language) -> Component:
    """Who looks after which part of the city: alarms and ownership follow positions."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.H3(_("Positions")),
            html.Ul([], className="positions", **attributes(data_sheet="positions")),
            html.Div(
                [
                    html.Select(
                        [], className="desk-input", **attributes(data_sheet="position", aria_label=_("Positions"))
                    ),
                    button(_("Sit down here"), data_sheet="take"),
                ],
                className="sheet-take",
            ),
        ]
    )


def call_backs(context: Context, lang: Language) -> list[Component]:
    """Callers who hung up, or said nothing."""
    _ = gettext(lang.id)
    heads = (_("Call"), _("Due"), _("Tries"), _("Number"), _("How it ended"))
    return [
        html.Dialog(
            [
                html.Div([html.H2(_("Call-backs")), button(_("Close"), data_task="close")], className="dialog-head"),
                html.P(_("Nobody waits to be called back."), className="quiet", **attributes(data_task="none")),
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(head) for head in heads])),
                        html.Tbody([], **attributes(data_task="rows")),
                    ]
                ),
            ],
            className="desk-dialog task-window",
            **attributes(data_task="window", aria_label=_("Call-backs")),
        )
    ]
