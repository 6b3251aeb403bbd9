"""The desk's map: the wall's ground with the incidents of the queue, the units, and what a person may do on it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.context import Context
from layouts.texts import Language, gettext
from layouts.wall.citymap import ground

PANEL = "map"


def desk_map(context: Context, lang: Language) -> list[Component]:
    """The map and its foot. Marks, numbers and hatching are drawn by `assets/71-deskmap.js`."""
    _ = gettext(lang.id)
    box = html.Div(
        ground(context, ids.Deskmap.CANVAS),
        className="map-box deskmap-box",
        dir="ltr",
        **attributes(data_part="deskmap", role="region", aria_label=_("Map of the city")),
    )
    return [box, html.Div([_said(), _tools(lang)], className="deskmap-foot"), _place_menu(lang)]


def _said() -> Component:
    """What the hatching means now, or what a click will do."""
    return html.P("", className="deskmap-said quiet", **attributes(data_part="deskmap-said"))


def _tools(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Div(
        [
            _tool(_("Go there"), "there"),
            _tool(_("Whole city"), "refit"),
            _tool("+", "zoom-in", _("Closer")),
            _tool("−", "zoom-out", _("Farther")),
            own_window(PANEL, lang),
        ],
        className="map-tools",
    )


def _tool(sign: str, act: str, name: str = "") -> Component:
    more = {"title": name, "aria_label": name} if name else {}
    return html.Button(sign, type="button", className="tool", **attributes(data_act=act, **more))


def own_window(panel: str, lang: Language) -> Component:
    """The panel on a screen of its own; its script gives the link the rest of this page's address."""
    _ = gettext(lang.id)
    return html.A(
        _("Own window"),
        href=f"?panel={panel}",
        target="_blank",
        className="tool own-window",
        **attributes(data_own_window=panel),
    )


def _place_menu(lang: Language) -> Component:
    """What may be done with a place that was clicked."""
    _ = gettext(lang.id)
    return html.Div(
        [
            html.P("", className="quiet", **attributes(data_part="place-said")),
            html.Button(_("New incident here"), type="button", **attributes(data_place_act="new", role="menuitem")),
            html.Button("", type="button", hidden=True, **attributes(data_place_act="relocate", role="menuitem")),
        ],
        className="act-menu place-menu",
        hidden=True,
        role="menu",
        **attributes(data_part="place-menu", aria_label=_("This place")),
    )
