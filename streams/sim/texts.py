"""What simulated callers say, who they say they are and where: words by language, category and chance.

The sentences stand in `texts/<language>.toml`, invented streets in `texts/places.toml`. Nothing here names a real
person, number or address. Every choice takes the caller's random generator, so that it can be made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from string import Formatter
from typing import Annotated, Literal, NamedTuple

import msgspec

from geo.catalogue import Catalogue
from geo.toml_files import read_toml, typed

FOLDER = Path(__file__).parent / "texts"
PLACES = "places.toml"
DEFAULT = "zh"  # spoken by whoever has no language of ours
PHONE = "100 {:04d} {:04d}"  # a prefix that no caller has; 100 0000 is for emergencies
PHONES = 9_998 * 10_000  # enough that few who share a number are strangers
NUISANCE_PHONE = "100 9999 9999"  # of one person who calls and calls
# What each list may say in braces.
SPOKEN = frozenset({"street", "number", "time", "subject"})
PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "addresses": frozenset({"area", "street", "number", "landmark"}),
    "landmarks": frozenset({"stem"}),
}

QUESTION = ("?", "？", "؟", "か。")

Lines = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class Voice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One language file. `general` fits every category without texts of its own."""

    language: str
    script: Literal["zh", "roman"]
    names: Lines
    addresses: Lines
    landmarks: Lines
    wrong_address: Lines
    silent: Lines
    general: Lines
    enquiry: Lines
    suggestion: Lines
    praise: Lines
    nuisance: tuple[str, ...] = ()
    texts: dict[str, Lines]
    opposites: dict[str, Lines]

    def lines(self) -> Iterator[tuple[str, str]]:
        """Every line with the key it stands under, such as `texts.noise`."""
        for key in msgspec.structs.asdict(self):
            found = getattr(self, key)
            if isinstance(found, dict):
                yield from ((f"{key}.{category}", line) for category, group in found.items() for line in group)
            elif not isinstance(found, str):
                yield from ((key, line) for line in found)

    def group(self, category: str, kind: str, opposite: bool) -> Lines:
        """The lines for a category: what is wrong, or that it is not (any more), or a question, thanks, an idea."""
        if opposite:
            return self.opposites.get(category) or self.opposites["other"]
        said = self.texts.get(category, ())
        if kind == "enquiry":
            return self.enquiry + tuple(line for line in said if line.endswith(QUESTION))
        by_kind = {"suggestion": self.suggestion, "praise": self.praise}
        return by_kind.get(kind) or said or self.general


