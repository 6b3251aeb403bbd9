"""How a simulated dispatcher decides: what an incident still lacks, which free units are nearest, how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from streams.sim.driving import Point, distance_m
from streams.sim.fleet import FleetSetting
from streams.sim.incidents import Needs, drawn


class Candidate(NamedTuple):
    """A free unit and where it was last seen, in degrees."""

    unit_id: str
    kind: str
    where: Point


def processing_time(setting: FleetSetting, seed: str, incident_id: str, priority: int) -> timedelta:
    """From an incident's receipt to the request that sends units; the graver, the sooner."""
    shortest, longest = setting.processing[str(min(max(priority, 1), 3))]
    return timedelta(seconds=round(drawn(seed, "processing", incident_id).uniform(shortest, longest)))


def missing(setting: FleetSetting, needs: Needs, there: Iterable[str]) -> dict[str, int]:
    """What is still wanted: needs, less the kinds of units that are or were there. A substitute counts as well."""
    spare = Counter(there)
    lacking = dict(needs)
    for kind in lacking:
        lacking[kind] -= _take(spare, kind, lacking[kind])
    for kind in lacking:
        for other in _in_turn(setting, kind)[1:]:
            lacking[kind] -= _take(spare, other, lacking[kind])
    return {kind: n for kind, n in lacking.items() if n > 0}


def _take(spare: Counter[str], kind: str, at_most: int) -> int:
    taken = min(spare[kind], at_most)
    spare[kind] -= taken
    return taken


def able(setting: FleetSetting, wanted: Needs) -> set[str]:
    """Kinds of unit that could be sent for what is wanted."""
    return {sent for kind in wanted for sent in _in_turn(setting, kind)}


def _in_turn(setting: FleetSetting, kind: str) -> tuple[str, ...]:
    return (kind, *(setting.units[kind].substitutes if kind in setting.units else ()))


def choose(
    setting: FleetSetting, wanted: Needs, scene: Point, candidates: Mapping[str, list[Candidate]]
) -> list[Candidate]:
    """The nearest free units that fill what is wanted as far as it goes; substitutes only where a kind runs out.

    `candidates` by kind of unit.
    """
    chosen: list[Candidate] = []
    for kind, n in wanted.items():
        for sent in _in_turn(setting, kind):
            if n <= 0:
                break
            free = [c for c in candidates.get(sent, ()) if c not in chosen]
            nearest = sorted(free, key=lambda c: (distance_m(c.where, scene), c.unit_id))[:n]
            chosen += nearest
            n -= len(nearest)
    return chosen
