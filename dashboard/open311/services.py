"""Which services there are: the city's categories under codes that survive in a URL, with names in many languages."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import redis

from dashboard.open311.questions import Questions
from geo.catalogue import Catalogue, in_language
from geo.cities import City
from streams.keys import Keys

OTHER = "other"  # what fits no category can be filed, too
SEEN_S = 30.0
SEEN = ("cases.by_category.", "cases.open_by_category.")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Service:
    """One category as the standard shows it."""

    code: str
    category: str
    owner: str = ""
    grade: str = ""
    is_grave: bool = False


def code_of(category: str) -> str:
    """The category itself where that can stand in a list of codes and in a URL, else made to fit."""
    if _PLAIN.fullmatch(category):
        return category
    return re.sub(r"\W+", "-", category.lower()).strip("-")[:100] or OTHER


@dataclass
class Services:
    """The categories of the catalogue; where a city has none, those that its cases have now."""

    city: City
    catalogue: Catalogue
    questions: Questions
    seen: Callable[[], Iterable[str]]
    monotonic: Callable[[], float] = time.monotonic
    _known: dict[str, Service] = field(default_factory=dict, repr=False)
    _until: float = 0.0

    def all(self) -> dict[str, Service]:
        """Code -> service. Seen categories are looked up at most every half minute."""
        now = self.monotonic()
        if not self._known or now >= self._until:
            self._known, self._until = self._made(), now + SEEN_S
        return self._known

    def _made(self) -> dict[str, Service]:
        found: dict[str, Service] = {}
        known = self.catalogue.categories
        for category in [*known, *sorted(self.seen()), OTHER]:
            kept = known.get(category)
            code = code_of(category)
            if kept is None:
                found.setdefault(code, Service(code, category))
            else:
                found.setdefault(code, Service(code, category, kept.owner, kept.grade, kept.grave))
        return found

    def name(self, category: str, lang: str) -> str:
        return self.catalogue.name_of("category", category, lang)

    def body(self, owner: str, lang: str) -> str:
        """The name of an agency or an area that answers for something."""
        if not owner:
            return ""
        names = self.city.agencies.get(owner)
        return in_language(names, lang) if names else self.catalogue.name_of("area", owner, lang)

    def shown(self, service: Service, lang: str) -> dict[str, Any]:
        """As the list of services has it. Keywords are the names in other languages, for an app's search."""
        name = self.name(service.category, lang)
        known = self.catalogue.categories.get(service.category)
        others = dict.fromkeys(text.replace(",", " ") for text in known.names.values()) if known else {}
        return {
            "service_code": service.code,
            "service_name": name,
            "description": name,
            "metadata": bool(self.questions.get(service.category)),
            "type": "realtime",
            "keywords": ",".join(text for text in others if text != name),
            "group": self.body(service.owner, lang) or None,
        }

    def definition(self, service: Service, lang: str) -> dict[str, Any]:
        asked = sorted(self.questions.get(service.category, ()), key=lambda question: question.order)
        return {"service_code": service.code, "attributes": [question.shown(lang) for question in asked]}


def seen_categories(client: redis.Redis, keys: Keys) -> Iterable[str]:
    """The categories that the committed figures count."""
    names: Any = client.hkeys(keys.view("figures"))
    texts = (name.decode() for name in names)
    return {text.removeprefix(prefix) for text in texts for prefix in SEEN if text.startswith(prefix)}
