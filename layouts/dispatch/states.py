"""The columns in which the desk shows units, on the screen and on paper."""

from __future__ import annotations

from layouts.texts import mark as N_

# Column -> the states of units in it; every state stands in exactly one (a test holds it to the engine's list).
COLUMNS: dict[str, tuple[str, ...]] = {
    "available": ("available", "returning"),
    "notified": ("dispatched", "notified", "acknowledged"),
    "en-route": ("en-route",),
    "on-scene": ("on-scene",),
    "transport": ("transporting", "at-hospital"),
    "out": ("out-of-service", "out-of-contact"),
}
COLUMN_NAMES: dict[str, str] = {
    "available": N_("Available"),
    "notified": N_("Notified"),
    "en-route": N_("En route"),
    "on-scene": N_("On scene"),
    "transport": N_("Transport"),
    "out": N_("Out"),
}


def column_of(status: str) -> str:
    """The column of a state; one that nobody knows stands with those that cannot be sent."""
    return next((name for name, states in COLUMNS.items() if status in states), "out")
