"""What each person did last: enough to undo it for half a minute, also after a take-over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from streams.events import TYPES, Payload, type_of

FACTS_KEPT = 200  # of one act: a hundred units, with what frees them


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of an act, without personal fields."""

    type: str
    data: dict[str, Any]


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One granted request. `at` is the wall's time, `marks` how many steps each incident, or `case:<id>`, had then."""

    actor: str
    request_id: str
    verb: str
    at: datetime
    facts: tuple[Told, ...] = ()
    before: dict[str, Any] = {}
    marks: dict[str, int] = {}

    def payloads(self, *kinds: type[Payload]) -> Iterator[Any]:
        """Its facts of the given kinds."""
        for told in self.facts:
            cls = TYPES[told.type]
            if cls in kinds:
                yield msgspec.convert(told.data, cls)


def told(payload: Payload, public: Mapping[str, Any]) -> Told:
    return Told(type=type_of(type(payload)), data=dict(public))


class Acts:
    """The last act of each person, one document each."""

    def __init__(self) -> None:
        self.last: dict[str, Act] = {}
        self.changed: set[str] = set()  # actors, since the last commit

    def load(self, acts: Mapping[str, Act]) -> None:
        self.last = dict(acts)

    def note(self, act: Act) -> None:
        self.last[act.actor] = act
        self.changed.add(act.actor)

    def take_changed(self) -> Mapping[str, Any]:
        found = {actor: self.last[actor] for actor in self.changed}
        self.changed.clear()
        return found

    def forget(self, now: datetime) -> list[str]:
        """Nothing: there are no more acts than people."""
        return []
