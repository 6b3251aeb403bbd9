"""Examining what recommendations are made of: plans against the city's units, travel times, targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import redis

from dashboard.connect import connect
from dashboard.settings import Settings
from dashboard.travel_models import travel_times
from emergency.alarm_rules import SETTINGS as ALARMS
from emergency.alarm_rules import load_settings
from emergency.plans import PLANS, Plans, check_plans, load_plans
from emergency.segments import TARGETS, load_target_file
from geo.cities import City, load_city
from streams.keys import Keys

SHOWN = 12
Said = tuple[str, str, str, str]  # what, grade, found, advice
ADVICE = "see Plans, travel times and targets in docs/operations.md"


class Seen(NamedTuple):
    """The kinds of unit that a city has, with how many, and the kinds of incident it receives."""

    units: dict[str, int]
    incidents: set[str]


class _Kind(msgspec.Struct):
    kind: str = ""


def examine_plans(settings: Settings) -> Iterator[Said]:
    """One line for each fault in a file, and for each thing that a plan asks for and nobody could send."""
    folder = Path(settings.plans) if settings.plans else PLANS
    try:
        plans, city = load_plans(folder), load_city(settings.city)
    except ValueError as error:
        yield "plans", "bad", str(error), ADVICE
        return
    seen = _seen(settings, city)
    said = check_plans(plans, seen.units, seen.incidents) if seen.units else []
    for line in said[:SHOWN]:
        yield "plan", "note", line, ""
    if len(said) > SHOWN:
        yield "plan", "note", f"and {len(said) - SHOWN} more of this sort", ""
    against = f"against {sum(seen.units.values())} units" if seen.units else "no units are known here yet"
    yield "plans", "ok", f"{_size(plans)} in {folder.name}, {against}", ""


def examine_travel(settings: Settings) -> Iterator[Said]:
    """From what travel times come."""
    try:
        model = travel_times(settings.travel, load_city(settings.city))
    except (OSError, ValueError) as error:
        yield "HEXWATCH_TRAVEL", "bad", str(error), "learn it again: python -m dashboard travel learn --help"
        return
    is_assumed = model.basis == "assumed"
    advice = "learn them from recorded calls: python -m dashboard travel learn --help" if is_assumed else ""
    yield "travel times", "note" if is_assumed else "ok", f"{model.basis}: {model.source}", advice


def examine_targets(settings: Settings) -> Iterator[Said]:
    """Whether the targets can be read, and which editions are in use."""
    path = Path(settings.targets) if settings.targets else TARGETS
    try:
        file = load_target_file(path)
    except ValueError as error:
        yield "targets", "bad", str(error), ADVICE
        return
    yield "targets", "ok", f"{len(file.in_use)} of {', '.join(file.used)}", ""


def examine_alarms(settings: Settings) -> Iterator[Said]:
    """Whether the alarms and deadlines can be read, and the shortest of them."""
    path = Path(settings.alarms) if settings.alarms else ALARMS
    try:
        known = load_settings(path)
    except ValueError as error:
        yield "alarms", "bad", str(error), ADVICE
        return
    found = f"unacknowledged after {known.unacknowledged_s:g} s, hand-over answered within {known.hand_over_s['1']:g} s"
    yield "alarms", "ok", found, ""


def _size(plans: Plans) -> str:
    return f"{len(plans.cards)} plans for {len(plans.kinds)} kinds of incident"


def _seen(settings: Settings, city: City) -> Seen:
    """From the running city; where none runs, from its catalogue, as if there were enough of every kind."""
    try:
        catalogue = city.load_catalogue()
    except ValueError:
        return Seen({}, set())  # said elsewhere
    named, units = set(catalogue.incident_kinds), dict.fromkeys(catalogue.unit_kinds, 99)
    try:
        client, keys = connect(settings), Keys(settings.city)
        docs: Any = client.hvals(keys.units)
        received: Any = client.hvals(keys.incidents)
    except (redis.RedisError, ValueError):
        return Seen(units, named)
    kinds = Counter(_kind(doc) for doc in docs)
    return Seen(dict(kinds) or units, named | {_kind(doc) for doc in received} - {""})


def _kind(doc: bytes) -> str:
    return msgspec.json.decode(doc, type=_Kind).kind
