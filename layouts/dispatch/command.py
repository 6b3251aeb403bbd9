"""The command line at the foot of the desk; the words that may be typed stand in assets/65-command.js."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.fields import field
from layouts.texts import Language, gettext

KEY = ";"
KEYS = {"enter": "Enter", "tab": "Tab"}


def command_line(context: Context, lang: Language) -> list[Component]:
    """Closed it is a button; open it lies over the foot, its echo and what could follow above it."""
    _ = gettext(lang.id)
    return [
        html.Div(
            [
                html.Button(
                    [html.Kbd(KEY), html.Span(_("Radio and commands"))],
                    type="button",
                    className="tool command-open",
                    **attributes(data_command_part="open", aria_keyshortcuts=KEY),
                ),
                html.Form(
                    [
                        _help(lang),
                        html.Ul([], className="offers", hidden=True, dir="ltr", **_list(_("What could follow"))),
                        html.P("", className="command-echo", role="status", **attributes(data_command_part="echo")),
                        html.Div(
                            [
                                html.Span(KEY, className="command-sign", **attributes(aria_hidden="true")),
                                field("command", "text", _("Command"), shows_label=False, ltr="yes"),
                                html.Span(
                                    _("{enter}: send · {tab}: complete · ?: all words").format(**KEYS),
                                    className="quiet",
                                    dir=lang.direction,
                                ),
                            ],
                            className="command-row",
                            dir="ltr",
                        ),
                    ],
                    className="command-line",
                    hidden=True,
                    **attributes(data_command_part="line"),
                ),
            ],
            className="command",
            **attributes(data_command="line"),
        )
    ]


def _list(label: str) -> dict[str, Any]:
    return attributes(data_command_part="offers", role="listbox", aria_label=label)


def _help(lang: Language) -> Component:
    """Every word with what it does; the rows are filled from the grammar itself."""
    _ = gettext(lang.id)
    return html.Div(
        [
            html.P(
                _(
                    "A unit, then what it does; or an incident, then what is to be done. The last digits of an "
                    "incident are enough, . is the selected one. @14:05 or @-5: it was then, and is entered now."
                ),
                className="quiet",
            ),
            html.Table(html.Tbody([])),
        ],
        className="command-help",
        hidden=True,
        **attributes(data_command_part="help"),
    )
