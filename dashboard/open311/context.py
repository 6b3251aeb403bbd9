"""What the Open311 server of one city is made of, put together once per web process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.api.context import ApiContext
from dashboard.open311.door import Door
from dashboard.open311.filing import Desk
from dashboard.open311.finding import RequestReader
from dashboard.open311.questions import load_questions
from dashboard.open311.services import Services, seen_categories
from geo.catalogue import Catalogue
from geo.cities import City, base_city_id
from geo.gazetteer import Gazetteer

Limit = Callable[[], None]  # raises Fault 429 when whoever asks did so too often


def _unlimited() -> None:
    """As often as one likes."""


@dataclass(frozen=True)
class Open311:
    """The server: what it knows, its door, and whether strangers may read at all."""

    api: ApiContext
    city: City
    services: Services
    desk: Desk
    door: Door
    reader: RequestReader
    jurisdictions: frozenset[str]
    is_public: bool = True
    filing_limit: Limit = _unlimited
    reading_limit: Limit = _unlimited


def open311_of(
    api: ApiContext,
    city: City,
    *,
    jurisdiction: str = "",
    is_public: bool = True,
    filing_limit: Limit = _unlimited,
    reading_limit: Limit = _unlimited,
) -> Open311:
    """The server of a city. Raises ValueError for a catalogue or a file of questions that cannot be read."""
    catalogue = Catalogue.from_toml(city.catalogue) if city.catalogue else Catalogue()
    questions = load_questions(city.id)
    services = Services(city, catalogue, questions, lambda: seen_categories(api.client, api.keys))
    nowhere = Gazetteer()
    desk = Desk(city, lambda code: services.all().get(code), questions, api.gazetteer or (lambda: nowhere))
    names = {city.id, base_city_id(city.id), jurisdiction} - {""}
    return Open311(
        api,
        city,
        services,
        desk,
        Door(api),
        RequestReader(api.reader.path, api.reader.city),
        frozenset(names),
        is_public,
        filing_limit,
        reading_limit,
    )
