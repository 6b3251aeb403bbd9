"""The numbers behind the simulated hotline: `profile.toml` as typed values, refused with a reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from streams.sim.randomness import Quantiles

PROFILE = Path(__file__).with_name("profile.toml")
GRADES = ("I", "II", "III", "IV")
KINDS = ("complaint", "enquiry", "suggestion", "praise")
_ROUNDING = 0.001  # what shares may lack to 1

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Weight = Annotated[float, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Hour = Annotated[int, msgspec.Meta(ge=0, le=24)]
Points = tuple[tuple[float, float], ...]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A table of the file; unknown keys are refused."""


class Day(_Part, frozen=True):
    """How many contacts, and how they spread over hours and weekdays."""

    contacts: Positive
    hours: Annotated[tuple[Share, ...], msgspec.Meta(min_length=24, max_length=24)]
    weekdays: Annotated[tuple[Positive, ...], msgspec.Meta(min_length=7, max_length=7)]
    quarter_swing: Share
    day_swing: Share
    night_from_h: Hour
    night_until_h: Hour


class Category(_Part, frozen=True):
    """One subject: how frequent, how often a mere question, how grave, whose."""

    weight: Weight
    enquiry: Share
    grades: dict[str, Share]
    owner: str = ""
    night: Positive = 1.0


class Opposite(_Part, frozen=True):
    """Contacts that speak of a grave thing to say that it is not there, and where they are counted."""

    share: Share
    category: str


class Kinds(_Part, frozen=True):
    suggestion: Share
    praise: Share


class Languages(_Part, frozen=True):
    foreign: dict[str, Weight]
    others: dict[str, Weight]


class Callers(_Part, frozen=True):
    repeat: Share
    repeat_after_min: Points
    nuisance: Share


class Located(_Part, frozen=True):
    unlocated: Share
    area_said: Share
    default_point: Share
    wrong: Share


class Calls(_Part, frozen=True):
    """Times of a call in seconds, as quantiles, and how many leave."""

    greeting_s: Points
    hangs_up: Share
    ring_s: Positive
    patience_s: Points
    talk_s: Points
    wrap_s: Points
    abandoned: Share
    talk_factors: dict[str, Positive] = {}
    followed: dict[str, Share] = {}


class Duty(NamedTuple):
    """One shift of a group: when it starts, how long it is, how many come on working days and on weekends."""

    start_h: Annotated[float, msgspec.Meta(ge=0, lt=24)]
    hours: Annotated[float, msgspec.Meta(gt=0, le=12)]
    weekday: Annotated[int, msgspec.Meta(ge=0)]
    weekend: Annotated[int, msgspec.Meta(ge=0)]


class Group(_Part, frozen=True):
    """Agents who share a queue. No languages: all."""

    name: str
    channel: str
    roster: tuple[Duty, ...]
    languages: tuple[str, ...] = ()


class FloorPlan(_Part, frozen=True):
    seats: Annotated[int, msgspec.Meta(gt=0)]
    peak_on_duty: tuple[int, int]
    sign_in_spread_min: Weight
    breaks_min: tuple[tuple[Weight, Positive], ...]
    break_spread_min: Weight
    groups: tuple[Group, ...]


class Life(_Part, frozen=True):
    """What becomes of a case, as shares and quantiles."""

    dispatch_min: Points
    grave_dispatch: Share
    accept_min: Points
    contacted_share: Points
    handled_share: Points
    answer_min: Points
    returned: Share
    returned_h: Points
    redispatched_min: Points
    follow_up_h: Points
    reached: Share
    contacted: Share
    resolved: Share
    satisfied: Share
    reopened: Share
    reopened_min: Points
    second_closing: Share
    works_from_h: Hour
    works_until_h: Hour
    closing: dict[str, Points]


class Profile(_Part, frozen=True):
    """The whole file. `channels` and `categories` keep the order of the file: draws choose by position."""

    day: Day
    channels: dict[str, Weight]
    languages: Languages
    categories: dict[str, Category]
    kinds: Kinds
    lines: dict[str, dict[str, Weight]]
    opposites: dict[str, Opposite]
    callers: Callers
    places: Located
    calls: Calls
    floor: FloorPlan
    life: Life

    @cached_property
    def with_calls(self) -> frozenset[str]:
        """Channels on which somebody talks with an agent."""
        return frozenset(group.channel for group in self.floor.groups)

    @cached_property
    def enquiries(self) -> float:
        """Share of all contacts that only ask."""
        total = sum(c.weight for c in self.categories.values())
        return sum(c.weight * c.enquiry for c in self.categories.values()) / total


def load_profile(path: Path = PROFILE) -> Profile:
    """Read a profile. Raises ValueError naming the file, the key and what is needed."""
    try:
        profile = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if complaints := "; ".join(_complaints(profile)):
        raise ValueError(f"{path}: {complaints}")
    return profile


def _complaints(profile: Profile) -> Iterator[str]:
    """What the types cannot say."""
    yield from _unequal_one({"day.hours": sum(profile.day.hours), "channels": sum(profile.channels.values())})
    yield from _unequal_one(
        {f"categories.{name}.grades": sum(category.grades.values()) for name, category in profile.categories.items()}
    )
    yield from _unknown_names(profile)
    yield from _odd_quantiles(profile)
    yield from _odd_groups(profile)


def _unequal_one(sums: Mapping[str, float]) -> Iterator[str]:
    for key, total in sums.items():
        if abs(total - 1) > _ROUNDING:
            yield f"{key}: must add up to 1, this adds up to {total:.4f}"


def _unknown_names(profile: Profile) -> Iterator[str]:
    named: dict[str, tuple[Iterable[str], Iterable[str]]] = {
        "lines": (profile.lines, profile.channels),
        "opposites": (profile.opposites, profile.categories),
        "calls.talk_factors": (profile.calls.talk_factors, profile.channels),
        "calls.followed": (profile.calls.followed, profile.channels),
        "life.closing": (profile.life.closing, GRADES),
        **{f"lines.{line}": (said, profile.categories) for line, said in profile.lines.items()},
        **{f"categories.{name}.grades": (category.grades, GRADES) for name, category in profile.categories.items()},
    }
    for key, (said, known) in named.items():
        if unknown := sorted(set(said) - set(known)):
            yield f"{key}: {', '.join(unknown)} is not one of {', '.join(known)}"
    for name, opposite in profile.opposites.items():
        if opposite.category not in profile.categories:
            yield f"opposites.{name}.category: there is no category {opposite.category!r}"
    if missing := [grade for grade in GRADES if grade not in profile.life.closing]:
        yield f"life.closing: {', '.join(missing)} missing"


def _odd_quantiles(profile: Profile) -> Iterator[str]:
    tables: dict[str, Points] = {f"life.closing.{grade}": p for grade, p in profile.life.closing.items()}
    for part, value in (("callers", profile.callers), ("calls", profile.calls), ("life", profile.life)):
        for field in value.__struct_fields__:
            points = getattr(value, field)
            if isinstance(points, tuple):
                tables[f"{part}.{field}"] = points
    for key, points in tables.items():
        try:
            Quantiles(points)
        except ValueError as error:
            yield f"{key}: {error}"


def _odd_groups(profile: Profile) -> Iterator[str]:
    for group in profile.floor.groups:
        if group.channel not in profile.channels:
            yield f"floor.groups.{group.name}: there is no channel {group.channel!r}"
    served = {language for group in profile.floor.groups for language in group.languages}
    if unserved := sorted(set(profile.languages.foreign) - served):
        yield f"floor.groups: nobody speaks {', '.join(unserved)}"