class Street(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An invented street: stem and ending in characters and in Latin letters."""

    stem: str
    ending: str
    latin_stem: str
    latin_ending: str


class Streets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Streets by area name; "" for areas that have none of their own."""

    streets: dict[str, Annotated[tuple[Street, ...], msgspec.Meta(min_length=1)]]


class Spot(NamedTuple):
    """An address before it is said in a language; `landmark` chooses among the language's landmarks."""

    area: str
    street: Street
    number: int
    landmark: int


class Caller(NamedTuple):
    """Who calls: a surname with a title, and an invented number."""

    name: str
    phone: str


class Words:
    """All languages together. One `text_for` takes a few microseconds."""

    def __init__(self, voices: Mapping[str, Voice], streets: Streets, catalogue: Catalogue) -> None:
        """`catalogue` gives areas and subjects their names; without it their ids are made readable."""
        self.languages: tuple[str, ...] = tuple(sorted(voices))
        self._voices, self._streets, self._catalogue = voices, streets.streets, catalogue
        self._groups: dict[tuple[str, str, str, bool, bool], tuple[str, ...]] = {}
        self._names: dict[tuple[Literal["category", "area"], str, str], str] = {}

    @classmethod
    def load(cls, catalogue: Catalogue | None = None, folder: Path = FOLDER) -> Words:
        """Read all language files. Raises ValueError naming the file, the key and what is needed."""
        streets = read_streets(folder)
        files = sorted(path for path in folder.glob("*.toml") if path.name != PLACES)
        voices = {path.stem: _voice(path) for path in files}
        if DEFAULT not in voices:
            raise ValueError(f"{folder / DEFAULT}.toml: missing, it speaks for unknown languages")
        return cls(voices, streets, catalogue or Catalogue())

    def text_for(
        self,
        rng: Random,
        category: str,
        language: str,
        *,
        opposite: bool = False,
        kind: str = "complaint",
        spot: Spot | None = None,
        at: datetime | None = None,
    ) -> str:
        """What somebody says about a category.

        `opposite`: that it is not so, or not any more. `kind` is that of the case; enquiries, suggestions and
        praise have lines of their own. `spot` is where (chance decides without it). `at`, the city's local time
        of the call, allows sentences with a time of day: 5 to 90 minutes earlier.
        """
        voice = self._voice_of(language)
        line = rng.choice(self._group(voice, category, kind, opposite, at is not None))
        if "{" not in line:
            return line
        where = spot or self.spot_for(rng, "")
        return line.format(
            street=_street(where.street, voice),
            number=where.number,
            time=_earlier(rng, at) if at is not None else "",
            subject=self._name("category", category, voice.language),
        )

    def lines_for(self, category: str, language: str, kind: str, opposite: bool) -> tuple[str, ...]:
        """All that `text_for` chooses from, each as likely as the others, with its places for words in braces."""
        return self._group(self._voice_of(language), category, kind, opposite, True)

    def spot_for(self, rng: Random, area: str) -> Spot:
        """An invented address in an area (as named in the file of boundaries; "" or unknown: anywhere)."""
        street = rng.choice(self._streets.get(area) or self._streets[""])
        return Spot(area, street, rng.randint(1, 199), rng.randrange(1 << 16))

    def address_of(self, spot: Spot, language: str) -> str:
        """The address as it is said in a language: always the same for the same spot."""
        voice = self._voice_of(language)
        line = voice.addresses[spot.landmark // 64 % len(voice.addresses)]
        landmark = voice.landmarks[spot.landmark % len(voice.landmarks)]
        stem = spot.street.stem if voice.script == "zh" else spot.street.latin_stem
        said = line.format(
            area=self._name("area", spot.area, voice.language) if spot.area else "",
            street=_street(spot.street, voice),
            number=spot.number,
            landmark=landmark.format(stem=stem),
        )
        return said.strip(" ,،，、")

    def address_for(self, rng: Random, area: str, language: str) -> str:
        """An invented address in an area, said in a language."""
        return self.address_of(self.spot_for(rng, area), language)

    def wrong_address_for(self, rng: Random, language: str, spot: Spot | None = None) -> str:
        """Talk of somebody whose address is wrong or unknown; `spot` is the one given before."""
        voice, where = self._voice_of(language), spot or self.spot_for(rng, "")
        line = rng.choice(voice.wrong_address)
        return line.format(street=_street(where.street, voice), number=where.number)

    def silent_for(self, rng: Random, language: str) -> str:
        """The note on a call in which nobody speaks."""
        return rng.choice(self._voice_of(language).silent)

    def caller_for(self, rng: Random, language: str) -> Caller:
        """A name and a number, both invented."""
        return Caller(rng.choice(self._voice_of(language).names), phone_of(rng.randrange(PHONES)))

    def nuisance(self, rng: Random | None = None) -> tuple[str, str]:
        """(text, phone) of the one caller who calls without a reason: always the same phone."""
        lines = self._voices[DEFAULT].nuisance or self._voices[DEFAULT].silent
        return (rng.choice(lines) if rng else lines[0]), NUISANCE_PHONE

    def _voice_of(self, language: str) -> Voice:
        return self._voices.get(language) or self._voices[DEFAULT]

    def _group(self, voice: Voice, category: str, kind: str, opposite: bool, timed: bool) -> tuple[str, ...]:
        key = (voice.language, category, kind, opposite, timed)
        found = self._groups.get(key)
        if found is None:
            lines: Sequence[str] = voice.group(category, kind, opposite)
            found = tuple(line for line in lines if timed or "{time}" not in line) or voice.general
            self._groups[key] = found
        return found

    def _name(self, kind: Literal["category", "area"], id: str, language: str) -> str:
        key = (kind, id, language)
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = self._catalogue.name_of(kind, id, language)
        return found


def read_streets(folder: Path = FOLDER) -> Streets:
    """The invented streets. Raises ValueError naming the file, the key and what is needed."""
    streets = typed(read_toml(folder / PLACES), Streets, folder / PLACES, "a file of places")
    if "" not in streets.streets:
        raise ValueError(f'{folder / PLACES}: streets."": missing, give a few streets for any other area')
    return streets


def phone_of(number: int) -> str:
    """One of `PHONES` invented telephone numbers."""
    return PHONE.format(1 + number // 10_000, number % 10_000)


def _street(street: Street, voice: Voice) -> str:
    if voice.script == "zh":
        return street.stem + street.ending
    return f"{street.latin_stem} {street.latin_ending}"


def _earlier(rng: Random, at: datetime) -> str:
    """HH:MM, 5 to 90 minutes before."""
    minutes = (at.hour * 60 + at.minute - rng.randint(5, 90)) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _voice(path: Path) -> Voice:
    voice = typed(read_toml(path), Voice, path, "a file of texts")
    complaints = "; ".join(_complaints(voice, path))
    if complaints:
        raise ValueError(f"{path}: {complaints}")
    return voice


def _complaints(voice: Voice, path: Path) -> Iterator[str]:
    """What the types cannot say."""
    if voice.language != path.stem:
        yield f"language: is {voice.language!r}, use the file's name, {path.stem!r}"
    if "other" not in voice.opposites:
        yield "opposites.other: missing, it speaks for all categories without one"
    for key, line in voice.lines():
        try:
            asked = {name for _, name, _, _ in Formatter().parse(line) if name is not None}
        except ValueError as error:
            yield f"{key}: {error} in {line!r}"
            continue
        if strangers := sorted(asked - PLACEHOLDERS.get(key, SPOKEN)):
            yield f"{key}: {{{strangers[0]}}} is not known there in {line!r}"
    for key in ("general", *(f"texts.{c}" for c in voice.texts), *(f"opposites.{c}" for c in voice.opposites)):
        if not any("{time}" not in line for found, line in voice.lines() if found == key):
            yield f"{key}: give at least one sentence without {{time}}"
