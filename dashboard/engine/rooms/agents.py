"""Agents in memory: how many do what, and for how long they did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.engine.rooms.room import Room
from hotline.agents import Agent, Seats, fold_agent
from streams.events import AgentPayload, Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State


class AgentsRoom(Room):
    entity = "agent"
    noun = "agents"
    document = Agent

    documents: dict[str, Agent]

    def __init__(self, state: State):
        super().__init__(state)
        self.seats = Seats()

    def absorb(self, payload: AgentPayload, recording: Recording) -> None:
        before = self.documents.get(payload.agent_id)
        after = fold_agent(before, payload, recording)
        if after is not None and after is not before:
            self._spend(before, after)
            self.put(before, after)

    def _spend(self, before: Agent | None, after: Agent) -> None:
        """Count a spell that is over on the channel on which it was spent."""
        if before is not None and before.since is not None and after.since is not None and before.state != after.state:
            floor = self.state.call_room.floor
            floor.spend(before.channel, before.state, before.since, after.since, after.state)

    def put(self, before: Agent | None, after: Agent) -> None:
        self.seats.move(before, after)
        self.documents[after.agent_id] = after
        self.changed.add(after.agent_id)

    def show(self) -> None:
        """Agents by state; nothing where no agent is known."""
        self.state.views.become("agents", self.seats.by_state() if self.documents else {})
