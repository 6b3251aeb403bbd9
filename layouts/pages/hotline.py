"""The hotline desk: no case forgotten, no channel drowning."""

from __future__ import annotations

import json
from typing import Any

from dash import html
from dash.development.base_component import Component
from dash_socketio import DashSocketIO

from hotline.case_rules import default_case_rules
from hotline.dispatching import load_dispatching
from layouts import ids
from layouts.attributes import attributes
from layouts.context import Context, Viewer, name_in
from layouts.dispatch import help, sheet
from layouts.dispatch.frame import split
from layouts.dispatch.reasons import REASONS as DISPATCHERS_REASONS
from layouts.dispatch.reasons import patterns
from layouts.hotline import channels, header, lists, middle, windows
from layouts.hotline.reasons import REASONS
from layouts.hotline.words import words_for_hotline
from layouts.pages import wall
from layouts.pages.dispatch import DeskOptions
from layouts.replay.past import CLASS, Past, no_connection
from layouts.texts import DEFAULT, Language
from layouts.tokens import CELL_CLASSES, CELL_OPACITY, DARK, PRIORITY_SHAPES
from layouts.wall.names import names

TOPICS: tuple[str, ...] = (
    "clock",
    "figures",
    "sources",
    "channels",
    "agents",
    "situations",
    "matters",
    "following",
    "cells:open:",
    "cells:overdue:",
    "cells:due_4h:",
)


def hotline(
    context: Context, lang: Language, options: DeskOptions, viewer: Viewer, past: Past | None = None
) -> Component:
    """The whole page. Everything live in it is filled by `assets/` from `data-part`."""
    if not viewer.may_read:
        return windows.not_for_this_role(lang)
    said = setup(context, lang, options, viewer)
    return html.Div(
        [
            header.header(context, lang, viewer),
            *([past.bar] if past else []),
            html.Main(
                [
                    channels.channels(lang),
                    split("channels", lang),
                    middle.middle(context, lang),
                    split("lists", lang),
                    lists.lists(lang),
                ],
                className="desk-main",
            ),
            html.Div([], className="desk-asks", role="log", **attributes(data_part="asks", aria_live="off")),
            html.Footer(
                [html.P("", className="desk-hints", **attributes(data_part="hints"))],
                className="desk-foot",
            ),
            windows.search(lang),
            windows.bulk(lang),
            windows.form(lang),
            *sheet.hand_over(context, lang),
            help.keys_window(lang),
            html.Div("", className="spoken", role="status", **attributes(data_part="said", aria_live="polite")),
            html.Div("", className="spoken", role="alert", **attributes(data_part="said-urgent")),
            _connection(past),
        ],
        id=ids.Hotline.PAGE,
        className=f"desk hotline waiting {CLASS}" if past else "desk hotline waiting",
        lang=lang.html,
        dir=lang.direction,
        **attributes(data_setup=json.dumps(past.told(said) if past else said, ensure_ascii=False)),
    )


def _connection(past: Past | None) -> Component:
    if past:
        return no_connection(ids.Hotline.SOCKET)
    return DashSocketIO(id=ids.Hotline.SOCKET, eventNames=["frame"], options=socket_options())


def socket_options() -> dict[str, Any]:
    """As the dispatch desk connects, with the hotline's topics."""
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
        "words": words_for_hotline(lang),
        "reasons": [] if lang.id == DEFAULT else patterns(REASONS + DISPATCHERS_REASONS),
        "names": known | {"agencies": known["agencies"] | bodies(context, lang)},
        "owners": owners(context),
        "rules": rules(context),
        "topics": list(TOPICS),
        "view": {"lat": view.lat, "lng": view.lng, "zoom": view.zoom},
        "hasOutlines": context.outlines is not None,
        "labels": [
            {"name": known["areas"].get(a.name, a.name), "key": a.name, "lat": a.lat, "lng": a.lng, "size": a.size}
            for a in context.labels
        ],
        "cells": {"colours": list(CELL_CLASSES), "opacity": CELL_OPACITY, "areas_km2": wall.cell_areas()},
        "colours": DARK,
        "palette": options.palette,
        "shapes": {str(priority): shape for priority, shape in PRIORITY_SHAPES.items()},
        "who": {
            "name": viewer.name,
            "role": viewer.role,
            "roles": viewer.roles,
            "csrf": viewer.csrf,
            "positions": viewer.positions,
            "may_ask": viewer.may_ask,
            "may_case": viewer.may_case,
            "may_reveal": viewer.may_reveal,
            "is_person": viewer.is_person,
        },
        "ids": {"socket": ids.Hotline.SOCKET, "grid": ids.Worklist.GRID},
    }


def owners(context: Context) -> dict[str, str]:
    """Category -> the body that the catalogue sends it to: what the desk suggests first."""
    categories: Any = getattr(context.catalogue, "categories", {}) or {}
    return {id_: owner for id_, entry in categories.items() if (owner := getattr(entry, "owner", ""))}


def bodies(context: Context, lang: Language) -> dict[str, str]:
    """Names of bodies that only the dispatch catalogue knows."""
    known = load_dispatching(context.city.id).bodies if context.bodies is None else context.bodies
    return {id_: name_in(told, lang, id_) for id_, told in known.items()}


def rules(context: Context) -> dict[str, Any]:
    """The reasons that may be chosen: for giving a case back, and for letting its clock stand, by grade."""
    known = context.case_rules or default_case_rules()
    pauses = {code: {"grades": list(pause.grades)} for code, pause in known.pauses.items()}
    return {"returns": list(known.returns.codes), "pauses": pauses}
