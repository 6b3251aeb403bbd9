"""What makes a page one of the past: no connection and nothing to do, but a bar, and words and places for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dash import html
from dash.development.base_component import Component

from layouts.context import Viewer
from layouts.texts import LANGUAGES

CLASS = "replay"


@dataclass(frozen=True)
class Past:
    """The bar above the page, and what its scripts must know besides."""

    bar: Component
    setup: Mapping[str, Any]
    words: Mapping[str, Any] = field(default_factory=dict)
    languages: Iterable[str] = tuple(LANGUAGES)

    def told(self, setup: Mapping[str, Any]) -> dict[str, Any]:
        """A page's setup with what the past adds: by `replay` scripts know that nothing here is live."""
        return {**setup, "replay": dict(self.setup), "words": setup["words"] | dict(self.words)}


def no_connection(socket_id: str) -> Component:
    """A page of the past hears no frames; this is only where the callbacks of its live sister look for them."""
    return html.Div(id=socket_id, hidden=True)


def onlooker(viewer: Viewer) -> Viewer:
    """Whoever looks at the past: sees what the role sees, and may do nothing.

    Without a token the server takes no request from the page, whatever its scripts may try.
    """
    return replace(viewer, csrf="", positions=(), may_ask=False, may_case=False, may_list=False, may_reveal=False)
