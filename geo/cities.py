"""A city as data: `geo/cities/<id>.toml` says its names, zone, bounds, first view, areas, deadlines and traps.

A replay or simulation runs as its own city: `boston-replay` has the file of `boston` and its own id.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import date
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec

from geo import cells
from geo.days import day_length as day_length
from geo.days import day_start as day_start
from geo.days import next_day_start as next_day_start
from geo.days import zone_info
from geo.toml_files import read_toml, typed

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from geo.areas import Areas
    from geo.catalogue import Catalogue

CITIES = Path(__file__).parent / "cities"
UNKNOWN_KIND = "unknown"  # of an incident that was saved before anybody could say what it is
DERIVED = ("-replay", "-sim")  # a replay and a simulation run as cities of their own
FILES = ("areas", "catalogue")  # keys that name a file, relative to the city file
# Degrees (about 5 km) by which a point may lie outside the bounds and still be believed.
BOUNDS_MARGIN = 0.05
# Kinds of incident that the wall shows by area only, unless the city file says otherwise. Case does not matter.
SENSITIVE_KINDS = (
    *("Medical*", "EMS*", "*Ambulance*", "*Overdose*", "*Mental*", "*Psych*", "*Crisis*", "*Suicid*", "*Self-harm*"),
    *("*Assault*", "*Domestic*", "*Abuse*", "*Rape*", "*Sexual*", "*Child*", "*Welfare*"),
    *("*医疗*", "*急救*", "*自杀*", "*家暴*", "*家庭暴力*", "*性侵*", "*精神*"),
)

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Hours = Annotated[float, msgspec.Meta(gt=0)]
Residents = Annotated[int, msgspec.Meta(ge=0)]


class Bounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The box, in degrees, that holds all of the city."""

    south: Latitude
    west: Longitude
    north: Latitude
    east: Longitude


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the map shows first: centre in degrees, zoom as in web maps (0 the world, 18 a building)."""

    lat: Latitude
    lng: Longitude
    zoom: Annotated[float, msgspec.Meta(ge=0, le=20)]


class Deadline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours from receipt within which a case of one grade is dispatched, and answered to the caller."""

    dispatch_h: Hours
    feedback_h: Hours


