"""Following a call while it lasts: what a desk sees of it without a word, and how its words are kept apart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hotline.calls import Call
from streams.events import CallSaid

FOLLOWING = "following"  # the topic
MACHINE = "machine"  # who translated, where nobody did
INTERPRETER, SUPERVISOR = "interpreter", "supervisor"
_PREFIX = "said:"


def said_line(payload: CallSaid, occurred_at: datetime) -> dict[str, Any]:
    """What was said, as a personal field of the call: the same line told again replaces itself."""
    at = (payload.at or occurred_at).astimezone(UTC).isoformat()
    mark = hashlib.blake2b(f"{payload.speaker}\0{payload.text}".encode(), digest_size=8).hexdigest()
    return {
        f"{_PREFIX}{payload.line or f'{at} {mark}'}": {
            "at": at,
            "speaker": payload.speaker,
            "lang": payload.lang,
            "text": payload.text,
            "translated": payload.translated,
            "by": payload.by,
        }
    }


def said_lines(private: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines among the personal fields of a call, in order of when they were said."""
    found = [(told["at"], name, told) for name, told in private.items() if name.startswith(_PREFIX)]
    return [
        {"line": name.removeprefix(_PREFIX), **told, "machine": bool(told["translated"]) and told["by"] == MACHINE}
        for _, name, told in sorted(found, key=lambda one: one[:2])
    ]


def without_words(private: Mapping[str, Any]) -> dict[str, Any]:
    """The other personal fields of a call: its number."""
    return {name: told for name, told in private.items() if not name.startswith(_PREFIX)}


def is_followed(call: Call) -> bool:
    """Whether there is something to follow: words were told of it, and it is not over."""
    return call.said > 0 and call.ended_at is None and call.gone_at is None


def following_view(call: Call) -> dict[str, Any]:
    """What frames carry of it: no word of what was said. `lines` grows with whatever is told of it."""
    here = {one.role: one.who for one in call.beside if one.here}
    return {
        "channel": call.channel,
        "lang": call.language,
        "since": call.answered_at or call.offered_at,
        "lines": call.said,
        "agent": call.agent_id,
        "interpreter": here.get(INTERPRETER, ""),
        "supervisor": here.get(SUPERVISOR, ""),
    }
