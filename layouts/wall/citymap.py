"""The map of the city: outlines and names as ground, live cells above, and what a person may choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_leaflet as dl
import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.context import ALL_CATEGORIES, MEASURES, Context, WallOptions
from layouts.texts import Language, gettext
from layouts.tokens import DARK
from layouts.wall.words import MEASURE_NAMES, WORDS

# Drawn above the cells: the lines must stay readable, and so little fill does not change a cell's colour.
OUTLINE_STYLE: dict[str, Any] = {
    "color": DARK["muted"],
    "weight": 1.2,
    "opacity": 0.7,
    "fillColor": DARK["muted"],
    "fillOpacity": 0.06,
}
EVERY_CATEGORY = WORDS["category.all"]
ABOVE_CELLS = {"zIndex": 430, "pointerEvents": "none"}


def city_map(context: Context, lang: Language, options: WallOptions) -> Component:
    """Two thirds of the wall. The cells, marks and names are drawn by `assets/`; nothing here is live."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.Div(ground(context, ids.Map.CANVAS), className="map-box", dir="ltr", **attributes(data_part="map")),
            html.Div([_legend(_), _away(), _switches(lang, options)], className="map-foot"),
            html.P("", className="map-empty", hidden=True, **attributes(data_part="map-empty")),
            dcc.Store(id=ids.Map.PLACE_CHOICE),
        ],
        className="panel map-panel",
        **attributes(aria_label=_("Map of the city")),
    )


def ground(context: Context, canvas_id: str) -> Component:
    """The map that scripts draw on, of the wall as of a desk: where the city begins, its tiles and its outlines."""
    view = context.city.view
    return dl.MapContainer(
        _layers(context),
        id=canvas_id,
        center=[view.lat, view.lng],
        zoom=view.zoom,
        zoomSnap=0.25,
        zoomDelta=0.5,
        minZoom=5,
        maxZoom=18,
        zoomControl=False,
        attributionControl=bool(context.tile_credit),
        trackViewport=False,
        className="map-canvas",
    )


def _layers(context: Context) -> Sequence[Component]:
    """Tiles only where an address is configured; otherwise the outlines are the ground."""
    layers: list[Component] = []
    if context.tile_url:
        layers.append(dl.TileLayer(url=context.tile_url, attribution=context.tile_credit, opacity=0.35))
    if context.outlines is not None:
        outlines = dl.GeoJSON(data=context.outlines, options={"style": OUTLINE_STYLE, "interactive": False})
        layers.append(dl.Pane(outlines, name="hexwatch-outlines", style=ABOVE_CELLS))
    return layers


def _legend(_: Any) -> Component:
    """Seven classes with their numbers, and the size of a cell."""
    return html.Div(
        [
            html.Div(
                [
                    html.Span("", className="legend-title", **attributes(data_part="legend-title")),
                    html.Span("", className="legend-size", **attributes(data_part="legend-size")),
                ],
                className="legend-head",
            ),
            html.Ol([], className="legend-classes", **attributes(data_part="legend-classes")),
        ],
        className="legend",
        role="group",
        **attributes(data_rank="legend", aria_label=_("Legend")),
    )


def _away() -> Component:
    """How many the map cannot show; opens their list."""
    return html.Button(
        "", className="away", type="button", hidden=True, **attributes(data_part="away", data_rank="legend")
    )


def _switches(lang: Language, options: WallOptions) -> Component:
    _ = gettext(lang.id)
    every = {"value": ALL_CATEGORIES, "label": _(EVERY_CATEGORY)}
    chosen = [] if options.category == ALL_CATEGORIES else [{"value": options.category, "label": options.category}]
    return html.Div(
        [
            dmc.Select(
                id=ids.Map.MEASURE,
                data=[{"value": measure, "label": _(MEASURE_NAMES[measure])} for measure in MEASURES],
                value=options.measure,
                allowDeselect=False,
                **attributes(aria_label=_("What the cells count")),
            ),
            dmc.Select(
                id=ids.Map.CATEGORY,
                data=[every, *chosen],
                value=options.category,
                allowDeselect=False,
                searchable=True,
                nothingFoundMessage=_("No such category today"),
                **attributes(aria_label=_("Category")),
            ),
            html.Div(
                [
                    _button("+", _("Closer"), "zoom-in"),
                    _button("−", _("Farther"), "zoom-out"),
                    html.Button(_("Whole city"), type="button", className="tool", **attributes(data_act="refit")),
                ],
                className="map-tools",
            ),
        ],
        className="switches",
        **attributes(data_rank="switches"),
    )


def _button(sign: str, name: str, act: str) -> Component:
    return html.Button(sign, type="button", className="tool", title=name, **attributes(data_act=act, aria_label=name))
