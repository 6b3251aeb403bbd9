"""What happens to a unit and to its assignments."""

from __future__ import annotations

from typing import ClassVar

from streams.events.envelope import Payload


class UnitPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "unit"
    SUBJECT: ClassVar[str] = "unit_id"
    unit_id: str


class UnitListed(UnitPayload, frozen=True, kw_only=True):
    """A unit exists: what it is, where its home is. Repeating it changes what is said, not its state."""

    kind: str = ""
    station: str = ""
    agency: str = ""
    lat: float | None = None
    lng: float | None = None
    crew: int | None = None


class UnitSignalled(UnitPayload, frozen=True, kw_only=True):
    """Whether the unit can be sent: `out_of_service`, `available`, `returning`, `out_of_contact` or `in_contact`."""

    status: str
    reason: str = ""


class UnitMoved(UnitPayload, frozen=True, kw_only=True):
    lat: float
    lng: float


class UnitAssignment(UnitPayload, frozen=True, kw_only=True):
    """A step in the life of one assignment: this unit on that incident."""

    incident_id: str
    kind: str = ""
    station: str = ""


class UnitDispatched(UnitAssignment, frozen=True, kw_only=True):
    """The unit was assigned."""


class UnitNotified(UnitAssignment, frozen=True, kw_only=True):
    """The assignment reached the unit's screen, printer or pager: assigned is not yet told."""


class UnitAcknowledged(UnitAssignment, frozen=True, kw_only=True):
    """The crew said that it has understood."""


class UnitDeparted(UnitAssignment, frozen=True, kw_only=True):
    """The unit rolls (NFPA: end of turnout)."""


class UnitArrived(UnitAssignment, frozen=True, kw_only=True):
    """The unit is on scene."""


class UnitTransported(UnitAssignment, frozen=True, kw_only=True):
    """The unit left the scene with a patient."""


class UnitDelivered(UnitAssignment, frozen=True, kw_only=True):
    """The unit reached the hospital."""


class UnitCleared(UnitAssignment, frozen=True, kw_only=True):
    """The unit is available again."""


class UnitRecalled(UnitAssignment, frozen=True, kw_only=True):
    """The unit was told to stand down before it was done there."""

    reason: str = ""


class UnitDiverted(UnitAssignment, frozen=True, kw_only=True):
    """The unit was taken from this incident for the incident `to`."""

    to: str
    reason: str = ""


class UnitRestored(UnitAssignment, frozen=True, kw_only=True):
    """The end of the unit's assignment was taken back: it is there again with the status it had."""

    status: str = "dispatched"


class UnitStacked(UnitPayload, frozen=True, kw_only=True):
    """The incident waits for this unit as a next job; the unit is not assigned to it."""

    incident_id: str


class UnitUnstacked(UnitPayload, frozen=True, kw_only=True):
    """It does not wait for this unit any more."""

    incident_id: str


class UnitCheckedIn(UnitPayload, frozen=True, kw_only=True):
    """The crew said that all of it is well."""


class UnitEmergency(UnitPayload, frozen=True, kw_only=True):
    """The crew is in danger itself: it comes before everything else."""

    reason: str = ""


class UnitEmergencyEnded(UnitPayload, frozen=True, kw_only=True):
    """The crew is safe again, or never was in danger."""

    reason: str = ""
