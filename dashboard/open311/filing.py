"""A posted form as the receipt of a case: what must be there, what is kept, and what of it is personal."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from dashboard.open311.formats import Fault
from dashboard.open311.questions import Questions, answered
from dashboard.open311.services import Service
from geo.cities import City
from geo.gazetteer import Gazetteer, Place
from streams.events import CaseReceived, Envelope

CHANNEL = "app"
MOST_DESCRIPTION = 4_000  # characters, as the standard allows
MOST_URL = 2_000
# Further fields, and how long they may be.
FIELDS = {"address_string": 500, "address_id": 200, "first_name": 100, "last_name": 100, "phone": 50, "email": 254}
MOST_KEY = 200  # of an idempotency key
MOST_AWAY_M = 2_000  # a place known no better than that says where, not exactly
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misheard or misread
ID_LENGTH = 12
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ATTRIBUTE = re.compile(r"attribute\[([^\]]{1,100})\](?:\[\])?")

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Filed:
    """A report that was understood. `data` is a receipt's, but for the case's id."""

    service: Service
    data: dict[str, Any]


def case_id_of(seed: bytes) -> str:
    """`O` and twelve signs that can be read out on the phone: sixty bits of the seed's digest."""
    number = int.from_bytes(hashlib.blake2b(seed, digest_size=8).digest(), "big")
    signs = []
    for _ in range(ID_LENGTH):
        number, last = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[last])
    return "O" + "".join(signs)


def source_of(name: str) -> str:
    """Under which source the reports of a key's holder stand: made of its name, and never the same for two names."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    mark = "" if plain == name else "-" + hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=3).hexdigest()
    return f"open311-{plain}{mark}"


def receipt(filed: Filed, case_id: str, name: str, at: datetime) -> Envelope:
    """The event that goes into the inbox, told by the key's holder of that name."""
    payload = CaseReceived(case_id=case_id, **filed.data)
    return Envelope(
        source=source_of(name),
        actor=name,
        id=f"{case_id}:received",
        type="case.received",
        occurred_at=at,
        data=msgspec.to_builtins(payload),
    )


@dataclass(frozen=True)
class Desk:
    """What reading a form needs to know of the city."""

    city: City
    service: Callable[[str], Service | None]
    questions: Questions
    gazetteer: Callable[[], Gazetteer]

    def read(self, form: Form, lang: str) -> Filed:
        """The report in a form. Raises Fault: 404 for an unknown service, 400 with all else that is wrong."""
        code = _one(form, "service_code")
        if not code:
            raise Fault(400, "service_code: is required; GET services lists them")
        service = self.service(code)
        if service is None:
            raise Fault(404, f"service_code {code[:100]!r} was not found; GET services lists them")
        complaints = [f"{name}: at most {most} characters" for name, most in _LIMITS.items() if _too_long(form, name)]
        lines, wrong = answered(self.questions.get(service.category, ()), _attributes(form), lang)
        place, misplaced = self._place(form)
        text, badly_linked = _text(form, lines)
        complaints += [*wrong, *misplaced, *badly_linked]
        if complaints:
            raise Fault(400, *complaints)
        return Filed(service, _without_empty({**_said(form), **place, **_of(service), "text": text, "language": lang}))

    def _place(self, form: Form) -> tuple[dict[str, Any], list[str]]:
        """Where it is: a position, else a place of the city by its id, else an address that may be found or not."""
        lat, lng = _one(form, "lat"), _one(form, "long")
        address, address_id = _one(form, "address_string"), _one(form, "address_id")
        if lat or lng:
            return self._point(lat, lng)
        if address_id:
            place = next((place for place in self.gazetteer().places if place.id == address_id), None)
            return ({}, ["address_id: is not known"]) if place is None else (_position(place), [])
        if address:
            return self._found(address), []
        return {}, ["lat and long, address_string or address_id: one of them is required"]

    def _point(self, lat: str, lng: str) -> tuple[dict[str, Any], list[str]]:
        try:
            point = float(lat), float(lng)
        except ValueError:
            return {}, ["lat, long: need two numbers in degrees (WGS 84)"]
        if not all(map(math.isfinite, point)) or not self.city.usable(*point):
            return {}, [f"lat, long: do not lie in {self.city.name()}"]
        return {"lat": point[0], "lng": point[1]}, []

    def _found(self, address: str) -> dict[str, Any]:
        """The place that the address names, if that is known well enough; else the case has no place yet."""
        found = self.gazetteer().search(address[: FIELDS["address_string"]], limit=1)
        return _position(found[0].place) if found and found[0].place.precision_m <= MOST_AWAY_M else {}


_LIMITS = {**FIELDS, "description": MOST_DESCRIPTION}


def _position(place: Place) -> dict[str, Any]:
    return {"lat": place.lat, "lng": place.lng}


def _of(service: Service) -> dict[str, Any]:
    return {"category": service.category, "grade": service.grade, "channel": CHANNEL}


def _said(form: Form) -> dict[str, Any]:
    """Who says it and how they are reached: all of it personal."""
    name = " ".join(filter(None, (_one(form, "first_name"), _one(form, "last_name"))))
    return {"name": name, "phone": _one(form, "phone"), "email": _one(form, "email"), "address": _address(form)}


def _address(form: Form) -> str:
    return _one(form, "address_string")


def _text(form: Form, lines: Sequence[str]) -> tuple[str, list[str]]:
    """The words of the report, then its answered attributes, then the link of its picture, which nobody here opens."""
    url = _one(form, "media_url")
    if url and not _is_link(url):
        return "", [f"media_url: needs a link with http or https, at most {MOST_URL} characters"]
    parts = [_clean(_first(form, "description")), *lines, *([url] if url else [])]
    return "\n".join(part for part in parts if part), []


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= MOST_URL and parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in url


def _attributes(form: Form) -> dict[str, list[str]]:
    """`attribute[CODE]=…` and, of several values, `attribute[CODE][]=…`."""
    found: dict[str, list[str]] = {}
    for name, values in form.items():
        if match := _ATTRIBUTE.fullmatch(name):
            found.setdefault(match[1], []).extend(_clean(value) for value in values)
    return found


def _first(form: Form, name: str) -> str:
    """The first value that is filled; some clients send empty fields as well."""
    return next((value for value in form.get(name, ()) if value.strip()), "")


def _one(form: Form, name: str) -> str:
    """The same on one line."""
    return " ".join(_clean(_first(form, name)).split())


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def _too_long(form: Form, name: str) -> bool:
    return len(_first(form, name)) > _LIMITS[name]


def _without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in ("", None)}
