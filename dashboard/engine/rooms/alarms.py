"""Alarms in memory: what has just got cause for one or lost it, what sounds, and how often at each position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from dashboard.engine.rooms.room import Room
from dashboard.engine.rooms.roster import Roster
from emergency.alarm_rules import (
    MISSED,
    SILENT,
    Due,
    Post,
    contact_looks,
    incident_dues,
    load_settings,
    lost_contact,
    next_look,
    task_dues,
    unit_dues,
)
from emergency.alarms import (
    WINDOW,
    Alarm,
    alarm_view,
    escalation,
    fold_alarm,
    next_change,
    outdated,
    raise_or_join,
    rate,
    returning,
)
from emergency.assignments import assignment_of
from emergency.units import Unit
from streams.events import (
    AlarmPayload,
    Payload,
    Recording,
    UnitMoved,
    UnitSignalled,
)

if TYPE_CHECKING:
    from dashboard.engine.state import State

TOPIC, RATES = "alarms", "alarm_rates"
KEEP_CLEARED = timedelta(hours=1)
WATCHED = frozenset({"incident", "unit", "task"})  # entities whose documents give cause for alarms


class Desks(Protocol):
    """Who is where: `dashboard.engine.attendance` in earnest."""

    def is_attended(self, sector: str) -> bool: ...

    def position_of(self, sector: str) -> str: ...

    def holder_of(self, sector: str) -> str: ...


class AlarmsRoom(Room):
    """Things that changed are looked at once, at the end of the turn: then what came and went within it is silent.

    `unheard` are units whose next position is news, because they were silent before.
    """

    entity = "alarm"
    noun = "alarms"
    document = Alarm

    documents: dict[str, Alarm]

    def __init__(self, state: State):
        super().__init__(state)
        self.settings = load_settings()
        self.roster = Roster(state)
        self.unheard: set[str] = set()
        self._stale: set[str] = set()  # things that changed, or whose time has come
        self._everything = True  # nothing was looked at yet by this engine
        self._ripe: set[str] = set()  # alarms that may escalate or return
        self._active: dict[str, set[str]] = {}  # thing -> alarms that it is a member of
        self._owned: dict[str, set[str]] = {}  # owner -> alarms that are not over
        self._sounded: dict[str, list[datetime]] = {}  # owner -> when alarms began to sound, of the last ten minutes
        self._who: dict[str, str] = {}  # owner -> the person who has it, as last asked

    # --- documents -------------------------------------------------------------------------------------------

    def absorb(self, payload: AlarmPayload, recording: Recording) -> None:
        before = self.documents.get(payload.alarm_id)
        after = fold_alarm(before, payload, recording)
        if after is not None and after is not before:
            self.put(before, after)

    def put(self, before: Alarm | None, after: Alarm) -> None:
        key, now = after.alarm_id, self.state.now
        self.documents[key] = after
        self.changed.add(key)
        for about in (before.members.keys() if before else set()) - after.members.keys():
            _discard(self._active, about, key)
        for about in after.members:
            self._active.setdefault(about, set()).add(key)
        if after.is_active:
            self._owned.setdefault(after.owner, set()).add(key)
        else:
            _discard(self._owned, after.owner, key)
        for at in after.sounded[len(before.sounded) if before else 0 :]:
            self._sounded.setdefault(after.owner, []).append(at)
        if after.is_active:
            self.state.views.put(TOPIC, key, alarm_view(after))
            self.set_timer(next_change(after, now, self.settings), key)
        else:
            self.state.views.drop(TOPIC, key)
            self.set_timer(max((after.state_at or now) + KEEP_CLEARED, now), key)

    def wake(self, key: str) -> None:
        """A timer of an alarm, or of something that may get cause for one."""
        alarm = self.documents.get(key)
        if alarm is None:
            self._stale.add(key)
        elif alarm.is_active:
            self._ripe.add(key)
        elif alarm.state_at is None or alarm.state_at + KEEP_CLEARED <= self.state.now:
            self.leave(key)

    def forget_changes(self) -> None:
        """Whoever goes on from here looks at everything once."""
        super().forget_changes()
        self._stale.clear()
        self._ripe.clear()
        self._everything = True

    # --- hearing of facts --------------------------------------------------------------------------------------

    def hear(self, payload: Payload, subject: str) -> None:
        """Something happened to a thing; it is looked at when the turn ends."""
        if type(payload) is UnitMoved:
            if payload.unit_id in self.unheard:
                self._stale.add(subject)
        elif payload.ENTITY in WATCHED:
            self._stale.add(subject)
            if payload.ENTITY == "incident":
                self.hear_incident(subject.partition(":")[2])

    def hear_incident(self, incident_id: str) -> None:
        """An incident changed: what its units give cause for may have, too."""
        self._stale.add(f"incident:{incident_id}")
        self._stale.update(f"unit:{unit_id}" for unit_id in self.state.crews.get(incident_id, ()))

    # --- the end of a turn -------------------------------------------------------------------------------------

    def settle(self, desks: Desks, watched: bool) -> Iterator[Payload]:
        """The facts that alarms, and the contact to units, now give cause for; each is folded before the next.

        `watched`: units check in and tell positions here, which those of a replay do not.
        """
        if self._everything:
            self._see_everything()
        while self._stale:
            looked, self._stale = sorted(self._stale), set()
            wanted: list[Due] = []
            for about in looked:
                yield from self._look(about, watched, wanted)
            for due in sorted(wanted, key=lambda due: (due.severity, due.at, due.about, due.kind)):
                yield self._sound(due, desks)
        yield from self._ripen(desks)

    def _see_everything(self) -> None:
        state, self._everything = self.state, False
        self._stale.update(f"incident:{i}" for i, incident in state.incidents.items() if incident.is_open)
        self._stale.update(f"unit:{i}" for i in state.units)
        tasks = state.rooms.get("task")
        self._stale.update(f"task:{i}" for i in (tasks.documents if tasks is not None else ()))
        self._stale.update(self._active)
        self._ripe.update(key for key, alarm in self.documents.items() if alarm.is_active)

    def _look(self, about: str, watched: bool, wanted: list[Due]) -> Iterator[Payload]:
        """End what a thing gives no cause for any more; what it newly gives cause for is added to `wanted`."""
        now = self.state.now
        entity, _, key = about.partition(":")
        dues = {due.kind: due for due in self._dues(entity, key, watched)}
        sounding = set()
        for alarm_id in sorted(self._active.get(about, ())):
            alarm = self.documents[alarm_id]
            if (over := outdated(alarm, about, dues, now)) is not None:
                yield over
            else:
                sounding.add(alarm.kind)
        wanted += (due for kind, due in dues.items() if due.holds(now) and kind not in sounding)
        self.set_timer(next_look(dues.values(), now), about)
        if entity == "unit" and watched:
            yield from self._keep_contact(key, dues)

    def show_roster(self, watched: bool) -> None:
        """Every unit's row, for whoever only looks: what settles alarms shows those that it looks at."""
        for unit in self.state.units.values():
            self.roster.show(unit, self._posts(unit) if watched else {}, self.settings)

    def _dues(self, entity: str, key: str, watched: bool) -> list[Due]:
        document: Any = self.state.rooms[entity].documents.get(key) if entity in self.state.rooms else None
        if document is None:
            return []
        if entity == "incident":
            return incident_dues(document, self.settings)
        if entity == "task":
            return task_dues(document)
        posts = self._posts(document)
        self.roster.show(document, posts if watched else {}, self.settings)
        return unit_dues(document, posts, self.settings, watched)

    def _posts(self, unit: Unit) -> dict[str, Post]:
        """Where a unit is at work. It answers to this desk where a person sent it, not another system."""
        posts = {}
        for incident_id in unit.assignments:
            incident = self.state.incidents.get(incident_id)
            run = assignment_of(incident.assignments, unit.unit_id) if incident is not None else None
            if incident is not None and run is not None:
                posts[incident_id] = Post(incident, run, bool(run.by) and run.by not in self.state.sources)
        return posts

    def _keep_contact(self, unit_id: str, dues: Mapping[str, Due]) -> Iterator[UnitSignalled]:
        """Say that a unit is out of contact, or in contact again where the engine had said so."""
        unit = self.state.units.get(unit_id)
        if unit is None or not (unit.out_of_contact or unit_id in self.unheard or dues.keys() & {"check-in", "silent"}):
            return
        posts, now = self._posts(unit), self.state.now
        is_silent = "silent" in dues and dues["silent"].holds(now)
        (self.unheard.add if is_silent or unit.out_of_contact == SILENT else self.unheard.discard)(unit_id)
        lost = lost_contact(unit, posts, self.settings, now)
        if lost and not unit.out_of_contact:
            yield UnitSignalled(unit_id=unit_id, status="out_of_contact", reason=lost)
        elif not lost and unit.out_of_contact in (MISSED, SILENT):
            yield UnitSignalled(unit_id=unit_id, status="in_contact")
        looks = [at for at in contact_looks(unit, posts, self.settings) if at > now]
        self.set_timer(min(looks, default=None), f"unit:{unit_id}")

    def _sound(self, due: Due, desks: Desks) -> Payload:
        """Its owner is the sector where it is. Whether that is one too many is for the person who has the sector."""
        owner, now, position = due.area, self.state.now, desks.position_of(due.area)
        theirs = [other for other in self._sounded if desks.position_of(other) == position]
        heard = [at for other in theirs for at in self._sounded[other]]
        self._who[owner] = desks.holder_of(owner)
        mine = sorted((self.documents[i] for i in self._owned.get(owner, ())), key=lambda a: (a.at, a.alarm_id))
        return raise_or_join(due, mine, heard, now, self.settings, self._new_id(due))

    def _new_id(self, due: Due) -> str:
        moment = round(self.state.now.timestamp() * 1000)
        while (alarm_id := f"{due.kind}:{due.about}:{moment}") in self.documents:
            moment += 1
        return alarm_id

    def _ripen(self, desks: Desks) -> Iterator[AlarmPayload]:
        """Alarms that nobody answers escalate, and shelved ones return."""
        if not self._ripe:
            return
        ripe, self._ripe = sorted(self._ripe), set()
        now = self.state.now
        for key in ripe:
            alarm = self.documents.get(key)
            if alarm is None or not alarm.is_active:
                continue
            self._who[alarm.owner] = desks.holder_of(alarm.owner)
            step = returning(alarm, now) or escalation(alarm, desks.is_attended(alarm.owner), now, self.settings)
            if step is not None:
                yield step
            else:
                self.set_timer(next_change(alarm, now, self.settings), key)

    # --- rates -------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """How many alarms began to sound in the last ten minutes: at each position, and for the person who has it."""
        now = self.state.now
        rates: dict[str, int] = {}
        for owner, sounded in list(self._sounded.items()):
            kept = [at for at in sounded if at > now - WINDOW]
            if kept:
                self._sounded[owner] = kept
                rates[owner] = rate(kept, now)
            else:
                del self._sounded[owner]
                self._who.pop(owner, None)
        self.state.views.become(RATES, {owner: self._rate(owner, rates) for owner in rates if owner})

    def _rate(self, owner: str, rates: Mapping[str, int]) -> dict[str, Any]:
        who, guidance = self._who.get(owner, ""), self.settings.rate
        mine = {owner} | {other for other in rates if who and self._who.get(other) == who}
        return {
            "last_10min": rates[owner],
            "guidance": guidance.acceptable,
            "manageable": guidance.manageable,
            "flood": rates[owner] >= guidance.flood,
            "who": who,
            "person_10min": sum(rates[other] for other in mine),
        }


def _discard(groups: dict[str, set[str]], name: str, key: str) -> None:
    """Take a key out of a group; an empty group goes."""
    group = groups.get(name)
    if group is not None:
        group.discard(key)
        if not group:
            del groups[name]
