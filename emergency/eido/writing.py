"""An incident as EIDO 1.0: what it is, where, who was sent and what they do, notes, links and merges."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from emergency.assignments import STAMPS, Assignment
from emergency.eido.pidf import point_to_pidf
from emergency.eido.words import (
    AGENCY_TYPES,
    DOING_TO_COMMON,
    OTHER,
    OWN_ROLE,
    OWN_TYPE,
    PRIORITY_TO_COMMON,
    STAGE_TO_COMMON,
    VERSION,
    Issuer,
    kind_to_common,
    tracking_id,
)
from emergency.incidents import Incident
from emergency.units import Unit

NOTE = "note:"
CALLERS_WORDS = "text"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Component = dict[str, Any]


def incident_to_eido(
    incident: Incident,
    issuer: Issuer,
    units: Mapping[str, Unit] | None = None,
    private: Mapping[str, str] | None = None,
) -> Component:
    """The incident for others. The same incident always gives the same object.

    `units` by id, for kinds and positions of those that were sent, and for those that have it as a next job; `private`
    the personal fields on record (address, text, name, phone, `note:<id>`), only if the asker may see them.
    """
    return _Writer(incident, issuer, units or {}, private or {}).eido()


class _Writer:
    """One incident on its way out."""

    def __init__(
        self, incident: Incident, issuer: Issuer, units: Mapping[str, Unit], private: Mapping[str, str]
    ) -> None:
        self.incident, self.issuer, self.units, self.private = incident, issuer, units, private
        self.id = tracking_id(incident.incident_id, issuer)
        self.received_at = incident.occurred_at or incident.received_at or _LONG_AGO
        self.changed_at = max((step.at for step in incident.steps), default=self.received_at)

    def eido(self) -> Component:
        resources = list(self._resources())
        parts: dict[str, Any] = {
            "incidentComponent": self._incident(),
            "mergeComponent": list(self._merges()),
            "linkComponent": [self._link(other) for other in self.incident.links],
            "dispatchComponent": [self._dispatch(n, a) for n, a in enumerate(self.incident.assignments)],
            "emergencyResourceComponent": resources,
            "locationComponent": [*self._place(), *self._unit_places()],
            "notesComponent": list(self._notes()),
            "personComponent": list(self._caller()),
            "callbackComponent": list(self._callback()),
            "agencyComponent": list(self._agencies()),
            "agentComponent": list(self._agents(resources)),
        }
        head = {"eidoVersion": VERSION, "issuingElementIdentification": self.issuer.domain}
        return self._prologue(self.id, self.changed_at) | head | {name: part for name, part in parts.items() if part}

    def _prologue(self, id_: str, at: datetime) -> Component:
        return {
            "$id": id_,
            "lastUpdateTimeStamp": _stamp(at),
            "updatedByAgencyReference": {"$ref": self.issuer.agency("")},
            "updatedByAgentReference": {"$ref": self.issuer.automaton},
        }

    # the incident and where it is

    def _incident(self) -> Component:
        incident = self.incident
        said = {
            "incidentTypeCommonRegistryText": kind_to_common(incident.kind),
            "incidentTypeInternalText": incident.kind,
            "incidentStatusCommonRegistryText": [STAGE_TO_COMMON[incident.stage]],
            "incidentStatusInternalText": [incident.stage],
            "internalIncidentId": incident.incident_id,
            "incidentPriorityInternalText": str(incident.priority),
            "incidentCommonPriorityNumber": PRIORITY_TO_COMMON[incident.priority],
            "beatOrDispatchGroupText": incident.area,
            "locationReference": [{"$ref": place["$id"]} for place in self._place()],
            "notesReference": [{"$ref": note["$id"]} for note in self._notes()],
            "personReference": [{"$ref": person["$id"]} for person in self._caller()],
        }
        kept = {name: value for name, value in said.items() if value not in ("", [])}
        return self._prologue(f"{self.id}#incident", self.changed_at) | kept

    def _place(self) -> Iterator[Component]:
        """Where it is, if anybody knows: the position for all, the words of the address for those who may see them."""
        incident, address = self.incident, self.private.get("address", "")
        is_placed = incident.lat is not None and incident.lng is not None
        if not is_placed and not address:
            return
        at = incident.places[-1].until if incident.places else self.received_at
        said: Component = {"locationTypeDescriptionRegistryText": "Incident"}
        if incident.lat is not None and incident.lng is not None:
            said["locationByValue"] = point_to_pidf(self.id, incident.lat, incident.lng)
        if address:
            said["locationDescriptionText"] = address
        yield self._prologue(f"{self.id}#place", at) | said

    # units

    def _dispatch(self, number: int, assignment: Assignment) -> Component:
        unit = self.units.get(assignment.unit_id)
        said: Component = {"emergencyResourceReference": [{"$ref": self.issuer.unit(assignment.unit_id)}]}
        if unit is not None and unit.agency:
            said["agencyReference"] = {"$ref": self.issuer.agency(unit.agency)}
        at = assignment.dispatched_at or assignment.began_at or assignment.cleared_at or self.received_at
        return self._prologue(f"{self.id}#dispatch-{number}", at) | said

    def _resources(self) -> Iterator[Component]:
        """Each unit that was sent once, with what its newest assignment says; then those that are to come next."""
        newest = {assignment.unit_id: assignment for assignment in self.incident.assignments}
        for unit_id, assignment in newest.items():
            doing, at = _doing(assignment)
            yield self._resource(unit_id, doing, at or self.received_at)
        for unit_id, unit in sorted(self.units.items()):
            if self.incident.incident_id in unit.stacked and unit_id not in newest:
                queued = {"stackedOnIncidentId": [self.id]}
                yield self._resource(unit_id, "", unit.status_at or self.received_at) | queued

    def _resource(self, unit_id: str, doing: str, at: datetime) -> Component:
        unit = self.units.get(unit_id) or Unit(unit_id=unit_id)
        primary, secondary = DOING_TO_COMMON.get(doing, ("Assigned" if unit.is_busy else "Available", OTHER))
        kind = unit.kind or OTHER.lower()
        said: Component = {
            "emergencyResourceTypeCommonRegistryText": kind_to_common(kind),
            "emergencyResourceTypeInternalText": kind,
            "resourceAttributeRegistryText": [OTHER],
            "resourceAttributeInternalText": [kind],
            "emergencyResourceName": unit_id,
            "primaryUnitStatusRegistryText": primary,
            "secondaryUnitStatusRegistryText": [secondary],
            "unitStatusInternal": [doing or unit.status],
            "agentReference": [{"$ref": self.issuer.unit(unit_id)}],
        }
        if unit.lat is not None:
            said["unitLocationReference"] = {"$ref": f"{self.id}#unit-{unit_id}"}
        return self._prologue(self.issuer.unit(unit_id), at) | said

    def _unit_places(self) -> Iterator[Component]:
        for resource in self._resources():
            unit_id = resource["emergencyResourceName"]
            unit = self.units.get(unit_id)
            if unit is None or unit.lat is None or unit.lng is None:
                continue
            at = unit.moved_at or unit.position_at or self.received_at
            yield self._prologue(f"{self.id}#unit-{unit_id}", at) | {
                "locationTypeDescriptionRegistryText": "Unit",
                "locationByValue": point_to_pidf(self.issuer.unit(unit_id), unit.lat, unit.lng),
            }

    # words and people

    def _notes(self) -> Iterator[Component]:
        """The caller's words first, then the notes, oldest first as far as the incident remembers when."""
        times = {step.why: step.at for step in self.incident.steps if step.what == "noted"}
        if words := self.private.get(CALLERS_WORDS):
            yield self._note("words", words, self.received_at)
        found = [(name.removeprefix(NOTE), text) for name, text in self.private.items() if name.startswith(NOTE)]
        for note_id, text in sorted(found, key=lambda note: (times.get(note[0], self.received_at), note[0])):
            yield self._note(f"note-{note_id}", text, times.get(note_id, self.received_at))

    def _note(self, name: str, text: str, at: datetime) -> Component:
        return self._prologue(f"{self.id}#{name}", at) | {"notesActionComments": html.escape(text, quote=False)}

    def _caller(self) -> Iterator[Component]:
        name, phone = self.private.get("name", ""), self.private.get("phone", "")
        if not name and not phone:
            return
        said: Component = {"personIncidentRoleRegistryText": ["Caller"]}
        if name:
            said["ncPersonComponent"] = {"ncPersonName": [{"ncPersonFullName": name}]}
        if phone:
            said["callBackReference"] = {"$ref": f"{self.id}#callback"}
        yield self._prologue(f"{self.id}#caller", self.received_at) | said

    def _callback(self) -> Iterator[Component]:
        if phone := self.private.get("phone", ""):
            uri = {"callBackInformationUri": ["tel:" + "".join(phone.split())]}
            yield self._prologue(f"{self.id}#callback", self.received_at) | uri

    # other incidents, and who is who

    def _merges(self) -> Iterator[Component]:
        into, at = self.incident.merged_into, self.incident.merged_at
        if into:
            yield self._merge(into, "REPLACED", at or self.changed_at)
        for member in self.incident.members:
            yield self._merge(member, "REPLACING", self._step_at("joined", member))

    def _merge(self, other: str, direction: str, at: datetime) -> Component:
        said = {
            "incidentTrackingIdentifier": tracking_id(other, self.issuer),
            "incidentMergeDirectionCode": direction,
        }
        return self._prologue(f"{self.id}#merge-{other}", at) | said

    def _link(self, other: str) -> Component:
        said = {"incidentTrackingIdentifier": tracking_id(other, self.issuer), "linkDirectionCode": "RELATED"}
        return self._prologue(f"{self.id}#link-{other}", self._step_at("linked", other)) | said

    def _step_at(self, what: str, why: str) -> datetime:
        """When something happened to it with another incident, as far as it remembers."""
        found = [step.at for step in self.incident.steps if step.what == what and step.why == why]
        return found[-1] if found else self.received_at

    def _agencies(self) -> Iterator[Component]:
        """This desk, the agency that answers for the incident, and those of its units."""
        yield self._agency("", OWN_TYPE, self.received_at)
        sent = {assignment.unit_id for assignment in self.incident.assignments}
        owners = {unit.agency for unit_id, unit in self.units.items() if unit_id in sent} | {self.incident.agency}
        for agency in sorted(owners - {""}):
            said = self._agency(agency, AGENCY_TYPES.get(agency, agency), self.received_at)
            yield said | ({"incidentOwningAgencyIndicator": True} if agency == self.incident.agency else {})

    def _agency(self, name: str, kind: str, at: datetime) -> Component:
        said = {"agencyRoleDescriptionRegistryText": [OWN_ROLE], "agencyType": [kind]}
        return self._prologue(self.issuer.agency(name), at) | said

    def _agents(self, resources: list[Component]) -> Iterator[Component]:
        for agent in dict.fromkeys([self.issuer.automaton, *(resource["$id"] for resource in resources)]):
            said = {
                "agentRoleRegistryText": [OWN_ROLE if agent == self.issuer.automaton else "Responding"],
                "agencyReference": {"$ref": self.issuer.agency("")},
            }
            yield self._prologue(agent, self.received_at) | said


def _doing(assignment: Assignment) -> tuple[str, datetime | None]:
    """What a unit does there, or how it ended, and since when."""
    if assignment.ended:
        return assignment.ended, assignment.cleared_at
    at = next((getattr(assignment, name) for name in reversed(STAMPS.values()) if getattr(assignment, name)), None)
    return assignment.status, at


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
