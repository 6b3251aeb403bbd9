"""A city's names and where they are: areas, streets, landmarks, found by what somebody types; nothing goes outside."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import h3
import msgspec
import numpy as np

from geo import place_names
from geo.cells import COARSEST, cell_to_center
from geo.features import METRES_PER_DEGREE

if TYPE_CHECKING:
    Numbers: TypeAlias = np.ndarray[Any, np.dtype[Any]]

Kind = Literal["area", "street", "landmark", "cell", "point"]
KINDS: tuple[Kind, ...] = ("area", "landmark", "street", "cell", "point")  # in this order among equals

MAX_WORDS = 8
NEAR_M = 3_000.0
FAR_M = 10_000.0
POINT_PRECISION_M = 10
# The bits of a rank, the weightiest first: how it fits, how far, which kind, how many records, how long the name.
_FIT, _FAR, _KIND, _SEEN, _SEEN_MAX, _LENGTH_MAX = 44, 40, 36, 16, (1 << 20) - 1, (1 << 16) - 1
_FITS = ("exact", "prefix", "words")
_NONE = len(_FITS)
_SPARE = 12  # names looked at per place asked for: one place has a name in each language
_LAST = "\U0010ffff"
_NUMBER = r"([-+]?\d{1,3}(?:\.\d+)?)"
_POINT = re.compile(rf"\s*{_NUMBER}\s*°?\s*(?:[,;，、]\s*|\s+){_NUMBER}\s*°?\s*")
_CELL = re.compile(r"\s*(8[0-9a-fA-F]{14})\s*")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a name and a position in degrees.

    `names` by language, "" where the source does not say which; `also` are further names that are only searched.
    `precision_m` is the radius within which it lies, `n` how many records it was learnt from.
    """

    id: str
    kind: Kind
    names: dict[str, str]
    lat: float
    lng: float
    also: tuple[str, ...] = ()
    area: str = ""
    precision_m: int = 0
    n: int = 0
    is_illustrative: bool = False


class Found(NamedTuple):
    """A place and why it is offered: how it fits, then what else speaks for it."""

    place: Place
    why: tuple[str, ...]


class _Asked(NamedTuple):
    """A typed text: its words, those that only name an area, and the numbers among them."""

    words: list[str]
    areas: list[str]
    numbers: list[str]


