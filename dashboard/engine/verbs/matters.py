"""What people ask about known matters: publish what callers may be told, replace it, withdraw it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import h3
from msgspec import convert

from dashboard.engine import situation_arguments as given
from dashboard.engine.acts import Act
from dashboard.engine.request import Granted, Refused, Request
from dashboard.engine.verbs.reading import clock, read, unchanged
from geo.cells import RESOLUTIONS
from hotline.matters import Matter
from streams.events import MatterPublished, MatterWithdrawn, Payload

if TYPE_CHECKING:
    from dashboard.engine.state import State

UNDONE = "undone"
MOST_AHEAD = timedelta(days=31)


def publish_matter(state: State, request: Request) -> Granted:
    """Tell every agent what callers may be told. Published again under its id it is replaced."""
    asked = read(request, given.PublishMatter)
    if not state.now < asked.until <= state.now + MOST_AHEAD:
        raise Refused(f"until: within {MOST_AHEAD.days} days from now, it is {clock(state.now)} in the city")
    if odd := next((cell for cell in asked.cells if not _is_cell(cell)), None):
        raise Refused(f"cells: {odd!r} is no H3 cell of resolution {min(RESOLUTIONS)} to {max(RESOLUTIONS)}")
    if empty := next((tag for tag, words in asked.scripts.items() if not words.strip()), None):
        raise Refused(f"scripts: {empty} has no words")
    matter_id = asked.matter_id or _new_id(state)
    known: Matter | None = state.matter_room.documents.get(matter_id)
    if known is not None:
        unchanged(request, known.seq)
    fact = MatterPublished(
        matter_id=matter_id,
        what=asked.what,
        until=asked.until,
        category=asked.category,
        areas=tuple(dict.fromkeys(asked.areas)),
        cells=tuple(dict.fromkeys(asked.cells)),
        scripts=dict(asked.scripts),
        case_id=asked.case_id,
    )
    return Granted([fact], {"matter_id": matter_id}, _before(known, state))


def withdraw_matter(state: State, request: Request) -> Granted:
    asked = read(request, given.WithdrawMatter)
    known: Matter | None = state.matter_room.documents.get(asked.matter_id)
    if known is None or known.published_at is None:
        raise Refused(f"matter {asked.matter_id} is unknown")
    unchanged(request, known.seq)
    if known.ended_at is not None:
        how = "withdrawn" if known.withdrawn_at is not None else "over"
        raise Refused(f"matter {asked.matter_id} is {how} already")
    fact = MatterWithdrawn(matter_id=asked.matter_id, reason=asked.reason)
    return Granted([fact], before=_before(known, state))


def _is_cell(cell: str) -> bool:
    return h3.is_valid_cell(cell) and h3.get_resolution(cell) in RESOLUTIONS


def _new_id(state: State) -> str:
    day, n = f"M{state.now.astimezone(ZoneInfo(state.city.zone)):%y%m%d}", 1
    while f"{day}-{n:03d}" in state.matter_room.documents:
        n += 1
    return f"{day}-{n:03d}"


def _before(known: Matter | None, state: State) -> dict[str, Any]:
    """How often it was told, and what it said if it was in force: that comes back when this is undone."""
    if known is None:
        return {"told": 0, "said": None}
    said = _said(known) if known.is_in_force(state.now) else None
    return {"told": known.told, "said": said}


def _said(matter: Matter) -> dict[str, Any]:
    return {
        "matter_id": matter.matter_id,
        "what": matter.what,
        "until": matter.until,
        "category": matter.category,
        "areas": matter.areas,
        "cells": matter.cells,
        "scripts": matter.scripts,
        "case_id": matter.case_id,
    }


def _taken_back(state: State, act: Act) -> list[Payload]:
    """What it said before, or nothing. What came in between stands in the way."""
    matter_id = next(act.payloads(MatterPublished, MatterWithdrawn)).matter_id
    known: Matter = state.matter_room.documents[matter_id]
    if known.told != act.before["told"] + 1:
        raise Refused(f"matter {matter_id} was changed since", {"matter_id": matter_id})
    if act.before["said"] is None:
        return [MatterWithdrawn(matter_id=matter_id, reason=UNDONE)]
    return [convert(act.before["said"], MatterPublished)]  # it may have been written and read as JSON since


MATTER_VERBS = {"publish_matter": publish_matter, "withdraw_matter": withdraw_matter}
MATTER_UNDOING = {"publish_matter": _taken_back, "withdraw_matter": _taken_back}
