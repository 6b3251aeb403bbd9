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
            html.A(
                _("Back to the first gas call"),
                href="/replay",
                className="tool",
                hidden=True,
                **attributes(data_story="back"),
            ),
            html.Span("", className="story-proof", **attributes(data_part="story-proof")),
            html.Button(
                "×", type="button", className="tool story-fold", **attributes(data_story="fold", aria_label=_("Close"))
            ),
        ],
        className="story",
        hidden=True,
        **attributes(data_part="story", aria_label=_("Story of the demonstration")),
    )
