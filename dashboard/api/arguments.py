"""Query parameters to typed values. Whatever cannot be understood is refused with what would be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import h3
from flask import request

from dashboard.api.answers import bad
from geo.cells import RESOLUTIONS
from streams.reader_query import MAX_LIMIT

Parser = Callable[[str], Any]
MAX_TEXT = 200
_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def text(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise ValueError(f"at most {MAX_TEXT} characters")
    return value


def one_of(*allowed: str) -> Parser:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value

    return parse


def whole(low: int, high: int) -> Parser:
    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", value) or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return parse


def flag(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("0 or 1")
    return value == "1"


def instant(value: str) -> datetime:
    """An ISO instant with its zone; the `+` of an offset may have become a space on its way through a URL."""
    try:
        parsed = datetime.fromisoformat(_SPACE_FOR_PLUS.sub("+", value))
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise ValueError("an instant with a zone, e.g. 2026-01-31T09:00:00Z")
    return parsed


def cell(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{15}", value) or not h3.is_valid_cell(value):
        raise ValueError("an H3 cell, e.g. 892a3066a03ffff")
    if h3.get_resolution(value) not in RESOLUTIONS:
        raise ValueError(f"a cell of resolution {min(RESOLUTIONS)} to {max(RESOLUTIONS)}")
    return value


PAGING: dict[str, Parser] = {
    "limit": whole(1, MAX_LIMIT),
    "cursor": text,
    "count": flag,
    "min_seq": whole(0, (1 << 62)),
}
_PLACED: dict[str, Parser] = {
    "area": text,
    "cell": cell,
    "status": one_of("open", "closed"),
    "kind": text,
    "q": text,
    "without_location": flag,
    "received_from": instant,
    "received_to": instant,
}
LISTS: dict[str, dict[str, Parser]] = {
    "cases": {**_PLACED, "category": text, "channel": text, "due_from": instant, "due_before": instant},
    "incidents": {**_PLACED, "priority": whole(1, 3), "agency": text},
    "units": {"kind": text, "status": text, "station": text, "agency": text},
}


def read_arguments(known: Mapping[str, Parser]) -> dict[str, Any]:
    """The request's parameters, parsed. An empty one counts as not given; an unknown or doubled one is refused."""
    if unknown := [name for name in request.args if name not in known]:
        raise bad(f"unknown parameter {unknown[0][:MAX_TEXT]!r}; known: {', '.join(sorted(known))}")
    values = {}
    for name, parse in known.items():
        given = [value for value in request.args.getlist(name) if value]
        if len(given) > 1:
            raise bad(f"{name}: given {len(given)} times")
        if given:
            values[name] = _parsed(name, parse, given[0])
    return values


def _parsed(name: str, parse: Parser, value: str) -> Any:
    try:
        return parse(value)
    except ValueError as error:
        raise bad(f"{name}: needs {error}") from None
