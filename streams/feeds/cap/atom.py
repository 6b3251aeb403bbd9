"""An Atom feed of warnings (RFC 4287): its entries contain CAP messages or say where they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urljoin

from streams.feeds.cap.tree import Document, Element, Limits, Refused
from streams.feeds.cap.vocabulary import OLD_SPACES, SPACES

ATOM = "http://www.w3.org/2005/Atom"
# A national feed has some hundred entries of twenty elements.
FEED_LIMITS = Limits(most_bytes=4 * 1024 * 1024, most_elements=60_000)
MOST_ENTRIES = 2_000
_CAP_TYPES = ("application/cap+xml", "application/common-alerting-protocol+xml")
_XML_TYPES = ("application/xml", "text/xml", "")


@dataclass(frozen=True)
class Entry:
    """One entry: `key` is equal as long as it says the same, `alert` the message in it, else `url` where it is.

    `raw` is the entry as written, for a dead letter when neither helps.
    """

    key: str
    raw: bytes
    alert: Element | None
    url: str


def entries_of(document: Document, base_url: str) -> list[Entry]:
    """The entries of a feed (parsed within `FEED_LIMITS`), the oldest (last) first. Raises Refused for too many."""
    found = document.root.all("entry")
    if len(found) > MOST_ENTRIES:
        raise Refused(f"a feed of more than {MOST_ENTRIES} entries")
    return [_entry(document, each, base_url) for each in reversed(found)]


def is_feed(root: Element) -> bool:
    return (root.space, root.name) == (ATOM, "feed")


def _entry(document: Document, entry: Element, base_url: str) -> Entry:
    raw = document.bytes_of(entry)
    alert = next((child for content in entry.all("content") for child in content.children if _is_alert(child)), None)
    url = "" if alert is not None else _link(entry, base_url)
    said = document.bytes_of(alert) if alert is not None else "\n".join((*_stamps(entry), url)).encode()
    return Entry(hashlib.blake2b(said, digest_size=16).hexdigest(), raw, alert, url)


def _is_alert(element: Element) -> bool:
    return element.name == "alert" and (element.space in SPACES or element.space in OLD_SPACES)


def _stamps(entry: Element) -> tuple[str, str]:
    """What changes when an entry changes, by RFC 4287: its id stays, `updated` moves."""
    ids, updated = entry.all("id"), entry.all("updated")
    return ids[0].text if ids else "", updated[0].text if updated else ""


def _link(entry: Element, base_url: str) -> str:
    """Where the entry's message is: a link or content marked as CAP, then as XML, then any alternate link."""
    links = [
        (each.attributes.get("type", "").partition(";")[0].strip().lower(), each.attributes.get("href", ""))
        for each in entry.all("link")
        if each.attributes.get("rel", "alternate") in ("alternate", "enclosure", "related")
    ]
    links += [
        (each.attributes.get("type", "").lower(), each.attributes["src"])
        for each in entry.all("content")
        if "src" in each.attributes
    ]
    for types in (_CAP_TYPES, _XML_TYPES):
        for kind, href in links:
            if href and kind in types:
                return _joined(base_url, href)
    return ""


def _joined(base_url: str, href: str) -> str:
    try:
        return urljoin(base_url, href)
    except ValueError:
        return href  # no address at all; whoever fetches it says so
