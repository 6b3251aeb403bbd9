"""The wall: one glance from across the room."""

from __future__ import annotations

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.connection import connection
from layouts.context import ALL_CATEGORIES, Context, WallOptions, name_in
from layouts.page_setup import of_live_map, of_page
from layouts.replay.past import CLASS, Past
from layouts.scale import DEFAULT_SHARE_OF_HEIGHT, PART_NEEDS_LINES, ROOMS, SCENE_NEEDS
from layouts.texts import LANGUAGES, Language
from layouts.tokens import DARK, NIGHT
from layouts.wall import cases, channels, citymap, duty, header, incidents, keys, strip, tiles, trends
from layouts.wall.names import names
from layouts.wall.story import story_bar
from layouts.wall.words import words_for_scripts

TOPICS: tuple[str, ...] = (
    *("figures", "clock", "sources", "curve", "incidents.public", "units"),
    *("channels", "agents", "attention", "alerts.public", "notices", "warnings.public"),
)
INCIDENT_CELLS = "cells:incidents.public:"  # they have no category


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
            connection(ids.Live.SOCKET, topics(options.measure, options.category), past),
        ],
        id=ids.Wall.PAGE,
        className=f"wall waiting {CLASS}" if past else "wall waiting",
        lang=lang.html,
        dir=lang.direction,
        **attributes(data_setup=json.dumps(past.told(said) if past else said, ensure_ascii=False)),
    )


def topics(measure: str, category: str) -> list[str]:
    """The topics the page listens to. The wall is public space, so it asks for what the public may see."""
    if measure == "incidents":
        return [*TOPICS, INCIDENT_CELLS]
    return [*TOPICS, f"cells:{measure}:{'' if category == ALL_CATEGORIES else category}"]


def setup(context: Context, lang: Language, options: WallOptions) -> dict[str, Any]:
    """Everything the page's scripts need to know, as plain JSON."""
    return {
        **of_page(context, lang, names(context, lang)),
        **of_live_map(context),
        "warnings": _evidence(context, lang),
        "words": words_for_scripts(lang),
        "measure": options.measure,
        "category": options.category,
        "allCategories": ALL_CATEGORIES,
        "topics": list(TOPICS),
        "incidentCells": INCIDENT_CELLS,
        "palettes": {"dark": DARK, "night": NIGHT},
        "palette": options.palette,
        "scenes": {"names": options.scenes, "every_s": options.every_s},
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
