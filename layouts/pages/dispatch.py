"""The dispatch desk: the right unit, once, in three keystrokes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.connection import connection
from layouts.context import PALETTES, Context, Viewer
from layouts.dispatch import frame, header, help, incident, queue
from layouts.dispatch.reasons import patterns
from layouts.dispatch.slots import slot
from layouts.dispatch.words import words_for_desk
from layouts.page_setup import of_live_map, of_page, of_person
from layouts.replay.past import CLASS, Past
from layouts.texts import DEFAULT, DESK_LANGUAGES, LANGUAGES, Language, language
from layouts.tokens import DARK, NIGHT
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
            connection(ids.Dispatch.SOCKET, TOPICS, past, EVENTS),
        ],
        id=ids.Dispatch.PAGE,
        className=f"desk waiting {CLASS}" if past else "desk waiting",
        lang=lang.html,
        dir=lang.direction,
        **attributes(
            data_setup=json.dumps(past.told(said) if past else said, ensure_ascii=False), data_panel=options.panel
        ),
    )


def setup(context: Context, lang: Language, options: DeskOptions, viewer: Viewer) -> dict[str, Any]:
    """Everything the page's scripts need to know, as plain JSON."""
    return {
        **of_page(context, lang, names(context, lang)),
        **of_live_map(context),
        "api": f"{context.base_path}/api/v1",
        "words": words_for_desk(lang),
        "reasons": [] if lang.id == DEFAULT else patterns(),
        "topics": list(TOPICS),
        "palettes": {"dark": DARK, "night": NIGHT},
        "palette": options.palette,
        "panel": options.panel,
        "who": of_person(viewer),
        "ids": {"socket": ids.Dispatch.SOCKET},
    }
