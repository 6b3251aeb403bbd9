"""What a city calls things: names of categories, incident kinds, unit kinds and areas in every language, and owners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from geo.toml_files import read_toml, typed

Names = dict[str, Annotated[str, msgspec.Meta(min_length=1)]]
Said = Literal["category", "incident_kind", "unit_kind", "area"]
DEFAULT = "en"
# Where the names of each kind of thing stand in the file.
TABLES: Mapping[Said, str] = {
    "category": "categories.{}.names",
    "incident_kind": "incident_kinds.{}.names",
    "unit_kind": "unit_kinds.{}.names",
    "area": "areas.{}",
}


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A category of cases: its names, the agency that answers for it, the usual grade.

    `grave` ones are watched for clusters: a few in neighbouring cells within minutes need a decision.
    """

    names: Names
    owner: str = ""
    grade: str = "III"
    grave: bool = False


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of incident or of unit: its names and the agency that leads or sends it."""

    names: Names
    owner: str = ""


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a city names by an id; areas are named as in the file of boundaries."""

    categories: dict[str, Category] = {}
    incident_kinds: dict[str, Kind] = {}
    unit_kinds: dict[str, Kind] = {}
    areas: dict[str, Names] = {}

    @classmethod
    def from_toml(cls, path: Path) -> Catalogue:
        """Read a catalogue file. Raises ValueError naming the file, the key and what is needed."""
        path = Path(path)
        catalogue = typed(read_toml(path), cls, path, "a catalogue")
        complaints = "; ".join(catalogue._complaints())
        if complaints:
            raise ValueError(f"{path}: {complaints}")
        return catalogue

    def names(self, kind: Said) -> Mapping[str, Names]:
        """Id -> language -> name, of one kind of thing."""
        if kind == "area":
            return self.areas
        return {key: thing.names for key, thing in self._things(kind).items()}

    def name_of(self, kind: Said, id: str, lang: str = DEFAULT) -> str:
        """The name in a language (`zh`, `zh_CN`, `zh-Hans`), else in English, else the id made readable."""
        if kind == "area":
            return in_language(self.areas.get(id, {}), lang) or readable(id)
        thing = self._things(kind).get(id)
        return in_language(thing.names if thing else {}, lang) or readable(id)

    def owner_of(self, category: str) -> str:
        """The agency that answers for a category, "" when the catalogue does not say."""
        known = self.categories.get(category)
        return known.owner if known else ""

    def owners(self) -> frozenset[str]:
        """Every agency id that is named anywhere."""
        tables = (self._things("category"), self.incident_kinds, self.unit_kinds)
        return frozenset(thing.owner for table in tables for thing in table.values() if thing.owner)

    def grave(self) -> frozenset[str]:
        """The categories that are watched for clusters."""
        return frozenset(key for key, category in self.categories.items() if category.grave)

    def _things(self, kind: Said) -> Mapping[str, Category | Kind]:
        if kind == "category":
            return self.categories
        return self.incident_kinds if kind == "incident_kind" else self.unit_kinds

    def _complaints(self) -> Iterator[str]:
        """What the types cannot say."""
        for kind, key_of in TABLES.items():
            for key, names in self.names(kind).items():
                if DEFAULT not in names:
                    yield f"{key_of.format(key)}.{DEFAULT}: missing, give at least the English name"


def in_language(names: Mapping[str, str], lang: str) -> str:
    """The name in a language, by its full id, then by its first part, else in English, else ""."""
    first = lang.replace("_", "-").partition("-")[0].lower()
    return names.get(lang) or names.get(first) or names.get(DEFAULT, "")


def readable(id: str) -> str:
    """`gas_smell` -> `Gas smell`; a text that is no such id stays as it is (`EMS: FALL VICTIM`, `Street Light`)."""
    if id != id.lower() or " " in id:
        return id
    words = id.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
