"""The words of a channel's card on the hotline desk: its languages, and the course of its day."""

from __future__ import annotations

from layouts.texts import mark as N_

CHANNEL_WORDS: dict[str, str] = {
    "channel.level_goal": N_("level (goal {goal})"),
    "channel.calls": N_("calls"),
    "channel.tongue": N_("{n} calls"),
    "channel.tongue_waiting": N_("{n} calls, {waiting} waiting"),
    "channel.no_tongue": N_("language not said"),
    "channel.day": N_("Course of the day"),
    "channel.minutes": N_("{n} min"),
    "channel.peak": N_("peak, {from} to {until} h"),
    "channel.off_peak": N_("off-peak"),
    "channel.bars": N_("Calls in intervals of {n} minutes since midnight, at most {top}"),
}
