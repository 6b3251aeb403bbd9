"""Recorded calls as trips: where a unit set out, where it arrived, and how long turnout and travel took.

Records of calls say where a unit went, not where it came from. So a trip starts where the unit cleared its last call a
few minutes before, or else at its home, and homes are estimated from the calls themselves. Other trips are not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import msgspec

# A unit that cleared a call so recently is still near it.
STILL_NEAR = timedelta(minutes=10)
# A stamp within 15 s of rolling was pressed late or early; more than an hour is no drive through a city.
CREDIBLE_TRAVEL_S = (15.0, 3600.0)
CREDIBLE_TURNOUT_S = (1.0, 900.0)

SF_TIME = "%m/%d/%Y %I:%M:%S %p"
# Engines and trucks of San Francisco carry the number of their station; all others drive from elsewhere.
SF_HOME = re.compile(r"[ET](\d\d)")
_POINT = re.compile(r"\(?\s*(-?\d+\.?\d*)\s*,\s*(-?\d+\.?\d*)\s*\)?")


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One unit on one call, as recorded; instants in UTC, degrees. `home`: the station of the unit, "" if unknown."""

    unit_id: str
    kind: str
    home: str
    area: str  # the station in whose area the call lies
    lat: float
    lng: float
    call_id: str = ""
    call_kind: str = ""
    priority: int = 3
    received_at: datetime | None = None
    dispatched_at: datetime
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    transported: bool = False
    cleared_at: datetime | None = None

    @property
    def travel_s(self) -> float | None:
        """Seconds from rolling to arrival, None when not recorded or not credible."""
        return _between(self.departed_at, self.arrived_at, CREDIBLE_TRAVEL_S)

    @property
    def turnout_s(self) -> float | None:
        """Seconds from being sent to rolling, None when not recorded or not credible."""
        return _between(self.dispatched_at, self.departed_at, CREDIBLE_TURNOUT_S)


class Trip(msgspec.Struct, frozen=True):
    """One drive with a known start. `start` is `home` or `last call`."""

    kind: str
    from_lat: float
    from_lng: float
    to_lat: float
    to_lng: float
    at: datetime
    travel_s: float
    start: str


def sf_rows_to_runs(
    rows: Iterable[Mapping[str, str]],
    zone: str = "America/Los_Angeles",
    kinds: Mapping[str, str] | None = None,
    call_kinds: Mapping[str, str] | None = None,
) -> list[Run]:
    """Rows of San Francisco's "Fire Department Calls for Service" (one per unit sent) as runs, in order of dispatch.

    `kinds` and `call_kinds` name unit types and call types as the rest of the system does (`{"TRUCK": "truck"}`);
    unit types not in it are lowered, call types stay as they are.
    Rows without a dispatch stamp or a place are left out. Raises KeyError for rows without the columns.
    """
    city = ZoneInfo(zone)
    runs = [run for row in rows if (run := _sf_run(row, city, kinds or {}, call_kinds or {})) is not None]
    return sorted(runs, key=lambda run: (run.dispatched_at, run.unit_id))


def _sf_run(
    row: Mapping[str, str], zone: ZoneInfo, kinds: Mapping[str, str], call_kinds: Mapping[str, str]
) -> Run | None:
    def stamp(name: str) -> datetime | None:
        text = row[f"{name} DtTm"]
        return datetime.strptime(text, SF_TIME).replace(tzinfo=zone).astimezone(ZoneInfo("UTC")) if text else None

    dispatched_at, point = stamp("Dispatch"), _POINT.fullmatch(row["Location"].strip())
    if dispatched_at is None or point is None:
        return None
    unit_id, unit_type = row["Unit ID"], row["Unit Type"]
    home = SF_HOME.fullmatch(unit_id)
    return Run(
        unit_id=unit_id,
        kind=kinds.get(unit_type, unit_type.lower().replace(" ", "-")),
        home=home[1] if home else "",
        area=row["Station Area"],
        lat=float(point[1]),
        lng=float(point[2]),
        call_id=row["Call Number"],
        call_kind=call_kinds.get(row["Call Type"], row["Call Type"]),
        priority={"3": 1, "2": 2}.get(row["Final Priority"], 3),
        received_at=stamp("Received"),
        dispatched_at=dispatched_at,
        departed_at=stamp("Response"),
        arrived_at=stamp("On Scene"),
        transported=bool(row["Transport DtTm"]),
        cleared_at=stamp("Available"),
    )


def estimate_homes(runs: Sequence[Run]) -> dict[str, tuple[float, float]]:
    """Stations' positions (lat, lng) in degrees, estimated from the calls in their areas.

    The mean of the calls that the station's own units answered, weighted by 1 / travel time squared: what is
    reached soonest lies nearest. A station whose own units never did has the median of its area's calls.
    """
    homes: dict[str, tuple[float, float]] = {}
    for area in sorted({run.area for run in runs if run.area}):
        calls = [run for run in runs if run.area == area]
        own = [(run, max(run.travel_s, 30.0) ** -2) for run in calls if run.home == area and run.travel_s is not None]
        total = sum(weight for _, weight in own)
        if own:
            lat = sum(run.lat * weight for run, weight in own) / total
            lng = sum(run.lng * weight for run, weight in own) / total
        else:
            lat, lng = median(run.lat for run in calls), median(run.lng for run in calls)
        homes[area] = (lat, lng)
    return homes


def runs_to_trips(runs: Iterable[Run], homes: Mapping[str, tuple[float, float]]) -> list[Trip]:
    """The runs whose start and duration are known, as trips; `runs` in order of dispatch."""
    trips: list[Trip] = []
    starts = follow_units(homes)
    for run in runs:
        start = starts(run)
        if start is not None and run.travel_s is not None and run.departed_at is not None:
            (lat, lng), how = start
            trips.append(Trip(run.kind, lat, lng, run.lat, run.lng, run.departed_at, run.travel_s, how))
    return trips


def follow_units(
    homes: Mapping[str, tuple[float, float]],
) -> Callable[[Run], tuple[tuple[float, float], str] | None]:
    """A function that, given runs in order of dispatch, says where each unit was when it was sent, and how known.

    A unit that took a patient to hospital is where no record says, until it is home again.
    """
    last: dict[str, Run] = {}

    def start(run: Run) -> tuple[tuple[float, float], str] | None:
        before = last.get(run.unit_id)
        last[run.unit_id] = run
        if before is not None and before.cleared_at is not None:
            idle = run.dispatched_at - before.cleared_at
            if timedelta(0) <= idle <= STILL_NEAR:
                return None if before.transported else ((before.lat, before.lng), "last call")
        home = homes.get(run.home)
        return None if home is None else (home, "home")

    return start


def _between(since: datetime | None, until: datetime | None, credible: tuple[float, float]) -> float | None:
    if since is None or until is None:
        return None
    seconds = (until - since).total_seconds()
    return seconds if credible[0] <= seconds <= credible[1] else None
