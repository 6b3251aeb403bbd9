"""The desk's sound: a badge, a banner that cannot be overlooked while there is none, and the test after sign-in."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.fields import button
from layouts.texts import Language, gettext


def sound_badge(context: Context, lang: Language) -> list[Component]:
    """In the header: whether this window sounds."""
    return [
        html.Button(
            "", type="button", className="tool sound-badge", **attributes(data_sound="badge", aria_keyshortcuts="s")
        )
    ]


def sound_banner(context: Context, lang: Language) -> list[Component]:
    """Across the page while this desk would stay silent."""
    _ = gettext(lang.id)
    return [
        html.Button(
            [html.B(_("SOUND OFF")), html.Span(_("No alarm can be heard at this desk. Press s or click here."))],
            type="button",
            className="sound-banner",
            hidden=True,
            **attributes(data_sound="banner", role="alert"),
        )
    ]


def sound_test(context: Context, lang: Language) -> list[Component]:
    """Over everything until somebody said what they heard."""
    _ = gettext(lang.id)
    return [
        html.Dialog(
            [
                html.H2(_("Sound test")),
                html.P(
                    _(
                        "This desk is alerted by sound. Play the test: three rising tones, "
                        "as for a new incident of priority 1."
                    )
                ),
                html.P("", role="status", className="sound-told", **attributes(data_sound="told")),
                html.Div(
                    [
                        button(_("Play"), "tool strong", data_sound="play"),
                        button(_("I hear it"), "tool strong", data_sound="heard"),
                        button(_("I hear nothing"), data_sound="unheard"),
                    ],
                    className="dialog-acts",
                ),
            ],
            className="desk-dialog sound-test",
            **attributes(data_sound="window", aria_label=_("Sound test")),
        )
    ]
