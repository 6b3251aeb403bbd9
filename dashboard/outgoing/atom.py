"""The Atom feed (RFC 4287) through which others find this city's CAP messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from dashboard.outgoing.cap_xml import MEDIA_TYPE as CAP_TYPE
from dashboard.outgoing.cap_xml import CapMessage, clean

SPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def write_atom(
    city_id: str, title: str, messages: Sequence[CapMessage], self_url: str, url_of: Callable[[str], str]
) -> bytes:
    """The feed of these messages, newest first; `url_of` gives the address of a message by its identifier."""
    feed = Element("feed", {"xmlns": SPACE, "xml:lang": "en"})
    updated = max((message.sent_at for message in messages), default=NEVER)
    _add(feed, "id", f"urn:hexwatch:{city_id}:cap")
    _add(feed, "title", title)
    _add(feed, "updated", atom_time(updated))
    _add(SubElement(feed, "author"), "name", title)
    SubElement(feed, "link", rel="self", type=MEDIA_TYPE, href=self_url)
    for message in messages:
        _add_entry(feed, city_id, message, url_of(message.identifier))
    written: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add_entry(feed: Element, city_id: str, message: CapMessage, url: str) -> None:
    entry = SubElement(feed, "entry")
    info = message.infos[0] if message.infos else None
    language = {"xml:lang": info.language} if info else {}
    _add(entry, "id", f"urn:hexwatch:{city_id}:cap:{message.identifier}")
    _add(entry, "title", _title(message), language)
    _add(entry, "updated", atom_time(message.sent_at))
    _add(entry, "published", atom_time(message.sent_at))
    SubElement(entry, "link", rel="alternate", type=CAP_TYPE, href=url)
    for word in (message.kind, message.status, *((info.severity,) if info else ())):
        SubElement(entry, "category", term=word)
    _add(entry, "summary", message.note or (info.description if info else ""), language)


def _title(message: CapMessage) -> str:
    """What is warned of; whatever is not meant is said first, for readers that show nothing but titles."""
    said = next((info.headline or info.event for info in message.infos), message.identifier)
    marks = [word for word in (message.status, message.kind) if word not in ("Actual", "Alert")]
    return ": ".join((*(mark.upper() for mark in marks), said))


def _add(parent: Element, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    SubElement(parent, name, attributes or {}).text = clean(text)


def atom_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
