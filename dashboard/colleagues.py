"""Simulated colleagues: dispatchers and case workers who ask through the same stream as people, and are refused alike.

They keep nothing of their own: what an incident lacks follows from the committed documents, and the number of an
attempt from the answers that the earlier ones got. One sector, and those where signed-in people sit, are left to them
until nobody has acted there for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis
import structlog

from dashboard.accounts.audit import Audit
from dashboard.accounts.positions import Positions, Presence, covers
from dashboard.accounts.sessions import Sessions
from dashboard.caseworkers import CaseWorkers
from dashboard.city_time import city_time
from dashboard.engine.request import Reply, Request
from dashboard.listeners import Listeners
from emergency.incidents import Incident
from emergency.units import Unit
from geo.cities import City
from hotline.dispatching import Catalogue
from streams.codec import encode
from streams.keys import Keys
from streams.sim.dispatching import Candidate, choose, missing, processing_time
from streams.sim.fleet import FleetSetting, load_fleet
from streams.sim.incidents import IncidentSetting, Needs, load_incidents

log = structlog.get_logger("colleagues")

SECTOR = "Chaoyang"
SIMULATED = "simulated"  # how the names of colleagues begin
LEFT_TO_PEOPLE = timedelta(seconds=90)
WORKED_AND_OPEN = timedelta(minutes=8)  # later than any closing by the simulator: then all begins anew
VALID = timedelta(seconds=10)
PAUSES_S = (3, 6, 12, 30, 60)  # after the first, second, … refusal for one incident
MOST_UNREAD = 2000
DISPATCHED = b'"unit.dispatched"'
SHUN = timedelta(seconds=60)  # a unit that was refused is not asked for again so soon
_decode_unit = msgspec.json.Decoder(Unit).decode


class HumanAct(msgspec.Struct, frozen=True):
    """Of a person's last act: when, by the wall's clock, and on which incidents."""

    actor: str
    at: datetime
    marks: dict[str, int] = {}


class OpenIncident(msgspec.Struct, frozen=True):
    """One row of the committed view of incidents."""

    id: str
    kind: str
    priority: int
    area: str
    received_at: datetime
    lat: float | None = None
    lng: float | None = None


@dataclass
class Matter:
    """What the colleagues are about at one incident: the next attempt, the one without answer, the pause."""

    attempt: int
    pending: str = ""
    asked: tuple[str, ...] = ()
    refusals: int = 0
    not_before: datetime | None = None


class Colleagues:
    """Everybody who is not there: `turn(now)` looks at the picture once and asks for what a dispatcher would."""

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        city: City,
        sector: str | None = SECTOR,
        seed: str = "",
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        catalogue: Catalogue | None = None,
    ):
        """`sector` is an area left to people even when nobody sits there, None for none; `wall` the clock against which
        requests expire; `catalogue` of dispatching, that of the city when None."""
        self._client: Any = client
        self._keys, self._city, self._seed, self._wall = keys, city, seed, wall
        self.sector = sector
        self._incidents: IncidentSetting = load_incidents()
        self._fleet: FleetSetting = load_fleet()
        self._matters: dict[str, Matter] = {}
        self._waits: dict[str, timedelta] = {}
        self._shunned: dict[str, datetime] = {}
        self._positions = Positions(Sessions(Audit(client, keys, now=wall)))
        self._held: frozenset[str] = frozenset()
        self._attended: frozenset[str] = frozenset()
        self._touched: dict[str, datetime] = {}  # incident -> when a person last acted on it
        self._case_workers = CaseWorkers(client, keys, seed, catalogue)
        self._listeners = Listeners(client, keys, seed, f"{SIMULATED} dispatcher")

    def turn(self, now: datetime) -> int:
        """Read answers, look at incidents and units, ask; returns how many requests. `now` is city time."""
        # Answers first: the documents read after them hold what was granted.
        self._hear(now)
        if self._is_behind():
            return 0
        incidents = self._open_incidents()
        for known in (self._matters, self._waits):
            for incident_id in known.keys() - incidents.keys():
                del known[incident_id]
        self._see_people()
        asked = self._dispatch(incidents, now)
        asked += self._case_workers.turn(now, self._ask)
        asked += self._listeners.turn(now, self._ask, self._patience)
        return asked

    # --- answers ---------------------------------------------------------------------------------------------

    def _hear(self, now: datetime) -> None:
        pending = [matter for matter in self._matters.values() if matter.pending]
        if not pending:
            return
        answers = self._client.mget([self._keys.reply(matter.pending) for matter in pending])
        for matter, raw in zip(pending, answers, strict=True):
            if raw is not None:
                self._heard(matter, msgspec.json.decode(raw, type=Reply), now)
        self._shunned = {unit_id: until for unit_id, until in self._shunned.items() if until > now}

    def _heard(self, matter: Matter, reply: Reply, now: datetime) -> None:
        """A refusal is no reason to stop: after a pause, with what is free then."""
        matter.pending, matter.asked = "", ()
        matter.attempt += 1
        if reply.outcome == "done":
            matter.refusals = 0
            return
        pause_s = PAUSES_S[min(matter.refusals, len(PAUSES_S) - 1)]
        matter.refusals += 1
        matter.not_before = now + timedelta(seconds=pause_s)
        if unit_id := reply.detail.get("unit_id"):
            self._shunned[str(unit_id)] = now + SHUN
        log.info("a request was refused", request_id=reply.request_id, reason=reply.reason)

    def _answered(self, incident_id: str) -> int:
        """How many attempts for an incident got an answer, also before this process began."""
        n = 0
        while self._client.exists(self._keys.reply(_request_id(incident_id, n))):
            n += 1
        return n

    def _is_behind(self) -> bool:
        """Whether the inbox holds dispatches that the engine has not read: the picture does not show them yet."""
        read: bytes | None = self._client.hget(self._keys.position, "inbox")
        after = f"({(read or b'0-0').decode()}"
        unread: Any = self._client.xrange(self._keys.inbox, min=after, count=MOST_UNREAD)
        return len(unread) == MOST_UNREAD or any(DISPATCHED in fields[b"e"] for _, fields in unread)

    # --- the picture -----------------------------------------------------------------------------------------

    def _open_incidents(self) -> dict[str, OpenIncident]:
        found: dict[bytes, bytes] = self._client.hgetall(self._keys.view("incidents"))
        return {name.decode(): msgspec.json.decode(raw, type=OpenIncident) for name, raw in found.items()}

    def _is_still_open(self, incident_id: str) -> bool:
        """What the document says: the view is written with the frames, a moment later."""
        raw: Any = self._client.hget(self._keys.incidents, incident_id)
        return raw is not None and msgspec.json.decode(raw, type=Incident).is_open

    def _units(self) -> list[Unit]:
        """All units as committed: their documents are never behind the answers that were read before."""
        return [_decode_unit(raw) for raw in self._client.hvals(self._keys.units)]

    # --- people ----------------------------------------------------------------------------------------------

    def _see_people(self) -> None:
        """Who sits where, and what they did lately."""
        standing = self._positions.standing()
        self._held = frozenset(known.position for known in standing)
        self._attended = frozenset(s.position for s in standing if s.presence is not Presence.UNATTENDED)
        acts = [msgspec.json.decode(raw, type=HumanAct) for raw in self._client.hvals(self._keys.acts)]
        acts = [act for act in acts if not act.actor.startswith(SIMULATED)]
        self._touched = {i: act.at for act in sorted(acts, key=lambda act: act.at) for i in act.marks}

    def _is_left(self, area: str) -> bool:
        """Whether what happens in `area` is for people to act on first."""
        return area == self.sector or any(covers(position, area, self._held) for position in self._attended)

    def _patience(self, area: str) -> timedelta | None:
        """How long to leave the alarms of an area to people: for good where somebody sits."""
        if any(covers(position, area, self._held) for position in self._attended):
            return None
        return LEFT_TO_PEOPLE if area == self.sector else timedelta()

    # --- dispatchers -----------------------------------------------------------------------------------------

    def _dispatch(self, incidents: dict[str, OpenIncident], now: datetime) -> int:
        due = [incident for incident in incidents.values() if self._is_due(incident, now)]
        if not due:
            return 0
        units = self._units()
        crews = _crews(units)
        reserved = {unit_id for matter in self._matters.values() for unit_id in matter.asked}
        free = _by_kind(unit for unit in units if unit.unit_id not in reserved | self._shunned.keys())
        asked = 0
        for incident in sorted(due, key=lambda i: (i.priority, i.received_at, i.id)):
            wanted = self._wanted(incident, crews.get(incident.id, []), now)
            chosen = choose(self._fleet, wanted, self._scene(incident), free) if wanted else []
            if not chosen or not self._is_still_open(incident.id):
                continue
            for unit in chosen:
                free[unit.kind].remove(unit)
            self._send(incident, tuple(unit.unit_id for unit in chosen))
            asked += 1
        return asked

    def _is_due(self, incident: OpenIncident, now: datetime) -> bool:
        """Whether a colleague would look at the incident by now."""
        matter = self._matters.get(incident.id)
        if matter is not None and (matter.pending or (matter.not_before is not None and now < matter.not_before)):
            return False
        wait = self._waits.get(incident.id)
        if wait is None:
            wait = processing_time(self._fleet, self._seed, incident.id, incident.priority)
            self._waits[incident.id] = wait
        if self._is_left(incident.area):
            wait = max(wait, LEFT_TO_PEOPLE)
            touched = self._touched.get(incident.id)
            if touched is not None and self._wall() < touched + LEFT_TO_PEOPLE:
                return False
        return now >= incident.received_at + wait

    def _wanted(self, incident: OpenIncident, crew: list[Unit], now: datetime) -> Needs:
        """What the incident still lacks, as far as it is for a colleague to send it."""
        busy = [unit for unit in crew if incident.id in unit.assignments]
        cleared = [unit.cleared[incident.id] for unit in crew if incident.id in unit.cleared]
        if crew and self._is_left(incident.area) and not self._is_ours(incident.id):
            # A person acted: what else to send is theirs to say, unless all came back and nobody acts again.
            if busy or now < max(cleared) + LEFT_TO_PEOPLE:
                return {}
            crew = []
        elif crew and not busy and now >= max(cleared) + WORKED_AND_OPEN:
            crew = []
        needs = self._incidents.needs(incident.kind, incident.priority)
        return missing(self._fleet, needs, [unit.kind for unit in crew])

    def _is_ours(self, incident_id: str) -> bool:
        return self._matter(incident_id).attempt > 0

    def _matter(self, incident_id: str) -> Matter:
        if incident_id not in self._matters:
            self._matters[incident_id] = Matter(attempt=self._answered(incident_id))
        return self._matters[incident_id]

    def _scene(self, incident: OpenIncident) -> tuple[float, float]:
        """Where to look for the nearest; without a place, from the middle of what the map shows first."""
        if incident.lat is None or incident.lng is None:
            return self._city.view.lat, self._city.view.lng
        return incident.lat, incident.lng

    def _send(self, incident: OpenIncident, unit_ids: tuple[str, ...]) -> None:
        matter = self._matter(incident.id)
        matter.pending, matter.asked = _request_id(incident.id, matter.attempt), unit_ids
        args = {"incident_id": incident.id, "unit_ids": list(unit_ids)}
        actor = f"{SIMULATED} dispatcher {incident.area}".strip()
        self._ask(matter.pending, "dispatch", actor, "dispatcher", args)

    def _ask(
        self, request_id: str, verb: str, actor: str, role: str, args: dict[str, Any], if_version: int | None = None
    ) -> None:
        """Append one request, exactly as the web process writes those of people."""
        request = Request(
            request_id=request_id,
            verb=verb,
            actor=actor,
            role=role,
            valid_until=self._wall() + VALID,
            args=args,
            if_version=if_version,
        )
        self._client.xadd(self._keys.requests, {"e": encode(request)})


def _request_id(incident_id: str, attempt: int) -> str:
    return f"colleague:{incident_id}:{attempt}"


def _crews(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    """Incident -> units that are or were there lately."""
    found: dict[str, list[Unit]] = {}
    for unit in units:
        for incident_id in unit.assignments.keys() | unit.cleared.keys():
            found.setdefault(incident_id, []).append(unit)
    return found


def _by_kind(units: Iterable[Unit]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for unit in units:
        if unit.may_be_sent and unit.lat is not None and unit.lng is not None:
            found.setdefault(unit.kind, []).append(Candidate(unit.unit_id, unit.kind, (unit.lat, unit.lng)))
    return found


def run_colleagues(
    client: redis.Redis,
    keys: Keys,
    city: City,
    stop: threading.Event,
    sector: str | None = SECTOR,
    seed: str = "",
    every_s: float = 1.0,
    catalogue: Catalogue | None = None,
) -> None:
    """Play the colleagues once a second until told to stop; a lost Redis is waited for."""
    colleagues = Colleagues(client, keys, city, sector, seed, catalogue=catalogue)
    while not stop.is_set():
        began = time.monotonic()
        try:
            if (now := city_time(client, keys)) is not None:
                colleagues.turn(now)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("redis lost, trying again", error=str(error))
        stop.wait(max(0.05, every_s - (time.monotonic() - began)))
