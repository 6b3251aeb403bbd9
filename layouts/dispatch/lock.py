"""The lock of a desk that was left alone: what stands in its place, and how it is opened again."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.fields import field
from layouts.texts import Language, gettext


def lock_button(context: Context, lang: Language) -> list[Component]:
    """Hidden for keys, which have no password."""
    _ = gettext(lang.id)
    return [
        html.Button(
            _("Lock"),
            type="button",
            className="tool",
            hidden=True,
            **attributes(data_lock="button", aria_keyshortcuts="l"),
        )
    ]


def lock_screen(context: Context, lang: Language) -> list[Component]:
    """Figures only: whoever passes by learns that somebody is needed, and nothing else."""
    _ = gettext(lang.id)
    viewer = context.viewer() if context.viewer is not None else None
    return [
        html.Div("", className="lock-soon", role="status", hidden=True, **attributes(data_lock="soon")),
        html.Dialog(
            html.Form(
                [
                    html.H2(_("This desk is locked")),
                    html.P(
                        [
                            html.Bdi(viewer.name if viewer else ""),
                            html.Span("", dir="ltr", **attributes(data_lock="time")),
                        ]
                    ),
                    html.P("", className="lock-alarms", **attributes(data_lock="alarms")),
                    field("secret", "password", _("PIN or password"), complete="current-password", ltr="yes"),
                    html.P("", className="lock-told", role="alert", **attributes(data_lock="told")),
                    html.Button(_("Unlock"), type="submit", className="tool strong"),
                    html.P(_("Alarms still sound. Nobody is signed out."), className="quiet"),
                ],
                **attributes(data_lock="form"),
            ),
            className="desk-dialog lock-screen",
            **attributes(
                data_lock="window", data_after_s=str(context.lock_after_s), aria_label=_("This desk is locked")
            ),
        ),
    ]
