"""Who contacts the hotline, when, how, about what and from where: pure in the seed and the minute.

Contacts are numbered by their minute and their place within it. Every quality of a contact is one draw for its
number, so a column of a million numbers and a single one agree, and more contacts in a minute (a surge) leave those
that would have come anyway as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property

import msgspec
import numpy as np

from streams.sim.places import Places
from streams.sim.profile import GRADES, KINDS, Profile
from streams.sim.randomness import Booleans, Floats, Integers, Quantiles, Shares, poisson, salt, units

MINUTE_MS = 60_000
# A contact's number is its minute since 1970 times this, plus its place in the minute.
PER_MINUTE = 1 << 14
MOST_PER_PART = 400.0  # contacts a minute; higher rates are drawn in parts (see `poisson`)
NUISANCE = 7  # the number from which the nuisance caller's telephone, subject and place are drawn
_COMPLAINT, _ENQUIRY, _SUGGESTION, _PRAISE = range(4)
_BACK = 8  # a repeated contact refers to one of the first few of an earlier minute


class Demand(msgspec.Struct, frozen=True):
    """What a scene changes: how many times more contacts, and how many times likelier each category."""

    surge: float = 1.0
    weights: dict[str, float] = {}


USUAL = Demand()


class Contact(msgspec.Struct, frozen=True, gc=False):
    """Somebody contacts the hotline at `at_ms` (milliseconds since 1970).

    `about` is the category whose words are used, `category` where it is counted: they differ for `opposite`
    contacts, who say that something grave is not there. `story` numbers caller, subject and place: those who call
    again share it. A contact without usable position has no `lat`, `lng`; `area` is what was said, or "".
    """

    number: int
    at_ms: int
    channel: str
    language: str
    category: str
    kind: str
    grade: str
    lat: float | None
    lng: float | None
    area: str
    about: str
    opposite: bool
    story: int


@dataclass(frozen=True)
class Columns:
    """Contacts as columns of equal length. Channels, categories and so on are positions in the profile."""

    number: Integers
    at_ms: Integers
    channel: Integers
    category: Integers
    about: Integers
    kind: Integers
    grade: Integers  # -1: none
    story: Integers

    def where(self, chosen: Booleans | Integers) -> Columns:
        """The rows that are true, or at these positions."""
        return Columns(**{name: column[chosen] for name, column in vars(self).items()})

    def __len__(self) -> int:
        return len(self.number)


class Contacts:
    """The law of arrivals for one seed."""

    def __init__(
        self,
        profile: Profile,
        seed: str,
        places: Places,
        zone: tzinfo,
        default_point: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """`zone` is the city's; its offset from UTC is taken anew for every hour."""
        self.profile, self.seed, self.places = profile, seed, places
        self._zone, self._default_point = zone, default_point
        self.channels = tuple(profile.channels)
        self.categories = tuple(profile.categories)
        self._channel = Shares(list(profile.channels.values()))
        self._mixes: dict[tuple[str, bool, tuple[tuple[str, float], ...]], Shares] = {}
        self._repeat_after = Quantiles(profile.callers.repeat_after_min)
        self._lines = [line if line in profile.lines else "" for line in self.channels]

    # ---- how many

    def arrivals(self, minute: datetime, demand: Demand = USUAL) -> list[Contact]:
        """Everybody who contacts the hotline in the minute that begins at `minute` (aware), earliest first."""
        number = int(minute.timestamp()) // 60
        return self.contacts(self.columns(self.numbers(np.array([number]), demand), demand))

    def numbers(self, minutes: Integers, demand: Demand = USUAL) -> Integers:
        """The numbers of all contacts in those minutes since 1970."""
        counts = self.counts(minutes, demand)
        first = np.repeat(np.cumsum(counts) - counts, counts)
        numbers: Integers = np.repeat(minutes * PER_MINUTE, counts) + (np.arange(counts.sum()) - first)
        return numbers

    def counts(self, minutes: Integers, demand: Demand = USUAL) -> Integers:
        """How many contacts come in each of those minutes since 1970."""
        rates = self.rates(minutes, demand)
        parts = max(1, int(np.ceil(rates.max(initial=0.0) / MOST_PER_PART)))
        drawn = (units(self._salt(f"count {part}"), minutes) for part in range(parts))
        counts: Integers = sum((poisson(u, rates / parts) for u in drawn), np.zeros(len(minutes), dtype=np.int64))
        most: Integers = np.minimum(counts, PER_MINUTE - 1)
        return most

    def rates(self, minutes: Integers, demand: Demand = USUAL) -> Floats:
        """Expected contacts in each of those minutes since 1970, the swings of day and quarter included."""
        day = self.profile.day
        local, weekday = self._local(minutes)
        hours = np.array(day.hours)
        # Straight lines between the middles of the hours, so that no hour begins with a jump.
        at = local / 60.0 - 0.5
        before = np.floor(at).astype(np.int64)
        share = hours[before % 24] + (hours[(before + 1) % 24] - hours[before % 24]) * (at - before)
        quarter = 1 + day.quarter_swing * self._swing("quarter", minutes // 15)
        whole_day = 1 + day.day_swing * self._swing("day", (minutes - local) // 60)
        rates: Floats = day.contacts / 60 * share * np.array(day.weekdays)[weekday] * quarter * whole_day
        rates *= demand.surge * self._heavier(demand.weights)
        return rates

    def _swing(self, what: str, numbers: Integers) -> Floats:
        """Draws around 0 that seldom leave -2..2: three added up."""
        drawn = [units(self._salt(f"{what} {n}"), numbers) for n in range(3)]
        return 2 * (drawn[0] + drawn[1] + drawn[2] - 1.5)

    def _local(self, minutes: Integers) -> tuple[Integers, Integers]:
        """(minute of the local day, weekday from Monday = 0) for minutes since 1970."""
        hours, inverse = np.unique(minutes // 60, return_inverse=True)
        offsets = np.array([_offset_min(int(hour), self._zone) for hour in hours], dtype=np.int64)
        local = minutes + offsets[inverse]
        return local % 1440, (local // 1440 + 3) % 7  # 1 January 1970 was a Thursday

    def _heavier(self, weights: Mapping[str, float]) -> float:
        """How many times more contacts come because some categories are likelier."""
        if not weights:
            return 1.0
        usual = {name: category.weight for name, category in self.profile.categories.items()}
        return sum(w * weights.get(name, 1.0) for name, w in usual.items()) / sum(usual.values())

    # ---- which

    def columns(self, numbers: Integers, demand: Demand = USUAL) -> Columns:
        """What the contacts of those numbers are."""
        channel = self._channel.of_all(units(self._salt("channel"), numbers))
        story = self._stories(numbers, channel)
        about = self._subjects(story, demand)
        category, opposite = self._counted(numbers, about)
        kind = self._kinds(numbers, category, opposite)
        offset = (units(self._salt("second"), numbers) * MINUTE_MS).astype(np.int64)
        return Columns(
            number=numbers,
            at_ms=numbers // PER_MINUTE * MINUTE_MS + offset,
            channel=channel,
            category=category,
            about=about,
            kind=kind,
            grade=self._grades(numbers, category, kind),
            story=story,
        )

    def _stories(self, numbers: Integers, channel: Integers) -> Integers:
        """The number of the contact whose matter this is: mostly its own, an earlier one's for those who call again."""
        callers = self.profile.callers
        drawn = units(self._salt("repeat"), numbers)
        again = drawn < callers.repeat
        after = self._repeat_after.of_all(units(self._salt("repeat after"), numbers)).astype(np.int64)
        which = (units(self._salt("repeat which"), numbers) * _BACK).astype(np.int64)
        earlier = (numbers // PER_MINUTE - after) * PER_MINUTE + which
        nuisance = (drawn >= callers.repeat) & (drawn < callers.repeat + callers.nuisance)
        nuisance &= channel == self.channels.index("phone")
        return np.where(again, earlier, np.where(nuisance, NUISANCE, numbers))

    def _subjects(self, story: Integers, demand: Demand) -> Integers:
        """The category each story is about: by its line, by day or night, by the scene."""
        drawn = units(self._salt("category"), story)
        channel = self._channel.of_all(units(self._salt("channel"), story))
        local, _ = self._local(story // PER_MINUTE)
        day = self.profile.day
        night = (local < day.night_until_h * 60) | (local >= day.night_from_h * 60)
        found = np.zeros(len(story), dtype=np.int64)
        for position, line in enumerate(self._lines):
            for is_night in (False, True):
                rows = np.flatnonzero((channel == position) & (night == is_night))
                if rows.size:
                    found[rows] = self._mix(line, is_night, demand.weights).of_all(drawn[rows])
        found[story == NUISANCE] = self.categories.index("noise")
        return found

    def _mix(self, line: str, night: bool, weights: Mapping[str, float]) -> Shares:
        key = (line, night, tuple(sorted(weights.items())))
        if key not in self._mixes:
            likelier = self.profile.lines.get(line, {})
            self._mixes[key] = Shares(
                [
                    c.weight * (c.night if night else 1.0) * likelier.get(name, 1.0) * weights.get(name, 1.0)
                    for name, c in self.profile.categories.items()
                ]
            )
        return self._mixes[key]

    def _counted(self, numbers: Integers, about: Integers) -> tuple[Integers, Booleans]:
        """The category each contact counts in, and whether it says the opposite of what it is about."""
        share, instead = self._opposites
        opposite = units(self._salt("opposite"), numbers) < share[about]
        return np.where(opposite, instead[about], about), opposite

    @cached_property
    def _opposites(self) -> tuple[Floats, Integers]:
        known = self.profile.opposites
        share = [known[name].share if name in known else 0.0 for name in self.categories]
        instead = [
            self.categories.index(known[name].category) if name in known else i
            for i, name in enumerate(self.categories)
        ]
        return np.array(share), np.array(instead, dtype=np.int64)

    def _kinds(self, numbers: Integers, category: Integers, opposite: Booleans) -> Integers:
        kinds = self.profile.kinds
        enquiry = np.array([c.enquiry for c in self.profile.categories.values()])[category]
        drawn = units(self._salt("kind"), numbers)
        # What is left after the enquiries, stretched to 0..1 again.
        rest = (drawn - enquiry) / np.maximum(1 - enquiry, 1e-9)
        found = np.full(len(numbers), _COMPLAINT)
        grave = np.array(["I" in c.grades for c in self.profile.categories.values()])[category]
        found[(rest < kinds.suggestion + kinds.praise) & ~grave] = _SUGGESTION
        found[(rest < kinds.praise) & ~grave] = _PRAISE
        found[(drawn < enquiry) | opposite] = _ENQUIRY
        return found

    def _grades(self, numbers: Integers, category: Integers, kind: Integers) -> Integers:
        """The grade of what lives on; -1 for what is answered or thanked for at once."""
        ends = np.cumsum([[c.grades.get(g, 0.0) for g in GRADES] for c in self.profile.categories.values()], axis=1)
        ends[:, -1] = 1.0
        drawn = units(self._salt("grade"), numbers)
        found = (drawn[:, None] >= ends[category]).sum(axis=1)
        return np.where((kind == _COMPLAINT) | (kind == _SUGGESTION), found, -1)

    # ---- one by one

    def contacts(self, columns: Columns) -> list[Contact]:
        """The contacts of those columns with language and place, earliest first."""
        columns = columns.where(np.argsort(columns.at_ms, kind="stable"))
        lat, lng, area = self._positions(columns)
        names = self.places.areas
        rows = zip(
            columns.number.tolist(),
            columns.at_ms.tolist(),
            columns.channel.tolist(),
            self._languages(columns),
            columns.category.tolist(),
            columns.kind.tolist(),
            columns.grade.tolist(),
            lat.tolist(),
            lng.tolist(),
            area.tolist(),
            columns.about.tolist(),
            columns.story.tolist(),
            strict=True,
        )
        channels, categories, grades = self.channels, self.categories, (*GRADES, "")
        return [
            Contact(
                n, at, channels[ch], lang, categories[cat], KINDS[kind], grades[grade],
                None if la != la else la, None if la != la else ln, names[ar] if ar >= 0 else "",
                categories[about], about != cat, story,
            )
            for n, at, ch, lang, cat, kind, grade, la, ln, ar, about, story in rows
        ]  # fmt: skip

    def _languages(self, columns: Columns) -> list[str]:
        drawn = units(self._salt("language"), columns.story)
        names = self.profile.languages
        foreign = columns.channel == self.channels.index("foreign")
        chosen = np.where(
            foreign,
            Shares(list(names.foreign.values())).of_all(drawn),
            Shares(list(names.others.values())).of_all(drawn) + len(names.foreign),
        )
        known = (*names.foreign, *names.others)
        return [known[i] for i in chosen.tolist()]

    def areas(self, columns: Columns) -> Integers:
        """The number of the area each contact comes from, known to the hotline or not."""
        return self._homes(columns.story)[2]

    def _homes(self, story: Integers) -> tuple[Floats, Floats, Integers]:
        return self.places.place_all(
            *(units(self._salt(what), story) for what in ("place", "place far", "place whither"))
        )

    def _positions(self, columns: Columns) -> tuple[Floats, Floats, Integers]:
        """Positions (NaN where nobody wrote one down) and areas (-1 where none was said)."""
        said = self.profile.places
        lat, lng, area = self._homes(columns.story)
        drawn = units(self._salt("located"), columns.number)
        nowhere = drawn < said.unlocated
        at_default = ~nowhere & (drawn < said.unlocated + said.default_point)
        wrong = ~nowhere & ~at_default & (drawn < said.unlocated + said.default_point + said.wrong)
        if wrong.any():
            other_lat, other_lng, _ = self._homes(columns.number[wrong] + 1)
            lat[wrong], lng[wrong] = other_lat, other_lng
        lat[at_default], lng[at_default] = self._default_point
        lat[nowhere] = np.nan
        unsaid = nowhere & (units(self._salt("area said"), columns.number) >= said.area_said)
        return lat, lng, np.where(unsaid, -1, area)

    def _salt(self, what: str) -> int:
        return salt(self.seed, f"contact {what}")


def _offset_min(hour: int, zone: tzinfo) -> int:
    """Minutes by which the zone's clocks are ahead of UTC in an hour since 1970."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    offset = at.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) // 60 if offset is not None else 0
