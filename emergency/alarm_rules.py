"""Which alarms an incident, a unit or a task gives cause for, from when to when; and who must do what about them.

A rule looks at one document and names instants. Whoever asks compares them with the clock, so that a document that
changed changes its alarms, and a timer set for an older state finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from emergency.assignments import RANK, Assignment, Doing
from emergency.incidents import Incident
from emergency.life import Stage
from emergency.tasks import Task
from emergency.units import Unit
from geo.toml_files import read_toml, typed

SETTINGS = Path(__file__).parent / "alarm_settings.toml"
GRAVEST, LEAST = 1, 3

Seconds = Annotated[float, msgspec.Meta(gt=0)]
ByPriority = dict[Annotated[str, msgspec.Meta(pattern="^[123]$")], Seconds]


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alarms per person and ten minutes: acceptable, the most that can be managed, and more than that a flood."""

    acceptable: Seconds
    manageable: Seconds
    flood: Annotated[int, msgspec.Meta(ge=1)]
    is_checked: bool = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`alarm_settings.toml` as values; the file explains them."""

    silent_s: Seconds
    unacknowledged_s: Seconds
    contact_lost_s: Seconds
    agency_s: Seconds
    unattended_s: Seconds
    unassigned_s: ByPriority
    hand_over_s: ByPriority
    escalate_s: ByPriority
    rate: Rate
    check_in_min: dict[str, Seconds] = {}

    def unassigned_after(self, priority: int) -> timedelta:
        return timedelta(seconds=self.unassigned_s[_level(priority)])

    def hand_over_within(self, priority: int) -> timedelta:
        return timedelta(seconds=self.hand_over_s[_level(priority)])

    def escalate_after(self, severity: int) -> timedelta:
        return timedelta(seconds=self.escalate_s[_level(severity)])

    def check_in_every(self, kind: str) -> timedelta | None:
        """How often crews at such an incident say that they are well; None where nobody asks."""
        name = kind.lower()
        minutes = next((m for pattern, m in self.check_in_min.items() if fnmatchcase(name, pattern.lower())), None)
        return None if minutes is None else timedelta(minutes=minutes)


def _level(number: int) -> str:
    return str(min(max(number, GRAVEST), LEAST))


@lru_cache(maxsize=4)
def load_settings(path: Path = SETTINGS) -> Settings:
    """Read the settings. Raises ValueError naming the file, the key and what is wrong."""
    settings = typed(read_toml(path), Settings, path, "alarm settings")
    for name in ("unassigned_s", "hand_over_s", "escalate_s"):
        if missing := {"1", "2", "3"} - getattr(settings, name).keys():
            raise ValueError(f"{path}: {name}: say what holds for {', '.join(sorted(missing))}")
    return settings


class Rule(msgspec.Struct, frozen=True):
    """What whoever hears an alarm is expected to do, and what ends it: codes, worded on the page."""

    action: str
    clears: str


# In the order of gravity among equals.
RULES: dict[str, Rule] = {
    "distress": Rule("answer-distress", "emergency-ended"),
    "requeued": Rule("assign-again", "assigned-or-over"),
    "new": Rule("assign", "assigned-or-over"),
    "unlocated": Rule("locate", "located-or-over"),
    "unassigned": Rule("assign", "assigned-or-over"),
    "check-in": Rule("call-crew", "checked-in-or-left"),
    "unacknowledged": Rule("call-by-radio", "acknowledged-or-ended"),
    "hand-over": Rule("assign", "assigned-or-over"),
    "agency": Rule("call-agency", "answered-or-over"),
    "call-back": Rule("call-back", "called-back"),
    "report": Rule("ask-for-report", "reported-or-over"),
    "silent": Rule("call-by-radio", "heard-or-left"),
}
DISTRESS = "distress"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A cause for an alarm about one thing: it holds from `at`, and ends at `until` where something else takes over.

    `about` is `incident:<id>`, `unit:<id>` or `task:<id>`; severity 1 is the gravest.
    """

    kind: str
    about: str
    severity: int
    area: str = ""
    at: datetime
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.at <= now and (self.until is None or now < self.until)


