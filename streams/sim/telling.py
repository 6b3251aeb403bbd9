"""What happens at the hotline, as events for the log: stable ids, city time, and the words people use."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any, Protocol

from streams.events import Envelope
from streams.sim.contacts import NUISANCE, Contact
from streams.sim.floor import ABANDONED, AGENT, ANSWERED, ENDED, OFFERED, QUEUED, Floor, Happening
from streams.sim.ids import call_id, case_id
from streams.sim.laws import Laws
from streams.sim.randomness import Draws, salt
from streams.sim.steps import Receipt, Step, instant

SOURCE = "12345"
_TYPES = {what: f"call.{what}" for what in (OFFERED, QUEUED, ANSWERED, ABANDONED, ENDED)}


class Words(Protocol):
    """What callers say; `streams.sim.texts.Words` is the real one. A spot is an address not yet said in a language."""

    def spot_for(self, rng: Random, area: str) -> Any: ...

    def address_of(self, spot: Any, language: str) -> str: ...

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
    ) -> str: ...

    def wrong_address_for(self, rng: Random, language: str, spot: Any = None) -> str: ...

    def caller_for(self, rng: Random, language: str) -> tuple[str, str]: ...

    def nuisance(self, rng: Random | None = None) -> tuple[str, str]: ...


class Teller:
    """Turns what happens into envelopes."""

    def __init__(self, laws: Laws, words: Words) -> None:
        self._laws, self._words = laws, words
        self._draws = Draws()
        self._caller_salt, self._text_salt = salt(laws.seed, "caller"), salt(laws.seed, "text")

    def received(self, contact: Contact, at_ms: int) -> Envelope:
        """The hotline wrote the contact down at `at_ms`: at once, or at the end of the talk."""
        laws, at = self._laws, instant(at_ms)
        case = case_id(contact.number, laws.zone)
        data: dict[str, Any] = {
            "case_id": case,
            "kind": contact.kind,
            "category": contact.category,
            "channel": contact.channel,
            "language": contact.language,
        }
        if contact.grade:
            data["grade"] = contact.grade
            data["target_at"] = laws.lives.target_at(at, contact.grade)
        if contact.lat is not None:
            data["lat"], data["lng"] = contact.lat, contact.lng
        if contact.area:
            data["area"] = contact.area
        data |= self._said(contact, at)
        return Envelope(source=SOURCE, id=f"{case}:received", type="case.received", occurred_at=at, data=data)

    def _said(self, contact: Contact, at: datetime) -> dict[str, str]:
        """Name, number, address and text."""
        laws, words, language = self._laws, self._words, contact.language
        spot, name, phone = self._caller(contact)
        address = words.address_of(spot, language) if contact.area else ""
        now = self._draws.begin(self._text_salt, contact.number)
        if contact.story == NUISANCE:
            text, phone = words.nuisance(now)
            return {"text": text, "address": address, "name": name, "phone": phone}
        text = words.text_for(
            now,
            contact.about,
            language,
            opposite=contact.opposite,
            kind=contact.kind,
            spot=spot,
            at=at.astimezone(laws.zone),
        )
        if not contact.area:
            text = f"{text} {words.wrong_address_for(now, language, spot)}"
        return {"text": text, "address": address, "name": name, "phone": phone}

    def number_of(self, contact: Contact) -> str:
        """The number that somebody calls from: the one that the contact's case is written down with."""
        return self._words.nuisance()[1] if contact.story == NUISANCE else self._caller(contact)[2]

    def _caller(self, contact: Contact) -> tuple[Any, str, str]:
        """Place, name and number. Those who call again are the same person at the same place."""
        caller = self._draws.begin(self._caller_salt, contact.story)
        spot = self._words.spot_for(caller, contact.area)
        return spot, *self._words.caller_for(caller, contact.language)

    def receipt(self, contact: Contact, at_ms: int) -> Receipt:
        """What the life of the contact's case depends on."""
        return Receipt(
            case_id(contact.number, self._laws.zone),
            instant(at_ms),
            contact.kind,
            contact.category,
            contact.grade,
            contact.area,
            contact.channel in self._laws.profile.with_calls,
        )

    def step(self, step: Step) -> Envelope:
        """A step in the life of a case."""
        payload = step.payload
        said = ((field, getattr(payload, field)) for field in payload.__struct_fields__)
        data = {field: value for field, value in said if value is not None and value != "" and value != ()}
        return Envelope(
            source=SOURCE, id=f"{payload.case_id}:{step.name}", type=step.type, occurred_at=step.at, data=data
        )

    def happening(
        self, happening: Happening, floor: Floor, contact: Contact | None, with_number: bool = False
    ) -> Envelope:
        """Something on the floor. `contact` is the caller of a call; `with_number`: the telephone system says whose it
        is, as it does where somebody follows the call."""
        if happening.what == AGENT:
            return self._agent(happening, floor)
        call = call_id(happening.number, self._laws.zone)
        data: dict[str, Any] = {"call_id": call}
        if happening.what == OFFERED and contact is not None:
            data["channel"], data["language"] = contact.channel, contact.language
            if with_number:
                data["phone"] = self.number_of(contact)
        elif happening.what == ANSWERED:
            data["agent_id"] = floor.agent_id(happening.agent)
        elif happening.what == ENDED:
            data["case_id"] = case_id(happening.number, self._laws.zone)
        return Envelope(
            source=SOURCE,
            id=f"{call}:{happening.what}",
            type=_TYPES[happening.what],
            occurred_at=instant(happening.at_ms),
            data=data,
        )

    def _agent(self, happening: Happening, floor: Floor) -> Envelope:
        agent = floor.agent_id(happening.agent)
        data = {"agent_id": agent, "state": happening.state, "channel": floor.channel_of(happening.agent)}
        return Envelope(
            source=SOURCE,
            id=f"{agent}:{happening.at_ms}:{happening.state}",
            type="agent.changed",
            occurred_at=instant(happening.at_ms),
            data=data,
        )
