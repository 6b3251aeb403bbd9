"""What needs a decision, in at most three sentences."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def attention(lang: Language) -> Component:
    """The bottom line. It does not scroll: an item a second is noise at eight metres."""
    _ = gettext(lang.id)
    return html.Footer(
        html.Ul([], **attributes(data_part="strip")),
        className="panel strip",
        role="status",
        **attributes(aria_label=_("Needs attention")),
    )
