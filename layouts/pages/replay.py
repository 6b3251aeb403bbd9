"""The wall of any past instant: the same layout and scripts, fed from the archive, and unmistakably not live."""

from __future__ import annotations

from dash.development.base_component import Component

from layouts.context import Context, WallOptions
from layouts.pages.wall import Past, wall
from layouts.replay.bar import replay_bar
from layouts.replay.words import words_for_replay
from layouts.texts import DESK_LANGUAGES, Language


def replay(context: Context, lang: Language, options: WallOptions) -> Component:
    """The whole page; which instant it shows is read from the address by its script."""
    past = Past(
        bar=replay_bar(lang),
        setup={"base": f"{context.base_path}/replay"},
        words=words_for_replay(lang),
        languages=DESK_LANGUAGES,
    )
    return wall(context, lang, options, past)
