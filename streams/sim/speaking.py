"""What is heard in the calls that are followed: each line in its own language, and a translation a moment later.

Which calls are followed, what is said in them and when follows from the number of the contact and the instant of the
answer. So whoever begins anew from the documents goes on with the same conversations.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import accumulate
from typing import Any

from streams.events import CallSaid, Envelope, type_of
from streams.sim.contacts import NUISANCE, Contact
from streams.sim.dialogues import Dialogues, Line, load_dialogues
from streams.sim.ids import call_id
from streams.sim.laws import Laws
from streams.sim.randomness import salt, stream, unit
from streams.sim.steps import instant
from streams.sim.telling import SOURCE, Words

AGENTS_SPEAK = "zh"
MACHINE = "machine"
SAID = type_of(CallSaid)
EVERY_S = 18.0  # a line about so often, while there are lines
LATER_MS = (700, 2_600)  # until the translation comes


class Speaking:
    """The conversations that go on. `begin` when a call is answered, `until` for what was heard since."""

    def __init__(self, laws: Laws, words: Words, dialogues: Dialogues | None = None) -> None:
        self._laws, self._words = laws, words
        self._dialogues = dialogues or load_dialogues()
        self._shares = laws.profile.calls.followed
        self._followed_salt = salt(laws.seed, "call followed")
        self._coming: list[tuple[int, int, int, Envelope]] = []  # when, contact, place in the conversation

    def follows(self, contact: Contact) -> bool:
        """Whether somebody follows this contact's call. Those who talk of nothing, or of what is over, are left out."""
        share = self._shares.get(contact.channel)
        if not share or contact.opposite or contact.story == NUISANCE:
            return False
        return contact.language in self._dialogues.languages and unit(self._followed_salt, contact.number) < share

    def begin(self, contact: Contact, answered_ms: int, talk_ms: int, after_ms: int) -> None:
        """The conversation of a followed call; what was heard up to `after_ms` was told already."""
        if not self.follows(contact):
            return
        for place, (at_ms, envelope) in enumerate(self._told(contact, answered_ms, talk_ms)):
            if at_ms > after_ms:
                heappush(self._coming, (at_ms, contact.number, place, envelope))

    def until(self, until_ms: int) -> list[Envelope]:
        """Everything heard since the last time, up to and including `until_ms`, in order."""
        told = []
        while self._coming and self._coming[0][0] <= until_ms:
            told.append(heappop(self._coming)[-1])
        return told

    def _told(self, contact: Contact, answered_ms: int, talk_ms: int) -> list[tuple[int, Envelope]]:
        """Each line as it is heard and, where it is not in the desk's language or for the caller, translated."""
        lines = self._dialogues.longer(self._dialogues.of(contact.category), round(talk_ms / 1000 / EVERY_S))
        rng = stream(self._laws.seed, "call pauses", contact.number)
        instants, over_ms = _instants(lines, answered_ms, talk_ms, rng), answered_ms + talk_ms
        addresses = self._addresses(contact)
        found = []
        for n, (line, at_ms) in enumerate(zip(lines, instants, strict=True), start=1):
            heard = self._heard(contact, line, addresses) | {"line": f"{n:02d}", "speaker": line.speaker}
            translated = heard.pop("translated")
            found.append((at_ms, self._envelope(contact, heard, at_ms, f"{n:02d}")))
            later_ms = at_ms + rng.randint(*LATER_MS)
            if translated and later_ms < over_ms:
                more = heard | {"translated": translated, "by": MACHINE, "at": instant(at_ms)}
                found.append((later_ms, self._envelope(contact, more, later_ms, f"{n:02d}:translated")))
        return found

    def _addresses(self, contact: Contact) -> dict[str, str]:
        """The place of the contact's case, as it is said in both languages."""
        caller = stream(self._laws.seed, "caller", contact.story)  # the same draw as that of the case's address
        spot = self._words.spot_for(caller, contact.area)
        return {language: self._words.address_of(spot, language) for language in (contact.language, AGENTS_SPEAK)}

    def _heard(self, contact: Contact, line: Line, addresses: dict[str, str]) -> dict[str, Any]:
        spoken, wanted = contact.language, AGENTS_SPEAK
        if line.speaker == "agent":
            spoken, wanted = wanted, spoken
        words = {language: line.said[language].format(address=addresses[language]) for language in addresses}
        return {"lang": spoken, "text": words[spoken], "translated": words[wanted] if spoken != wanted else ""}

    def _envelope(self, contact: Contact, heard: dict[str, Any], at_ms: int, name: str) -> Envelope:
        call = call_id(contact.number, self._laws.zone)
        data = {"call_id": call, **heard}
        return Envelope(source=SOURCE, id=f"{call}:said:{name}", type=SAID, occurred_at=instant(at_ms), data=data)


def _instants(lines: Sequence[Line], answered_ms: int, talk_ms: int, rng: Any) -> list[int]:
    """When each line is said: pauses of uneven length that fill the talk, none of them at its very end."""
    pauses = [0.05 + 0.1 * rng.random()] + [0.7 + 0.6 * rng.random() + _length(line) / 60 for line in lines]
    whole = sum(pauses)
    return [answered_ms + int(talk_ms * until / whole) for until in list(accumulate(pauses))[:-1]]


def _length(line: Line) -> int:
    """How long a line takes, in characters of the language in which all of them are about as long as they sound."""
    return len(line.said.get("en", ""))