class Gazetteer:
    """All places of a city. Building takes about 10 s per million names, a search a few milliseconds."""

    def __init__(self, places: Iterable[Place] = (), area_of: Callable[[float, float], str] | None = None) -> None:
        """`area_of` names the area of a point, where the city has areas.

        Raises ValueError when a position is not a finite number.
        """
        self.places: tuple[Place, ...] = tuple(places)
        self.area_of: Callable[[float, float], str] = area_of or (lambda lat, lng: "")
        for place in self.places:
            if not (math.isfinite(place.lat) and math.isfinite(place.lng)):
                raise ValueError(f"place {place.id}: lat and lng are no numbers")
        named = [
            (number, place_names.words(name))
            for number, place in enumerate(self.places)
            for name in dict.fromkeys((*place.names.values(), *place.also))
        ]
        named = [(number, found) for number, found in named if found]
        self._place_of = np.array([number for number, _ in named], dtype=np.int32)
        self._by_phrase([place_names.phrase(found) for _, found in named])
        self._by_token([found for _, found in named])
        self._weigh()
        self._know_areas()

    def search(self, text: str, near: tuple[float, float] | None = None, limit: int = 10) -> list[Found]:
        """Places that fit the text, best first: same name, then names that begin so, then names with all its words.

        A word may also be the name of the area that a place lies in. Among equal fits those near `near` (lat, lng)
        come first, then areas, landmarks, streets, then what is known from more records, then shorter names. A number
        that no name has is taken for a house number and passed over (`why` says "number").
        """
        asked = self._asked(text)
        if not asked.words or not len(self._place_of):
            return []
        fits, is_without_number = self._fits(asked)
        chosen = np.nonzero(fits < _NONE)[0]
        if not len(chosen):
            return []
        distances = None if near is None else self._distances(*near)
        ranks = self._ranks(chosen, fits, distances)
        order = self._first(ranks, limit * _SPARE)
        found = self._distinct(chosen[order], limit)
        if len(found) < limit and len(order) < len(chosen):
            found = self._distinct(chosen[np.argsort(ranks, kind="stable")], limit)
        return [
            Found(self.places[place], self._why(place, int(fits[name]), distances, is_without_number))
            for place, name in found.items()
        ]

    # what is built

    def _by_phrase(self, phrases: list[str]) -> None:
        order = sorted(range(len(phrases)), key=phrases.__getitem__)
        self._phrases = [phrases[i] for i in order]
        self._name_of_phrase = np.array(order, dtype=np.int32)
        self._lengths = np.array([min(len(text), _LENGTH_MAX) for text in phrases], dtype=np.int64)

    def _by_token(self, named: list[list[str]]) -> None:
        """Names by token: all names whose tokens begin alike stand in one stretch."""
        names_of: dict[str, list[int]] = {}
        for number, found in enumerate(named):
            for token in set(place_names.tokens(found)):
                names_of.setdefault(token, []).append(number)
        self._tokens = sorted(names_of)
        flat = [number for token in self._tokens for number in names_of[token]]
        self._names_of_tokens = np.array(flat, dtype=np.int32)
        self._ends = np.cumsum([0, *(len(names_of[token]) for token in self._tokens)])

    def _weigh(self) -> None:
        places = self.places
        self._lat = np.array([place.lat for place in places], dtype=np.float64)
        self._lng = np.array([place.lng for place in places], dtype=np.float64)
        kind = np.array([KINDS.index(place.kind) for place in places], dtype=np.int64)
        seen = _SEEN_MAX - np.minimum(np.array([place.n for place in places], dtype=np.int64), _SEEN_MAX)
        by_place = (kind << _KIND) | (seen << _SEEN)
        self._weights = by_place[self._place_of] | self._lengths if len(places) else np.zeros(0, dtype=np.int64)

    def _know_areas(self) -> None:
        """The areas' own names, so that a word may say where a street is."""
        names = sorted({place.area for place in self.places if place.area})
        number = {name: i for i, name in enumerate(names)}
        area_of = np.array([number.get(place.area, -1) for place in self.places], dtype=np.int32)
        self._area_of_name = area_of[self._place_of] if len(self.places) else area_of
        known = {place.area: place for place in self.places if place.kind == "area"}
        self._area_tokens: list[frozenset[str]] = []
        self._area_names: set[str] = set()
        for name in names:
            said = [name, *known[name].names.values(), *known[name].also] if name in known else [name]
            found = [place_names.words(text) for text in said]
            self._area_tokens.append(frozenset(word for one in found for word in one))
            self._area_names |= {one[0] for one in found if len(one) == 1 and place_names.is_unspaced(one[0])}

    # one search

    def _asked(self, text: str) -> _Asked:
        words: list[str] = []
        areas: list[str] = []
        for word in place_names.words(text)[:MAX_WORDS]:
            area = self._area_before(word)
            if area:
                areas.append(area)
                word = word[len(area) :]
            words.append(word)
        numbers = [word for word in words if word.isdigit()] if len(words) > 1 else []
        return _Asked(words, areas, numbers)

    def _area_before(self, word: str) -> str:
        """The area with which an address in Chinese begins: 东城区春和胡同 -> 东城区."""
        if not place_names.is_unspaced(word):
            return ""
        return next((word[:n] for n in range(len(word) - 1, 1, -1) if word[:n] in self._area_names), "")

    def _fits(self, asked: _Asked) -> tuple[Numbers, bool]:
        """How each name fits (an index of `_FITS`, or `_NONE`), and whether a house number was passed over."""
        total = len(self._place_of)
        fitting = np.ones(total, dtype=bool)
        own = np.zeros(total, dtype=bool)
        for area in asked.areas:
            fitting &= self._in_areas(area)
        for word in asked.words:
            if word not in asked.numbers:
                named = self._with_token(word)
                own |= named
                fitting &= named | self._in_areas(word)
        kept = [word for word in asked.words if word not in asked.numbers]
        for number in asked.numbers:
            numbered = self._with_token(number)
            if not kept or (fitting & numbered).any():
                own |= numbered
                fitting &= numbered
            else:
                return self._graded(fitting & own, place_names.phrase(kept)), True
        return self._graded(fitting & own, place_names.phrase(asked.words)), False

    def _graded(self, fitting: Numbers, text: str) -> Numbers:
        fits = np.where(fitting, np.uint8(_FITS.index("words")), np.uint8(_NONE))
        start, end = bisect_left(self._phrases, text), bisect_left(self._phrases, text + _LAST)
        begins = self._name_of_phrase[start:end]
        fits[begins[fitting[begins]]] = _FITS.index("prefix")
        same = self._name_of_phrase[start : bisect_left(self._phrases, text + "\0", start, end)]
        fits[same[fitting[same]]] = _FITS.index("exact")
        return fits

    def _with_token(self, word: str) -> Numbers:
        """Which names have a token that begins with the word."""
        start, end = bisect_left(self._tokens, word), bisect_left(self._tokens, word + _LAST)
        mask = np.zeros(len(self._place_of), dtype=bool)
        mask[self._names_of_tokens[self._ends[start] : self._ends[end]]] = True
        return mask

    def _in_areas(self, word: str) -> Numbers:
        """Which names are of places in an area that is called so."""
        called = [any(token.startswith(word) for token in tokens) for tokens in self._area_tokens]
        return np.array([*called, False], dtype=bool)[self._area_of_name]  # -1, in no area, is the last

    def _distances(self, lat: float, lng: float) -> Numbers:
        """Metres from a point to every place, on a plane: a city is small."""
        south = (self._lat - lat) * METRES_PER_DEGREE
        west = (self._lng - lng) * METRES_PER_DEGREE * math.cos(math.radians(lat))
        distances: Numbers = np.hypot(south, west)
        return distances

    def _ranks(self, chosen: Numbers, fits: Numbers, distances: Numbers | None) -> Numbers:
        ranks: Numbers = (fits[chosen].astype(np.int64) << _FIT) | self._weights[chosen]
        if distances is not None:
            away = distances[self._place_of[chosen]]
            ranks |= ((away > NEAR_M).astype(np.int64) + (away > FAR_M)) << _FAR
        return ranks

    def _first(self, ranks: Numbers, n: int) -> Numbers:
        """Positions of the smallest ranks, in order."""
        if len(ranks) <= n:
            return np.argsort(ranks, kind="stable")
        some = np.sort(np.argpartition(ranks, n)[:n])
        first: Numbers = some[np.argsort(ranks[some], kind="stable")]
        return first

    def _distinct(self, names: Numbers, limit: int) -> dict[int, int]:
        """Place -> its best name, for the first places."""
        found: dict[int, int] = {}
        for name in names.tolist():
            found.setdefault(int(self._place_of[name]), name)
            if len(found) == limit:
                break
        return found

    def _why(self, number: int, fit: int, distances: Numbers | None, is_without_number: bool) -> tuple[str, ...]:
        place = self.places[number]
        said = {
            _FITS[fit]: True,
            "number": is_without_number,
            "near": distances is not None and bool(distances[number] <= NEAR_M),
            "learnt": place.n > 0,
            "illustrative": place.is_illustrative,
        }
        return tuple(code for code, is_so in said.items() if is_so)


