"""Places of the dispatch desk that panels of their own fill, by name."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch import board, citymap, incoming, panels, situations
from layouts.dispatch.alarms import alarms
from layouts.dispatch.lock import lock_button, lock_screen
from layouts.texts import Language

Filling = Callable[[Context, Language], list[Component]]

SLOTS: dict[str, Filling] = {
    "map": lambda context, lang: [*situations.offered(context, lang), *citymap.desk_map(context, lang)],
    "units": board.unit_board,
    "presence": panels.others_here,
    "paper": panels.paper,
    **incoming.SLOTS,
}
# A desk of the past shows and locks: no command, no new call, no sound, nobody beside, no hand-over.
PAST_SLOTS: dict[str, Filling] = {
    **{name: SLOTS[name] for name in ("map", "units", "alarm-rate")},
    "alarms": alarms,
    "lock": lock_button,
    "lock-screen": lock_screen,
}


def slot(name: str, context: Context, lang: Language) -> Component:
    """The place with what fills it; without anything it takes no room."""
    filling = (PAST_SLOTS if context.past else SLOTS).get(name)
    parts = filling(context, lang) if filling is not None else []
    return html.Div(parts, className="desk-slot", hidden=not parts, **attributes(data_slot=name))
