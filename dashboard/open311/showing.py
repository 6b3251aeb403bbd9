"""A case as a service request: which of its fields who may see.

Strangers see what a neighbour could see: that something was reported, what, about where, and how far it has come.
The place is the middle of the map's cell; words, names and addresses are never in a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import h3

from dashboard.open311.formats import stamp
from dashboard.open311.services import Services, code_of
from dashboard.open311.words import say
from dashboard.roles import Permission, Principal
from geo.catalogue import DEFAULT
from hotline.cases import Case

DIGITS = 6  # of degrees; a decimetre
# Instants of things that happened to a case: its last step, and what a document says that knows of no steps.
STEPS = ("last_step_at", "received_at", "closed_at", "merged_at")
# What a stage of a case is told as.
NOTES = {
    "received": "received",
    "return_asked": "received",
    "dispatched": "dispatched",
    "accepted": "accepted",
    "contacted": "contacted",
    "handled": "handled",
    "closed": "closed",
    "followed_up": "followed_up",
}


@dataclass(frozen=True)
class Asker:
    """Who asks, by key or without one, and under which source their own reports stand."""

    principal: Principal | None = None
    source: str = ""

    def may(self, permission: Permission) -> bool:
        return self.principal is not None and self.principal.may(permission)


@dataclass(frozen=True)
class Show:
    """Cases for one asker in one language."""

    services: Services
    asker: Asker
    lang: str = DEFAULT

    def is_shown(self, case: Case) -> bool:
        """Sensitive categories are only for those who filed the case and for roles that see cases."""
        return case.received_at is not None and (self._is_trusted(case) or not self._is_sensitive(case.category))

    def may_list(self, category: str) -> bool:
        """Whether cases of the category stand in the asker's lists. Their own sensitive ones are found by number."""
        return self._sees_all or not self._is_sensitive(category)

    def request(self, case: Case, private: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The record of the standard, its fields in their order; `private` only where the asker may read that."""
        services, zone, told = self.services, self.services.city.time_zone, private or {}
        lat, lng = self._position(case)
        return {
            "service_request_id": case.case_id,
            "status": case.status,
            "status_notes": self._note(case),
            "service_name": services.name(case.category, self.lang),
            "service_code": code_of(case.category),
            "description": told.get("text") or None,
            "agency_responsible": services.body(case.owner, self.lang) or None,
            "service_notice": None,
            "requested_datetime": stamp(case.received_at, zone),
            "updated_datetime": stamp(updated_at(case), zone),
            "expected_datetime": stamp(case.target_at, zone),
            "address": told.get("address") or None,
            "address_id": None,
            "zipcode": None,
            "lat": lat,
            "long": lng,
            "media_url": None,
        }

    @property
    def _sees_all(self) -> bool:
        return self.asker.may(Permission.READ_CASES)

    def _is_trusted(self, case: Case) -> bool:
        return self._sees_all or bool(case.source and case.source == self.asker.source)

    def _is_sensitive(self, category: str) -> bool:
        return self.services.city.is_sensitive(category)

    def _position(self, case: Case) -> tuple[float | None, float | None]:
        """Exact for those who may know it, else the middle of the cell; none where the place is not usable."""
        if not case.cell or case.lat is None or case.lng is None:
            return None, None
        lat, lng = (case.lat, case.lng) if self._is_trusted(case) else h3.cell_to_latlng(case.cell)
        return round(lat, DIGITS), round(lng, DIGITS)

    def _note(self, case: Case) -> str:
        """How far it has come, in one of our sentences: what people wrote about it may name somebody."""
        owner = self.services.body(case.owner, self.lang) or say("somebody", self.lang)
        return say(_note_of(case), self.lang, owner=owner)


def _note_of(case: Case) -> str:
    if getattr(case, "merged_into", ""):
        return "together"
    stage = str(getattr(case, "stage", "received" if case.is_open else "closed"))
    if stage == "received" and case.reopened:
        return "reopened"
    return NOTES.get(stage, "received")


def updated_at(case: Case) -> datetime | None:
    """When something last happened to it."""
    found = (getattr(case, name) for name in STEPS)
    return max((at for at in found if at is not None), default=None)