def next_look(dues: Iterable[Due], now: datetime) -> datetime | None:
    """The first instant after `now` at which one of them begins or ends, or None."""
    return min((at for due in dues for at in (due.at, due.until) if at is not None and at > now), default=None)


# incidents


def incident_dues(incident: Incident, settings: Settings) -> list[Due]:
    """What an open incident gives cause for. One that is closed or part of another gives none."""
    if not incident.is_open:
        return []
    return [due for rule in INCIDENT_RULES for due in rule(incident, settings)]


def _waiting(incident: Incident, settings: Settings) -> Iterator[Due]:
    """Nobody is there and nobody is on the way. A robbed incident says so until somebody is."""
    if _is_worked(incident) or incident.stage == Stage.CLEARED:  # cleared, it lacks its closing and not a unit
        return
    if incident.requeued_at is not None:
        yield _of(incident, "requeued", 2, incident.requeued_at)
        return
    since = max(at for at in (incident.received_at, incident.reopened_at) if at is not None)
    late_at = since + settings.unassigned_after(incident.priority)
    if incident.priority == GRAVEST and incident.reopened_at is None:
        yield _of(incident, "new", GRAVEST, since, late_at)
    yield _of(incident, "unassigned", incident.priority, late_at)


def _is_worked(incident: Incident) -> bool:
    return any(a.is_active for a in incident.assignments)


def _unlocated(incident: Incident, settings: Settings) -> Iterator[Due]:
    if incident.priority == GRAVEST and not incident.cell and not incident.area and incident.received_at is not None:
        yield _of(incident, "unlocated", GRAVEST, incident.received_at)


def _returned(incident: Incident, settings: Settings) -> Iterator[Due]:
    """The other side declined, or never answered: whoever offered it has it back."""
    offer = incident.handover
    if offer is not None and offer.is_loud and not _is_worked(incident):
        yield _of(incident, "hand-over", 2, offer.answered_at or offer.due_at)


def _unanswered(incident: Incident, settings: Settings) -> Iterator[Due]:
    """Of the agencies that were asked to help, the one that has owed an answer for longest."""
    asked = min((known.asked_at for known in incident.agencies if known.is_waiting), default=None)
    if asked is not None:
        yield _of(incident, "agency", 2, asked + timedelta(seconds=settings.agency_s))


def _unreported(incident: Incident, settings: Settings) -> Iterator[Due]:
    if incident.major is not None:
        yield _of(incident, "report", 2, incident.major.report_due_at)


INCIDENT_RULES: tuple[Callable[[Incident, Settings], Iterator[Due]], ...] = (
    _waiting,
    _unlocated,
    _returned,
    _unanswered,
    _unreported,
)


def _of(incident: Incident, kind: str, severity: int, at: datetime, until: datetime | None = None) -> Due:
    """About an incident; a priority 1 is always grave, so that it never sounds as part of something else."""
    return Due(
        kind=kind,
        about=f"incident:{incident.incident_id}",
        severity=GRAVEST if incident.priority == GRAVEST else min(max(severity, GRAVEST + 1), LEAST),
        area=incident.area,
        at=at,
        until=until,
    )


# units

MOVING = frozenset({Doing.EN_ROUTE.value, Doing.TRANSPORTING.value})
OWN = "engine"  # who says that a unit is out of contact: that is no word from the unit
MISSED, SILENT = "missed check-in", "no position"  # why the engine says that a unit is out of contact


class Post(msgspec.Struct, frozen=True):
    """A unit at one incident, as its alarms need it. `ours`: this desk sent it, so its crew answers to this desk."""

    incident: Incident
    run: Assignment
    ours: bool = True


