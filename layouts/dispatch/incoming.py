"""Which places of the desk are filled by what comes in: radio, calls, alarms; and by sound, lock and hand-over."""

from __future__ import annotations

from collections.abc import Callable

from dash.development.base_component import Component

from layouts.context import Context
from layouts.dispatch.account import account
from layouts.dispatch.alarms import alarm_rate, alarms
from layouts.dispatch.command import command_line
from layouts.dispatch.lock import lock_button, lock_screen
from layouts.dispatch.newcall import correct_button, new_call
from layouts.dispatch.sheet import call_backs, desk_buttons, hand_over
from layouts.dispatch.sound import sound_badge, sound_banner, sound_test
from layouts.texts import Language

Filling = Callable[[Context, Language], list[Component]]


def _all(*fillings: Filling) -> Filling:
    return lambda context, lang: [part for filling in fillings for part in filling(context, lang)]


SLOTS: dict[str, Filling] = {
    "alarm-rate": alarm_rate,
    "sound": sound_badge,
    "alarms": _all(sound_banner, alarms),
    "command": command_line,
    "lock": _all(desk_buttons, lock_button),
    "incident-acts": correct_button,
    "new-incident": new_call,
    "lock-screen": _all(lock_screen, sound_test, hand_over, call_backs, account),
}
