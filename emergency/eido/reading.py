"""Another agency's EIDO as facts of ours, with reasons where it cannot be: the same object always gives the same facts.

Read as the schema says it, and a little more loosely where senders are known to differ: one object for a list of one,
one word for a list of words. What is not mapped is kept in one private note; nothing is fetched from any address.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emergency.eido.checking import MOST_REASONS, EidoRefused, checked
from emergency.eido.elements import Component, digest, has_word, id_of, iso, many, plain, references, text_of, words_of
from emergency.eido.pidf import Location, UnreadableLocation, pidf_to_location
from emergency.eido.shapes import COMPONENTS, rest_of
from emergency.eido.words import (
    CANCELLED_WORDS,
    CLOSED_WORDS,
    COMMON_TO_PRIORITY,
    CONTAINED_WORDS,
    MAX_ID,
    SOURCE,
    STEP_OF_WORD,
    USUAL_PRIORITY,
    Issuer,
    agency_of,
    common_to_kind,
    local_id,
    squeeze,
    tracking_id,
    unit_of,
)

MAX_NOTE = 16_000
UNKNOWN = "unknown"
MAX_KIND = 120
ENDS = (
    ("incident.cancelled", CANCELLED_WORDS),
    ("incident.closed", CLOSED_WORDS),
    ("incident.contained", CONTAINED_WORDS),
)


@dataclass(frozen=True)
class Fact:
    """One event that the object tells: `source` is the reading's, `id` the same at each reading."""

    type: str
    id: str
    occurred_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What an object says: about which incident of ours, its facts in order, and what was odd about it.

    `left` is the JSON of what was not mapped and is too long for a note, "" as a rule.
    """

    incident_id: str
    source: str
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...] = ()
    left: str = ""


def read_eido(value: object, issuer: Issuer) -> Reading:
    """The facts of one EIDO. Raises EidoRefused with every reason that can be found at once."""
    return _Reader(checked(value), issuer).reading()


@dataclass
class _Reader:
    """One object on its way in."""

    eido: Component
    issuer: Issuer
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def reading(self) -> Reading:
        self.sender = text_of(self.eido.get("issuingElementIdentification")) or text_of(
            self.eido.get("sendingSystemIdentifier")
        )
        self.components = {name: many(self.eido.get(name)) for name in COMPONENTS}
        self.by_id = {id_of(c): c for found in self.components.values() for c in found if id_of(c)}
        self.incident: Component = next(iter(self.components["incidentComponent"]), {})
        self.at = self._instant(self.eido, "", None)
        self.incident_id = self._incident_id()
        self.tracking = tracking_id(self.incident_id, self.issuer)
        self.is_own = self.sender == self.issuer.domain
        self._check()
        facts = [*self._notes(), *self._links(), *self._units()]
        if self.is_own or not self.is_ours:
            facts = [*self._received(), *self._judged(), *self._moved(), *facts, *self._merges(), *self._ended()]
        else:
            self.warnings.append("the incident is ours: of another's words notes, links and their units are taken")
        left = self._left(facts)
        if self.reasons:
            raise EidoRefused(self.reasons[:MOST_REASONS])
        return Reading(self.incident_id, self._source(), tuple(facts), tuple(self.warnings[:MOST_REASONS]), left)

    def _check(self) -> None:
        for name in ("eidoVersion", "agencyComponent"):
            if name not in self.eido:
                self.warnings.append(f"{name}: missing; needed by the standard")
        if len(self.components["incidentComponent"]) > 1:
            self.reasons.append("incidentComponent: more than one; an EIDO tells one incident")
        if not self.incident_id.isprintable() or not self.incident_id:
            self.reasons.append("$id: needs printable characters")

    def _source(self) -> str:
        return (SOURCE + self.sender)[:MAX_ID]

    def _incident_id(self) -> str:
        tracked = text_of(self.incident.get("incidentTrackingIdentifier")) or text_of(self.eido.get("$id"))
        self.is_ours = tracked.endswith(f":{self.issuer.domain}")
        return local_id(tracked, self.issuer, self.sender)

    # what it is and where

    def _received(self) -> Iterator[Fact]:
        calls = self.components["callComponent"]
        starts = [at for c in calls if (at := self._instant(c, "callStartTimestamp", None)) is not None]
        at = min(starts, default=None) or min(self._stamps(), default=None)
        if at is None:
            self.reasons.append("lastUpdateTimeStamp: missing, when this was known")
            return
        place = self._location()
        said: dict[str, Any] = {
            "incident_id": self.incident_id,
            "kind": self._kind() or UNKNOWN,
            "priority": self._priority(),
            "area": text_of(self.incident.get("beatOrDispatchGroupText")),
            "agency": self._agency(),
            "name": self._caller_name(),
            "phone": self._phone(),
            "address": place.address,
            "text": next((self._said(note) for note in self.components["notesComponent"] if self._is_words(note)), ""),
        }
        if place.lat is not None:
            said |= {"lat": place.lat, "lng": place.lng}
        if starts:
            said["called_at"] = iso(min(starts))
        yield self._fact("incident.received", "", at, {name: v for name, v in said.items() if v not in ("", None)})

    def _stamps(self) -> list[datetime]:
        """When anything in it was last changed: the earliest is the first that anybody says of the incident."""
        parts = [self.eido, *(c for found in self.components.values() for c in found)]
        return [at for c in parts if (at := self._instant(c, "", None)) is not None]

    def _judged(self) -> Iterator[Fact]:
        """Its kind and priority as they are now: the first telling says so too, and later ones may differ."""
        at = self._instant(self.incident, "", self.at)
        if not self.incident or at is None or not self._kind():
            return
        said = {"incident_id": self.incident_id, "kind": self._kind(), "priority": self._priority()}
        yield self._fact("incident.triaged", iso(at), at, said)

    def _moved(self) -> Iterator[Fact]:
        """Where it is now; a location component that is newer than the last one moves it."""
        found = self._located()
        if found is None or found[1].lat is None:
            return
        component, place = found
        at = self._instant(component, "", self.at)
        if at is not None:
            said = {"incident_id": self.incident_id, "lat": place.lat, "lng": place.lng}
            area, address = text_of(self.incident.get("beatOrDispatchGroupText")), place.address
            said |= ({"area": area} if area else {}) | ({"address": address} if address else {})
            yield self._fact("incident.relocated", f"{digest(id_of(component))}:{iso(at)}", at, said)

    def _ended(self) -> Iterator[Fact]:
        at = self._instant(self.incident, "", self.at)
        merged = any(c.get("incidentMergeDirectionCode") == "REPLACED" for c in self.components["mergeComponent"])
        if at is None or merged:
            return
        for event, said in ENDS:
            if has_word(self.incident, said):
                yield self._fact(event, iso(at), at, {"incident_id": self.incident_id})
                return

    def _kind(self) -> str:
        internal = text_of(self.incident.get("incidentTypeInternalText"))
        return (internal or common_to_kind(text_of(self.incident.get("incidentTypeCommonRegistryText"))))[:MAX_KIND]

    def _priority(self) -> int:
        """By the common scale; else an internal 1 to 3; a call for help that nobody has judged yet is grave."""
        common = self.incident.get("incidentCommonPriorityNumber")
        if isinstance(common, int) and not isinstance(common, bool):
            return next((ours for least, ours in COMMON_TO_PRIORITY if common >= least), COMMON_TO_PRIORITY[-1][1])
        internal = text_of(self.incident.get("incidentPriorityInternalText"))
        if internal in ("1", "2", "3"):
            return int(internal)
        calls = [text_of(c.get("standardPrimaryCallType")).lower() for c in self.components["callComponent"]]
        return 1 if not self.incident and "emergency" in calls else USUAL_PRIORITY

    def _agency(self) -> str:
        owners = [c for c in self.components["agencyComponent"] if c.get("incidentOwningAgencyIndicator") is True]
        return agency_of(id_of(owners[0]), self.issuer)[:MAX_ID] if owners else ""

    def _located(self) -> tuple[Component, Location] | None:
        """The location of the incident, else of a call, else of a person; one with a point goes before all others."""
        owners = [self.incident, *self.components["callComponent"], *self.components["personComponent"]]
        named = [ref for owner in owners for ref in references(owner.get("locationReference"))]
        named = named or [id_of(c) for c in self.components["locationComponent"]][:1]
        found = [(c, self._place_of(c)) for ref in dict.fromkeys(named) if (c := self.by_id.get(ref)) is not None]
        said = [(c, place) for c, place in found if place.lat is not None or place.address]
        return next((one for one in said if one[1].lat is not None), said[0] if said else None)

    def _location(self) -> Location:
        found = self._located()
        return found[1] if found else Location()

    def _place_of(self, component: Component) -> Location:
        place = Location()
        if xml := text_of(component.get("locationByValue")):
            try:
                place = pidf_to_location(xml)
            except UnreadableLocation as error:
                self.warnings.append(f"locationByValue of {id_of(component)[:60]}: {error}")
        elif component.get("locationByReferenceUrl"):
            self.warnings.append("locationByReferenceUrl: not fetched; the location stays unknown")
        described = text_of(component.get("locationDescriptionText"))
        return Location(place.lat, place.lng, (described or place.address)[:500])

    # people and words

    def _caller(self) -> Component:
        people = self.components["personComponent"]
        roles = [(words_of(c.get("personIncidentRoleRegistryText")), c) for c in people]
        return next((c for said, c in roles if "Caller" in said), {})

    def _caller_name(self) -> str:
        person = self._caller().get("ncPersonComponent")
        names = many(person.get("ncPersonName")) if isinstance(person, Mapping) else []
        return next((text for name in names if (text := text_of(name.get("ncPersonFullName")))), "")[:200]

    def _phone(self) -> str:
        """The first number to call back, of the caller or of a call."""
        owners = [self._caller(), *self.components["callComponent"]]
        known = [self.by_id.get(ref, {}) for o in owners for ref in references(o.get("callBackReference"))]
        uris = [uri for c in known for uri in words_of(c.get("callBackInformationUri"))]
        return next((uri.removeprefix("tel:") for uri in uris if uri.startswith("tel:")), uris[0] if uris else "")[:100]

    def _notes(self) -> Iterator[Fact]:
        """Its notes; of ours only what we say ourselves: another's copy of them is no news."""
        for note in self.components["notesComponent"]:
            text, is_ours = self._said(note), id_of(note).startswith(self.tracking + "#")
            at = self._instant(note, "", None) or self._instant(note, "noteDateTimeStamp", self.at)
            if text and at is not None and not self._is_words(note) and (self.is_own or not is_ours):
                yield self._note(id_of(note) or text, text, at)

    def _said(self, note: Component) -> str:
        return plain(text_of(note.get("notesActionComments")) or text_of(note.get("noteText")))

    def _is_words(self, note: Component) -> bool:
        """Whether a note holds the caller's words, as we write them."""
        return self.is_own and id_of(note) == f"{self.tracking}#words"

    def _note(self, name: str, text: str, at: datetime) -> Fact:
        ours = name.removeprefix(f"{self.tracking}#note-") if self.is_own else name
        note_id = ours if ours != name else f"eido-{digest(name)}"
        said = {"incident_id": self.incident_id, "note_id": note_id[:MAX_ID], "text": text}
        return self._fact("incident.noted", f"{digest(name)}:{iso(at)}", at, said)

    def _left(self, facts: list[Fact]) -> str:
        """Keep what is not mapped: in a note, or handed back when it is too long for one."""
        rest = rest_of(self.eido)
        if not rest or self.at is None:
            return ""
        text = json.dumps(rest, ensure_ascii=False, sort_keys=True)
        if len(text) > MAX_NOTE:
            self.warnings.append(f"{', '.join(rest)}: {len(text):,} characters, kept with the dead letters")
            return text
        self.warnings.append(f"{', '.join(rest)}: kept as a note")
        facts.append(self._note(f"rest {digest(text)}", f"EIDO: {text}", self.at))
        return ""

    # other incidents, and units

    def _links(self) -> Iterator[Fact]:
        for link in self.components["linkComponent"]:
            other = local_id(text_of(link.get("incidentTrackingIdentifier")), self.issuer, self.sender)
            event = "incident.unlinked" if link.get("linkDirectionCode") == "UNLINK" else "incident.linked"
            yield from self._other(event, link, other, {"incident_id": self.incident_id, "to": other})

    def _merges(self) -> Iterator[Fact]:
        for merge in self.components["mergeComponent"]:
            other = local_id(text_of(merge.get("incidentTrackingIdentifier")), self.issuer, self.sender)
            ways = {
                "REPLACED": ("incident.merged", {"incident_id": self.incident_id, "into": other}),
                "REPLACING": ("incident.merged", {"incident_id": other, "into": self.incident_id}),
                "SPLIT": ("incident.split", {"incident_id": self.incident_id, "of": other}),
            }
            way = ways.get(text_of(merge.get("incidentMergeDirectionCode")))
            if way is None:
                self.reasons.append("mergeComponent.incidentMergeDirectionCode: REPLACING, REPLACED or SPLIT")
            else:
                yield from self._other(way[0], merge, other, way[1])

    def _other(self, event: str, component: Component, other: str, said: dict[str, Any]) -> Iterator[Fact]:
        at = self._instant(component, "", self.at)
        if not other or other == self.incident_id:
            self.reasons.append(f"{id_of(component) or event}: incidentTrackingIdentifier names no other incident")
        elif at is not None:
            yield self._fact(event, f"{digest(other)}:{iso(at)}", at, said)

    def _units(self) -> Iterator[Fact]:
        dispatched = self._dispatches()
        for resource in self.components["emergencyResourceComponent"]:
            unit_id = self._unit_id(resource)
            at = self._instant(resource, "", self.at)
            if not unit_id or at is None:
                self.warnings.append("emergencyResourceComponent: one without name or time is left out")
                continue
            is_ours = unit_of(id_of(resource), self.issuer) is not None
            if is_ours and not self.is_own:
                continue  # what our units do is ours to say
            if not is_ours:
                kind = text_of(resource.get("emergencyResourceTypeInternalText")) or common_to_kind(
                    text_of(resource.get("emergencyResourceTypeCommonRegistryText"))
                )
                yield self._fact("unit.listed", f"{unit_id}:{kind}", at, {"unit_id": unit_id, "kind": kind})
            yield from self._steps(resource, unit_id, at, dispatched.get(id_of(resource), []))

    def _steps(self, resource: Component, unit_id: str, at: datetime, sent_at: list[datetime]) -> Iterator[Fact]:
        said = {"unit_id": unit_id, "incident_id": self.incident_id}
        for moment in sent_at:
            yield self._fact("unit.dispatched", f"{unit_id}:{iso(moment)}", moment, said)
        if resource.get("stackedOnIncidentId"):
            yield self._fact("unit.stacked", f"{unit_id}:{iso(at)}", at, said)
            return
        step = self._step_of(resource)
        if step and not (step == "unit.dispatched" and sent_at):
            yield self._fact(step, f"{unit_id}:{iso(at)}", at, said)

    def _step_of(self, resource: Component) -> str:
        for name in ("unitStatusInternal", "secondaryUnitStatusRegistryText", "primaryUnitStatusRegistryText"):
            for word in words_of(resource.get(name)):
                if step := STEP_OF_WORD.get(squeeze(word)):
                    return step
        return ""

    def _dispatches(self) -> dict[str, list[datetime]]:
        found: dict[str, list[datetime]] = {}
        for dispatch in self.components["dispatchComponent"]:
            at = self._instant(dispatch, "", None)
            for ref in references(dispatch.get("emergencyResourceReference")):
                if at is not None:
                    found.setdefault(ref, []).append(at)
        return found

    def _unit_id(self, resource: Component) -> str:
        own = unit_of(id_of(resource), self.issuer)
        if own is not None:
            return own[:MAX_ID]
        name = text_of(resource.get("emergencyResourceName")) or id_of(resource)
        return (name if "@" in name or not name else f"{name}@{self.sender}")[:MAX_ID]

    # small

    def _fact(self, event: str, about: str, at: datetime, data: dict[str, Any]) -> Fact:
        """Its id follows from what it says, so that the same object told again gives the same facts."""
        name = f"{data.get('incident_id', '')}|{about}"
        return Fact(event, f"{event}:{digest(name)}", at, data)

    def _instant(self, component: Component, name: str, otherwise: datetime | None) -> datetime | None:
        name = name or "lastUpdateTimeStamp"
        value = component.get(name)
        if value is None:
            return otherwise
        try:
            at = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            at = None
        if at is None or at.tzinfo is None:
            self.reasons.append(f"{name}: {str(value)[:40]!r} is no instant with a zone")
            return otherwise
        return at.astimezone(UTC)


__all__ = ["EidoRefused", "Fact", "Reading", "read_eido"]
