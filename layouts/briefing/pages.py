"""What surrounds a briefing on the screen: links to other days and files, and the lists behind its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from layouts.briefing.definitions import NAMES
from layouts.briefing.paper import TITLE
from layouts.briefing.warned import warned
from layouts.briefing.words import Speaker, plain
from layouts.dispatch.markup import page, table, tag
from layouts.hotline.export_words import export_words
from layouts.texts import DESK_LANGUAGES, LANGUAGES, Language, gettext
from layouts.texts import mark as N_

SPANS = {"day": N_("Day"), "week": N_("Week"), "month": N_("Month")}


def around(speaker: Speaker, first: date, last: date, span: str, formats: tuple[str, ...]) -> Markup:
    """The bar above a briefing; printers leave it out."""
    _ = gettext(speaker.lang.id)
    lang = f"lang={speaker.lang.id}"

    def link(text: str, day: date, more: str = "") -> Markup:
        return tag("a", text, href=f"/briefing/{day}?span={span}&{lang}{more}")

    days = [
        link(_(N_("Before")), first - timedelta(days=1)),
        tag("a", _(N_("Today")), href=f"/briefing?{lang}"),
        link(_(N_("After")), last + timedelta(days=1)),
    ]
    spans = [tag("a", _(text), href=f"/briefing/{first}?span={key}&{lang}") for key, text in SPANS.items()]
    files = [tag("a", kind.upper(), href=f"/briefing/{first}.{kind}?span={span}&{lang}") for kind in formats]
    tongues = [
        tag("a", LANGUAGES[id_].name, href=f"/briefing/{first}?span={span}&lang={id_}", lang=LANGUAGES[id_].html)
        for id_ in DESK_LANGUAGES
    ]
    home = tag("a", _(N_("Wall")), href="/wall")
    groups = [tag("span", *[[one, " "] for one in group]) for group in ([home], days, spans, files, tongues)]
    return tag("nav", *groups, class_="no-print around")


def case_links(speaker: Speaker, situation_id: str, has_desk: bool) -> Markup:
    """The bar above a governance case: back to the situation on the desks, the briefing, its paper, other languages."""
    _ = gettext(speaker.lang.id)
    lang = f"lang={speaker.lang.id}"
    desks = [
        tag("a", _(N_("Its situation")), href=f"/hotline?situation={quote(situation_id, safe='')}&{lang}"),
        tag("a", _(N_("Dispatch desk")), href=f"/dispatch?{lang}"),
    ]
    here = f"/briefing/case/{quote(situation_id, safe='')}"
    tongues = [
        tag("a", LANGUAGES[id_].name, href=f"{here}?lang={id_}", lang=LANGUAGES[id_].html) for id_ in DESK_LANGUAGES
    ]
    home = tag("a", _(TITLE), href=f"/briefing?{lang}")
    paper = tag("a", "PDF", href=f"{here}.pdf?{lang}")
    groups = [
        tag("span", *[[one, " "] for one in group])
        for group in ([*desks, home] if has_desk else [home], [paper], tongues)
    ]
    return tag("nav", *groups, class_="no-print around")


def list_page(speaker: Speaker, briefing: Mapping[str, str], found: Mapping[str, Any], offset: int, size: int) -> str:
    """The cases behind a figure, with how many they are and what the figure says. Of the briefing: `id`, `first`,
    `span`, `area`.
    """
    _ = gettext(speaker.lang.id)
    kind, definition, say = found["kind"], found["definition"], export_words(speaker.lang.id)
    name, definition = _(NAMES[kind]), _(definition)
    about = tag("p", plain(warned(speaker, found["about"]))) if found["about"] else None
    rows = [
        tag("tr", [tag("td", _shown(speaker, column, row[column])) for column in found["columns"]])
        for row in found["rows"]
    ]
    counted = _(N_("{total} here; the figure says {value}.")).format(
        total=speaker.number(found["total"]), value=speaker.number(found["value"])
    )
    more = []
    if offset:
        more.append(tag("a", _(N_("Before")), href=f"?offset={max(0, offset - size)}&lang={speaker.lang.id}"))
    if offset + size < found["listed"]:
        more.append(tag("a", _(N_("After")), href=f"?offset={offset + size}&lang={speaker.lang.id}"))
    query = urlencode({"span": briefing["span"], "area": briefing["area"], "lang": speaker.lang.id})
    place = f"#{found['figure']}" if about else ""
    home = tag("a", _(TITLE), href=f"/briefing/{briefing['first']}?{query}{place}")
    return page(
        f"{name} · {briefing['id']}",
        speaker.lang,
        tag("nav", home, class_="no-print"),
        tag("header", tag("h1", name), tag("p", briefing["id"])),
        about,
        tag("p", definition),
        tag("p", tag("b", counted)),
        table([say("heading", column) for column in found["columns"]], rows)
        if rows
        else tag("p", _(N_("Nothing is behind this figure: it is zero."))),
        tag("p", *[[one, " "] for one in more], class_="no-print"),
    )


NAMED = {
    "category": "categories",
    "area": "areas",
    "channel": "channels",
    "owner": "agencies",
    "kind": "incident_kinds",
}


def _shown(speaker: Speaker, column: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if column in NAMED:
        return speaker.name(NAMED[column], value)
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-" and "T" in value:
        return speaker.at(datetime.fromisoformat(value))
    return str(value)


def nothing_page(lang: Language, why: str) -> str:
    """Why there is no briefing."""
    _ = gettext(lang.id)
    return page(
        _(TITLE),
        lang,
        tag("header", tag("h1", _(TITLE))),
        tag("p", _(N_("There is no briefing here."))),
        tag("p", why, class_="quiet"),
        tag("p", tag("a", _(N_("Today")), href="/briefing")),
    )
