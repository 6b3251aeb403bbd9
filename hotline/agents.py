"""An agent of the hotline: what they are doing now, and how many do what."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from streams.events import AgentChanged, AgentPayload, Recording


class AgentState(StrEnum):
    """What an agent does; all but `AWAY` and `SIGNED_OUT` are at work on contacts or ready for one."""

    AVAILABLE = "available"
    TALKING = "talking"
    HOLDING = "holding"
    WRAP_UP = "wrap_up"
    AWAY = "away"
    SIGNED_OUT = "signed_out"


STATES = tuple(state.value for state in AgentState)
_KNOWN = frozenset(STATES)


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One agent as of `seq`; `since` is when the state began, `told_at` when the source last spoke of it."""

    agent_id: str
    state: str = AgentState.SIGNED_OUT.value
    channel: str = ""
    since: datetime | None = None
    told_at: datetime | None = None
    seq: int = 0


def fold_agent(agent: Agent | None, payload: AgentPayload, recording: Recording) -> Agent | None:
    """The agent after one fact, or the same object when the fact changes nothing.

    What happened before the newest fact came late and changes nothing; nor does a state that nobody knows. Without
    a channel the agent stays on the one they served.
    """
    if not isinstance(payload, AgentChanged) or payload.state not in _KNOWN:
        return agent
    known = agent if agent is not None else Agent(agent_id=payload.agent_id)
    at, channel = recording.occurred_at, payload.channel or known.channel
    if known.told_at is not None and at < known.told_at:
        return known
    goes_on = known.since is not None and payload.state == known.state
    return Agent(
        agent_id=known.agent_id,
        state=payload.state,
        channel=channel,
        since=known.since if goes_on else at,
        told_at=at,
        seq=recording.seq,
    )


class Seats:
    """How many agents are in each state, kept up to date by every fold."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(STATES, 0)

    def move(self, before: Agent | None, after: Agent | None) -> None:
        """Count `after` in the place of `before`; None stands for nobody."""
        if before is not None:
            self._counts[before.state] -= 1
        if after is not None:
            self._counts[after.state] += 1

    def by_state(self) -> dict[str, int]:
        """State -> agents, every state named: the topic `agents`."""
        return dict(self._counts)
