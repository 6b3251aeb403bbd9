"""Bodies of GeoReport v2 answers, JSON or XML, as records with the bytes that they had."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from streams.feeds.cap.tree import Document, Element, Limits, Refused, parse
from streams.feeds.open311.errors import NotNow
from streams.feeds.preset import normal
from streams.feeds.rows import BOM, RawRow

MAX_RECORDS = 20_000
MAX_RECORD_BYTES = 64 * 1024
MAX_FIELDS = 100
XML_ELEMENTS = 200_000
ID = "service_request_id"
# JSON keys and XML roots that hold the list; XML names of one item.
LISTS = {"requests": ("service_requests", "requests"), "services": ("services",)}
ITEMS = {"requests": ("request", "service_request"), "services": ("service",)}

_raw_list = msgspec.json.Decoder(list[msgspec.Raw])


def parse_requests(body: bytes, content_type: str = "") -> list[RawRow]:
    """The service requests in a body; one that is no record comes with the reason. Raises NotNow for the whole."""
    return _records(body, content_type, "requests")


def parse_services(body: bytes, content_type: str = "") -> dict[str, str]:
    """Service code -> name. Raises NotNow."""
    found = {}
    for row in _records(body, content_type, "services"):
        values = row.values or {}
        code, name = (values.get("service_code") or "").strip(), (values.get("service_name") or "").strip()
        if code:
            found[code] = name or code
    return found


def identity(row: RawRow) -> str:
    """The record's own number, or the digest of its bytes where it has none: tells repeated records apart."""
    number = (row.values or {}).get(ID)
    return number.strip() if number and number.strip() else digest(row)


def digest(row: RawRow) -> str:
    """Equal for equal bytes."""
    return hashlib.blake2b(row.raw, digest_size=12).hexdigest()


def _records(body: bytes, content_type: str, what: str) -> list[RawRow]:
    """By what the body looks like: servers often label JSON as text, and error pages as nothing at all."""
    text = body.removeprefix(BOM).lstrip()
    try:
        if text[:1] in (b"[", b"{"):
            rows = _json_rows(text, what)
        elif text[:1] == b"<" or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
            rows = _xml_rows(body, what)
        else:
            raise NotNow(f"neither JSON nor XML{_label(content_type)}" if text else "an empty answer")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotNow(f"not valid JSON: {error}") from None
    except Refused as error:
        raise NotNow(f"XML refused: {error}{_label(content_type)}") from None
    if len(rows) > MAX_RECORDS:
        raise NotNow(f"more than {MAX_RECORDS} records in one answer")
    return rows


def _label(content_type: str) -> str:
    return f" (labelled {content_type[:60]!r})" if content_type else ""


# JSON


def _json_rows(text: bytes, what: str) -> list[RawRow]:
    if text[:1] == b"{":
        items = _listed(msgspec.json.decode(text, type=dict[str, msgspec.Raw]), what)
    else:
        items = _raw_list.decode(text)
    rows = [_json_row(bytes(item)) for item in items]
    if rows and all(_is_complaint(row.values) for row in rows):
        raise NotNow(_complaint(rows[0].values or {}))
    return rows


def _listed(found: dict[str, msgspec.Raw], what: str) -> list[msgspec.Raw]:
    for name in LISTS[what]:
        if name in found:
            return _raw_list.decode(found[name])
    if "errors" in found or "description" in found:
        said = msgspec.json.decode(found.get("errors", found.get("description", msgspec.Raw(b'""'))))
        first = said[0] if isinstance(said, list) and said else said
        raise NotNow(_complaint(first if isinstance(first, dict) else {"description": first}))
    raise NotNow(f"an object without a list of {what}")


def _json_row(raw: bytes) -> RawRow:
    if len(raw) > MAX_RECORD_BYTES:
        return RawRow(raw[:MAX_RECORD_BYTES], None, f"a record larger than {MAX_RECORD_BYTES} bytes")
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return RawRow(raw, None, f"not valid JSON: {error}")
    if not isinstance(value, dict):
        return RawRow(raw, None, "a record that is no object")
    return _row(raw, ((key, _text(item)) for key, item in value.items()))


def _text(value: Any) -> str | None:
    """Numbers as they read; lists and objects are no field of a service request."""
    if value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _is_complaint(values: Mapping[str, Any] | None) -> bool:
    return values is not None and "description" in values and not {ID, "service_code", "token"} & values.keys()


def _complaint(said: Mapping[str, Any]) -> str:
    words = " ".join(str(said.get(key) or "") for key in ("code", "description"))
    return f"the server says: {' '.join(words.split())[:200]}"


# XML


def _xml_rows(body: bytes, what: str) -> list[RawRow]:
    document = parse(body, Limits(most_bytes=len(body), most_elements=XML_ELEMENTS))
    root = document.root
    if root.name in ("errors", "error"):
        first = root.children[0] if root.children else root
        said = {child.name: child.text for child in first.children} or {"description": first.text}
        raise NotNow(_complaint(said))
    if root.name not in LISTS[what]:
        raise NotNow(f"XML of <{root.name[:60]}>, not of <{LISTS[what][0]}>")
    return [_xml_row(document, child) for child in root.children if child.name in ITEMS[what]]


def _xml_row(document: Document, element: Element) -> RawRow:
    raw = document.bytes_of(element)
    if len(raw) > MAX_RECORD_BYTES:
        return RawRow(raw[:MAX_RECORD_BYTES], None, f"a record larger than {MAX_RECORD_BYTES} bytes")
    return _row(raw, ((child.name, child.text or None) for child in element.children))


def _row(raw: bytes, fields: Iterable[tuple[str, str | None]]) -> RawRow:
    """Of a field given twice the first filled one counts."""
    values: dict[str, str | None] = {}
    for key, value in fields:
        name = normal(key)
        if values.get(name) is None:
            values[name] = value
        if len(values) > MAX_FIELDS:
            return RawRow(raw, None, f"a record with more than {MAX_FIELDS} fields")
    return RawRow(raw, values)
