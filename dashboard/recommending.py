"""What to send: committed units and incidents, plans and travel times put together, every pick with its reasons.

The units are mirrored in columns between questions; a question decodes only the documents that differ from before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import redis
import structlog

from dashboard.travel_models import travel_times
from emergency.coverage import AreaChange, Cover, Place
from emergency.fleet import Fleet
from emergency.incidents import Incident
from emergency.plans import FALLBACK, Plan, Plans, load_plans, places, plan_for, unfilled
from emergency.recommend import Need, Pick, Recommendation, Shortfall, recommend_together
from emergency.travel import TravelTimes, distance_m
from emergency.units import REMEMBERED_CLEARINGS, Unit
from geo.areas import Areas
from geo.cells import cell_to_center, cell_to_parent
from geo.cities import City
from geo.days import day_start
from streams.keys import Keys

log = structlog.get_logger(__name__)

SOLVED_TOGETHER = 50
WAITING_STAGES = frozenset({"received", "triaged"})
COVER_FOR_S = 30.0  # so old may the positions be from which uncovered areas are told
PLACES_FOR_S = 600.0
PLACE_RESOLUTION = 7  # about 5 km2: one point where people call from for each, within an area
MOST_PLACES_OF_AREA = 20
MOST_ARRIVALS = 1_000_000  # places times units in one cover: about a tenth of a second


class Sight(NamedTuple):
    """One consistent look at what is committed. `cells`: where people ever called from, None when not asked for."""

    now: datetime
    seq: int
    units: Mapping[bytes, bytes]
    incidents: list[Incident]
    cells: list[str] | None = None


class Asked(NamedTuple):
    """What somebody wants to know: of which alarm (0: the one that was called), and which units are left alone."""

    alarm: int = 0
    without: Collection[str] = ()


# reading


def look(client: redis.Redis, keys: Keys, incident_ids: Sequence[str], with_cells: bool, wall: datetime) -> Sight:
    """All units and some incidents as of one commit; `wall` is the time when the engine has not told any yet."""
    with client.pipeline(transaction=True) as pipe:
        pipe.hgetall(keys.units)
        pipe.hget(keys.view("clock"), "now")
        pipe.hget(keys.position, "seq")
        if incident_ids:
            pipe.hmget(keys.incidents, list(incident_ids))
        if with_cells:
            pipe.lrange(keys.grid, 0, -1)
        units, now, seq, *rest = pipe.execute()
    found = rest.pop(0) if incident_ids else []
    return Sight(
        now=msgspec.json.decode(now, type=datetime) if now else wall,
        seq=int(seq or 0),
        units=units,
        incidents=[msgspec.json.decode(raw, type=Incident) for raw in found if raw is not None],
        cells=[cell.decode() for cell in rest.pop(0)] if with_cells else None,
    )


def waiting_ids(client: redis.Redis, keys: Keys) -> list[str]:
    """Open incidents to which nobody is assigned, the gravest and oldest first."""
    raw: Any = client.hgetall(keys.view("incidents"))
    shown = [msgspec.json.decode(value, type=_Shown) for value in raw.values()]
    waiting = [one for one in shown if not one.units and one.stage in WAITING_STAGES]
    return [one.id for one in sorted(waiting, key=lambda one: (one.priority, one.received_at, one.id))]


class _Shown(msgspec.Struct):
    """What the view of an incident says that matters here."""

    id: str
    priority: int
    received_at: datetime
    stage: str = ""
    units: int = 0


# units


class Mirror:
    """The committed units as documents and as columns, brought up to date with each look."""

    def __init__(self, plans: Plans, model: TravelTimes, zone: str):
        self.fleet = Fleet(plans.able, stations=model.homes)
        self.units: dict[str, Unit] = {}
        self._zone = zone
        self._raw: Mapping[bytes, bytes] = {}
        self._day = datetime.min.replace(tzinfo=UTC)

    def follow(self, raw: Mapping[bytes, bytes], now: datetime) -> None:
        """Take the documents as they are now; only those that differ from the last time cost anything."""
        day = day_start(now, self._zone)
        before = self._raw if day == self._day else {}
        self._day = day
        decode = msgspec.json.Decoder(Unit).decode
        for key in [key for key, said in raw.items() if before.get(key) != said]:
            unit = decode(raw[key])
            self.units[unit.unit_id] = unit
            self.fleet.put(unit, worked(unit, day)[0])
        for key in self._raw.keys() - raw.keys():
            self.units.pop(key.decode(), None)
            self.fleet.remove(key.decode())
        self._raw = raw

    def worked(self, unit_id: str) -> tuple[int, bool]:
        return worked(self.units[unit_id], self._day)


def worked(unit: Unit, since: datetime) -> tuple[int, bool]:
    """Assignments of a unit since then, and whether there may have been more: it remembers only its last few."""
    ended = sum(at >= since for at in unit.cleared.values())
    return ended + len(unit.assignments), ended >= REMEMBERED_CLEARINGS


# answering


@dataclass
class Recommender:
    """Answers of one web process about one city. `areas` None: nothing is said about what is left uncovered."""

    plans: Plans
    model: TravelTimes
    zone: str
    areas: Areas | None = None
    monotonic: Callable[[], float] = time.monotonic
    turn: Any = field(default_factory=threading.Lock)  # one question at a time changes the mirror
    _mirror: Mirror = field(init=False)
    _places: tuple[float, list[Place]] = (float("-inf"), [])
    _cover: tuple[float, int, Cover | None] = (float("-inf"), 0, None)

    def __post_init__(self) -> None:
        self._mirror = Mirror(self.plans, self.model, self.zone)

    @property
    def wants_cells(self) -> bool:
        """Whether the next look should bring the cells that people called from."""
        return self.areas is not None and self.monotonic() - self._places[0] > PLACES_FOR_S

    def advise(self, sight: Sight, asked: Asked) -> list[dict[str, Any]]:
        """One answer for each incident seen, all solved together. Computes: to be run in the thread pool."""
        self._mirror.follow(sight.units, sight.now)
        cover = self._covered(sight)
        plans = [plan_for(self.plans, one.kind, one.priority, asked.alarm or one.alarm) for one in sight.incidents]
        needs = [self._need(one, plan) for one, plan in zip(sight.incidents, plans, strict=True)]
        found = recommend_together(
            needs, self._mirror.fleet, self.model, sight.now, excluded=asked.without, cover=cover
        )
        parts = zip(sight.incidents, plans, needs, found, strict=True)
        return [self._told(*part) for part in parts]

    def basis(self) -> dict[str, Any]:
        """From what the travel times come."""
        return {"how": self.model.basis, "source": self.model.source, "trips": self.model.trips}

    def warm(self) -> None:
        """Import the solver, which takes half a second, before somebody waits for it. To be run in the thread pool."""
        import scipy.optimize  # noqa: F401

    def _need(self, incident: Incident, plan: Plan) -> Need:
        there = [self._kind(a.unit_id) for a in incident.assignments if a.is_active]
        where = self._where(incident)
        return Need(
            incident_id=incident.incident_id,
            priority=incident.priority,
            lat=where[0] if where else None,
            lng=where[1] if where else None,
            wanted=tuple(unfilled(self.plans, plan.requirements, there)),
        )

    def _kind(self, unit_id: str) -> str:
        known = self._mirror.units.get(unit_id)
        return known.kind if known else ""

    def _where(self, incident: Incident) -> tuple[float, float] | None:
        """Its own point; else the middle of its area, which is better than nobody going; else nothing."""
        if incident.cell and incident.lat is not None and incident.lng is not None:
            return incident.lat, incident.lng
        labels = self.areas.labels() if self.areas is not None and incident.area else []
        return next(((label.lat, label.lng) for label in labels if label.name == incident.area), None)

    # what is left uncovered

    def _covered(self, sight: Sight) -> Cover | None:
        if self.areas is None:
            return None
        now, fleet = self.monotonic(), self._mirror.fleet
        if sight.cells is not None:
            self._places = (now, places_of(sight.cells, self.areas))
        made_at, size, cover = self._cover
        if now - made_at > COVER_FOR_S or size != len(fleet):
            few = fewer(self._places[1], MOST_ARRIVALS // max(1, len(fleet)))
            cover = Cover(fleet, self.model, few, self.plans.services, sight.now) if few else None
            self._cover = (now, len(fleet), cover)
        return cover

    # telling

    def _told(self, incident: Incident, plan: Plan, need: Need, found: Recommendation) -> dict[str, Any]:
        rows = [self._row(n, pick, need) for n, pick in enumerate((*found.picks, *found.others), 1)]
        return {
            "incident_id": incident.incident_id,
            "incident_version": incident.seq,
            "kind": incident.kind,
            "priority": incident.priority,
            "area": incident.area,
            "lat": need.lat,
            "lng": need.lng,
            "placed": "unknown" if need.lat is None else "point" if incident.cell else "area",
            "plan": {
                "name": FALLBACK if plan.is_fallback else plan.kind,
                "priority": plan.priority,
                "alarm": plan.alarm,
                "alarms": plan.alarms,
                "is_fallback": plan.is_fallback,
                "wanted": len(places(plan.requirements)),
                "there": sum(a.is_active for a in incident.assignments),
                "places": _places(plan, need),
            },
            "first_s": found.first_s,
            "complete_s": found.complete_s,
            "picks": rows[: len(found.picks)],
            "others": rows[len(found.picks) :],
            "shortfalls": [_gap(gap) for gap in found.shortfalls],
            "uncovered": [_change(change) for change in found.uncovered],
        }

    def _row(self, number: int, pick: Pick, need: Need) -> dict[str, Any]:
        unit, fleet = self._mirror.units[pick.unit_id], self._mirror.fleet
        where = fleet.where[fleet.rows[pick.unit_id]]
        assert where is not None, "only units with a known position are chosen"
        assert need.lat is not None, "only incidents with a known place get units"
        assert need.lng is not None, "as above"
        n, or_more = self._mirror.worked(pick.unit_id)
        age_s = None if pick.position_age_s is None else max(0, round(pick.position_age_s))
        return {
            "number": number,
            "unit_id": pick.unit_id,
            "version": unit.seq,
            "kind": pick.kind,
            "station": unit.station,
            "status": unit.status,
            "lat": where.lat,
            "lng": where.lng,
            "capability": pick.capability,
            "arrival_s": pick.arrival_s,
            "reasons": [
                {
                    "code": "arrival",
                    "arrival_s": pick.arrival_s,
                    "turnout_s": round(pick.turnout_s),
                    "travel_s": round(pick.travel_s),
                    "how": pick.how,
                    "n": pick.n,
                    "distance_m": round(distance_m((where.lat, where.lng), (need.lat, need.lng))),
                },
                {
                    "code": "capability",
                    "capability": pick.capability,
                    "step": pick.step,
                    "instead_of": _instead(pick, need),
                },
                {"code": "position", "age_s": age_s, "from": "station" if age_s is None else "unit"},
                {"code": "workload", "n": n, "or_more": or_more},
            ],
        }


def _instead(pick: Pick, need: Need) -> str:
    """The capability that the plan names first, where the pick is an alternative."""
    fitting = (options[0] for options in need.wanted if options[pick.step : pick.step + 1] == (pick.capability,))
    return next(fitting, "") if pick.step else ""


def _places(plan: Plan, need: Need) -> list[dict[str, Any]]:
    """What the plan asks for, and how much of it the units that are there fill."""
    wanted = places(plan.requirements)
    return [
        {
            "capability": options[0],
            "alternatives": list(options[1:]),
            "wanted": wanted.count(options),
            "filled": wanted.count(options) - need.wanted.count(options),
        }
        for options in dict.fromkeys(wanted)
    ]


def _gap(gap: Shortfall) -> dict[str, Any]:
    return {
        "capability": gap.options[0],
        "alternatives": list(gap.options[1:]),
        "missing": gap.missing,
        "why": gap.why.replace(" ", "-"),
        "able": gap.able,
        "busy": gap.busy,
        "out_of_service": gap.out_of_service,
        "without_position": gap.without_position,
    }


def _change(change: AreaChange) -> dict[str, Any]:
    return {
        "area": change.area,
        "service": change.service,
        "before_s": None if change.before_s is None else round(change.before_s),
        "after_s": None if change.after_s is None else round(change.after_s),
        "within_s": round(change.within_s),
    }


def recommender_of(city: City, areas: Areas | None = None, travel: str = "", plans: str = "") -> Recommender:
    """The recommender of a city. `travel` and `plans` are what the settings name.

    What cannot be read is left aside with a warning, for a web process must not stay away; `doctor` says more.
    """
    try:
        model = travel_times(travel, city)
    except (OSError, ValueError) as error:
        log.warning("HEXWATCH_TRAVEL cannot be used and is left aside", reason=str(error))
        model = travel_times("", city)
    try:
        chosen = load_plans(Path(plans)) if plans else load_plans()
    except ValueError as error:
        log.warning("HEXWATCH_PLANS cannot be used: the plans that come with Hexwatch are", reason=str(error))
        chosen = load_plans()
    return Recommender(chosen, model, city.zone, areas)


# places


def places_of(cells: Iterable[str], areas: Areas) -> list[Place]:
    """Where people call from, by area: one point for the called-from cells of each coarser cell, as heavy as they are
    many; the heaviest of an area first."""
    members: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for cell in cells:
        area = areas.area_of_cell(cell)
        if area:
            members.setdefault((area, cell_to_parent(cell, PLACE_RESOLUTION)), []).append(cell_to_center(cell))
    found = [Place(area, *_middle(points), len(points)) for (area, _), points in members.items()]
    return sorted(found, key=lambda place: (place.area, -place.weight, place.lat, place.lng))


def _middle(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(lat for lat, _ in points) / len(points), sum(lng for _, lng in points) / len(points)


def fewer(found: Sequence[Place], most: int) -> list[Place]:
    """At most so many places, and at most twenty of an area: its heaviest, but at least one of every area."""
    areas = len({place.area for place in found})
    of_each = max(1, min(MOST_PLACES_OF_AREA, most // max(1, areas)))
    kept: dict[str, list[Place]] = {}
    for place in found:
        own = kept.setdefault(place.area, [])
        if len(own) < of_each:
            own.append(place)
    return [place for own in kept.values() for place in own]
