"""Which units to send: the set that fills a plan soonest, each with its reasons, and why a place stays empty.

Places and units are matched by an exact solver (`scipy.optimize.linear_sum_assignment`). The cost of a unit in a place
is its expected arrival in whole seconds, plus `ALTERNATIVE_WORTH_S` for each step down a list of alternatives, times
the weight of the incident's priority. An empty place costs more than all seconds together, a graver incident's and an
earlier place's most: which places can be filled together is a matroid, so the graver is never left empty for a lesser.
Within one incident and without alternatives the set found is at every rank the soonest (same reason), not only in sum.
Equal costs go to the unit with less work today, then to the smaller id, whatever the order of the input.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np

from emergency.coverage import AreaChange, Cover
from emergency.fleet import Fleet, Mask, Standing
from emergency.plans import Requirement, places
from emergency.travel import Floats, TravelTimes, seconds_to

ALTERNATIVE_WORTH_S = 300  # an alternative is taken when it arrives this much sooner, or when nothing else is free
WEIGHT = {1: 4, 2: 2, 3: 1}  # a second at priority 1 counts as four at priority 3
LATEST_S = 7200  # arrivals beyond two hours compare as equally late
OTHERS = 4

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What one incident still wants: lat, lng in degrees, None while the place is unknown.

    `wanted` has one entry per unit, capabilities best first, as `plans.places` and `plans.unfilled` give them.
    """

    incident_id: str
    priority: int
    lat: float | None
    lng: float | None
    wanted: tuple[tuple[str, ...], ...]


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """One unit, and why it. Seconds from now; `how` and `n` are the travel estimate's.

    `step` 0: it has the capability that the plan names first; 1: the first alternative, and so on.
    `position_age_s` None: its position is that of its station.
    """

    unit_id: str
    kind: str
    capability: str
    step: int
    arrival_s: int
    turnout_s: float
    travel_s: float
    how: str
    n: int
    position_age_s: float | None
    workload: int


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """Places of a plan that stay empty, and why: of all units that could fill them so many are busy and so on.

    `why`: `no such unit`, `place unknown`, `none free`, `position unknown` (free, but nobody knows where),
    `sent elsewhere` (to another incident of this same recommendation), `no more free` (all that are free are among
    the picks), or `set aside` (the free ones were excluded by who asked).
    """

    options: tuple[str, ...]
    missing: int
    why: str
    able: int
    busy: int
    out_of_service: int
    without_position: int


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """What to send to one incident. `complete_s`: when the plan is full, None with a shortfall or nothing wanted.

    `others`: the next best units for this plan, not part of it. `changes`: areas that are reached later without the
    picks, those left uncovered first; empty when no `Cover` was given.
    """

    incident_id: str
    picks: tuple[Pick, ...]
    shortfalls: tuple[Shortfall, ...]
    others: tuple[Pick, ...] = ()
    changes: tuple[AreaChange, ...] = ()

    @property
    def first_s(self) -> int | None:
        return min((pick.arrival_s for pick in self.picks), default=None)

    @property
    def complete_s(self) -> int | None:
        return None if self.shortfalls else max((pick.arrival_s for pick in self.picks), default=None)

    @property
    def uncovered(self) -> tuple[AreaChange, ...]:
        return tuple(change for change in self.changes if change.is_uncovered)


class _Ask(NamedTuple):
    """Equal places of one need: costs per unit in seconds (infinite: cannot), the numbers of the places."""

    need: int
    options: tuple[str, ...]
    numbers: tuple[int, ...]
    cost: Floats


def recommend(
    need: Need,
    fleet: Fleet,
    model: TravelTimes,
    at: datetime,
    *,
    excluded: Collection[str] = (),
    cover: Cover | None = None,
) -> Recommendation:
    """What to send to one incident now; `excluded` units are left where they are."""
    return recommend_together([need], fleet, model, at, excluded=excluded, cover=cover)[0]


