"""The simulated city's emergencies: which incidents arrive in a minute, what each needs, how long the work takes.

Arrivals are a pure function of (seed, minute), so whoever asks again after a restart hears of the same incidents
under the same ids. All numbers stand in `incidents.toml` and are illustrative.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from streams.events import IncidentReceived
from streams.sim.randomness import number_of_text, stream

FILE = Path(__file__).with_name("incidents.toml")
SOURCE = "cad"
MINUTE = timedelta(minutes=1)

Hourly = Annotated[tuple[float, ...], msgspec.Meta(min_length=24, max_length=24)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Needs = Mapping[str, int]  # kind of unit -> how many
Sampler = Callable[[Random], tuple[float, float, str]]  # a place where somebody lives: lat, lng, area


class Callers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Invented names."""

    surnames: tuple[str, ...]
    titles: tuple[str, ...]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of incident; `incidents.toml` explains the fields."""

    agency: str
    weight: Annotated[float, msgspec.Meta(gt=0)]
    priorities: tuple[float, float, float]
    on_scene_min: tuple[float, float]
    transport: Share
    texts: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    needs: dict[Literal["1", "2", "3"], dict[str, Annotated[int, msgspec.Meta(ge=1)]]]
    profile: str = "all"


class LostCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calls from which nobody learns anything; `incidents.toml` explains the fields."""

    per_day: Annotated[float, msgspec.Meta(ge=0)]
    silent: Share
    agencies: dict[str, Annotated[float, msgspec.Meta(gt=0)]]
    languages: dict[str, Annotated[float, msgspec.Meta(gt=0)]]
    gives_up_s: tuple[float, float]
    silent_s: tuple[float, float]


class IncidentSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """`incidents.toml` as values."""

    label: str
    per_day: Annotated[float, msgspec.Meta(gt=0)]
    phone: str
    answer_s: tuple[float, float, float]
    profiles: dict[str, Hourly]
    callers: Callers
    lost_calls: LostCall
    kinds: dict[str, Kind]

    def needs(self, kind: str, priority: int) -> Needs:
        """Units by kind that an incident wants; of a kind not known here, one police car."""
        known = self.kinds.get(kind)
        return known.needs[_PRIORITIES[min(max(priority, 1), 3)]] if known else {"police_car": 1}

    def per_minute(self, hour: int) -> float:
        """Expected incidents in one minute of a local hour, 0 to 23."""
        profile = self.profiles["all"]
        return self.per_day * profile[hour] / sum(profile) / 60

    @cached_property
    def _kind_weights(self) -> tuple[tuple[float, ...], ...]:
        """For each hour the weight of each kind, in the order of `kinds`."""
        shares = {name: [n / sum(profile) for n in profile] for name, profile in self.profiles.items()}
        return tuple(
            tuple(kind.weight * shares[kind.profile][hour] / shares["all"][hour] for kind in self.kinds.values())
            for hour in range(24)
        )


