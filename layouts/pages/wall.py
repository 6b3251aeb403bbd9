"""The wall: one glance from across the room."""

from __future__ import annotations

import json
from typing import Any

import h3
from dash import html
from dash.development.base_component import Component
from dash_socketio import DashSocketIO

from layouts import ids
from layouts.attributes import attributes
from layouts.context import ALL_CATEGORIES, Context, WallOptions, name_in
from layouts.replay.past import CLASS, Past, no_connection
from layouts.scale import DEFAULT_SHARE_OF_HEIGHT, PART_NEEDS_LINES, ROOMS, SCENE_NEEDS
from layouts.texts import LANGUAGES, Language
from layouts.tokens import CELL_CLASSES, CELL_OPACITY, DARK, NIGHT, PRIORITY_SHAPES
from layouts.wall import cases, channels, citymap, duty, header, incidents, keys, strip, tiles, trends
from layouts.wall.names import names
from layouts.wall.story import story_bar
from layouts.wall.words import words_for_scripts

TOPICS: tuple[str, ...] = (
    *("figures", "clock", "sources", "curve", "incidents.public", "units"),
    *("channels", "agents", "attention", "alerts.public", "notices", "warnings.public"),
)
INCIDENT_CELLS = "cells:incidents.public:"  # they have no category
RESOLUTIONS = (6, 7, 8, 9)


def wall(context: Context, lang: Language, options: WallOptions, past: Past | None = None) -> Component:
    """The whole page. Everything live in it is filled by `assets/` from `data-part` and `data-figure`."""
    offered = past.languages if past else LANGUAGES
    said = setup(context, lang, options)
    return html.Div(
        [
            header.header(name_in(context.city.names, lang, context.city.id), lang, offered),
            *([past.bar] if past else []),
            html.Main(
                [
                    citymap.city_map(context, lang, options),
                    html.Div(
                        [
                            tiles.tiles(lang),
                            incidents.incident_list(lang),
                            incidents.unit_kinds(lang),
                            trends.curve(lang),
                            trends.rankings(lang),
                            channels.channels(lang),
                        ],
                        className="side",
                    ),
                    duty.duty(lang),
                ],
                className="wall-main",
            ),
            strip.attention(lang),
            keys.keys_window(lang),
            *([story_bar(lang)] if context.story and not past else []),
            cases.cases_drawer(lang),
            _connection(options, past),
        ],
        id=ids.Wall.PAGE,
        className=f"wall waiting {CLASS}" if past else "wall waiting",
        lang=lang.html,
        dir=lang.direction,
        **attributes(data_setup=json.dumps(past.told(said) if past else said, ensure_ascii=False)),
    )


def _connection(options: WallOptions, past: Past | None) -> Component:
    if past:
        return no_connection(ids.Live.SOCKET)
    return DashSocketIO(id=ids.Live.SOCKET, eventNames=["frame"], options=socket_options(options))


def topics(measure: str, category: str) -> list[str]:
    """The topics the page listens to. The wall is public space, so it asks for what the public may see."""
    if measure == "incidents":
        return [*TOPICS, INCIDENT_CELLS]
    return [*TOPICS, f"cells:{measure}:{'' if category == ALL_CATEGORIES else category}"]


def socket_options(options: WallOptions) -> dict[str, Any]:
    """How the page connects: websocket only, and quick to come back."""
    return {
        "transports": ["websocket"],
        "forceNew": True,
        "reconnectionDelay": 300,
        "reconnectionDelayMax": 1000,
        "auth": {"topics": topics(options.measure, options.category)},
    }


def setup(context: Context, lang: Language, options: WallOptions) -> dict[str, Any]:
    """Everything the page's scripts need to know, as plain JSON."""
    view, known = context.city.view, names(context, lang)
    return {
        "city": context.city.id,
        "zone": str(context.city.zone),
        "live": f"{context.base_path}/live",
        "warnings": _evidence(context, lang),
        "lang": {"id": lang.id, "html": lang.html, "tag": lang.tag, "dir": lang.direction},
        "words": words_for_scripts(lang),
        "names": known,
        "measure": options.measure,
        "category": options.category,
        "allCategories": ALL_CATEGORIES,
        "topics": list(TOPICS),
        "incidentCells": INCIDENT_CELLS,
        "view": {"lat": view.lat, "lng": view.lng, "zoom": view.zoom},
        "hasOutlines": context.outlines is not None,
        "labels": [
            {"name": known["areas"].get(a.name, a.name), "key": a.name, "lat": a.lat, "lng": a.lng, "size": a.size}
            for a in context.labels
        ],
        "cells": {"colours": list(CELL_CLASSES), "opacity": CELL_OPACITY, "areas_km2": cell_areas()},
        "colours": DARK,
        "palettes": {"dark": DARK, "night": NIGHT},
        "palette": options.palette,
        "scenes": {"names": options.scenes, "every_s": options.every_s},
        "shapes": {str(priority): shape for priority, shape in PRIORITY_SHAPES.items()},
        "scale": {
            "px": options.viewing.font_px,
            "share": DEFAULT_SHARE_OF_HEIGHT,
            "needs": PART_NEEDS_LINES,
            "rooms": ROOMS,
            "scenes": SCENE_NEEDS,
        },
        "ids": {"place": ids.Map.PLACE_CHOICE, "category": ids.Map.CATEGORY, "drawer": ids.Cases.DRAWER},
    }


def _evidence(context: Context, lang: Language) -> str:
    """The address that a warning's id is appended to, for who may read it; a demonstration invites to sign in."""
    may_read = context.story or (context.viewer is not None and context.viewer().may_read)
    return f"{context.base_path}/warning?lang={lang.id}&warning=" if may_read else ""


def cell_areas() -> dict[str, float]:
    """Mean area of a cell in square kilometres by resolution."""
    return {str(res): round(h3.average_hexagon_area(res, unit="km^2"), 3) for res in RESOLUTIONS}
