"""Response plans (run cards): what an incident of a kind, priority and alarm level needs, and which units can do it.

A plan asks for capabilities, not for kinds of vehicle; a table says what each kind of unit can do. The files in
`emergency/plans/` are illustrative: every city has run cards of its own, and its folder takes their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from geo.toml_files import read_toml, typed

PLANS = Path(__file__).parent / "plans"
PRIORITIES = (1, 2, 3)
FALLBACK = "other"  # the plan of a kind of incident that has none

Name = Annotated[str, msgspec.Meta(min_length=1)]


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many units with a capability; units with one of the `alternatives` serve as well, in that order."""

    capability: Name
    number: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    alternatives: tuple[Name, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """What may fill it, best first."""
        return (self.capability, *self.alternatives)


class Plan(msgspec.Struct, frozen=True):
    """What one incident needs in all, up to its alarm level. `alarms` says how many levels the plan knows."""

    kind: str
    priority: int
    alarm: int
    requirements: tuple[Requirement, ...]
    alarms: int
    is_fallback: bool = False  # the kind has no plan of its own


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose first arrival is watched in every area: the units with a capability, within seconds."""

    capability: Name
    within_s: Annotated[float, msgspec.Meta(gt=0)]


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a file: the first alarm and what each further one adds."""

    kind: Name
    priorities: tuple[Annotated[int, msgspec.Meta(ge=1, le=3)], ...]
    alarms: tuple[tuple[Requirement, ...], ...]


class UnitKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a kind of unit can do."""

    capabilities: frozenset[Name]


class PlanFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One TOML file. `like`: this kind of incident has the plans of that one."""

    label: str = ""
    plans: tuple[Card, ...] = ()
    like: dict[str, Name] = {}
    unit_kinds: dict[str, UnitKind] = {}
    services: dict[str, Service] = {}


class Plans(msgspec.Struct, frozen=True):
    """A whole set. `cards` by (kind, priority); `able` says which capabilities a kind of unit has."""

    cards: dict[tuple[str, int], Card]
    able: dict[str, frozenset[str]]
    services: dict[str, Service] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of incident that have plans."""
        return frozenset(kind for kind, _ in self.cards)


def load_plans(folder: Path = PLANS) -> Plans:
    """Every `*.toml` of a folder as one set.

    Raises ValueError with one line that names the file and the entry: unknown keys, a kind or unit described twice,
    a priority without a plan, an alarm that adds nothing, a capability that no kind of unit has, no fallback plan.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ValueError(f"{folder}: no plans there (*.toml)")
    files = [(path, typed(read_toml(path), PlanFile, path, "a plan file")) for path in paths]
    able = _able(files)
    cards: dict[tuple[str, int], Card] = {}
    for path, file in files:
        for card in file.plans:
            _refuse_bad_card(card, able, path)
            _add(cards, card, path)
    for path, file in files:
        for kind, model in file.like.items():
            _add_like(cards, kind, model, path)
    _refuse_gaps(cards, folder)
    services = {name: service for _, file in files for name, service in file.services.items()}
    _refuse_unknown_services(services, able, folder)
    return Plans(cards, able, services)


def plan_for(plans: Plans, kind: str, priority: int, alarm: int = 1) -> Plan:
    """What an incident needs: the first alarm and all further ones up to `alarm`.

    A kind without plans gets those of `other`, and says so. A priority beyond 1 to 3 counts as the nearest of them,
    and an alarm beyond the last level asks for no more than the last.
    """
    level = min(max(priority, PRIORITIES[0]), PRIORITIES[-1])
    own = plans.cards.get((kind, level))
    card = own or plans.cards[FALLBACK, level]
    reached = min(max(alarm, 1), len(card.alarms))
    needs = tuple(need for added in card.alarms[:reached] for need in added)
    return Plan(kind, level, reached, _joined(needs), len(card.alarms), is_fallback=own is None)


def places(requirements: Iterable[Requirement]) -> list[tuple[str, ...]]:
    """One entry per unit that is wanted: the capabilities that may fill that place, best first, in plan order."""
    return [need.options for need in requirements for _ in range(need.number)]


def unfilled(plans: Plans, requirements: Iterable[Requirement], there: Iterable[str]) -> list[tuple[str, ...]]:
    """The places of a plan that the kinds of unit already `there` leave open, in plan order.

    Each unit fills one place, so placed that as many as possible are filled; earlier places first.
    """
    wanted = places(requirements)
    kinds = [plans.able.get(kind, frozenset()) for kind in there]
    holder: dict[int, int] = {}  # unit -> place

    def seat(place: int, seen: set[int]) -> bool:
        for unit, able in enumerate(kinds):
            if unit in seen or not able.intersection(wanted[place]):
                continue
            seen.add(unit)
            if unit not in holder or seat(holder[unit], seen):
                holder[unit] = place
                return True
        return False

    filled = {place for place in range(len(wanted)) if seat(place, set())}
    return [options for place, options in enumerate(wanted) if place not in filled]


def check_plans(
    plans: Plans, unit_kinds: Mapping[str, int] | Iterable[str], incident_kinds: Iterable[str] = ()
) -> list[str]:
    """What `doctor` says of plans against a city: one line per thing that a plan asks for and nobody could send.

    `unit_kinds`: the kinds of unit the city has, best with how many there are. `incident_kinds`: those it receives;
    with them, plans of other kinds are left alone.
    """
    received = set(incident_kinds)
    counts = dict(unit_kinds) if isinstance(unit_kinds, Mapping) else dict.fromkeys(unit_kinds, 99)
    said = [f"unit kind {kind!r} has no capabilities in the plans" for kind in sorted(counts) if kind not in plans.able]
    said += [
        f"incident kind {kind!r} has no plan: it gets that of {FALLBACK!r}" for kind in sorted(received - plans.kinds)
    ]
    for (kind, priority), card in sorted(plans.cards.items()):
        if received and kind not in received and kind != FALLBACK:
            continue
        needs = _joined(tuple(need for added in card.alarms for need in added))
        said += [
            f"{kind}, priority {priority}: {fault}" for need in needs if (fault := _fault(plans, card, need, counts))
        ]
    return said


def _fault(plans: Plans, card: Card, need: Requirement, counts: Mapping[str, int]) -> str:
    """What of a need, summed up over all alarms, the city cannot send, and which alarm it therefore cannot fill."""
    kinds = [kind for kind in counts if plans.able.get(kind, frozenset()).intersection(need.options)]
    if not kinds:
        return f"asks for {' or '.join(need.options)}, which no unit of the city has"
    having = sum(counts[kind] for kind in kinds)
    if having >= need.number:
        return ""
    level = next(n for n in range(1, len(card.alarms) + 1) if _asked_by(card, n, need) > having)
    said = f"asks for {need.number} units with {' or '.join(need.options)}; the city has {having}"
    return f"{said}, so alarm {level} cannot be filled"


def _asked_by(card: Card, level: int, need: Requirement) -> int:
    """How many units of a need the alarms up to a level ask for."""
    alike = (need.capability, need.alternatives)
    added = (n for alarm in card.alarms[:level] for n in alarm if (n.capability, n.alternatives) == alike)
    return sum(n.number for n in added)


def _joined(needs: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """The same wants with equal ones added up, in the order of their first mention."""
    numbers: dict[tuple[str, tuple[str, ...]], int] = {}
    for need in needs:
        key = (need.capability, need.alternatives)
        numbers[key] = numbers.get(key, 0) + need.number
    return tuple(Requirement(capability, n, others) for (capability, others), n in numbers.items())


def _able(files: Iterable[tuple[Path, PlanFile]]) -> dict[str, frozenset[str]]:
    able: dict[str, frozenset[str]] = {}
    for path, file in files:
        for kind, said in file.unit_kinds.items():
            if kind in able:
                raise ValueError(f"{path}: unit_kinds.{kind}: described in another file as well")
            able[kind] = said.capabilities
    return able


def _refuse_bad_card(card: Card, able: Mapping[str, frozenset[str]], path: Path) -> None:
    known = frozenset[str]().union(*able.values())
    if not card.alarms or not all(card.alarms):
        raise ValueError(f"{path}: plan {card.kind}: every alarm must ask for something, the first included")
    if not card.priorities:
        raise ValueError(f"{path}: plan {card.kind}: priorities is empty; say which of 1, 2, 3 it is for")
    for need in (need for added in card.alarms for need in added):
        unknown = [option for option in need.options if option not in known]
        if unknown:
            raise ValueError(f"{path}: plan {card.kind}: no kind of unit has the capability {unknown[0]!r}")
        if len(set(need.options)) < len(need.options):
            raise ValueError(f"{path}: plan {card.kind}: {need.capability} names an alternative twice")


def _add(cards: dict[tuple[str, int], Card], card: Card, path: Path) -> None:
    for priority in card.priorities:
        if (card.kind, priority) in cards:
            raise ValueError(f"{path}: plan {card.kind}: priority {priority} is planned twice")
        cards[card.kind, priority] = card


def _add_like(cards: dict[tuple[str, int], Card], kind: str, model: str, path: Path) -> None:
    for priority in PRIORITIES:
        if (model, priority) not in cards:
            raise ValueError(f"{path}: like.{kind}: there is no plan {model!r} for priority {priority}")
        if (kind, priority) in cards:
            raise ValueError(f"{path}: like.{kind}: it has a plan of its own for priority {priority}")
        cards[kind, priority] = cards[model, priority]


def _refuse_gaps(cards: Mapping[tuple[str, int], Card], folder: Path) -> None:
    kinds = sorted({kind for kind, _ in cards})
    if FALLBACK not in kinds:
        raise ValueError(f"{folder}: there is no plan {FALLBACK!r} for kinds of incident that have none")
    for kind in kinds:
        lacking = [str(priority) for priority in PRIORITIES if (kind, priority) not in cards]
        if lacking:
            raise ValueError(f"{folder}: plan {kind}: priority {', '.join(lacking)} is not planned")


def _refuse_unknown_services(services: Mapping[str, Service], able: Mapping[str, frozenset[str]], folder: Path) -> None:
    known = frozenset[str]().union(*able.values())
    for name, service in services.items():
        if service.capability not in known:
            raise ValueError(f"{folder}: services.{name}: no kind of unit has the capability {service.capability!r}")
