"""A small city of plain values, and the app of all pages around it, for tests without a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dash import Dash

import callbacks.dispatch
import callbacks.hotline
import callbacks.shell
import callbacks.wall
from layouts import shell
from layouts.context import AreaLabel, Context


@dataclass(frozen=True)
class Somewhere:
    lat: float = 42.32
    lng: float = -71.08
    zoom: float = 12


@dataclass(frozen=True)
class SmallCity:
    id: str = "smallville"
    names: dict[str, str] = field(default_factory=lambda: {"en": "Smallville", "zh": "小城", "ar": "بلدة"})
    zone: str = "America/New_York"
    view: Somewhere = field(default_factory=Somewhere)


@dataclass
class ListDesk:
    """A desk over a list: what it was asked is kept."""

    rows: tuple[dict[str, Any], ...] = ()
    asked: list[dict[str, Any]] = field(default_factory=list)

    def cases(self, **filters: Any) -> list[dict[str, Any]]:
        self.asked.append(filters)
        return list(self.rows)


SQUARE = {"type": "Polygon", "coordinates": [[[-71.1, 42.3], [-71.0, 42.3], [-71.0, 42.4], [-71.1, 42.3]]]}
OUTLINES = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": {"name": "North"}, "geometry": SQUARE}],
}


def small_context() -> Context:
    label = AreaLabel("North", 42.35, -71.05, names={"zh": "北区"})
    return Context(SmallCity(), OUTLINES, (label,))


def small_app(desk: ListDesk | None = None) -> Dash:
    """All pages wired, nothing running."""
    context = small_context()
    app = Dash(__name__, serve_locally=True, suppress_callback_exceptions=False)
    app.layout = shell.shell
    app.validation_layout = shell.every_page(context)
    callbacks.shell.register(app, context)
    callbacks.wall.register(app, desk or ListDesk(), context)
    callbacks.dispatch.register(app)
    callbacks.hotline.register(app)
    return app
