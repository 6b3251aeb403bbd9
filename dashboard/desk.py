"""What callbacks may ask for, answered for whoever sent the request: permissions are checked here, on the server."""

from __future__ import annotations

from typing import Any

from flask import request

from dashboard.api.context import ApiContext
from dashboard.api.lists import measure_filters, read_page
from dashboard.city_time import city_time
from dashboard.roles import Permission, Principal
from geo.cities import City
from streams.reader_schema import CASES, INCIDENTS


class Desk:
    """The web process's answer to `callbacks.desk.Desk`."""

    def __init__(self, context: ApiContext, city: City):
        self.context = context
        self.city = city

    def cases(self, **filters: Any) -> list[dict[str, Any]]:
        """What is behind a place of the map, newest first: cases, or for the measure `incidents` the open incidents.

        Raises PermissionError for roles that may not read them.
        """
        wanted = {name: filters[name] for name in ("cell", "category", "without_location") if filters.get(name)}
        limit, measure = filters.get("limit", 100), filters.get("measure", "open")
        if measure == "incidents":
            return self._incidents(wanted, limit)
        principal = self._allowed(Permission.READ_CASES)
        now = city_time(self.context.client, self.context.keys) or self.context.now()
        wanted |= measure_filters(measure, now)
        cases: list[dict[str, Any]] = read_page(self.context, CASES, wanted | {"limit": limit}, principal)[CASES.name]
        return cases

    def _incidents(self, wanted: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        """Open incidents that the wall draws: sensitive kinds have no place there, for nobody."""
        principal = self._allowed(Permission.READ_INCIDENTS)
        if "category" in wanted:
            wanted["kind"] = wanted.pop("category")
        found = read_page(self.context, INCIDENTS, wanted | {"status": "open", "limit": limit}, principal)
        return [
            incident | {"case_id": incident["incident_id"], "category": incident["kind"]}
            for incident in found[INCIDENTS.name]
            if not self.city.is_sensitive(incident["kind"])
        ]

    def _allowed(self, permission: Permission) -> Principal:
        principal = self.context.access.live_principal(request)
        if principal is None or not principal.may(permission):
            raise PermissionError(f"this needs the permission {permission.value}")
        return principal
