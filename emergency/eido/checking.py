"""Whether an object is an EIDO at all: what it needs to be read, and every reason why it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from emergency.eido.elements import Component, text_of
from emergency.eido.shapes import COMPONENTS
from emergency.eido.words import VERSION

MAX_COMPONENTS = 500
MOST_REASONS = 20
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9_]{2,}\]")


class EidoRefused(ValueError):
    """The object is not taken; `reasons` say where and why, for whoever sent it."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


def checked(value: object) -> Component:
    """The object, if it can be read at all."""
    if not isinstance(value, Mapping):
        raise EidoRefused(["an EIDO is one JSON object"])
    reasons = []
    version = value.get("eidoVersion", VERSION)
    if version != VERSION:
        reasons.append(f"eidoVersion: {str(version)[:20]!r} is unknown, this is {VERSION}")
    if not text_of(value.get("$id")):
        reasons.append("$id: missing, the id of the incident or of the message")
    if not (text_of(value.get("issuingElementIdentification")) or text_of(value.get("sendingSystemIdentifier"))):
        reasons.append("issuingElementIdentification: missing, who sends this")
    reasons += _odd_components(value)
    reasons += [f"{where}: holds the placeholder {what}" for where, what in _placeholders(value)]
    if reasons:
        raise EidoRefused(reasons[:MOST_REASONS])
    return value


def _odd_components(value: Component) -> Iterator[str]:
    total = 0
    for name in COMPONENTS:
        found = value.get(name, [])
        components = found if isinstance(found, list) else [found]
        total += len(components)
        for number, component in enumerate(components):
            if not isinstance(component, Mapping):
                yield f"{name}[{number}]: not an object"
    if total > MAX_COMPONENTS:
        yield f"{total} components: at most {MAX_COMPONENTS}"


def _placeholders(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Words such as `[CITY]` in the identifying parts: a template that nobody filled in."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in ("$id", "lastUpdateTimeStamp", "sendingSystemIdentifier", "incidentTrackingIdentifier"):
                match = _PLACEHOLDER.search(inner) if isinstance(inner, str) else None
                if match:
                    yield f"{where}{name}", match[0]
            elif name in COMPONENTS:
                yield from _placeholders(inner, f"{where}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _placeholders(inner, where)
