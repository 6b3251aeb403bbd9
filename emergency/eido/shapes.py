"""Which components an EIDO has, and which of their elements are mapped; the rest is kept as it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Elements that every component has (and what some senders write instead), and those that only hold it together.
PROLOGUE = frozenset(
    {
        *("$id", "componentIdentifier", "lastUpdateTimeStamp", "updatedByAgencyReference", "updatedByAgentReference"),
        *("agentReference", "agencyReference", "notesReference", "personReference", "locationReference"),
    }
)
HEAD = frozenset(
    {
        *("$id", "@context", "eidoVersion", "issuingElementIdentification", "lastUpdateTimeStamp"),
        *("updatedByAgencyReference", "updatedByAgentReference"),
        *("eidoMessageIdentifier", "sendingSystemIdentifier", "messageKind"),
    }
)
# Component -> the elements of it that become facts, or that follow from them.
COMPONENTS: dict[str, frozenset[str]] = {
    "incidentComponent": frozenset(
        {
            *("incidentTypeCommonRegistryText", "incidentTypeInternalText", "incidentStatusCommonRegistryText"),
            *("incidentStatusInternalText", "internalIncidentId", "incidentPriorityInternalText"),
            *("incidentCommonPriorityNumber", "beatOrDispatchGroupText", "incidentTrackingIdentifier"),
        }
    ),
    "callComponent": frozenset(
        {"callStartTimestamp", "callBackReference", "standardPrimaryCallType", "additionalDataReference"}
    ),
    "callbackComponent": frozenset({"callBackInformationUri"}),
    "agencyComponent": frozenset(
        {
            *("agencyRoleDescriptionRegistryText", "agencyType", "incidentOwningAgencyIndicator"),
            *("agencyIdentifier", "agencyName"),
        }
    ),
    "agentComponent": frozenset({"agentRoleRegistryText"}),
    "locationComponent": frozenset(
        {"locationTypeDescriptionRegistryText", "locationByValue", "locationDescriptionText"}
    ),
    "personComponent": frozenset(
        {"personIncidentRoleRegistryText", "ncPersonComponent", "callBackReference", "callIdentifier"}
    ),
    "notesComponent": frozenset({"notesActionComments", "noteText", "noteDateTimeStamp", "authorReference"}),
    "dispatchComponent": frozenset({"emergencyResourceReference"}),
    "emergencyResourceComponent": frozenset(
        {
            *("emergencyResourceTypeCommonRegistryText", "emergencyResourceTypeInternalText", "emergencyResourceName"),
            *("resourceAttributeRegistryText", "resourceAttributeInternalText", "primaryUnitStatusRegistryText"),
            *("secondaryUnitStatusRegistryText", "unitStatusInternal", "stackedOnIncidentId", "unitLocationReference"),
        }
    ),
    "mergeComponent": frozenset({"incidentTrackingIdentifier", "incidentMergeDirectionCode"}),
    "linkComponent": frozenset({"incidentTrackingIdentifier", "linkDirectionCode"}),
}


def rest_of(eido: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is not mapped, in the same shape; of mapped components the other elements with their `$id`."""
    rest: dict[str, Any] = {}
    for name, value in eido.items():
        if name in HEAD:
            continue
        if name not in COMPONENTS:
            rest[name] = value
        elif found := [more for one in _listed(value) if (more := _more(one, COMPONENTS[name]))]:
            rest[name] = found
    return rest


def _more(component: Any, mapped: frozenset[str]) -> dict[str, Any]:
    if not isinstance(component, Mapping):
        return {}
    more = {name: value for name, value in component.items() if name not in mapped and name not in PROLOGUE}
    return {"$id": component["$id"], **more} if more and "$id" in component else more


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
