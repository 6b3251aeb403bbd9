"""Scenes: what a demonstration adds to an ordinary day, written as TOML and played by the city's clock."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

from streams.events import (
    AlertArea,
    AlertInfo,
    AlertIssued,
    CallAnswered,
    CallEnded,
    CallOffered,
    CallQueued,
    CaseReceived,
    IncidentReceived,
    Payload,
    UnitEmergency,
)
from streams.sim.contacts import USUAL, Demand

SCENES = Path(__file__).with_name("scenes")
HOTLINE, CAD, CAP = "12345", "cad", "cap"  # sources of the simulated city
SPOKEN = frozenset({"phone", "foreign", "enterprise"})
_PREFIX = {"hotline": "S", "open311": "P"}  # of the ids of a scene's cases; the partner makes its own
ANSWER_S, TALK_S = 4, 40  # how long a caller of a scene waits, and talks until the case is written
WEATHER = "weather@example.org"

Seconds = Annotated[float, msgspec.Meta(ge=0)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class Report(_Part, frozen=True):
    """Somebody tells the hotline something, over a line of ours or through an Open311 server."""

    after_s: Seconds
    category: str
    lat: float
    lng: float
    text: str
    via: Literal["hotline", "open311"] = "hotline"
    channel: str = "phone"
    language: str = "zh"
    kind: str = "complaint"
    grade: str = ""
    address: str = ""


class SceneIncident(_Part, frozen=True):
    after_s: Seconds
    kind: str
    priority: Annotated[int, msgspec.Meta(ge=1, le=3)]
    lat: float
    lng: float
    text: str


class SceneDistress(_Part, frozen=True):
    """A crew at one of the scene's incidents (the first is 1) calls for help itself, if any has arrived by then."""

    after_s: Seconds
    incident: Annotated[int, msgspec.Meta(ge=1)]
    reason: str


class SceneAlert(_Part, frozen=True):
    """A warning of the weather service for a circle (lat, lng, km)."""

    after_s: Seconds
    event: str
    severity: str
    urgency: str
    certainty: str
    valid_min: Annotated[int, msgspec.Meta(gt=0)]
    circle: tuple[float, float, float]
    headlines: dict[str, str]


class SceneMatter(_Part, frozen=True):
    """What callers are told about the scene once the hotline knows of it, for so many minutes."""

    what: str
    category: str
    areas: tuple[str, ...] = ()
    minutes: Annotated[int, msgspec.Meta(gt=0)] = 60
    scripts: dict[str, str] = {}


class Wave(_Part, frozen=True):
    """For a while more contacts come than usual, and some subjects more often."""

    from_s: Seconds
    until_s: Seconds
    surge: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    weights: dict[str, float] = {}


class Scene(_Part, frozen=True):
    """One story. Everything in it is told in seconds after its beginning."""

    titles: dict[str, str]
    report: tuple[Report, ...] = ()
    incident: tuple[SceneIncident, ...] = ()
    distress: tuple[SceneDistress, ...] = ()
    alert: tuple[SceneAlert, ...] = ()
    wave: tuple[Wave, ...] = ()
    matter: SceneMatter | None = None

    def demand(self, since_s: float) -> Demand:
        """What the hotline is asked for `since_s` seconds into the scene."""
        wave = next((w for w in self.wave if w.from_s <= since_s < w.until_s), None)
        return USUAL if wave is None else Demand(wave.surge, wave.weights)


class Told(NamedTuple):
    """One event of a scene: its source, its id and when it happens."""

    at: datetime
    source: str
    id: str
    payload: Payload


def scene_names() -> list[str]:
    """Names of all scenes, the quiet one first."""
    return sorted((path.stem for path in SCENES.glob("*.toml")), key=lambda name: (name != "quiet", name))


def load_scene(name: str) -> Scene:
    """The scene of that name. Raises ValueError naming the file and what is wrong, or the scenes there are."""
    path = SCENES / f"{name}.toml"
    if name not in scene_names():
        raise ValueError(f"no scene {name!r}; there are {', '.join(scene_names())}")
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Scene)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error


