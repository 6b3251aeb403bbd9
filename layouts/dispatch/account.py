"""Who sits here: the PIN that opens a locked desk quickly, and the ways out."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.fields import button, field
from layouts.texts import Language, gettext


def account(context: Context, lang: Language) -> list[Component]:
    """For people only; opened by their name in the header."""
    _ = gettext(lang.id)
    viewer = context.viewer() if context.viewer is not None else None
    return [
        html.Dialog(
            [
                html.Div(
                    [html.H2(html.Bdi(viewer.name if viewer else "")), button(_("Close"), data_account="close")],
                    className="dialog-head",
                ),
                html.Form(
                    [
                        html.H3(_("PIN for a locked desk")),
                        html.P("", className="quiet", **attributes(data_account="has-pin")),
                        field("password", "password", _("Password"), complete="current-password", ltr="yes"),
                        field("pin", "password", _("New PIN: 4 to 8 digits"), complete="off", ltr="yes"),
                        html.Button(_("Set PIN"), type="submit", className="tool strong"),
                        html.P("", className="sheet-told", role="status", **attributes(data_account="told")),
                    ],
                    className="account-pin",
                    **attributes(data_account="form"),
                ),
                html.Div(
                    [
                        button(_("Sign out"), data_account="out"),
                        button(_("Sign out on every machine"), data_account="everywhere"),
                    ],
                    className="dialog-acts",
                ),
            ],
            className="desk-dialog",
            **attributes(data_account="window", aria_label=_("Who sits here")),
        )
    ]
