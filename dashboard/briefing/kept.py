"""Where briefings are kept: one folder each, one file a revision, and never a figure changed after it was told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from dashboard.briefing.document import Briefing
from dashboard.local_files import replace_whole

# What may differ between two countings of the same thing.
MADE = ("made_at", "revision", "inputs")


class Kept:
    """The briefings of one city in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def keep(self, briefing: Briefing) -> tuple[Briefing, list[str]]:
        """Keep a whole period's briefing; returns the one that holds, and what a correction changed.

        Counted again with the same figures, the first one holds. With others, a revision is added; the earlier ones
        stay. A period that still runs is kept by nobody.
        """
        if not briefing.is_whole:
            return briefing, []
        last = self.latest(briefing.id)
        if last is None:
            return self._write(msgspec.structs.replace(briefing, revision=1)), []
        changed = changes(last, briefing)
        if not changed:
            return last, []
        return self._write(msgspec.structs.replace(briefing, revision=last.revision + 1)), changed

    def latest(self, briefing_id: str) -> Briefing | None:
        """The newest revision, or None."""
        return self.revision(briefing_id, max(self.revisions(briefing_id), default=0))

    def revisions(self, briefing_id: str) -> list[int]:
        return sorted(int(path.stem) for path in self._of(briefing_id).glob("[0-9]*.json"))

    def revision(self, briefing_id: str, number: int) -> Briefing | None:
        path = self._of(briefing_id) / f"{number}.json"
        return msgspec.json.decode(path.read_bytes(), type=Briefing) if path.exists() else None

    def _of(self, briefing_id: str) -> Path:
        if not briefing_id or Path(briefing_id).name != briefing_id or briefing_id.startswith("."):
            raise ValueError(f"{briefing_id[:100]!r} is no briefing's id")
        return self.folder / briefing_id

    def _write(self, briefing: Briefing) -> Briefing:
        path = self._of(briefing.id) / f"{briefing.revision}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, msgspec.json.format(msgspec.json.encode(briefing), indent=1), durable=True)
        return briefing


def changes(before: Briefing, after: Briefing) -> list[str]:
    """Names of what differs, figures first: `figures.cases_received`, `emergencies.times` …"""
    old, new = _flat(before), _flat(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _flat(briefing: Briefing) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(briefing)
    found: dict[str, Any] = {}
    for key, value in plain.items():
        if key in MADE:
            continue
        if isinstance(value, dict):
            found |= {f"{key}.{name}": part for name, part in value.items()}
        else:
            found[key] = value
    return found
