"""What the scripts of every page are told alike, as plain JSON."""

from __future__ import annotations

from typing import Any

import h3

from geo.cells import RESOLUTIONS
from layouts.context import Context, Viewer
from layouts.texts import Language
from layouts.tokens import CELL_CLASSES, CELL_OPACITY, DARK, PRIORITY_SHAPES


def of_page(context: Context, lang: Language, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The city's zone, the page's language, and what things are called in it."""
    return {
        "zone": str(context.city.zone),
        "lang": {"id": lang.id, "html": lang.html, "tag": lang.tag, "dir": lang.direction},
        "names": names,
        "labels": [
            {"name": names["areas"].get(a.name, a.name), "key": a.name, "lat": a.lat, "lng": a.lng, "size": a.size}
            for a in context.labels
        ],
    }


def of_live_map(context: Context) -> dict[str, Any]:
    """Where the live picture comes from, and how the map shows it."""
    view = context.city.view
    return {
        "city": context.city.id,
        "live": f"{context.base_path}/live",
        "view": {"lat": view.lat, "lng": view.lng, "zoom": view.zoom},
        "hasOutlines": context.outlines is not None,
        "cells": {"colours": list(CELL_CLASSES), "opacity": CELL_OPACITY, "areas_km2": cell_areas()},
        "colours": DARK,
        "shapes": {str(priority): shape for priority, shape in PRIORITY_SHAPES.items()},
    }


def of_person(viewer: Viewer) -> dict[str, Any]:
    """Who sits at a desk and what they may do; the server checks every act again."""
    return {
        "name": viewer.name,
        "role": viewer.role,
        "roles": viewer.roles,
        "csrf": viewer.csrf,
        "positions": viewer.positions,
        "may_ask": viewer.may_ask,
        "may_list": viewer.may_list,
        "is_person": viewer.is_person,
    }


def cell_areas() -> dict[str, float]:
    """Mean area of a cell in square kilometres by resolution."""
    return {str(res): round(h3.average_hexagon_area(res, unit="km^2"), 3) for res in RESOLUTIONS}
