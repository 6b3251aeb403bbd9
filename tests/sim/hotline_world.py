"""The simulated hotline as tests use it: Beijing's laws made once, plain words, and documents folded from events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from geo.areas import Areas
from geo.cities import City, load_city
from hotline.agents import Agent, fold_agent
from hotline.calls import Call, fold_call
from hotline.cases import Case, fold_case
from streams.codec import payload_of
from streams.events import AgentPayload, CallPayload, CasePayload, Envelope, recording_of
from streams.sim.laws import Laws

ZONE = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 1, 14, tzinfo=ZONE)


@cache
def beijing() -> City:
    return load_city("beijing-sim")


@cache
def areas() -> Areas:
    loaded = beijing().load_areas()
    assert loaded is not None
    return loaded


@cache
def laws(seed: str = "test") -> Laws:
    if seed != "test":
        return Laws.of_city(beijing(), areas(), seed, places=laws().places)
    return Laws.of_city(beijing(), areas(), seed)


class PlainWords:
    """The least that callers can say."""

    def spot_for(self, rng: Random, area: str) -> str:
        return f"{rng.randint(1, 99)}, {area}"

    def address_of(self, spot: str, language: str) -> str:
        return spot

    def text_for(
        self,
        rng: Random,
        category: str,
        language: str,
        *,
        opposite: bool = False,
        kind: str = "complaint",
        spot: Any = None,
        at: datetime | None = None,
    ) -> str:
        return f"{'no ' if opposite else ''}{category} ({kind}, {language})"

    def wrong_address_for(self, rng: Random, language: str, spot: Any = None) -> str:
        return "somewhere"

    def caller_for(self, rng: Random, language: str) -> tuple[str, str]:
        return "somebody", f"555-{rng.randrange(10_000):04d}"

    def nuisance(self, rng: Random | None = None) -> tuple[str, str]:
        return "again", "555-9999"


@dataclass
class Documents:
    """What an engine would hold after these events: the folds of the hotline, in one process."""

    cases: dict[str, Case] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)

    def take(self, envelopes: Iterable[Envelope]) -> Documents:
        for envelope in envelopes:
            payload, recording = payload_of(envelope), recording_of(envelope, 1)
            recording = msgspec.structs.replace(recording, area=str(envelope.data.get("area", "")))
            if isinstance(payload, CasePayload):
                case = fold_case(self.cases.get(payload.case_id), payload, recording)
                if case is not None:
                    self.cases[payload.case_id] = case
            elif isinstance(payload, CallPayload):
                self.calls[payload.call_id] = fold_call(self.calls.get(payload.call_id), payload, recording)
            elif isinstance(payload, AgentPayload):
                agent = fold_agent(self.agents.get(payload.agent_id), payload, recording)
                if agent is not None:
                    self.agents[payload.agent_id] = agent
        return self

    def plain(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Cases, calls and agents as they lie in Redis: JSON."""
        return tuple(  # type: ignore[return-value]
            [msgspec.json.decode(msgspec.json.encode(document)) for document in documents.values()]
            for documents in (self.cases, self.calls, self.agents)
        )
