"""The window that lists the wall's keys: each is a button too, so that nothing needs a keyboard."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext
from layouts.texts import mark as N_

# act, key, text. What can be on or off says so to screen readers.
SWITCHES: tuple[tuple[str, str, str], ...] = (
    ("visitor", "v", N_("Visitor mode: hide incidents, units and sources")),
    ("palette", "n", N_("Night palette")),
    ("sound", "s", N_("A short tone for a new incident of priority 1")),
)
ACTS: tuple[tuple[str, str, str], ...] = (
    ("pause", "p", N_("Hold or go on with the scenes")),
    ("all", "0", N_("The whole wall")),
    ("map", "1", N_("Scene: map")),
    ("hotline", "2", N_("Scene: hotline")),
    ("emergency", "3", N_("Scene: emergency")),
    ("closer", "+", N_("Closer")),
    ("farther", "-", N_("Farther")),
    ("city", "f", N_("Whole city")),
)
HELP_KEY = "?"


def keys_window(lang: Language) -> Component:
    """Closed until someone presses `?` or its button."""
    _ = gettext(lang.id)
    return html.Dialog(
        [
            html.Div([html.H2(_("Keys and settings")), _close(_)], className="keys-head"),
            html.Ul([_row(_, *switch, state="false") for switch in SWITCHES] + [_row(_, *act) for act in ACTS]),
            html.H2(_("This screen as a link")),
            html.P(
                _("Put a key of role kiosk in place of KEY. Such a key sees no more than this wall: {command}").format(
                    command="python -m dashboard key add SCREEN --role kiosk"
                ),
                className="quiet",
            ),
            html.Div([_link(_), _copy(_)], className="keys-link"),
        ],
        className="keys-window",
        **attributes(data_part="keys", aria_label=_("Keys and settings")),
    )


def keys_button(lang: Language) -> Component:
    """The way to the window for those without a keyboard."""
    _ = gettext(lang.id)
    return html.Button(
        HELP_KEY,
        type="button",
        className="tool",
        title=_("Keys and settings"),
        **attributes(data_key_act="help", data_key=HELP_KEY, data_rank="switches", aria_label=_("Keys and settings")),
    )


def _row(_: Callable[[str], str], act: str, key: str, text: str, *, state: str = "") -> Component:
    switch = attributes(data_mode_switch=act, aria_pressed=state) if state else {}
    return html.Li(
        html.Button(
            [html.Kbd(key), html.Span(_(text))],
            type="button",
            **attributes(data_key_act=act, data_key=key, aria_keyshortcuts=key),
            **switch,
        )
    )


def _close(_: Callable[[str], str]) -> Component:
    return html.Button(_("Close"), type="button", className="tool", **attributes(data_key_act="close"))


def _link(_: Callable[[str], str]) -> Component:
    return html.Textarea(
        "", readOnly="readOnly", rows=2, dir="ltr", **attributes(data_part="kiosk-link", aria_label=_("Address"))
    )


def _copy(_: Callable[[str], str]) -> Component:
    return html.Button(_("Copy"), type="button", className="tool", **attributes(data_key_act="copy"))
