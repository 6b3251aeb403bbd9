"""The window that lists the desk's keys: they can be changed one by one, and the single letters switched off."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def keys_window(lang: Language) -> Component:
    """Closed until someone presses `?` or its button; rows are made by `assets/64-deskkeys.js`."""
    _ = gettext(lang.id)
    return html.Dialog(
        [
            html.Div(
                [
                    html.H2(_("Keys")),
                    html.Button(_("Close"), type="button", className="tool", **attributes(data_part="keys-close")),
                ],
                className="line-between",
            ),
            html.P(
                _("Keys match the letter that is typed, on any layout. In a field they are letters."), className="quiet"
            ),
            html.Button(
                "",
                type="button",
                className="keys-switch",
                role="switch",
                **attributes(data_part="keys-switch", aria_checked="true"),
            ),
            html.P("", className="keys-said", role="alert", **attributes(data_part="keys-said")),
            html.Ul([], className="keys-rows", **attributes(data_part="keys-rows")),
            html.Button(
                _("All keys as they were"), type="button", className="tool", **attributes(data_part="keys-reset")
            ),
        ],
        className="desk-keys",
        **attributes(data_part="desk-keys", aria_label=_("Keys")),
    )
