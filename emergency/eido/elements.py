"""Elements of an EIDO as plain values: texts, lists, references, whatever shape a sender gives them."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from emergency.eido.words import squeeze

Component: TypeAlias = Mapping[str, Any]
_TAG = re.compile(r"</?[A-Za-z!][^>]*>")


def many(value: object) -> list[Component]:
    """Objects of a list, or the one that stands for a list of one."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, Mapping)]


def words_of(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [word.strip() for word in found if isinstance(word, str) and word.strip()]


def text_of(value: object) -> str:
    """A text without characters that no screen can show; line breaks stay."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if c.isprintable() or c in "\n\t").strip()


def id_of(component: Component) -> str:
    return text_of(component.get("$id")) or text_of(component.get("componentIdentifier"))


def references(value: object) -> list[str]:
    return [ref for one in many(value) if (ref := text_of(one.get("$ref")))]


def has_word(incident: Component, words: frozenset[str]) -> bool:
    said = words_of(incident.get("incidentStatusInternalText")) + words_of(
        incident.get("incidentStatusCommonRegistryText")
    )
    return any(squeeze(word) in words for word in said)


def plain(text: str) -> str:
    """A note's HTML as plain text."""
    return html.unescape(_TAG.sub("", text)).strip()


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=9).hexdigest()


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
