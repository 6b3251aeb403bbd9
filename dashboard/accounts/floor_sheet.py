"""What the leader of the hotline's floor owns beyond single cases: situations, known matters, followed calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.accounts.handover import CALL, OpenMatter

Rows = Mapping[str, Mapping[str, Any]]
CLOSED = "closed"  # of a situation: it stays in its view for a while
# Topic -> the kind of its rows, and under which names they have title, time and state.
MATTERS: Mapping[str, tuple[str, str, str, str]] = {
    "situations": ("situation", "title", "since", "state"),
    "matters": ("matter", "what", "published_at", "state"),
    "following": (CALL, "channel", "since", "lang"),
}


def open_matters(views: Mapping[str, Rows], otherwise: datetime) -> tuple[OpenMatter, ...]:
    """What is open beyond single cases, by topic the oldest first; `otherwise` where a time is not known."""
    found: list[OpenMatter] = []
    for topic, names in MATTERS.items():
        made = [_matter(row_id, row, names, otherwise) for row_id, row in views.get(topic, {}).items()]
        found += sorted(made, key=lambda one: (one.since, one.item_id))
    return tuple(one for one in found if one.state != CLOSED)


def _matter(row_id: str, row: Mapping[str, Any], names: tuple[str, str, str, str], otherwise: datetime) -> OpenMatter:
    kind, title, since, state = names
    return OpenMatter(
        item_id=f"{kind}:{row_id}",
        kind=kind,
        title=str(row.get(title) or ""),
        state=str(row.get(state) or ""),
        area=", ".join(row.get("areas") or [row.get("area") or ""]),
        since=datetime.fromisoformat(row[since]) if row.get(since) else otherwise,
    )
