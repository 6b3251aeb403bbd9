"""The drawer that opens with the cases behind a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from babel.dates import format_datetime
from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.texts import Language, gettext, ngettext

COLUMNS = ("case_id", "category", "area", "received_at", "target_at", "status")


def cases_drawer(lang: Language) -> Component:
    """Closed until someone clicks a cell."""
    _ = gettext(lang.id)
    return dmc.Drawer(
        html.Div([], id=ids.Cases.LIST, className="cases-list", dir=lang.direction, lang=lang.html),
        id=ids.Cases.DRAWER,
        opened=False,
        position="left" if lang.direction == "rtl" else "right",
        size="56rem",
        title=_("Cases of this place"),
        closeButtonProps={"aria-label": _("Close")},
    )


def not_for_this_role(lang: Language) -> Component:
    """Why there is no list, and what to do."""
    _ = gettext(lang.id)
    why = _("This screen shows numbers only. Sign in as hotline, dispatcher or leader to read cases.")
    door = html.A(_("Sign in"), href=f"/signin?lang={lang.id}&next=/wall?lang={lang.id}")
    return html.Div([html.P(why, className="quiet"), html.P(door)])


def unknown_place(lang: Language) -> Component:
    """The choice could not be understood."""
    _ = gettext(lang.id)
    return html.P(_("This place is not known. Choose a cell on the map."), className="quiet")


def case_rows(rows: Sequence[Mapping[str, Any]], lang: Language, zone: ZoneInfo, limit: int) -> Component:
    """A table of cases, newest first as the desk gives them; says so when there are more."""
    _ = gettext(lang.id)
    if not rows:
        return html.P(_("No cases here any more: they were closed or left the window."), className="quiet")
    heads = {
        "case_id": _("Case"),
        "category": _("Category"),
        "area": _("Area"),
        "received_at": _("Received"),
        "target_at": _("Due"),
        "status": _("Status"),
    }
    body = [html.Tr([html.Td(_cell(row, column, lang, zone)) for column in COLUMNS]) for row in rows]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(heads[c], scope="col") for c in COLUMNS])), html.Tbody(body)],
        className="cases-table",
    )
    return html.Div([html.P(_counted(len(rows), limit, lang), className="quiet"), table])


def _counted(n: int, limit: int, lang: Language) -> str:
    _, _n = gettext(lang.id), ngettext(lang.id)
    text = _("The newest {n} cases; there may be more.") if n >= limit else _n("{n} case", "{n} cases", n)
    return text.format(n=n)


def _cell(row: Mapping[str, Any], column: str, lang: Language, zone: ZoneInfo) -> str:
    value = row.get(column)
    if column.endswith("_at") and value:
        return short_time(value, lang, zone)
    if column == "status":
        return _status(str(value or ""), lang)
    return str(value) if value not in (None, "") else "—"


def _status(status: str, lang: Language) -> str:
    _ = gettext(lang.id)
    return {"open": _("open"), "closed": _("closed")}.get(status, status or "—")


def short_time(value: str | datetime, lang: Language, zone: ZoneInfo) -> str:
    """`28 Aug 14:05` in the city's zone and the page's language, with Latin digits."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return format_datetime(at, "d MMM HH:mm", tzinfo=zone, locale=lang.id)
