"""Any past instant: wall and desks with their own layouts and scripts, fed from the archive, unmistakably not live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from dash.development.base_component import Component

from layouts.context import Context, Viewer, WallOptions, wall_options
from layouts.pages.dispatch import DeskOptions, desk_options, dispatch
from layouts.pages.hotline import hotline
from layouts.pages.wall import wall
from layouts.replay.bar import VIEW_NAMES, replay_bar
from layouts.replay.past import Past, onlooker
from layouts.replay.words import words_for_replay
from layouts.texts import DESK_LANGUAGES, Language

WALL = next(iter(VIEW_NAMES))


@dataclass(frozen=True)
class ReplayOptions:
    """What the address may ask for: which page of the past, and what that page's own address may."""

    view: str
    wall: WallOptions
    desk: DeskOptions


Page = Callable[[Context, Language, ReplayOptions, Viewer, Past], Component]
PAGES: dict[str, Page] = {
    "wall": lambda context, lang, options, viewer, past: wall(context, lang, options.wall, past),
    "dispatch": lambda context, lang, options, viewer, past: dispatch(context, lang, options.desk, viewer, past),
    "hotline": lambda context, lang, options, viewer, past: hotline(context, lang, options.desk, viewer, past),
}


def replay_options(search: str, locale: str = "") -> tuple[Language, ReplayOptions]:
    """Read `?view=` and the rest; anything not understood falls back. `locale`: the person's own language."""
    view = parse_qs(search.lstrip("?")).get("view", [WALL])[-1]
    lang, desk = desk_options(search, locale)
    return lang, ReplayOptions(view if view in PAGES else WALL, wall_options(search)[1], desk)


def replay(context: Context, lang: Language, options: ReplayOptions, viewer: Viewer) -> Component:
    """The whole page; which instant it shows is read from the address by its script."""
    views = tuple(PAGES) if viewer.may_read else (WALL,)
    past = Past(
        bar=replay_bar(lang, options.view, views),
        setup={"base": f"{context.base_path}/replay"},
        words=words_for_replay(lang),
        languages=DESK_LANGUAGES,
    )
    return PAGES[options.view](replace(context, past=True), lang, options, onlooker(viewer), past)
