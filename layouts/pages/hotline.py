"""The hotline desk: no case forgotten, no channel drowning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from hotline.case_rules import default_case_rules
from hotline.dispatching import load_dispatching
from layouts import ids
from layouts.attributes import attributes
from layouts.connection import connection
from layouts.context import Context, Viewer, name_in
from layouts.dispatch import help, sheet
from layouts.dispatch.frame import split
from layouts.dispatch.reasons import REASONS as DISPATCHERS_REASONS
from layouts.dispatch.reasons import patterns
from layouts.hotline import channels, header, lists, middle, windows
from layouts.hotline.reasons import REASONS
from layouts.hotline.words import OWN_LISTS, words_for_hotline
from layouts.page_setup import of_live_map, of_page, of_person
from layouts.pages.dispatch import DeskOptions
from layouts.replay.past import CLASS, Past
from layouts.texts import DEFAULT, Language
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
# Of somebody who sees the cases of a body alone: nothing that is counted over all cases.
OWN_TOPICS: tuple[str, ...] = ("clock", "sources")


def hotline(
    context: Context, lang: Language, options: DeskOptions, viewer: Viewer, past: Past | None = None
) -> Component:
    """The whole page. Everything live in it is filled by `assets/` from `data-part`."""
    is_own = bool(viewer.bodies) and not viewer.may_read
    if not viewer.may_read and (past or not is_own):
        return windows.not_for_this_role(lang)
    said = setup(context, lang, options, viewer)
    whose = [_body_named(body, said["names"]) for body in viewer.bodies] if is_own else []
    return html.Div(
        [
            header.header(context, lang, viewer, whose),
            *([past.bar] if past else []),
            html.Main(_own_columns(lang) if is_own else _columns(context, lang), className="desk-main"),
            html.Div([], className="desk-asks", role="log", **attributes(data_part="asks", aria_live="off")),
            html.Footer(
                [html.P("", className="desk-hints", **attributes(data_part="hints"))],
                className="desk-foot",
            ),
            windows.bulk(lang),
            *([] if is_own else [windows.search(lang), windows.form(lang), *sheet.hand_over(context, lang)]),
            help.keys_window(lang),
            html.Div("", className="spoken", role="status", **attributes(data_part="said", aria_live="polite")),
            html.Div("", className="spoken", role="alert", **attributes(data_part="said-urgent")),
            connection(ids.Hotline.SOCKET, said["topics"], past),
        ],
        id=ids.Hotline.PAGE,
        className=" ".join(["desk hotline waiting", *([CLASS] if past else []), *(["own"] if is_own else [])]),
        lang=lang.html,
        dir=lang.direction,
        **attributes(data_setup=json.dumps(past.told(said) if past else said, ensure_ascii=False)),
    )


def _columns(context: Context, lang: Language) -> list[Component]:
    return [
        channels.channels(lang),
        split("channels", lang),
        middle.middle(context, lang),
        split("lists", lang),
        lists.lists(lang),
    ]


def _own_columns(lang: Language) -> list[Component]:
    """For somebody of a body that cases are dispatched to: its cases, and the opened one."""
    return [middle.own_case(lang), split("lists", lang), lists.lists(lang, OWN_LISTS)]


def _body_named(body: str, known: Mapping[str, Mapping[str, str]]) -> str:
    return known["agencies"].get(body) or known["areas"].get(body, body)


def setup(context: Context, lang: Language, options: DeskOptions, viewer: Viewer) -> dict[str, Any]:
    """Everything the page's scripts need to know, as plain JSON."""
    known = names(context, lang)
    return {
        **of_page(context, lang, known | {"agencies": known["agencies"] | bodies(context, lang)}),
        **of_live_map(context),
        "api": f"{context.base_path}/api/v1",
        "words": words_for_hotline(lang),
        "reasons": [] if lang.id == DEFAULT else patterns(REASONS + DISPATCHERS_REASONS),
        "owners": owners(context),
        "catalogueSays": catalogue_says(context, lang),
        "rules": rules(context),
        "topics": list(TOPICS if viewer.may_read else OWN_TOPICS),
        "palette": options.palette,
        "who": of_person(viewer)
        | {"may_case": viewer.may_case, "may_reveal": viewer.may_reveal, "bodies": list(viewer.bodies)},
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


def catalogue_says(context: Context, lang: Language) -> dict[str, str]:
    """Reason of the dispatch catalogue, as facts hold it -> the same in the page's language, where it has words."""
    known = load_dispatching(context.city.id).said if context.reasons is None else context.reasons
    return {reason: words for reason, said in known.items() if (words := name_in(said, lang, ""))}


def rules(context: Context) -> dict[str, Any]:
    """The reasons that may be chosen: for giving a case back, and for letting its clock stand, by grade."""
    known = context.case_rules or default_case_rules()
    pauses = {code: {"grades": list(pause.grades)} for code, pause in known.pauses.items()}
    return {"returns": list(known.returns.codes), "pauses": pauses}
