"""What screens see: keyed maps by topic, and which of their keys changed since the last frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.codec import encode


class Change(msgspec.Struct, frozen=True):
    """Absolute values for the keys of one topic that changed, and the keys that left."""

    set: dict[str, Any]
    remove: list[str]


class Views:
    """The current value of every key of every topic. Setting an equal value changes nothing."""

    def __init__(self) -> None:
        self.current: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, set[str]] = {}

    def put(self, topic: str, key: str, value: Any) -> None:
        keys = self.current.setdefault(topic, {})
        if key not in keys or keys[key] != value:
            keys[key] = value
            self._changed.setdefault(topic, set()).add(key)

    def drop(self, topic: str, key: str) -> None:
        if key in self.current.get(topic, ()):
            del self.current[topic][key]
            self._changed.setdefault(topic, set()).add(key)

    def become(self, topic: str, values: Mapping[str, Any]) -> None:
        """Make the whole topic equal to `values`."""
        for key in [k for k in self.current.get(topic, ()) if k not in values]:
            self.drop(topic, key)
        for key, value in values.items():
            self.put(topic, key, value)

    @property
    def is_changed(self) -> bool:
        return bool(self._changed)

    def take_changes(self) -> dict[str, Change]:
        """Changes since the last call, by topic."""
        changes = {}
        for topic, keys in self._changed.items():
            now = self.current.get(topic, {})
            changes[topic] = Change(set={k: now[k] for k in keys if k in now}, remove=[k for k in keys if k not in now])
        self._changed.clear()
        return changes


def view_fields(change: Change) -> dict[str, bytes]:
    """The set part as hash fields, each value JSON."""
    return {key: encode(value) for key, value in change.set.items()}
