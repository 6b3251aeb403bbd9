"""A CAP 1.1 or 1.2 message from its XML: checked against the standard, in typed values.

What the standard requires and the message lacks is a refusal. What is odd but can mean one thing only (a time in `Z`,
a ring that is not closed, other capitals) is read, with a note where a person might want to know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from streams.codec import EARLIEST, LATEST, MAX_ID
from streams.events import AlertInfo
from streams.feeds.cap import vocabulary as words
from streams.feeds.cap.areas import Points, area_of
from streams.feeds.cap.tree import Element, Refused, parse

__all__ = ["Message", "Reference", "Refused", "message_of", "parse_cap"]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
MOST_REFERENCES = 500  # each becomes an event of its own
_DEFAULT_LANGUAGE = "en-US"  # by the standard, where the message says none


@dataclass(frozen=True)
class Reference:
    """An earlier message that this one names."""

    sender: str
    identifier: str

    @property
    def alert_id(self) -> str:
        return f"{self.sender},{self.identifier}"


@dataclass(frozen=True)
class Message:
    """One CAP message. `kind` is Alert, Update, Cancel, Ack or Error; `notes` say what was read with leniency."""

    version: str
    sender: str
    identifier: str
    sent_at: datetime
    status: str
    kind: str
    scope: str
    infos: tuple[AlertInfo, ...]
    references: tuple[Reference, ...]
    note: str
    notes: tuple[str, ...]

    @property
    def alert_id(self) -> str:
        """`<sender>,<identifier>`: the standard lets neither hold a comma."""
        return f"{self.sender},{self.identifier}"


def parse_cap(raw: bytes) -> Message:
    """The message in a CAP document. Raises Refused with a reason for people; never anything else for any bytes."""
    return message_of(parse(raw).root)


def message_of(alert: Element) -> Message:
    """The message in an `alert` element, such as one that a feed contains. Raises Refused."""
    if alert.name != "alert" or alert.space not in words.SPACES:
        raise Refused(_not_cap(alert))
    notes: list[str] = []
    sender, identifier = _name(alert, "sender"), _name(alert, "identifier")
    if len(sender) + len(identifier) + 1 > MAX_ID:
        raise Refused(f"sender and identifier: longer than {MAX_ID - 1} characters together")
    kind, scope = _code(alert, "msgType", words.MESSAGE), _code(alert, "scope", words.SCOPE)
    if scope == "Private" and not _text(alert, "addresses"):
        raise Refused("addresses: missing, a message of scope Private needs them")
    references = _references(_text(alert, "references"), notes)
    if kind == "Cancel" and not references:
        raise Refused("references: missing, a Cancel must name what it cancels")
    if kind == "Update" and not references:
        notes.append("an Update that names no earlier message; it stands beside them")
    points = Points()
    return Message(
        version=words.SPACES[alert.space],
        sender=sender,
        identifier=identifier,
        sent_at=_time(alert, "sent") or _missing("sent"),
        status=_code(alert, "status", words.STATUS),
        kind=kind,
        scope=scope,
        infos=tuple(_info(each, points, notes) for each in alert.all("info")),
        references=references,
        note=_text(alert, "note"),
        notes=words.without_repeats(notes),
    )


def _not_cap(root: Element) -> str:
    if root.space in words.OLD_SPACES:
        return f"a CAP message in the namespace {root.space}: only CAP 1.1 and 1.2 are read"
    found = f"{{{root.space[:80]}}}{root.name[:40]}" if root.space else f"{root.name[:40]} without a namespace"
    return f"not a CAP message: the root is {found}"


def _info(element: Element, points: Points, notes: list[str]) -> AlertInfo:
    categories = [_softly(c.text, words.CATEGORY, words.OTHER_CATEGORY, notes) for c in element.all("category")]
    if not categories:
        raise Refused("info: category is missing")
    return AlertInfo(
        event=_text(element, "event") or _missing("info: event"),
        language=_language(_text(element, "language"), notes),
        categories=words.without_repeats(categories),
        response_types=_responses(element, notes),
        urgency=_grade(element, "urgency", words.URGENCY, notes),
        severity=_grade(element, "severity", words.SEVERITY, notes),
        certainty=_grade(element, "certainty", words.CERTAINTY, notes),
        effective_at=_time(element, "effective"),
        onset_at=_time(element, "onset"),
        expires_at=_time(element, "expires"),
        sender_name=_text(element, "senderName"),
        headline=_text(element, "headline"),
        description=_text(element, "description"),
        instruction=_text(element, "instruction"),
        web=_text(element, "web"),
        areas=tuple(area_of(each, points, notes) for each in element.all("area")),
    )


# one value


def _missing(what: str) -> NoReturn:
    raise Refused(f"{what} is missing")


def _text(element: Element, name: str) -> str:
    """The text of the only child of that name, "" without one. Two of them could say two things: refused."""
    found = element.all(name)
    if len(found) > 1:
        raise Refused(f"{name}: stands there {len(found)} times, once is allowed")
    return found[0].text if found else ""


def _name(alert: Element, name: str) -> str:
    said = _text(alert, name) or _missing(name)
    if not said.isprintable() or any(c in " ,<&" for c in said):
        raise Refused(f"{name}: blanks, commas, < and & are not allowed")
    return said


def _code(alert: Element, name: str, allowed: Mapping[str, str]) -> str:
    said = _text(alert, name) or _missing(name)
    return words.known(allowed, said) or _refuse_code(name, said, allowed)


def _refuse_code(name: str, said: str, allowed: Mapping[str, str]) -> NoReturn:
    raise Refused(f"{name}: {said[:40]!r} is none of {words.listed(allowed)}")


def _grade(info: Element, name: str, allowed: Mapping[str, str], notes: list[str]) -> str:
    said = _text(info, name) or _missing(f"info: {name}")
    return _softly(said, allowed, words.UNKNOWN, notes)


def _softly(said: str, allowed: Mapping[str, str], instead: str, notes: list[str]) -> str:
    if found := words.known(allowed, said):
        return found
    notes.append(f"{said[:40]!r} is none of {words.listed(allowed)}; read as {instead}")
    return instead


def _responses(info: Element, notes: list[str]) -> tuple[str, ...]:
    said = [each.text for each in info.all("responseType") if each.text]
    notes.extend(f"responseType {s[:40]!r} is unknown and left out" for s in said if not words.known(words.RESPONSE, s))
    return words.without_repeats(found for s in said if (found := words.known(words.RESPONSE, s)))


def _language(said: str, notes: list[str]) -> str:
    if not said:
        return _DEFAULT_LANGUAGE
    if _LANGUAGE.fullmatch(said):
        return said
    notes.append(f"language {said[:40]!r} is no language tag; read as und")
    return "und"


def _time(element: Element, name: str) -> datetime | None:
    """An instant in UTC. The standard wants an offset and forbids `Z`; `Z` can mean one thing only and is read."""
    said = _text(element, name)
    if not said:
        return None
    fits = _TIME.fullmatch(said)
    if not fits:
        raise Refused(f"{name}: {said[:40]!r} is not a time such as 2026-01-31T09:00:00+08:00")
    if not fits[1]:
        raise Refused(f"{name}: {said!r} has no zone, which may be hours wrong")
    try:
        at = datetime.fromisoformat(said).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(f"{name}: {said!r} is not in the calendar") from None
    if not EARLIEST < at < LATEST:
        raise Refused(f"{name}: {said!r} is not between the years 1900 and 2199")
    return at


def _references(text: str, notes: list[str]) -> tuple[Reference, ...]:
    said = text.split(maxsplit=MOST_REFERENCES)
    if len(said) > MOST_REFERENCES:
        raise Refused(f"references: more than {MOST_REFERENCES}")
    found = []
    for each in said:
        parts = each.split(",")
        if len(parts) == 3 and all(parts):
            found.append(Reference(parts[0], parts[1]))
        else:
            notes.append(f"reference {each[:80]!r} is not sender,identifier,sent and left out")
    return tuple(dict.fromkeys(found))
