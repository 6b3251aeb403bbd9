"""How a page hears the live picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component
from dash_socketio import DashSocketIO

from layouts.replay.past import Past, no_connection

FRAME = ("frame",)


def connection(
    socket_id: str, topics: Sequence[str], past: Past | None = None, events: Sequence[str] = FRAME
) -> Component:
    """The page's socket; a page of the past has none."""
    if past:
        return no_connection(socket_id)
    return DashSocketIO(id=socket_id, eventNames=list(events), options=socket_options(topics))


def socket_options(topics: Sequence[str]) -> dict[str, Any]:
    """How a page connects: websocket only, quick to come back, and naming what it listens to."""
    return {
        "transports": ["websocket"],
        "forceNew": True,
        "reconnectionDelay": 300,
        "reconnectionDelayMax": 1000,
        "auth": {"topics": list(topics)},
    }
