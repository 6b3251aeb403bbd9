"""The story bar of a demonstration: what plays, what comes next, and the proof that nothing was lost."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def story_bar(lang: Language) -> Component:
    """A line over the wall; only a simulated city has it. It can be folded away."""
    _ = gettext(lang.id)
    return html.Aside(
        [
            html.Span("", className="story-title", role="status", **attributes(data_part="story-title")),
            html.Button("", type="button", className="tool story-next", **attributes(data_story="next")),
            html.Button(_("Kill the engine"), type="button", className="tool", **attributes(data_story="kill")),
            _tour(lang),
            html.Span("", className="story-proof", **attributes(data_part="story-proof")),
            html.Button(
                "×", type="button", className="tool story-fold", **attributes(data_story="fold", aria_label=_("Close"))
            ),
        ],
        className="story",
        hidden=True,
        **attributes(data_part="story", aria_label=_("Story of the demonstration")),
    )


def _tour(lang: Language) -> Component:
    """What can be looked at more closely, folded away; the script shows each stop as soon as it is there."""
    _ = gettext(lang.id)
    stops = {
        "warning": _("The warning and its evidence"),
        "calls": _("Gas calls side by side"),
        "situation": _("The situation that was opened"),
        "matter": _("What further callers are told"),
        "replay": _("Back to the first gas call"),
        "briefing": _("The briefing: each number opens its cases"),
        "pdf": _("The briefing to print"),
    }
    return html.Details(
        [
            html.Summary(_("Look closer"), className="tool"),
            html.Ol(
                [
                    html.Li(html.A(text, href="/wall", target="_blank", **attributes(data_stop=name)), hidden=True)
                    for name, text in stops.items()
                ]
            ),
        ],
        className="story-tour",
        **attributes(data_story="tour"),
    )