def scene_events(scene: Scene, name: str, began: datetime) -> Iterator[Told]:
    """Everything that a scene which began at `began` (aware) ever tells, except what goes through Open311.

    Ids follow from the scene's name and beginning: told again after a restart they change nothing.
    """
    stem = _stem(name, began)
    for number, report in enumerate(scene.report):
        if report.via == "hotline":
            yield from _report_events(report, f"{stem}-{number}", began + timedelta(seconds=report.after_s))
    for number, incident in enumerate(scene.incident):
        at = began + timedelta(seconds=incident.after_s)
        yield _incident_event(incident, _incident_id(stem, number), at)
    for number, alert in enumerate(scene.alert):
        at = began + timedelta(seconds=alert.after_s)
        yield _alert_event(alert, f"{stem}-{number}", at)


def case_ids_of(scene: Scene, name: str, began: datetime) -> dict[str, str]:
    """The cases that a scene's reports become, whichever way they come -> their category."""
    stem = _stem(name, began)
    return {f"{_PREFIX[report.via]}{stem}-{n}": report.category for n, report in enumerate(scene.report)}


def scene_distress(scene: Scene, name: str, began: datetime, at_work: Callable[[str, datetime], str]) -> Iterator[Told]:
    """The calls for help of a scene. `at_work(incident_id, at)` names a unit that is there, "" when there is none."""
    stem = _stem(name, began)
    for number, distress in enumerate(scene.distress):
        at = began + timedelta(seconds=distress.after_s)
        unit_id = at_work(_incident_id(stem, distress.incident - 1), at)
        if unit_id:
            yield Told(at, CAD, f"D{stem}-{number}", UnitEmergency(unit_id=unit_id, reason=distress.reason))


def _stem(name: str, began: datetime) -> str:
    return f"{name}-{began:%y%m%d%H%M%S}"


def _incident_id(stem: str, number: int) -> str:
    return f"X{stem}-{number}"


def _report_events(report: Report, name: str, at: datetime) -> Iterator[Told]:
    case_id = f"S{name}"
    if report.channel in SPOKEN:
        call_id = f"K{name}"
        steps: tuple[tuple[float, Payload], ...] = (
            (0, CallOffered(call_id=call_id, channel=report.channel, language=report.language)),
            (1, CallQueued(call_id=call_id)),
            (ANSWER_S, CallAnswered(call_id=call_id)),
            (TALK_S, CallEnded(call_id=call_id, case_id=case_id)),
        )
        # The case is written while the caller still speaks: it is told at `after_s`, the call began before.
        for step, (after_s, payload) in enumerate(steps):
            moment = at + timedelta(seconds=after_s - ANSWER_S)
            yield Told(moment, HOTLINE, f"{call_id}:{step}", payload)
    yield Told(at, HOTLINE, f"{case_id}:0", case_of(report, case_id))


def case_of(report: Report, case_id: str) -> CaseReceived:
    """The case that a report becomes."""
    return CaseReceived(
        case_id=case_id,
        kind=report.kind,
        category=report.category,
        channel=report.channel,
        language=report.language,
        grade=report.grade,
        lat=report.lat,
        lng=report.lng,
        address=report.address,
        text=report.text,
    )


def _incident_event(incident: SceneIncident, incident_id: str, at: datetime) -> Told:
    payload = IncidentReceived(
        incident_id=incident_id,
        kind=incident.kind,
        priority=incident.priority,
        lat=incident.lat,
        lng=incident.lng,
        text=incident.text,
    )
    return Told(at, CAD, f"{incident_id}:received", payload)


def _alert_event(alert: SceneAlert, identifier: str, at: datetime) -> Told:
    area = AlertArea(description="", circles=(alert.circle,))
    infos = tuple(
        AlertInfo(
            event=alert.event,
            language=language,
            categories=("Met",),
            urgency=alert.urgency,
            severity=alert.severity,
            certainty=alert.certainty,
            expires_at=at + timedelta(minutes=alert.valid_min),
            headline=headline,
            areas=(area,),
        )
        for language, headline in alert.headlines.items()
    )
    payload = AlertIssued(
        alert_id=f"{WEATHER},{identifier}", sender=WEATHER, identifier=identifier, sent_at=at, infos=infos
    )
    return Told(at, CAP, f"{WEATHER},{identifier}:issued", payload)
