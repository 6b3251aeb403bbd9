"""The bar over a wall of the past: that it is not live, of which instant it is, and everything that moves it."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext

SPEEDS = (1, 10, 60, 600)
Say = Callable[[str], str]


def replay_bar(lang: Language) -> Component:
    """Filled by the script; the slider's ends are those of the archive."""
    _ = gettext(lang.id)
    return html.Section(
        [
            _badge(_),
            html.Div([_play(_), *(_speed(_, speed) for speed in SPEEDS)], className="replay-group", role="group"),
            _slider(_),
            html.Div(
                [_jump(_("Next incident"), "incident"), _jump(_("Next alert"), "alert")], className="replay-group"
            ),
            html.A(
                _("Back to live"), href=f"/wall?lang={lang.id}", className="tool", **attributes(data_part="to-live")
            ),
            html.Span("", className="replay-said", role="status", **attributes(data_part="replay-said")),
        ],
        className="replay-bar",
        **attributes(data_part="replay", aria_label=_("Replay of the past")),
    )


def _badge(_: Say) -> Component:
    """Not live: said in words, in colour and in pattern."""
    return html.Div(
        [
            html.Strong(_("REPLAY"), className="replay-badge"),
            html.Span("", className="replay-at", **attributes(data_part="replay-at", aria_live="off")),
        ],
        className="replay-group",
        title=_("Not live: the city as it was known at this instant"),
    )


def _play(_: Say) -> Component:
    text = _("Play or pause")
    keys = attributes(data_replay="play", aria_label=text, aria_pressed="false", aria_keyshortcuts="Space")
    return html.Button("▶", type="button", className="tool replay-play", title=f"{text} (␣)", **keys)


def _speed(_: Say, speed: int) -> Component:
    text = _("{n} times as fast as life").format(n=speed)
    marks = attributes(data_replay_speed=str(speed), aria_label=text, aria_pressed="false")
    return html.Button(f"×{speed}", type="button", className="tool", title=text, dir="ltr", **marks)


def _slider(_: Say) -> Component:
    """The script puts the slider itself in: Dash has none that would not tell the server of each step."""
    track = attributes(data_part="replay-track", data_said=_("Instant that is shown"))
    return html.Div(
        [
            html.Span("", className="replay-end", **attributes(data_part="replay-first")),
            html.Div([], className="replay-track", **track),
            html.Span("", className="replay-end", **attributes(data_part="replay-last")),
        ],
        className="replay-slide",
    )


def _jump(text: str, kind: str) -> Component:
    return html.Button([text, " ⏭"], type="button", className="tool", **attributes(data_replay_next=kind))
