"""Identifiers and words of EIDO beside ours: tracking ids, priorities, and what units and incidents are said to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from emergency.assignments import Doing
from emergency.life import Stage

VERSION = "1.0"
TRACKING = "urn:emergency:uid:incidentid:"
SOURCE = "eido:"  # of facts that an EIDO says, before the name of the element that issued it
MAX_ID = 200

# Common priority: 0 least to 10 gravest (STA-021, 2.9). Each of ours as a number, and the least number that is ours.
PRIORITY_TO_COMMON = {1: 10, 2: 5, 3: 1}
COMMON_TO_PRIORITY = ((7, 1), (3, 2), (0, 3))
USUAL_PRIORITY = 2

STAGE_TO_COMMON: dict[str, str] = {
    Stage.RECEIVED: "Pending",
    Stage.TRIAGED: "Pending",
    Stage.DISPATCHED: "Active",
    Stage.ON_SCENE: "Active",
    Stage.CONTAINED: "Active",
    Stage.TRANSPORTING: "Active",
    Stage.CLEARED: "Active",
    Stage.CLOSED: "Closed",
    Stage.CANCELLED: "Cancelled",
    Stage.MERGED: "Closed",
}
CLOSED_WORDS = frozenset({"closed", "complete", "completed", "resolved"})
CANCELLED_WORDS = frozenset({"cancelled", "canceled"})
CONTAINED_WORDS = frozenset({"contained"})

# What a unit does there -> (primary, secondary status); ended assignments beside those at work.
DOING_TO_COMMON: dict[str, tuple[str, str]] = {
    Doing.DISPATCHED: ("Assigned", "Dispatched"),
    Doing.NOTIFIED: ("Assigned", "Dispatched"),
    Doing.ACKNOWLEDGED: ("Assigned", "Acknowledged"),
    Doing.EN_ROUTE: ("Assigned", "Enroute"),
    Doing.ON_SCENE: ("Assigned", "On Scene"),
    Doing.TRANSPORTING: ("Assigned", "Transporting"),
    Doing.AT_HOSPITAL: ("Assigned", "At Hospital"),
    "cleared": ("Available", "Cleared"),
    "recalled": ("Available", "Cleared"),
    "diverted": ("Assigned", "Cleared"),
}
# Squeezed words of a status (internal first, then secondary, then primary) -> the step that they tell.
STEP_OF_WORD: dict[str, str] = {
    "dispatched": "unit.dispatched",
    "assigned": "unit.dispatched",
    "notified": "unit.notified",
    "acknowledged": "unit.acknowledged",
    "enroute": "unit.departed",
    "enroutetoscene": "unit.departed",
    "responding": "unit.departed",
    "onscene": "unit.arrived",
    "atscene": "unit.arrived",
    "arrived": "unit.arrived",
    "transporting": "unit.transported",
    "enroutetohospital": "unit.transported",
    "athospital": "unit.delivered",
    "cleared": "unit.cleared",
    "available": "unit.cleared",
    "recalled": "unit.recalled",
    "diverted": "unit.recalled",
}
# Our agencies' usual ids -> urn:emergency:service:responder types, without that prefix.
AGENCY_TYPES: dict[str, str] = {
    "110": "police",
    "119": "fire",
    "120": "ems",
    "122": "police",
    "ems": "ems",
    "fire": "fire",
    "police": "police",
}
OWN_TYPE, OWN_ROLE, OTHER = "psap", "Dispatching", "Other"


@dataclass(frozen=True)
class Issuer:
    """This city in EIDO: a domain name that ends its identifiers, and the agency that issues."""

    domain: str

    def agency(self, name: str) -> str:
        """The `$id` of one of our agencies; of this desk without a name."""
        return f"{_safe(name)}.{self.domain}" if name else self.domain

    def unit(self, unit_id: str) -> str:
        """The `$id` of one of our units, as a resource and as the agent that answers for it."""
        return f"{_safe(unit_id)}@{self.domain}"

    @property
    def automaton(self) -> str:
        """The `$id` of the agent that writes: people at desks are not named to others."""
        return f"hexwatch@{self.domain}"


def tracking_id(incident_id: str, issuer: Issuer) -> str:
    """The globally unique id of an incident: ours under our domain, another's as it came."""
    local, _, domain = incident_id.rpartition(":")
    if local and domain != issuer.domain and _is_domain(domain):
        return TRACKING + incident_id
    return f"{TRACKING}{_safe(incident_id)}:{issuer.domain}"


def local_id(tracking: str, issuer: Issuer, sender: str = "") -> str:
    """Our id of an incident that another names: the inverse of `tracking_id`.

    A tracking id without a domain is unique to its sender only: the sender is added. At most 200 characters.
    """
    said = tracking.strip().removeprefix(TRACKING)
    local, _, domain = said.rpartition(":")
    if domain == issuer.domain and local:
        return unquote(local)[:MAX_ID]
    if local and _is_domain(domain):
        return said[:MAX_ID]
    return f"{said}:{sender}"[:MAX_ID] if said and sender else said[:MAX_ID]


def unit_of(identifier: str, issuer: Issuer) -> str | None:
    """The unit that an `$id` of ours names, None for another's."""
    name, at, domain = identifier.rpartition("@")
    return unquote(name) if at and domain == issuer.domain else None


def agency_of(identifier: str, issuer: Issuer) -> str:
    """Our name of an agency's `$id`; another's as it is."""
    name = identifier.removesuffix(f".{issuer.domain}")
    return unquote(name) if name != identifier else ("" if identifier == issuer.domain else identifier)


def squeeze(word: str) -> str:
    """`On Scene`, `on-scene` and `OnScene` as one."""
    return re.sub(r"[\W_]+", "", word).lower()


def kind_to_common(kind: str) -> str:
    """`traffic_collision` -> `Traffic Collision`; what is no such id stays as it is."""
    return kind if kind != kind.lower() or " " in kind else kind.replace("_", " ").title()


def common_to_kind(word: str) -> str:
    """`Traffic Collision` -> `traffic_collision`."""
    return re.sub(r"[^\w]+", "_", word.strip()).strip("_").lower()


def _is_domain(text: str) -> bool:
    return "." in text and re.fullmatch(r"[A-Za-z0-9.-]+", text) is not None


def _safe(text: str) -> str:
    return quote(text, safe="")
