"""What agents do, counted: late facts change nothing, and the counts are those of the documents."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hotline.agents import STATES, Agent, Seats, fold_agent
from streams.events import AgentChanged, Recording

NINE = datetime(2026, 1, 30, 1, tzinfo=UTC)


def changed(agent: Agent | None, state: str, after_s: int, agent_id: str = "A1", channel: str = "") -> Agent | None:
    at = NINE + timedelta(seconds=after_s)
    payload = AgentChanged(agent_id=agent_id, state=state, channel=channel)
    return fold_agent(agent, payload, Recording(at=at, occurred_at=at, seq=after_s))


def test_a_state_goes_on_since_it_began_however_often_it_is_told() -> None:
    agent = changed(None, "talking", 10, channel="sign")
    agent = changed(agent, "talking", 50)
    assert agent is not None
    assert (agent.state, agent.channel, agent.since) == ("talking", "sign", NINE + timedelta(seconds=10))


def test_what_happened_before_the_newest_fact_came_late() -> None:
    agent = changed(changed(None, "available", 0), "available", 60)
    assert changed(agent, "talking", 30) is agent


def test_an_unknown_state_changes_nothing() -> None:
    agent = changed(None, "available", 0)
    assert changed(agent, "levitating", 5) is agent
    assert changed(None, "levitating", 5) is None


@given(st.permutations(range(5)), st.lists(st.sampled_from(STATES), min_size=5, max_size=5))
def test_facts_in_any_order_end_in_the_newest_state(order: list[int], states: list[str]) -> None:
    agent = None
    for n in order:
        agent = changed(agent, states[n], n)
    assert agent is not None
    assert agent.state == states[4]


@given(st.lists(st.tuples(st.sampled_from(["A1", "A2", "A3"]), st.sampled_from([*STATES, "x"]), st.integers(0, 50))))
def test_seats_are_the_agents_by_state(facts: list[tuple[str, str, int]]) -> None:
    agents: dict[str, Agent] = {}
    seats = Seats()
    for agent_id, state, after_s in facts:
        before = agents.get(agent_id)
        after = changed(before, state, after_s, agent_id)
        if after is not None and after is not before:
            agents[agent_id] = after
            seats.move(before, after)
        counted = Counter(agent.state for agent in agents.values())
        assert seats.by_state() == {state: counted[state] for state in STATES}