def recommend_together(
    needs: Sequence[Need],
    fleet: Fleet,
    model: TravelTimes,
    at: datetime,
    *,
    excluded: Collection[str] = (),
    cover: Cover | None = None,
) -> list[Recommendation]:
    """What to send to several waiting incidents, in the order given: no unit twice, the graver first.

    Only free units with a known position are sent. Raises ValueError when two needs have the same incident.
    """
    if len({need.incident_id for need in needs}) < len(needs):
        raise ValueError("two needs of one incident: join them first")
    order = sorted(range(len(needs)), key=lambda n: (needs[n].priority, needs[n].incident_id))
    sendable = _sendable(fleet, excluded)
    arrivals = {n: _arrivals(needs[n], fleet, model, at) for n in order}
    wanted = {capability for need in needs for options in need.wanted for capability in options}
    able = {capability: fleet.having(capability) & sendable for capability in wanted}
    asks = [ask for n in order for ask in _asks(n, needs[n], able, arrivals[n])]
    chosen = _solve(asks, needs, fleet)
    told = _Teller(fleet, model, at)
    taken = {row for rows in chosen.values() for row, _ in rows}
    found = []
    for n, need in enumerate(needs):
        own = [ask for ask in asks if ask.need == n]
        picks = [told.pick(need, row, options, arrivals[n]) for row, options in chosen.get(n, [])]
        picks.sort(key=lambda pick: (pick.arrival_s, pick.unit_id))
        changes = tuple(cover.changes([pick.unit_id for pick in picks])) if cover is not None and picks else ()
        found.append(
            Recommendation(
                incident_id=need.incident_id,
                picks=tuple(picks),
                shortfalls=_shortfalls(need, chosen.get(n, []), taken, fleet, sendable),
                others=_others(need, own, taken, told, arrivals[n]),
                changes=changes,
            )
        )
    return found


def _sendable(fleet: Fleet, excluded: Collection[str]) -> Mask:
    mask = fleet.sendable()
    for unit_id in excluded:
        row = fleet.rows.get(unit_id)
        if row is not None:
            mask[row] = False
    return mask


def _arrivals(need: Need, fleet: Fleet, model: TravelTimes, at: datetime) -> Floats | None:
    """Whole seconds until each unit would be there, shape (units,); None while nobody knows where."""
    if need.lat is None or need.lng is None or not len(fleet):
        return None
    turnout = np.array([model.turnout_s(kind) for kind in fleet.kinds])[fleet.kind_rows]
    travel = seconds_to(model, fleet.starts, fleet.kind_rows, fleet.kinds, (need.lat, need.lng), at)
    rounded: Floats = np.rint(turnout + travel)
    return rounded


def _asks(number: int, need: Need, able: Mapping[str, Mask], arrivals: Floats | None) -> list[_Ask]:
    if arrivals is None:
        return []
    late = np.minimum(arrivals, LATEST_S)
    asks = []
    for options in dict.fromkeys(need.wanted):
        cost = np.full(len(late), np.inf)
        for step, capability in reversed(list(enumerate(options))):
            cost = np.where(able[capability], late + step * ALTERNATIVE_WORTH_S, cost)
        numbers = tuple(n for n, wanted in enumerate(need.wanted) if wanted == options)
        asks.append(_Ask(number, options, numbers, cost))
    return asks


def _solve(asks: Sequence[_Ask], needs: Sequence[Need], fleet: Fleet) -> dict[int, list[tuple[int, tuple[str, ...]]]]:
    """By need the chosen rows of the fleet and the place's options: the cheapest matching of all places at once."""
    from scipy.optimize import linear_sum_assignment  # half a second the first time: only where it is needed

    seats = [(ask, number) for ask in asks for number in ask.numbers]
    if not seats:
        return {}
    columns = _candidates(asks, len(seats), fleet.precedence)
    weights = np.array([_weight(needs[ask.need].priority) for ask, _ in seats], dtype=np.float64)
    rows_of = np.array([number for number, ask in enumerate(asks) for _ in ask.numbers])
    cost = np.stack([ask.cost[columns] for ask in asks])[rows_of] * weights[:, None]
    cost += np.arange(len(columns)) / (max(len(columns), 1) * (len(seats) + 1.0))
    empty = _empty_costs([(needs[ask.need].priority, number) for ask, number in seats], asks)
    cost = np.hstack([np.where(np.isfinite(cost), cost, 2 * empty.max()), np.repeat(empty[:, None], len(seats), 1)])
    chosen: dict[int, list[tuple[int, tuple[str, ...]]]] = {}
    for seat, column in zip(*linear_sum_assignment(cost), strict=True):
        ask = seats[seat][0]
        if column < len(columns) and np.isfinite(ask.cost[columns[column]]):
            chosen.setdefault(ask.need, []).append((int(columns[column]), ask.options))
    return chosen


def _candidates(asks: Sequence[_Ask], seats: int, precedence: Ints) -> Ints:
    """Rows that some best matching uses, in their precedence: of each ask the cheapest, as many as there are places.

    Nothing is lost: the other places can take at most all but one of them.
    """
    rows = np.unique(np.concatenate([_cheapest(ask.cost, seats, precedence) for ask in asks]))
    return rows[np.argsort(precedence[rows])]


def _cheapest(cost: Floats, n: int, precedence: Ints) -> Ints:
    """The rows of the n smallest finite costs, smallest first; among equal costs by precedence."""
    rows = np.flatnonzero(np.isfinite(cost))
    if len(rows) > n:
        rows = rows[cost[rows] <= np.partition(cost[rows], n - 1)[n - 1]]
    return rows[np.lexsort((precedence[rows], cost[rows]))[:n]]


