"""Early warnings: what begins, how sure that is and why, and what people make of it."""

from __future__ import annotations

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.context import Context, Viewer
from layouts.pages.dispatch import DeskOptions
from layouts.texts import Language
from layouts.wall.names import names
from layouts.warning import parts
from layouts.warning.words import words_for_warning


def warning(context: Context, lang: Language, options: DeskOptions, viewer: Viewer) -> Component:
    """The whole page; the script fills it from the API."""
    if not viewer.may_read:
        return parts.not_for_this_role(lang)
    return html.Div(
        [
            parts.header(context, lang),
            html.Main([parts.ranked(lang), parts.place(lang), parts.evidence(lang)], className="warning-main"),
        ],
        id=ids.Warnings.PAGE,
        className="warning",
        lang=lang.html,
        dir=lang.direction,
        **attributes(data_setup=json.dumps(setup(context, lang, viewer), ensure_ascii=False)),
    )


def setup(context: Context, lang: Language, viewer: Viewer) -> dict[str, Any]:
    """Everything the page's script needs to know, as plain JSON."""
    known = names(context, lang)
    return {
        "zone": str(context.city.zone),
        "api": f"{context.base_path}/api/v1",
        "lang": {"id": lang.id, "html": lang.html, "tag": lang.tag, "dir": lang.direction},
        "words": words_for_warning(lang),
        "names": known,
        "labels": [
            {"name": known["areas"].get(a.name, a.name), "lat": a.lat, "lng": a.lng, "size": a.size}
            for a in context.labels
        ],
        "who": {"csrf": viewer.csrf, "may_ask": viewer.may_ask, "may_case": viewer.may_case},
    }
