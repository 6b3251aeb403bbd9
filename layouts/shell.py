"""What surrounds every page, and which address shows which page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from layouts import ids
from layouts.context import Context, Viewer, wall_options
from layouts.pages.dispatch import desk_options, dispatch
from layouts.pages.hotline import hotline
from layouts.pages.replay import replay, replay_options
from layouts.pages.wall import wall
from layouts.pages.warning import warning
from layouts.tokens import mantine_theme

Page = Callable[[Context, str], Component]


def wall_page(context: Context, search: str) -> Component:
    """`/wall?lang=&measure=&category=&distance_m=&pitch_mm=`"""
    lang, options = wall_options(search)
    return dmc.DirectionProvider(wall(context, lang, options), direction=lang.direction)


def dispatch_page(context: Context, search: str) -> Component:
    """`/dispatch?lang=&panel=&palette=`: for those who may read incidents; others are told so."""
    viewer = context.viewer() if context.viewer else Viewer()
    lang, options = desk_options(search, viewer.locale)
    return dmc.DirectionProvider(dispatch(context, lang, options, viewer), direction=lang.direction)


def hotline_page(context: Context, search: str) -> Component:
    """`/hotline?lang=&palette=` and what its scripts keep there: list, filters, case."""
    viewer = context.viewer() if context.viewer else Viewer()
    lang, options = desk_options(search, viewer.locale)
    return dmc.DirectionProvider(hotline(context, lang, options, viewer), direction=lang.direction)


def warning_page(context: Context, search: str) -> Component:
    """`/warning?lang=&warning=`"""
    viewer = context.viewer() if context.viewer else Viewer()
    lang, options = desk_options(search, viewer.locale)
    return dmc.DirectionProvider(warning(context, lang, options, viewer), direction=lang.direction)


def replay_page(context: Context, search: str) -> Component:
    """`/replay?at=&view=` and what that page's own address may ask for: wall and desks as they were."""
    viewer = context.viewer() if context.viewer else Viewer()
    lang, options = replay_options(search, viewer.locale)
    return dmc.DirectionProvider(replay(context, lang, options, viewer), direction=lang.direction)


# Address -> page. A new page is one line here.
PAGES: dict[str, Page] = {
    "/wall": wall_page,
    "/dispatch": dispatch_page,
    "/hotline": hotline_page,
    "/replay": replay_page,
    "/warning": warning_page,
}
FRONT = "/wall"
SAME_PARTS = frozenset({"/replay"})  # whose components are another page's


def shell() -> Component:
    """The empty frame that Dash serves first; the page is put in by address."""
    return dmc.MantineProvider(
        [dcc.Location(id=ids.Shell.ADDRESS, refresh=False), html.Div([], id=ids.Shell.PAGE)],
        theme=mantine_theme(),
        forceColorScheme="dark",
    )


def page_at(path: str, search: str, context: Context) -> Component:
    """The page of an address; the front page for `/`, a sentence for what is not there."""
    place = path.rstrip("/") or FRONT
    page = PAGES.get(place)
    if page is None:
        return html.P(["404: ", html.A(FRONT, href=FRONT)], className="not-found")
    return page(context, search)


def every_page(context: Context) -> Component:
    """Shell and all pages at once: what Dash validates callbacks against, and what the contract test walks.

    Dash sends it with every first answer, so it goes without the city's outlines.
    """
    bare = replace(context, outlines=None, labels=(), viewer=None)
    return html.Div([shell(), *(page(bare, "") for at, page in PAGES.items() if at not in SAME_PARTS)])
