"""EIDO 1.0 (NENA-STA-021): incidents as JSON for other agencies, and theirs as facts of ours.

Written against the schema `openapi.yaml` 1.0.0 of NENA911/EIDO-JSON. Its registries are kept elsewhere and are not part
of the schema: our words always stand in the `…Internal…` elements beside the common ones, and are read first.
"""

from emergency.eido.checking import EidoRefused
from emergency.eido.reading import Fact, Reading, read_eido
from emergency.eido.words import Issuer, local_id, tracking_id
from emergency.eido.writing import incident_to_eido

__all__ = [
    "EidoRefused",
    "Fact",
    "Issuer",
    "Reading",
    "incident_to_eido",
    "local_id",
    "read_eido",
    "tracking_id",
]