def unit_dues(unit: Unit, posts: Mapping[str, Post], settings: Settings, watched: bool = True) -> list[Due]:
    """What a unit gives cause for; `posts` by incident. `watched`: somebody is there to check in and to move.

    Not so in a replay, whose records know neither.
    """
    dues: list[Due] = []
    area = list(posts.values())[-1].incident.area if posts else ""
    if unit.distress_at is not None:
        dues.append(Due(kind=DISTRESS, about=_about(unit), severity=GRAVEST, area=area, at=unit.distress_at))
    unanswered = [due for post in posts.values() for due in _unacknowledged(unit, post, settings)]
    if unanswered:
        dues.append(min(unanswered, key=lambda due: (due.severity, due.at)))
    if not watched:
        return dues
    if (due_at := check_in_due_at(unit, posts, settings)) is not None:
        dues.append(Due(kind="check-in", about=_about(unit), severity=2, area=area, at=due_at))
    if (silent_at := silent_from(unit, settings)) is not None:
        dues.append(Due(kind="silent", about=_about(unit), severity=LEAST, area=area, at=silent_at))
    return dues


def _about(unit: Unit) -> str:
    return f"unit:{unit.unit_id}"


def _unacknowledged(unit: Unit, post: Post, settings: Settings) -> Iterator[Due]:
    """From the moment it was dispatched; of what was written down later, from when it was written down."""
    run, incident = post.run, post.incident
    if not post.ours or not run.is_active or run.dispatched_at is None or RANK[run.status] >= RANK[Doing.ACKNOWLEDGED]:
        return
    written_at = unit.status_at if unit.assignments.get(incident.incident_id) == Doing.DISPATCHED.value else None
    since = max(run.dispatched_at, written_at or run.dispatched_at)
    grave = incident.priority == GRAVEST
    yield Due(
        kind="unacknowledged",
        about=_about(unit),
        severity=GRAVEST if grave else 2,
        area=incident.area,
        at=since + timedelta(seconds=settings.unacknowledged_s),
    )


def check_in_due_at(unit: Unit, posts: Mapping[str, Post], settings: Settings) -> datetime | None:
    """When the crew on scene must have checked in again, or None where no timer runs (times outside)."""
    found = []
    for incident_id, status in unit.assignments.items():
        post = posts.get(incident_id)
        if status != Doing.ON_SCENE.value or post is None or post.run.on_scene_at is None:
            continue
        every = settings.check_in_every(post.incident.kind)
        if every is not None:
            found.append(max(at for at in (post.run.on_scene_at, unit.checked_in_at) if at is not None) + every)
    return min(found, default=None)


def silent_from(unit: Unit, settings: Settings) -> datetime | None:
    """From when on a unit that drives counts as silent, if nothing is heard of it. None: it stands, or never tells."""
    if unit.status not in MOVING or unit.moved_at is None:
        return None
    told_at = unit.status_at if unit.status_by != OWN else None
    heard = [at for at in (unit.position_at, told_at) if at is not None]
    return max(heard) + timedelta(seconds=settings.silent_s) if heard else None


def lost_contact(unit: Unit, posts: Mapping[str, Post], settings: Settings, now: datetime) -> str:
    """Why a unit counts as out of contact at `now`, "" when it does not."""
    due_at = check_in_due_at(unit, posts, settings)
    if due_at is not None and due_at + timedelta(seconds=settings.contact_lost_s) <= now:
        return MISSED
    silent_at = silent_from(unit, settings)
    return SILENT if silent_at is not None and silent_at <= now else ""


def contact_looks(unit: Unit, posts: Mapping[str, Post], settings: Settings) -> list[datetime]:
    """Instants at which `lost_contact` may change without a fact."""
    due_at, silent_at = check_in_due_at(unit, posts, settings), silent_from(unit, settings)
    lost_at = None if due_at is None else due_at + timedelta(seconds=settings.contact_lost_s)
    return [at for at in (lost_at, silent_at) if at is not None]


# tasks


def task_dues(task: Task) -> list[Due]:
    """An emergency call that was silent or given up: from when on its call-back is late."""
    if not task.is_open or task.due_at is None:
        return []
    return [Due(kind="call-back", about=f"task:{task.task_id}", severity=2, at=task.due_at)]
