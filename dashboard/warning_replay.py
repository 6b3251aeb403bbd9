"""Recorded months played through early warning as they came: every warning, and what its cases were about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.warning_streams import Recorded, Told
from geo.days import zone_info
from hotline.warning_model import Model, PastCase, learn_model
from hotline.warnings import NewCase, Warning, Watch

FIRST_DAYS = 14
LEARN_EVERY = timedelta(days=7)
_MOST_OF = 0.5
_FEW_MINUTES = 10


@dataclass(frozen=True)
class Listed:
    """A warning of the replay: as it opened, at its strangest, and what its cases say."""

    first: Warning
    last: Warning
    opened_at: datetime  # on the city's clocks
    what: str

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "id": self.first.id,
            "opened_at": self.opened_at.isoformat(timespec="minutes"),
            "hours": round((self.last.last_seen_at - self.first.first_seen_at).total_seconds() / 3600, 1),
            "category": self.first.category,
            "area": self.first.area,
            "observed": self.first.observed,
            "expected": self.first.expected,
            "window_h": self.first.window_h,
            "radius_km": round(self.first.radius_km, 1),
            "per_day": self.first.per_day,
            "peak": self.last.peak,
            "cells": len(self.last.cells),
            "lat": round(self.first.lat, 4),
            "lng": round(self.first.lng, 4),
            "what": self.what,
        }


def replayed(recorded: Recorded, false_per_day: float, every_min: int, tell: Callable[[float], None]) -> list[Listed]:
    """All warnings in order. Baseline and thresholds are learnt anew every week from what was known then."""
    cases = recorded.cases
    begin = cases[0].at.replace(hour=0, minute=0, second=0, microsecond=0)
    now, end = begin + timedelta(days=FIRST_DAYS), cases[-1].at
    watch, taught_at, done = Watch(), begin, 0
    opened: dict[str, Warning] = {}
    latest: dict[str, Warning] = {}
    start = now
    while now <= end:
        if watch.model is None or now - taught_at >= LEARN_EVERY:
            watch.teach(_learnt(cases, recorded.zone, begin, now, false_per_day))
            taught_at = now
        fresh = []
        while done < len(cases) and cases[done].at < now:
            fresh.append(_new(cases[done]))
            done += 1
        for warning in watch.update(now, fresh):
            opened.setdefault(warning.id, warning)
            latest[warning.id] = warning
        now += timedelta(minutes=every_min)
        tell((now - start) / (end - start))
    tell(1.0)
    zone = zone_info(recorded.zone)
    return [
        Listed(first, latest[id], first.first_seen_at.astimezone(zone), what_it_was(cases, latest[id]))
        for id, first in opened.items()
    ]


def _learnt(cases: Sequence[Told], zone: str, begin: datetime, now: datetime, false_per_day: float) -> Model:
    past = [PastCase(c.at.timestamp(), c.cell, c.category, c.area) for c in cases if c.at < now]
    return learn_model(past, zone, now, since_s=begin.timestamp(), false_per_day=false_per_day)


def _new(case: Told) -> NewCase:
    return NewCase(case.case_id, case.at, case.category, case.cell, case.area)


def what_it_was(cases: Sequence[Told], warning: Warning) -> str:
    """In a few words: the usual title and street of its cases, and whether they came in one go."""
    since = warning.first_seen_at - timedelta(hours=warning.window_h)
    cells = set(warning.cells)
    own = [
        case
        for case in cases
        if case.category == warning.category and case.cell in cells and since < case.at <= warning.last_seen_at
    ]
    if not own:
        return ""
    said = []
    for name, value in (("", "title"), ("on ", "street"), ("by ", "channel")):
        word, n = Counter(getattr(case, value) for case in own).most_common(1)[0]
        if word and n >= _MOST_OF * len(own):
            said.append(f"{n} of {len(own)} {name}{word}")
    minutes = sorted(case.at for case in own)
    quickest = _most_within(minutes, timedelta(minutes=_FEW_MINUTES))
    if quickest >= max(3, _MOST_OF * len(own)):
        said.append(f"{quickest} within {_FEW_MINUTES} minutes")
    titles = Counter(case.title for case in own if case.title)
    if not said and titles:
        said.append(", ".join(f"{title} ({n})" for title, n in titles.most_common(3)))
    return "; ".join(said)


def _most_within(instants: Sequence[datetime], span: timedelta) -> int:
    most, begin = 0, 0
    for end, at in enumerate(instants):
        while at - instants[begin] > span:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def as_markdown(told: Sequence[Listed], recorded: Recorded) -> list[str]:
    """The list as a table."""
    days = (recorded.cases[-1].at - recorded.cases[0].at) / timedelta(days=1) - FIRST_DAYS
    left_out = ", ".join(f"{n:,} {why}" for why, n in recorded.left_out.most_common())
    lines = [
        f"{len(told)} warnings in {days:.0f} days ({len(told) / days:.2f} a day) from {len(recorded.cases):,} cases;"
        f" left out: {left_out or 'none'}.",
        "",
        "| opened (local) | hours | category | where | observed / expected | window | once in, days | peak | what |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in told:
        first = one.first
        hours = (one.last.last_seen_at - first.first_seen_at).total_seconds() / 3600
        lines.append(
            f"| {one.opened_at:%Y-%m-%d %H:%M} | {hours:.1f} | {first.category} | {first.area or 'whole city'}, "
            f"{first.radius_km:.1f} km | {first.observed} / {first.expected:.2g} | {first.window_h} h "
            f"| {1 / max(first.per_day, 1e-9):,.0f} | {one.last.peak} | {one.what.replace('|', '/')} |"
        )
    return lines
