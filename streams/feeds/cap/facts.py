"""What a CAP message means for the log: an alert issued, earlier ones superseded or cancelled, or nothing, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from streams.codec import MAX_ID
from streams.events import AlertCancelled, AlertIssued, AlertPayload, AlertSuperseded, Envelope, type_of
from streams.feeds.cap.fit import fitted
from streams.feeds.cap.parse import Message

SOURCE = "cap"
ACTUAL = "Actual"
_MOST_NOTES, _LONGEST_NOTE = 10, 200
_LONGEST_REASON = 1_000
_IGNORED = {
    "Ack": "an acknowledgement (Ack): it tells nobody anything new",
    "Error": "an Error report to the sender of another message: it warns of nothing",
}


@dataclass(frozen=True)
class Facts:
    """The entries for the inbox, what a person may want to know of them, and why there are none (`ignored`)."""

    envelopes: tuple[Envelope, ...]
    notes: tuple[str, ...] = ()
    ignored: str = ""


def facts_of(message: Message, source: str = SOURCE) -> Facts:
    """The events of one message; their ids are the same every time. Raises Refused when it cannot be made to fit.

    An Update is issued itself and supersedes each message that it references; a Cancel cancels each. A message
    touches earlier ones only when it is Actual and their sender is its own: an exercise must not end a real warning,
    nor may anybody end another's.
    """
    if reason := _IGNORED.get(message.kind):
        return Facts((), message.notes, reason)
    touched, notes = _touched(message)
    if message.kind == "Cancel":
        ended = [_event(message, _cancelled(message, alert_id), source) for alert_id in touched]
        return Facts(tuple(ended), (*message.notes, *notes), "" if ended else notes[0])
    infos, fit_notes = fitted(message.infos)
    said = (*message.notes, *notes, *fit_notes)
    issued = _event(message, _issued(message, infos), source, _shown(said))
    superseded = [AlertSuperseded(alert_id=alert_id, by=message.alert_id) for alert_id in touched]
    return Facts((issued, *(_event(message, each, source) for each in superseded)), said)


def _touched(message: Message) -> tuple[list[str], list[str]]:
    """Ids of the earlier messages that this one ends, and notes on those that it may not."""
    if message.kind not in ("Update", "Cancel"):
        return [], []
    if message.status != ACTUAL:
        return [], [f"its status is {message.status}: it does not touch the messages that it references"]
    own = [each for each in message.references if each.sender == message.sender]
    notes = [
        f"it references a message of {each.sender}, which only that sender may end"
        for each in message.references
        if each.sender != message.sender
    ]
    if message.kind == "Cancel" and message.alert_id in [each.alert_id for each in own]:
        notes.append("it references itself")
    return [each.alert_id for each in own if each.alert_id != message.alert_id], notes


def _issued(message: Message, infos: Any) -> AlertIssued:
    return AlertIssued(
        alert_id=message.alert_id,
        sender=message.sender,
        identifier=message.identifier,
        sent_at=message.sent_at,
        status=message.status,
        scope=message.scope,
        infos=infos,
    )


def _cancelled(message: Message, alert_id: str) -> AlertCancelled:
    told = message.note or next((info.description for info in message.infos if info.description), "")
    return AlertCancelled(alert_id=alert_id, by=message.alert_id, reason=told[:_LONGEST_REASON])


def _event(message: Message, payload: AlertPayload, source: str, notes: Iterable[str] = ()) -> Envelope:
    data = msgspec.to_builtins(payload)
    if kept := list(notes):
        data["notes"] = kept  # beside what the payload knows: the log keeps it, the API shows it
    kind = type_of(type(payload))
    return Envelope(
        source=source,
        id=_event_id(payload.alert_id, kind.partition(".")[2], message),
        type=kind,
        occurred_at=message.sent_at,
        subject=payload.subject,
        data=data,
    )


def _event_id(alert_id: str, step: str, message: Message) -> str:
    """`<alert>:<step>:<when>`; a digest of it where that would be longer than an id may be."""
    by = f":{message.alert_id}" if alert_id != message.alert_id else ""
    said = f"{alert_id}:{step}:{message.sent_at.isoformat()}{by}"
    return said if len(said) <= MAX_ID else f"{step}:{hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}"


def _shown(notes: Iterable[str]) -> list[str]:
    return [note[:_LONGEST_NOTE] for note in list(notes)[:_MOST_NOTES]]
