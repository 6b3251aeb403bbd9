"""A CAP 1.2 message as XML, its elements in the order of the standard (OASIS, 1 July 2010).

The order is part of the schema: a reader that validates refuses a message whose elements stand otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from streams.events import AlertArea, AlertInfo

SPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
RESTRICTION = "For the offices of the sender only"
# What XML 1.0 cannot hold in any form.
_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Reference:
    """An earlier message of the same chain."""

    sender: str
    identifier: str
    sent_at: datetime


@dataclass(frozen=True)
class CapMessage:
    """One message as it is published. `kind` is Alert, Update or Cancel."""

    sender: str
    identifier: str
    sent_at: datetime
    status: str
    kind: str
    scope: str
    infos: tuple[AlertInfo, ...]
    references: tuple[Reference, ...] = ()
    note: str = ""


def write_cap(message: CapMessage) -> bytes:
    """The message in UTF-8. What it says must already be valid: codes and places are written as they are."""
    alert = Element("alert", xmlns=SPACE)
    _add(alert, "identifier", message.identifier)
    _add(alert, "sender", message.sender)
    _add(alert, "sent", cap_time(message.sent_at))
    _add(alert, "status", message.status)
    _add(alert, "msgType", message.kind)
    _add(alert, "scope", message.scope)
    _add(alert, "restriction", RESTRICTION if message.scope == "Restricted" else "")
    _add(alert, "addresses", message.sender if message.scope == "Private" else "")
    _add(alert, "note", message.note)
    _add(alert, "references", " ".join(_reference(each) for each in message.references))
    for info in message.infos:
        _add_info(alert, info)
    written: bytes = tostring(alert, encoding="utf-8", xml_declaration=True)
    return written


def _add_info(alert: Element, info: AlertInfo) -> None:
    element = SubElement(alert, "info")
    _add(element, "language", info.language)
    _add_each(element, "category", info.categories)
    _add(element, "event", info.event)
    _add_each(element, "responseType", info.response_types)
    _add(element, "urgency", info.urgency)
    _add(element, "severity", info.severity)
    _add(element, "certainty", info.certainty)
    for name, at in (("effective", info.effective_at), ("onset", info.onset_at), ("expires", info.expires_at)):
        _add(element, name, cap_time(at) if at else "")
    _add(element, "senderName", info.sender_name)
    _add(element, "headline", info.headline)
    _add(element, "description", info.description)
    _add(element, "instruction", info.instruction)
    _add(element, "web", info.web)
    for area in info.areas:
        _add_area(element, area)


def _add_area(info: Element, area: AlertArea) -> None:
    element = SubElement(info, "area")
    SubElement(element, "areaDesc").text = clean(area.description)  # required, even where it is empty
    for ring in area.polygons:
        _add(element, "polygon", " ".join(_point(lat, lng) for lat, lng in closed(ring)))
    for lat, lng, radius_km in area.circles:
        _add(element, "circle", f"{_point(lat, lng)} {_number(radius_km)}")
    for name, value in area.geocodes:
        geocode = SubElement(element, "geocode")
        _add(geocode, "valueName", name)
        _add(geocode, "value", value)


def _add(parent: Element, name: str, text: str) -> None:
    """An element with this text; none for an empty one."""
    if text:
        SubElement(parent, name).text = clean(text)


def _add_each(parent: Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _add(parent, name, text)


def clean(text: str) -> str:
    """The text as XML can hold it: one kind of line end, no control codes."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def closed(ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """The ring with its first point last."""
    return ring if not ring or ring[0] == ring[-1] else (*ring, ring[0])


def cap_time(at: datetime) -> str:
    """Whole seconds with an offset; the standard forbids `Z` and writes UTC as `-00:00`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def _reference(reference: Reference) -> str:
    return f"{reference.sender},{reference.identifier},{cap_time(reference.sent_at)}"


def _point(lat: float, lng: float) -> str:
    return f"{_number(lat)},{_number(lng)}"


def _number(value: float) -> str:
    """Six decimals at most (a tenth of a metre), never with an exponent."""
    short = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