def _weight(priority: int) -> int:
    return WEIGHT[min(max(priority, 1), 3)]


def _empty_costs(levels: Sequence[tuple[int, int]], asks: Sequence[_Ask]) -> Floats:
    """What leaving each place empty costs: (priority, number of the place), the smaller the dearer."""
    steps = max(len(ask.options) for ask in asks)
    dearer = (len(levels) + 1) * max(WEIGHT.values()) * (LATEST_S + steps * ALTERNATIVE_WORTH_S)
    value = {level: dearer * rank for rank, level in enumerate(sorted(set(levels), reverse=True), 1)}
    return np.array([value[level] for level in levels], dtype=np.float64)


class _Teller(NamedTuple):
    """Puts a choice into words that a screen can show."""

    fleet: Fleet
    model: TravelTimes
    at: datetime

    def pick(self, need: Need, row: int, options: tuple[str, ...], arrivals: Floats | None) -> Pick:
        fleet, kind = self.fleet, self.fleet.kind(row)
        where = fleet.where[row]
        assert where is not None, "only units with a known position are chosen"
        assert need.lat is not None, "only needs with a known place get units"
        assert need.lng is not None, "only needs with a known place get units"
        assert arrivals is not None, "as above"
        travel = self.model.estimate((where.lat, where.lng), (need.lat, need.lng), self.at, kind)
        able = fleet.able[kind]
        step = next(step for step, capability in enumerate(options) if capability in able)
        return Pick(
            unit_id=fleet.ids[row],
            kind=kind,
            capability=options[step],
            step=step,
            arrival_s=int(arrivals[row]),
            turnout_s=self.model.turnout_s(kind),
            travel_s=round(travel.seconds, 1),
            how=travel.how,
            n=travel.n,
            position_age_s=None if where.since is None else (self.at - where.since).total_seconds(),
            workload=int(fleet.workload[row]),
        )


def _others(
    need: Need, asks: Sequence[_Ask], taken: Collection[int], told: _Teller, arrivals: Floats | None
) -> tuple[Pick, ...]:
    """The next best units that nobody gets: first by cost, then by precedence."""
    if not asks:
        return ()
    best = np.min([ask.cost for ask in asks], axis=0)
    best[list(taken)] = np.inf
    found = []
    for row in _cheapest(best, OTHERS, told.fleet.precedence).tolist():
        options = next(ask.options for ask in asks if ask.cost[row] == best[row])
        found.append(told.pick(need, row, options, arrivals))
    return tuple(found)


def _shortfalls(
    need: Need, chosen: Sequence[tuple[int, tuple[str, ...]]], taken: Collection[int], fleet: Fleet, sendable: Mask
) -> tuple[Shortfall, ...]:
    filled = [options for _, options in chosen]
    elsewhere = np.zeros(len(fleet), dtype=np.bool_)
    elsewhere[list(set(taken) - {row for row, _ in chosen})] = True
    found = []
    for options in dict.fromkeys(need.wanted):
        missing = need.wanted.count(options) - filled.count(options)
        if missing > 0:
            found.append(_shortfall(need, options, missing, elsewhere, fleet, sendable))
    return tuple(found)


def _shortfall(
    need: Need, options: tuple[str, ...], missing: int, elsewhere: Mask, fleet: Fleet, sendable: Mask
) -> Shortfall:
    able = np.zeros(len(fleet), dtype=np.bool_)
    for capability in options:
        able |= fleet.having(capability)
    free = able & (fleet.standings == Standing.FREE)
    lost = free & np.isnan(fleet.starts.lat)
    if not able.any():
        why = "no such unit"
    elif need.lat is None or need.lng is None:
        why = "place unknown"
    elif not free.any():
        why = "none free"
    elif (able & elsewhere).any():
        why = "sent elsewhere"
    else:
        why = "no more free" if (able & sendable).any() else "position unknown" if lost.any() else "set aside"
    return Shortfall(
        options=options,
        missing=missing,
        why=why,
        able=int(able.sum()),
        busy=int((able & (fleet.standings == Standing.BUSY)).sum()),
        out_of_service=int((able & (fleet.standings == Standing.OUT_OF_SERVICE)).sum()),
        without_position=int(lost.sum()),
    )


def need_of(
    incident_id: str, priority: int, where: tuple[float, float] | None, requirements: Sequence[Requirement]
) -> Need:
    """The need of an incident to which nothing was sent yet; `where` (lat, lng) in degrees, None if unknown."""
    lat, lng = where or (None, None)
    return Need(incident_id=incident_id, priority=priority, lat=lat, lng=lng, wanted=tuple(places(requirements)))
