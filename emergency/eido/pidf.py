"""Locations in EIDO: PIDF-LO documents (RFC 5139, 5491) inside a text, written and read with as little as needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

MAX_XML = 64 * 1024
_MAX_DEPTH = 40
_POINTS = ("pos",)  # of a gml:Point, and the centre of a gs:Circle
# How civic elements are said in one line: parts within a group by blanks, groups by commas.
_CIVIC = (
    ("HNO", "HNS", "PRD", "PRM", "RD", "STS", "POD"),
    ("LMK", "LOC"),
    ("NAM",),
    ("BLD", "UNIT", "FLR", "ROOM"),
    ("A6",),
    ("A5",),
    ("A4",),
    ("A3",),
    ("A2",),
    ("A1", "PC"),
    ("country",),
)
_CIVIC_NAMES = frozenset(name for group in _CIVIC for name in group)
_TEXT = "civicAddressText"  # no element of the standard; some templates have it


class UnreadableLocation(ValueError):
    """The document is not taken; the message says why."""


@dataclass
class Location:
    """What a location document says: a point in degrees if it has one, an address in one line if it has one."""

    lat: float | None = None
    lng: float | None = None
    address: str = ""


def point_to_pidf(entity: str, lat: float, lng: float) -> str:
    """A presence document whose device stands at a point."""
    spaces = (
        'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" xmlns:gml="http://www.opengis.net/gml"'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><presence {spaces} entity={quoteattr("pres:" + entity)}>'
        f"<dm:device id={quoteattr(_token(entity))}><gp:geopriv><gp:location-info>"
        f'<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>{escape(f"{lat!r} {lng!r}")}</gml:pos></gml:Point>'
        "</gp:location-info><gp:usage-rules/><gp:method>Manual</gp:method></gp:geopriv></dm:device></presence>"
    )


def pidf_to_location(xml: str) -> Location:
    """What the document says. Raises UnreadableLocation when it is not plain XML within the limits."""
    raw = xml.strip().encode("utf-8", "replace")
    if len(raw) > MAX_XML:
        raise UnreadableLocation(f"larger than {MAX_XML // 1024} kB")
    reader = _Reader()
    parser: Any = expat.ParserCreate("UTF-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.said
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise UnreadableLocation(f"not well-formed: {error}") from None
    return reader.location()


def _refuse(*_: Any) -> NoReturn:
    raise UnreadableLocation("declares entities or a document type")


@dataclass
class _Reader:
    """Collects the first position and the first civic address on the way through the document."""

    path: list[str] = field(default_factory=list)
    position: str = ""
    civic: dict[str, str] = field(default_factory=dict)
    line: str = ""

    def start(self, name: str, _: Any) -> None:
        self.path.append(name.rpartition(" ")[2])
        if len(self.path) > _MAX_DEPTH:
            raise UnreadableLocation("nested too deep")

    def end(self, _: str) -> None:
        self.path.pop()

    def said(self, text: str) -> None:
        if not self.path or not text.strip():
            return
        name = self.path[-1]
        if name in _POINTS and not self.position:
            self.position = text
        elif name in _CIVIC_NAMES and "civicAddress" in self.path:
            self.civic.setdefault(name, " ".join(text.split()))
        elif name == _TEXT:
            self.line = self.line or " ".join(text.split())

    def location(self) -> Location:
        lat, lng = _degrees(self.position)
        groups = (" ".join(self.civic[name] for name in group if name in self.civic) for group in _CIVIC)
        return Location(lat, lng, self.line or ", ".join(group for group in groups if group))


def _degrees(position: str) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude, in this order in EPSG:4326; nothing where it is no pair on the globe."""
    try:
        lat, lng = (float(part) for part in position.replace(",", " ").split()[:2])
    except ValueError:
        return None, None
    return (lat, lng) if abs(lat) <= 90 and abs(lng) <= 180 else (None, None)


def _token(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in text)
