"""Early warnings: what begins, how sure that is and why, and what people make of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.context import Context, Viewer
from layouts.dispatch.reasons import patterns
from layouts.page_setup import of_page
from layouts.pages.dispatch import DeskOptions
from layouts.texts import DEFAULT, Language
from layouts.wall.names import names
from layouts.warning import parts
from layouts.warning.reasons import REASONS
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
    return {
        **of_page(context, lang, names(context, lang)),
        "api": f"{context.base_path}/api/v1",
        "words": words_for_warning(lang),
        "reasons": [] if lang.id == DEFAULT else patterns(REASONS),
        "outlines": rings(context.outlines),
        "who": {"csrf": viewer.csrf, "may_ask": viewer.may_ask, "may_case": viewer.may_case},
    }


def rings(outlines: Mapping[str, Any] | None) -> list[list[tuple[float, float]]]:
    """The outer borders of a collection of areas as (latitude, longitude), to some ten metres; none without one."""
    shapes = [feature["geometry"] for feature in outlines["features"]] if outlines else []
    parts = [part for shape in shapes for part in _polygons(shape)]
    return [[(round(lat, 4), round(lng, 4)) for lng, lat, *_ in part[0]] for part in parts]


def _polygons(geometry: Mapping[str, Any]) -> Sequence[Any]:
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