def text_to_point(text: str) -> tuple[float, float] | None:
    """(lat, lng) of a text such as `39.91, 116.40`; None when it is no pair of degrees on the globe.

    A pair without a comma needs decimals: `12 34` may be a house and a street.
    """
    match = _POINT.fullmatch(text)
    if match is None or (("." not in match[1] or "." not in match[2]) and not re.search("[,;，、]", text)):
        return None
    lat, lng = float(match[1]), float(match[2])
    return (lat, lng) if abs(lat) <= 90 and abs(lng) <= 180 else None


def text_to_cell(text: str) -> str | None:
    """The H3 cell that a text is the id of, of a district's size or finer; else None."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    cell = match[1].lower()
    return cell if h3.is_valid_cell(cell) and h3.get_resolution(cell) >= COARSEST else None


def point_to_place(lat: float, lng: float, area: str = "") -> Place:
    """A point as a place, called by its degrees."""
    name = f"{lat:.5f}, {lng:.5f}"
    return Place(
        id=f"point:{lat:.5f},{lng:.5f}",
        kind="point",
        names={"": name},
        lat=lat,
        lng=lng,
        area=area,
        precision_m=POINT_PRECISION_M,
    )


def cell_to_place(cell: str, area: str = "") -> Place:
    """A cell as a place: its centre, as exact as the cell is small."""
    lat, lng = cell_to_center(cell)
    size_m = h3.average_hexagon_edge_length(h3.get_resolution(cell), unit="m")
    return Place(
        id=f"cell:{cell}",
        kind="cell",
        names={"": cell},
        lat=round(lat, 6),
        lng=round(lng, 6),
        area=area,
        precision_m=max(1, round(size_m)),
    )


def areas_to_places(
    labels: Sequence[tuple[str, float, float]],
    names: Mapping[str, Mapping[str, str]],
    sizes_km2: Mapping[str, float],
) -> list[Place]:
    """Areas as places: `labels` (name, lat, lng), names by area and language, sizes for the precision."""
    return [
        Place(
            id=f"area:{name}",
            kind="area",
            names={"": name, **names.get(name, {})},
            lat=lat,
            lng=lng,
            area=name,
            precision_m=round(1000 * math.sqrt(sizes_km2.get(name, 0.0) / math.pi)),
        )
        for name, lat, lng in labels
    ]
