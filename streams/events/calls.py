"""What happens to a call or conversation, and what the agents do who answer."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from streams.events.envelope import Payload


class CallPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "call"
    SUBJECT: ClassVar[str] = "call_id"
    call_id: str


class CallOffered(CallPayload, frozen=True, kw_only=True):
    """Somebody calls or opens a conversation: the channel was offered a contact."""

    channel: str = "phone"
    language: str = ""
    agency: str = ""  # whose number was called, where one floor answers several
    phone: str = ""


class CallQueued(CallPayload, frozen=True, kw_only=True):
    """The caller waits for an agent from now on."""


class CallAnswered(CallPayload, frozen=True, kw_only=True):
    agent_id: str = ""


class CallAbandoned(CallPayload, frozen=True, kw_only=True):
    """The caller gave up before anybody answered."""


class CallEnded(CallPayload, frozen=True, kw_only=True):
    """The conversation is over. `silent`: it was answered, and nobody spoke."""

    case_id: str = ""
    silent: bool = False


class CallSaid(CallPayload, frozen=True, kw_only=True):
    """Something was said in a call. `text` as it was heard, in `lang`; `translated` by `by`: `machine` or a name.

    Told again with the same `line` it replaces what was told before: a better hearing, or a later translation.
    """

    at: datetime | None = None  # when, if not when the event occurred
    lang: str = ""
    text: str = ""
    translated: str = ""
    by: str = ""
    line: str = ""
    speaker: str = ""  # caller, agent or interpreter


class CallJoined(CallPayload, frozen=True, kw_only=True):
    """Somebody listens in: an interpreter or a supervisor."""

    who: str
    role: str = "interpreter"


class CallLeft(CallPayload, frozen=True, kw_only=True):
    who: str


class AgentPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "agent"
    SUBJECT: ClassVar[str] = "agent_id"
    agent_id: str


class AgentChanged(AgentPayload, frozen=True, kw_only=True):
    """An agent's state: `available`, `talking`, `holding`, `wrap_up`, `away` or `signed_out`."""

    state: str
    channel: str = ""