_PRIORITIES: dict[int, Literal["1", "2", "3"]] = {1: "1", 2: "2", 3: "3"}


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One incident as the emergency line hears of it. `called_at` (it rings) and `received_at` are city time."""

    incident_id: str
    called_at: datetime
    received_at: datetime
    kind: str
    priority: int
    lat: float
    lng: float
    area: str
    text: str
    address: str
    name: str
    phone: str
    agency: str

    @property
    def payload(self) -> IncidentReceived:
        return IncidentReceived(**{f: getattr(self, f) for f in self.__struct_fields__ if f != "received_at"})


def drawn(seed: str, what: str, name: str) -> Random:
    """A generator of its own for one named thing: the same name gets the same draws, in any process."""
    return stream(seed, what, number_of_text(name))


def load_incidents(path: Path = FILE) -> IncidentSetting:
    """Read the setting. Raises ValueError naming the file and what is wrong."""
    try:
        setting = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), IncidentSetting)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error
    for name, kind in setting.kinds.items():
        if kind.profile not in setting.profiles:
            raise ValueError(f"{path}: kinds.{name}.profile: there is no profile {kind.profile!r}")
        if len(kind.needs) < 3:
            raise ValueError(f"{path}: kinds.{name}.needs: say what priorities 1, 2 and 3 need")
    return setting


class Arrivals:
    """The incidents of a city: `of(minute)` gives those that arrive in one minute, always the same."""

    def __init__(self, setting: IncidentSetting, seed: str, place: Sampler, zone: str, surge: float = 1.0):
        """`surge` multiplies the expected number; ids count within the minute, so a surge only adds to them."""
        self.setting = setting
        self._seed, self._place, self._zone, self.surge = seed, place, ZoneInfo(zone), surge

    def calm(self) -> Arrivals:
        """The same without a surge: what a day was like before it."""
        return Arrivals(self.setting, self._seed, self._place, self._zone.key, min(self.surge, 1.0))

    def of(self, minute: datetime) -> tuple[Arrival, ...]:
        """Incidents received in [minute, minute + 60 s), oldest first; `minute` is an aware instant on the minute."""
        local = minute.astimezone(self._zone)
        named = f"{local:%y%m%d-%H%M}"
        n = poisson_of(self.setting.per_minute(local.hour) * self.surge, drawn(self._seed, "incidents", named))
        found = [self._one(f"E{named}-{number:02d}", minute, local.hour) for number in range(1, n + 1)]
        return tuple(sorted(found, key=lambda arrival: (arrival.received_at, arrival.incident_id)))

    def between(self, after: datetime, until: datetime) -> list[Arrival]:
        """Incidents received in (after, until], oldest first."""
        found: list[Arrival] = []
        minute = after.astimezone(UTC).replace(second=0, microsecond=0)
        while minute <= until:
            found += (a for a in self.of(minute) if after < a.received_at <= until)
            minute += MINUTE
        return found

    def _one(self, incident_id: str, minute: datetime, hour: int) -> Arrival:
        rng = drawn(self._seed, "incident", incident_id)
        setting = self.setting
        name = rng.choices(tuple(setting.kinds), setting._kind_weights[hour])[0]
        kind = setting.kinds[name]
        lat, lng, area = self._place(rng)
        received_at = minute + timedelta(milliseconds=rng.randrange(60_000))
        shortest, usual, longest = setting.answer_s
        rang_s = round(drawn(self._seed, "answer", incident_id).triangular(shortest, longest, usual), 1)
        return Arrival(
            incident_id=incident_id,
            called_at=received_at - timedelta(seconds=rang_s),
            received_at=received_at,
            kind=name,
            priority=rng.choices((1, 2, 3), kind.priorities)[0],
            lat=round(lat, 5),
            lng=round(lng, 5),
            area=area,
            text=rng.choice(kind.texts),
            address=f"示例路{rng.randint(1, 199)}号",
            name=rng.choice(setting.callers.surnames) + rng.choice(setting.callers.titles),
            phone=setting.phone.format(number=rng.randrange(10_000)),
            agency=kind.agency,
        )


def on_scene_s(setting: IncidentSetting, kind: str, rng: Random) -> float:
    """Seconds that one unit works at an incident, mostly nearer the shorter end."""
    known = setting.kinds.get(kind)
    shortest, longest = known.on_scene_min if known else (15.0, 40.0)
    return 60 * rng.triangular(shortest, longest, shortest + (longest - shortest) / 3)


def is_transported(setting: IncidentSetting, kind: str, rng: Random) -> bool:
    """Whether an ambulance at such an incident takes somebody to a hospital."""
    known = setting.kinds.get(kind)
    return rng.random() < (known.transport if known else 0.0)


def poisson_of(expected: float, rng: Random) -> int:
    """A Poisson-distributed number (Knuth's product of uniforms; good for expected values below 500)."""
    limit, product, n = math.exp(-expected), rng.random(), 0
    while product > limit:
        product *= rng.random()
        n += 1
    return n
