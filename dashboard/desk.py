"""What callbacks may ask for, answered for whoever sent the request: permissions are checked here, on the server."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from flask import request

from dashboard.access import Permission, Principal
from dashboard.api.context import ApiContext
from dashboard.api.lists import measure_filters, read_page
from streams.reader_schema import CASES


class Desk:
    """The web process's answer to `callbacks.desk.Desk`."""

    def __init__(self, context: ApiContext):
        self.context = context

    def role(self) -> str:
        """The role of whoever sent the request being answered; kiosk for strangers on an open wall."""
        principal = self._principal()
        return principal.role.value if principal else ""

    def cases(self, **filters: Any) -> list[dict[str, Any]]:
        """Cases behind a place of the map, newest first. Raises PermissionError for roles that may not read them."""
        principal = self._principal()
        if principal is None or not principal.may(Permission.READ_CASES):
            raise PermissionError("this role may not read cases")
        wanted: dict[str, Any] = {name: filters[name] for name in ("category", "cell") if name in filters}
        if filters.get("without_location"):
            wanted["without_location"] = True
        measure = filters.get("measure", "open")
        wanted |= measure_filters(measure if measure != "incidents" else "open", self._city_now())
        page = read_page(self.context, CASES, wanted | {"limit": filters.get("limit", 100)}, principal)
        cases: list[dict[str, Any]] = page[CASES.name]
        return cases

    def _principal(self) -> Principal | None:
        return self.context.access.live_principal(request)

    def _city_now(self) -> datetime:
        raw: Any = self.context.client.hget(self.context.keys.view("clock"), "now")
        return msgspec.json.decode(raw, type=datetime) if raw else self.context.now()
