"""The dispatch desk: the right unit, once, in three keystrokes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from dash import html
from dash.development.base_component import Component
from dash_socketio import DashSocketIO

from layouts import ids
from layouts.attributes import attributes
from layouts.context import PALETTES, Context, Viewer
from layouts.dispatch import frame, header, help, incident, queue
from layouts.dispatch.reasons import patterns
from layouts.dispatch.slots import slot
from layouts.dispatch.words import words_for_desk
from layouts.pages import wall
from layouts.replay.past import CLASS, Past, no_connection
from layouts.texts import DEFAULT, DESK_LANGUAGES, LANGUAGES, Language, language
from layouts.tokens import CELL_CLASSES, CELL_OPACITY, DARK, NIGHT, PRIORITY_SHAPES
from layouts.wall.names import names

TOPICS: tuple[str, ...] = (
    "clock",
    "figures",
    "sources",
    "queue",
    "roster",
    "units",
    "alarms",
    "alarm_rates",
    "tasks",
    "hospitals",
    "situations",
)
PANELS: tuple[str, ...] = ("map", "queue", "units")
EVENTS: tuple[str, ...] = ("frame", "presence")


@dataclass(frozen=True)
class DeskOptions:
    """What the address of a desk may ask for: one panel for a screen of its own, and the palette."""

    panel: str = ""
    palette: str = "dark"


def desk_options(search: str, locale: str = "") -> tuple[Language, DeskOptions]:
    """Read `?lang=&panel=&palette=`; anything not understood falls back. `locale`: the person's own language."""
    asked = {key: values[-1] for key, values in parse_qs(search.lstrip("?")).items()}
    lang = language(asked.get("lang") or locale)
    return LANGUAGES[lang.id if lang.id in DESK_LANGUAGES else DEFAULT], DeskOptions(
        panel=next((known for known in PANELS if known == asked.get("panel")), ""),
        palette=next((known for known in PALETTES if known == asked.get("palette")), PALETTES[0]),
    )


def dispatch(
    context: Context, lang: Language, options: DeskOptions, viewer: Viewer, past: Past | None = None
) -> Component:
    """The whole page. Everything live in it is filled by `assets/` from `data-part` and `data-slot`."""
    if not viewer.may_read:
        return frame.not_for_this_role(lang)
    said = setup(context, lang, options, viewer)
    return html.Div(
        [
            header.header(context, lang, viewer),
            *([past.bar] if past else []),
            frame.alarms(context, lang),
            html.Main(
                [
                    queue.queue(lang),
                    frame.split("queue", lang),
                    frame.middle(context, lang),
                    frame.split("incident", lang),
                    incident.incident(context, lang),
                ],
                className="desk-main",
            ),
            html.Div([], className="desk-asks", role="log", **attributes(data_part="asks", aria_live="off")),
            html.Footer(
                [
                    slot("command", context, lang),
                    html.P("", className="desk-hints", **attributes(data_part="hints")),
                ],
                className="desk-foot",
            ),
            slot("new-incident", context, lang),
            slot("lock-screen", context, lang),
            slot("paper", context, lang),
            help.keys_window(lang),
            html.Div("", className="spoken", role="status", **attributes(data_part="said", aria_live="polite")),
            html.Div("", className="spoken", role="alert", **attributes(data_part="said-urgent")),
            _connection(past),
        ],
        id=ids.Dispatch.PAGE,
        className=f"desk waiting {CLASS}" if past else "desk waiting",
        lang=lang.html,
        dir=lang.direction,
        **attributes(
            data_setup=json.dumps(past.told(said) if past else said, ensure_ascii=False), data_panel=options.panel
        ),
    )


def _connection(past: Past | None) -> Component:
    if past:
        return no_connection(ids.Dispatch.SOCKET)
    return DashSocketIO(id=ids.Dispatch.SOCKET, eventNames=list(EVENTS), options=socket_options())


def socket_options() -> dict[str, Any]:
    """As the wall connects, with the desk's topics."""
    return {
        "transports": ["websocket"],
        "forceNew": True,
        "reconnectionDelay": 300,
        "reconnectionDelayMax": 1000,
        "auth": {"topics": list(TOPICS)},
    }


def setup(context: Context, lang: Language, options: DeskOptions, viewer: Viewer) -> dict[str, Any]:
    """Everything the page's scripts need to know, as plain JSON."""
    view, known = context.city.view, names(context, lang)
    return {
        "city": context.city.id,
        "zone": str(context.city.zone),
        "live": f"{context.base_path}/live",
        "api": f"{context.base_path}/api/v1",
        "lang": {"id": lang.id, "html": lang.html, "tag": lang.tag, "dir": lang.direction},
        "words": words_for_desk(lang),
        "reasons": [] if lang.id == DEFAULT else patterns(),
        "names": known,
        "topics": list(TOPICS),
        "view": {"lat": view.lat, "lng": view.lng, "zoom": view.zoom},
        "hasOutlines": context.outlines is not None,
        "labels": [
            {"name": known["areas"].get(a.name, a.name), "key": a.name, "lat": a.lat, "lng": a.lng, "size": a.size}
            for a in context.labels
        ],
        "cells": {"colours": list(CELL_CLASSES), "opacity": CELL_OPACITY, "areas_km2": wall.cell_areas()},
        "colours": DARK,
        "palettes": {"dark": DARK, "night": NIGHT},
        "palette": options.palette,
        "panel": options.panel,
        "shapes": {str(priority): shape for priority, shape in PRIORITY_SHAPES.items()},
        "who": {
            "name": viewer.name,
            "role": viewer.role,
            "roles": viewer.roles,
            "csrf": viewer.csrf,
            "positions": viewer.positions,
            "may_ask": viewer.may_ask,
            "is_person": viewer.is_person,
        },
        "ids": {"socket": ids.Dispatch.SOCKET},
    }