class Population(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Residents by area name or by finest cell, and where the figures come from."""

    source: Annotated[str, msgspec.Meta(min_length=1)]
    areas: dict[str, Residents] = {}
    cells: dict[str, Residents] = {}


class Centre(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A built-up place: the simulation puts residents around it, thinning out over `reach_km`."""

    lat: Latitude
    lng: Longitude
    weight: Annotated[float, msgspec.Meta(gt=0)]
    reach_km: Annotated[float, msgspec.Meta(gt=0)]


class Placed(NamedTuple):
    """Where a record counts: finest cell ("" without usable location) and area ("" when unknown)."""

    cell: str
    area: str


class City(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """One city's settings. Each field is a key of the city file; `docs/cities.md` explains them one by one."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    names: dict[str, str]
    zone: str
    bounds: Bounds
    view: View
    languages: tuple[str, ...] = ("en",)
    areas: Path | None = None
    area_name_property: str = ""
    catalogue: Path | None = None
    agencies: dict[str, dict[str, str]] = {}
    deadlines: dict[str, Deadline] = {}
    deadline_days: Literal["calendar", "working"] = "calendar"
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()
    public_holidays: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")] = ""
    default_points: tuple[tuple[Latitude, Longitude], ...] = ()
    sensitive_kinds: tuple[str, ...] = SENSITIVE_KINDS
    stale_after_s: Annotated[int, msgspec.Meta(gt=0)] = 600
    population: Population | None = None
    centres: tuple[Centre, ...] = ()
    divisions: dict[str, Annotated[int, msgspec.Meta(ge=1)]] = {}

    @classmethod
    def from_toml(cls, path: Path) -> City:
        """Read a city file. Raises ValueError naming the file, the key and what is needed."""
        path = Path(path)
        raw = read_toml(path)
        beside = {key: str(path.parent / raw[key]) for key in FILES if isinstance(raw.get(key), str)}
        city = typed(raw | beside, cls, path, "a city file")
        complaints = "; ".join(_complaints(city, path))
        if complaints:
            raise ValueError(f"{path}: {complaints}")
        return city

    @property
    def time_zone(self) -> ZoneInfo:
        return zone_info(self.zone)

    def name(self, lang: str = "en") -> str:
        """The city's name in a language, else in English."""
        return self.names.get(lang) or self.names.get(lang.replace("_", "-").partition("-")[0]) or self.names["en"]

    def usable(self, lat: float | None, lng: float | None) -> bool:
        """Whether a position in degrees says where something happened.

        Not when it is absent or no number, lies at 0,0, on a known default point (compared to four decimals,
        10 m), or more than `BOUNDS_MARGIN` degrees outside the bounds.
        """
        if lat is None or lng is None:
            return False
        south, west, north, east = self._believed
        if not (south <= lat <= north and west <= lng <= east):
            return False
        return (round(lat, 4), round(lng, 4)) not in self._known_defaults

    def place(self, lat: float | None, lng: float | None, areas: Areas | None = None, said: str = "") -> Placed:
        """The cell and area where a record counts.

        With `areas` the position decides the area; without them, or where the position is not usable, it is
        `said`, the area the record names itself. The cell is "" when the position is not usable.
        """
        if lat is None or lng is None or not self.usable(lat, lng):
            return Placed("", said)
        cell = cells.point_to_cell(lat, lng)
        return Placed(cell, said if areas is None else areas.area_of(lat, lng, cell))

    def load_areas(
        self, path: Path | None = None, cache_dir: Path | None = None, name_property: str | None = None
    ) -> Areas | None:
        """The areas of `path` (as given with `--areas`) or of the city file, or None when neither names any.

        `name_property` goes with `path`, `cache_dir` keeps the cell table (see `Areas.load`). Raises ValueError.
        """
        from geo.areas import Areas

        if path is not None:
            return Areas.load(path, name_property, cache_dir=cache_dir)
        if self.areas is None:
            return None
        return Areas.load(self.areas, self.area_name_property or None, cache_dir=cache_dir)

    def load_catalogue(self) -> Catalogue:
        """The names of the city's categories, kinds and areas; an empty catalogue when the city file names none.

        Raises ValueError naming the file and key, also for an owner that is no agency of the city.
        """
        from geo.catalogue import Catalogue

        if self.catalogue is None:
            return Catalogue()
        found = Catalogue.from_toml(self.catalogue)
        if strangers := sorted(found.owners() - set(self.agencies)):
            raise ValueError(f"{self.catalogue}: owner: {', '.join(strangers)} is not among the city's agencies")
        return found

    def is_sensitive(self, kind: str) -> bool:
        """Whether incidents of this kind are shown on the wall by area only; so is one whose kind nobody knows yet."""
        known = self._sensitive_known.get(kind)
        if known is None:
            is_listed = kind == UNKNOWN_KIND or self._sensitive.fullmatch(kind) is not None
            known = self._sensitive_known[kind] = is_listed
        return known

    @cached_property
    def _sensitive_known(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _believed(self) -> tuple[float, float, float, float]:
        box = self.bounds
        return box.south - BOUNDS_MARGIN, box.west - BOUNDS_MARGIN, box.north + BOUNDS_MARGIN, box.east + BOUNDS_MARGIN

    @cached_property
    def _known_defaults(self) -> frozenset[tuple[float, float]]:
        return frozenset((round(lat, 4), round(lng, 4)) for lat, lng in ((0.0, 0.0), *self.default_points))

    @cached_property
    def _sensitive(self) -> re.Pattern[str]:
        return re.compile("|".join(map(translate, self.sensitive_kinds)) or r"(?!)", re.IGNORECASE)


def city_ids(folder: Path = CITIES) -> list[str]:
    """Ids of all city files, sorted; a file with `_` in its name, such as a catalogue, lies beside one."""
    return sorted(path.stem for path in folder.glob("*.toml") if "_" not in path.stem)


def base_city_id(city_id: str) -> str:
    """The id whose file describes the city: `boston-replay` -> `boston`, `beijing-sim` -> `beijing`."""
    suffix = next((suffix for suffix in DERIVED if city_id.endswith(suffix)), "")
    return city_id.removesuffix(suffix)


def load_city(city_id: str, folder: Path = CITIES) -> City:
    """The city of that id; a replay or simulation gets its city's settings under its own id. Raises ValueError."""
    base = base_city_id(city_id)
    known = city_ids(folder)
    if base not in known:
        near = difflib.get_close_matches(base, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or 'none'}"
        raise ValueError(f"no city {city_id!r} in {folder}: {hint} (or add {base}.toml)")
    return msgspec.structs.replace(City.from_toml(folder / f"{base}.toml"), id=city_id)


def _complaints(city: City, path: Path) -> Iterator[str]:
    """What the types cannot say."""
    if city.id != path.stem:
        yield f"id: is {city.id!r}, use the file's name, {path.stem!r}"
    if "en" not in city.names:
        yield "names.en: missing, give at least the English name"
    try:
        zone_info(city.zone)
    except ValueError as error:
        yield f"zone: {error}"
    box = city.bounds
    if not (box.south < box.north and box.west < box.east):
        yield "bounds: south must be below north and west left of east (a city across 180 degrees is not possible)"
    elif not (box.south <= city.view.lat <= box.north and box.west <= city.view.lng <= box.east):
        yield "view: lies outside bounds"
    for key, file in (("areas", city.areas), ("catalogue", city.catalogue)):
        if file is not None and not file.is_file():
            yield f"{key}: there is no file {file}"
    for grade, deadline in city.deadlines.items():
        if deadline.dispatch_h > deadline.feedback_h:
            yield f"deadlines.{grade}: dispatch_h is after feedback_h"
    if both := sorted(set(city.holidays) & set(city.workdays)):
        yield f"workdays: {', '.join(map(str, both))} cannot be holidays as well"
    if unknown := sorted(set(city.divisions) - set(city.population.areas if city.population else ())):
        yield f"divisions: {', '.join(unknown)} need residents under population.areas"
