"""The bar over a page of the past: that it is not live, of which instant it is, and everything that moves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext, mark

N_ = mark

SPEEDS = (1, 10, 60, 600)
# Which page of the past; the first is for everybody who sees pages.
VIEW_NAMES: dict[str, str] = {"wall": N_("Wall"), "dispatch": N_("Dispatch desk"), "hotline": N_("Hotline")}
# What one may jump to, by the kind that the server is asked for.
JUMPS: dict[str, str] = {"incident": N_("Next incident"), "alert": N_("Next alert"), "warning": N_("Next warning")}
Say = Callable[[str], str]


def replay_bar(lang: Language, view: str = "wall", views: Sequence[str] = ("wall",)) -> Component:
    """Filled by the script; the slider's ends are those of the archive. `views`: the pages that one may go to."""
    _ = gettext(lang.id)
    return html.Section(
        [
            _badge(_),
            *([_views(_, lang, view, views)] if len(views) > 1 else []),
            html.Div([_play(_), *(_speed(_, speed) for speed in SPEEDS)], className="replay-group", role="group"),
            _slider(_),
            html.Div([_jump(_(text), kind) for kind, text in JUMPS.items()], className="replay-group"),
            html.A(
                _("Back to live"), href=f"/{view}?lang={lang.id}", className="tool", **attributes(data_part="to-live")
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


def _views(_: Say, lang: Language, view: str, views: Sequence[str]) -> Component:
    """Plain links; the script keeps the instant in them."""
    links = [
        html.A(
            _(VIEW_NAMES[known]),
            href=f"/replay?{urlencode({'view': known, 'lang': lang.id})}",
            className="tool",
            **attributes(data_replay_view=known, aria_current="page" if known == view else "false"),
        )
        for known in views
    ]
    return html.Nav(links, className="replay-group", **attributes(aria_label=_("Pages of the past")))


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
