"""The words of CAP 1.1 and 1.2 that are code values, and what is done with any other word.

Three of them decide whether a message is real, what it does and whom it is for: there another word is a refusal,
since nothing could stand in for it. Where the standard itself has a word for "not known" (`Unknown`, `Other`),
another word becomes that one, with a note: a warning with an odd urgency still warns. Capitals are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SPACES = {"urn:oasis:names:tc:emergency:cap:1.1": "1.1", "urn:oasis:names:tc:emergency:cap:1.2": "1.2"}
OLD_SPACES = frozenset({"http://www.incident.com/cap/1.0", "http://www.incident.com/cap/1.1"})


def _words(text: str) -> Mapping[str, str]:
    return {word.lower(): word for word in text.split()}


STATUS = _words("Actual Exercise System Test Draft")
MESSAGE = _words("Alert Update Cancel Ack Error")
SCOPE = _words("Public Restricted Private")
CATEGORY = _words("Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other")
RESPONSE = _words("Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None")
URGENCY = _words("Immediate Expected Future Past Unknown")
SEVERITY = _words("Extreme Severe Moderate Minor Unknown")
# CAP 1.0 also had "Very Likely"; both later versions ask to read it as "Likely".
CERTAINTY = {**_words("Observed Likely Possible Unlikely Unknown"), "very likely": "Likely"}

UNKNOWN = "Unknown"
OTHER_CATEGORY = "Other"


def known(words: Mapping[str, str], said: str) -> str:
    """The code value as the standard writes it, or ""."""
    return words.get(said.lower(), "")


def listed(words: Mapping[str, str]) -> str:
    """The code values for a message to people."""
    return ", ".join(dict.fromkeys(words.values()))


def without_repeats(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
