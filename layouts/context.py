"""What the pages are about: the city, its map, and who is looking. Given by the running program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs

from emergency.alarm_rules import Settings as AlarmSettings
from geo.areas import Areas
from hotline.case_rules import CaseRules
from layouts.scale import Viewing
from layouts.texts import DEFAULT, Language, language

MEASURES: tuple[str, ...] = ("received_1h", "received_24h", "open", "overdue", "due_4h", "incidents")
ALL_CATEGORIES = "*"
SCENES: tuple[str, ...] = ("map", "hotline", "emergency")
PALETTES: tuple[str, ...] = ("dark", "night")
EVERY_S = 30  # how long a scene stays
LEAST_EVERY_S, MOST_EVERY_S = 5, 3600


class View(Protocol):
    """Where a map starts; `zoom` is meant for a map 800 pixels high."""

    @property
    def lat(self) -> float: ...
    @property
    def lng(self) -> float: ...
    @property
    def zoom(self) -> float: ...


class City(Protocol):
    """What the pages need of `geo.cities.City`."""

    @property
    def id(self) -> str: ...
    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def zone(self) -> Any: ...
    @property
    def view(self) -> Any: ...


class Named(Protocol):
    """Something of the catalogue with a name in each language."""

    @property
    def names(self) -> Mapping[str, str]: ...


class Catalogue(Protocol):
    """What the pages need of `geo.catalogue.Catalogue`: id -> names, for each table."""

    @property
    def categories(self) -> Mapping[str, Named]: ...
    @property
    def incident_kinds(self) -> Mapping[str, Named]: ...
    @property
    def unit_kinds(self) -> Mapping[str, Named]: ...
    @property
    def areas(self) -> Mapping[str, Named]: ...


@dataclass(frozen=True)
class AreaLabel:
    """The name of an area and where to write it; `size` decides who stays when two would overlap."""

    name: str
    lat: float
    lng: float
    size: float = 1.0
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Viewer:
    """Who looks at a page: what the desks need to know of a signed-in person or the holder of a key."""

    name: str = ""
    role: str = ""
    roles: tuple[str, ...] = ()
    csrf: str = ""
    locale: str = ""
    positions: tuple[str, ...] = ()
    may_read: bool = True  # incidents and units
    may_ask: bool = True  # request a dispatch
    may_case: bool = True  # request a step of a case
    may_list: bool = True  # read lists of cases, and so briefings
    bodies: tuple[str, ...] = ()  # whose cases are all that is seen: somebody of the department, not of the hotline
    may_reveal: bool = True  # see who called, which is written down
    is_person: bool = False  # signed in with name and password: has positions, and a desk that locks


@dataclass(frozen=True)
class Context:
    """Everything the layouts are told by the program."""

    city: City
    outlines: Mapping[str, Any] | None = None  # GeoJSON FeatureCollection
    labels: Sequence[AreaLabel] = ()
    tile_url: str = ""
    tile_credit: str = ""
    base_path: str = ""  # prefix of /live when served below a path
    catalogue: Catalogue | None = None
    story: bool = False  # a simulated city with a story bar
    lock_after_s: int = 600  # a desk that nobody touched for so long locks
    alarms: AlarmSettings | None = None  # None: those that come with Hexwatch
    viewer: Callable[[], Viewer] | None = None  # who asks just now; None where nobody does
    bodies: Mapping[str, Mapping[str, str]] | None = None  # id -> names; None: as the catalogue of Hexwatch has them
    reasons: Mapping[str, Mapping[str, str]] | None = None  # of the dispatch catalogue -> language; None: likewise
    case_rules: CaseRules | None = None  # None: those that come with Hexwatch
    past: bool = False  # a page of an instant that is over: nothing can be done on it


def context_of(
    city: City, areas: Areas | None = None, *, tile_url: str = "", tile_credit: str = "", base_path: str = ""
) -> Context:
    """The context of a city and its areas; computed once, when the program starts."""
    catalogue = catalogue_of(city)
    if areas is None:
        return Context(city, None, (), tile_url, tile_credit, base_path, catalogue)
    outlines = areas.outlines()
    said = {f["properties"]["name"]: f for f in outlines["features"]}
    labels = [
        AreaLabel(a.name, a.lat, a.lng, _extent(said[a.name]["geometry"]), _local_names(said[a.name]["properties"]))
        for a in areas.labels()
    ]
    return Context(city, outlines, labels, tile_url, tile_credit, base_path, catalogue)


def catalogue_of(city: Any) -> Catalogue | None:
    """The city's catalogue of names, or None for a city that has none."""
    load = getattr(city, "load_catalogue", None)
    return load() if load else None


def _local_names(properties: Mapping[str, Any]) -> dict[str, str]:
    return {key.partition(":")[2]: str(text) for key, text in properties.items() if key.startswith("name:")}


def _extent(geometry: Mapping[str, Any]) -> float:
    """Area of the bounding box of a GeoJSON geometry in square degrees: enough to tell large from small."""
    points = list(_points(geometry["coordinates"]))
    lngs, lats = [p[0] for p in points], [p[1] for p in points]
    return (max(lngs) - min(lngs)) * (max(lats) - min(lats))


def _points(coordinates: Sequence[Any]) -> Iterator[Sequence[float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
        return
    for part in coordinates:
        yield from _points(part)


@dataclass(frozen=True)
class WallOptions:
    """What the address of the wall may ask for; anything not understood falls back to the default."""

    measure: str = "open"
    category: str = ALL_CATEGORIES
    viewing: Viewing = field(default_factory=Viewing)
    palette: str = "dark"
    scenes: tuple[str, ...] = ()
    every_s: float = EVERY_S


def wall_options(search: str) -> tuple[Language, WallOptions]:
    """Read `?lang=&measure=&category=&distance_m=&pitch_mm=&palette=&scenes=&every=`.

    `distance` and `pitch` are understood too.
    """
    asked = {key: values[-1] for key, values in parse_qs(search.lstrip("?")).items()}
    measure = asked.get("measure", "open")
    return language(asked.get("lang", DEFAULT)), WallOptions(
        measure=measure if measure in MEASURES else "open",
        category=asked.get("category") or ALL_CATEGORIES,
        viewing=Viewing(
            _positive(asked.get("distance_m") or asked.get("distance")),
            _positive(asked.get("pitch_mm") or asked.get("pitch")),
        ),
        palette=next((known for known in PALETTES if known == asked.get("palette")), PALETTES[0]),
        scenes=tuple(dict.fromkeys(s for s in asked.get("scenes", "").split(",") if s in SCENES)),
        every_s=min(MOST_EVERY_S, max(LEAST_EVERY_S, _positive(asked.get("every")) or EVERY_S)),
    )


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 < value < 10_000 else None


def name_in(names: Mapping[str, str], lang: Language, fallback: str) -> str:
    """A name in the page's language, by full id, then by first part, else English, else the fallback."""
    for key in (lang.id, lang.id.replace("_", "-"), lang.id.partition("_")[0], lang.html, DEFAULT):
        if names.get(key):
            return names[key]
    return fallback
