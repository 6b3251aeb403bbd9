"""How GeoReport v2 answers are written: XML and JSON of the same records, and errors as the standard says them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from flask import Response, request

from streams.codec import encode

FORMS = {"json": "application/json; charset=utf-8", "xml": "application/xml; charset=utf-8"}
ACCEPTED = {"application/json": "json", "application/xml": "xml", "text/xml": "xml"}
# What one item of a list is called in XML; in JSON the list itself is the answer.
ITEMS = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Record = Mapping[str, Any]


class Fault(Exception):
    """An answer other than success: an HTTP status and what was wrong, in one or more sentences."""

    def __init__(self, status: int, *said: str, retry_after_s: int | None = None) -> None:
        super().__init__("; ".join(said))
        self.status, self.said, self.retry_after_s = status, said, retry_after_s

    def response(self) -> Response:
        errors = [{"code": self.status, "description": text} for text in self.said]
        response = answer("errors", errors, self.status)
        if self.retry_after_s is not None:
            response.headers["Retry-After"] = str(self.retry_after_s)
        return response


def wanted_form() -> str:
    """By the ending of the address, else by `Accept`; XML where neither says, for that is what the standard demands."""
    ending = request.path.rpartition(".")[2]
    if ending in FORMS:
        return ending
    best = request.accept_mimetypes.best_match(["application/xml", "application/json", "text/xml"])
    return ACCEPTED.get(best or "", "xml")


def without_ending(name: str) -> str:
    """The id in the last part of an address."""
    stem, _, ending = name.rpartition(".")
    return stem if stem and ending in FORMS else name


def answer(root: str, body: Sequence[Record] | Record, status: int = 200) -> Response:
    """A list of records, or one, in the format that was asked for."""
    form = wanted_form()
    raw = encode(body) if form == "json" else as_xml(root, body)
    response = Response(raw, status, content_type=FORMS[form])
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Accept-Language, Authorization, X-API-Key"
    return response


def as_xml(root: str, body: Sequence[Record] | Record) -> bytes:
    """`<root>` around the items of a list, or around the fields of one record."""
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n', *_element(root, body), "\n"]
    return "".join(parts).encode("utf-8", "replace")


def _element(name: str, value: Any) -> Iterable[str]:
    yield f"<{name}>"
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _element(key, inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _element(ITEMS[name], inner)
    else:
        yield _text(value)
    yield f"</{name}>"


def _text(value: Any) -> str:
    """What is absent is an empty element; characters that XML cannot hold are left out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_NOT_XML.sub("", str(value)))


def stamp(at: datetime | None, zone: ZoneInfo) -> str | None:
    """An instant as the standard writes it: whole seconds and the city's offset."""
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")
