"""Documents that want to hurt: each with the words that its refusal must contain. All written for these tests."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from tests.cap.messages import CAP_12, SQUARE, alert, area, document, info

_BODY = alert(info(area(polygon=SQUARE))).partition(b"?>")[2]
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


def _with_doctype(doctype: str, body: bytes = _BODY) -> bytes:
    return _HEAD + doctype.encode() + body


def _billion_laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _with_doctype(f'<!DOCTYPE alert [<!ENTITY l0 "ha">{levels}]>', _BODY.replace(b"Thunderstorm", b"&l9;"))


def _quadratic() -> bytes:
    body = _BODY.replace(b"Thunderstorm", b"&big;" * 5_000)
    return _with_doctype(f'<!DOCTYPE alert [<!ENTITY big "{"x" * 200_000}">]>', body)


def _deep() -> bytes:
    return _HEAD + f'<alert xmlns="{CAP_12}">'.encode() + b"<info>" * 50_000


def _wide() -> bytes:
    return document("<a/>" * 120_000)


def _attributes() -> bytes:
    named = " ".join(f"a{n}='1'" for n in range(40_000))
    return document(f"<info {named}/>")


def _namespaces() -> bytes:
    return document("".join(f'<p{n}:a xmlns:p{n}="urn:{n}"/>' for n in range(9_000)) + "<b/>" * 12_000)


def _polygon() -> bytes:
    return alert(info(area(polygon=" ".join(["39.9,116.4"] * 40_000))))


def _polygons() -> bytes:
    return alert(info(*(area(polygon=" ".join(["39.9,116.4", "40.1,116.4", "40.1,116.6"] * 70)) for _ in range(100))))


def _external(doctype: str) -> Callable[[], bytes]:
    return lambda: _with_doctype(doctype, _BODY.replace(b"Thunderstorm", b"&x;"))


def _says(encoding: str, body: bytes = _BODY) -> Callable[[], bytes]:
    return lambda: f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + body


_XINCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "billion laughs": (_billion_laughs, "DOCTYPE"),
    "quadratic blow-up": (_quadratic, "larger than 512 kB|DOCTYPE"),
    "file as external entity": (_external('<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "DOCTYPE"),
    "address as external entity": (
        _external('<!DOCTYPE alert [<!ENTITY x SYSTEM "http://127.0.0.1:9/secret">]>'),
        "DOCTYPE",
    ),
    "parameter entity": (
        _external('<!DOCTYPE alert [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd"> %p;]>'),
        "DOCTYPE",
    ),
    "external DTD": (_external('<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/cap.dtd">'), "DOCTYPE"),
    "public DTD": (_external('<!DOCTYPE alert PUBLIC "-//X//EN" "http://127.0.0.1:9/cap.dtd">'), "DOCTYPE"),
    "empty DOCTYPE": (lambda: _with_doctype("<!DOCTYPE alert>"), "DOCTYPE"),
    "entity that refers to itself": (_external('<!DOCTYPE alert [<!ENTITY x "&x;">]>'), "DOCTYPE"),
    "default attribute": (
        _external('<!DOCTYPE alert [<!ATTLIST status value CDATA "Actual">]>'),
        "DOCTYPE",
    ),
    "entity without declaration": (lambda: _BODY.replace(b"Thunderstorm", b"&nobody;"), "not well-formed"),
    "XInclude": (lambda: alert(info(_XINCLUDE)), "XInclude"),
    "XInclude as root": (lambda: _XINCLUDE.encode(), "XInclude"),
    "oversize": (lambda: alert(info(description="x" * 600_000)), "larger than 512 kB"),
    "oversize blanks": (lambda: _BODY + b" " * 5_000_000, "larger than 512 kB"),
    "deep nesting": (_deep, "nested deeper"),
    "a hundred thousand elements": (_wide, "more than 20000 elements"),
    "fifty thousand attributes": (_attributes, "attributes"),
    "many namespaces": (_namespaces, "elements"),
    "one huge polygon": (_polygon, "more than 10000 points"),
    "many polygons": (_polygons, "more than 10000 points"),
    "many references": (
        lambda: alert(msgType="Cancel", references=" ".join(f"a,{n},2026-01-01T00:00:00+00:00" for n in range(9_000))),
        "references: more than 500",
    ),
    "status told twice": (
        lambda: alert(status="Actual").replace(b"<status>", b"<status>Test</status><status>"),
        "2 times",
    ),
    "compression bomb": (lambda: gzip.compress(b"0" * 50_000_000), "UTF-8|utf-8|well-formed"),
    "UTF-7 hiding a DOCTYPE": (_says("utf-7", b"+ADwAIQ-DOCTYPE alert+AD4-"), "is not read"),
    "a codec that is none": (_says("unicode_escape"), "is not read"),
    "a slow codec": (_says("punycode"), "is not read"),
    "bytes that are not what they say": (_says("utf-8", b"<alert>\xff\xfe</alert>"), "are not utf-8"),
    "null bytes": (lambda: _BODY.replace(b"storm-1", b"storm\x001"), "not well-formed"),
    "nothing": (lambda: b"", "not well-formed"),
    "not XML": (lambda: b'{"alert": true}', "not well-formed"),
    "unfinished": (lambda: _BODY[:-20], "not well-formed"),
    "two roots": (lambda: _BODY + _BODY, "not well-formed"),
    "a web page": (lambda: b"<html><body>Sorry</body></html>", "not a CAP message"),
    "number of many digits": (lambda: alert(info(area(circle=f"39.9,116.4 {'9' * 100_000}"))), "not a number"),
    "a time of many digits": (lambda: alert(sent="2" * 100_000), "not a time"),
    "a name of many letters": (lambda: alert(identifier="x" * 100_000), "longer than 199"),
}
