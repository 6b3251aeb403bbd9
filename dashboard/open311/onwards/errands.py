"""One case on its way to one body, as ledgers and dead letters name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.outgoing.deliveries import Delivery

NOWHERE = "0-0"  # in place of a dispatch: the case was with the body already


@dataclass(frozen=True)
class Errand:
    """One case for one body."""

    case_id: str
    entry_id: str  # of the dispatch in the log

    def delivery(self, city: str, agency: str) -> Delivery:
        """As the ledger knows deliveries; without a body, which would hold personal fields."""
        return Delivery(f"{city}/{agency.lower()}/{self.case_id}/{self.entry_id}", self.entry_id, self.case_id, b"")


def letter_errand(letter: Mapping[str, Any]) -> Errand:
    """The errand of a dead letter."""
    *_, case_id, entry_id = str(letter["id"]).split("/")
    return Errand(case_id, entry_id)
