"""Who looks at a page just now, in the words that layouts understand."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from dashboard.access import Access, csrf_token
from dashboard.accounts.positions import Positions
from dashboard.roles import ROLES, Permission, Principal
from dashboard.topics import DESK_ROLES
from layouts.context import Viewer

NOBODY = Viewer(may_read=False, may_ask=False, may_case=False, may_list=False, may_reveal=False)


def viewers(access: Access) -> Callable[[], Viewer]:
    """A function for the pages. A locked desk keeps its page: what it may show then is for the page and the API."""
    sessions = access.person_sessions
    positions = Positions(sessions)

    def viewer() -> Viewer:
        principal = access.live_principal(request)
        if principal is None:
            return NOBODY
        found = sessions.find(principal.session) if principal.session else None
        return Viewer(
            name=principal.name,
            role=str(principal.role),
            roles=tuple(str(role) for role in principal.roles),
            csrf=csrf_token(),
            locale=found.locale if found else "",
            positions=tuple(positions.of(principal.name)) if found else (),
            may_read=any(str(role) in DESK_ROLES for role in principal.roles),
            may_ask=_may(principal, Permission.REQUEST_DISPATCH),
            bodies=principal.bodies if _may(principal, Permission.REQUEST_OWN_CASE) else (),
            may_case=_may(principal, Permission.REQUEST_CASE),
            may_list=_may(principal, Permission.READ_CASES),
            may_reveal=_may(principal, Permission.READ_PRIVATE),
            is_person=found is not None,
        )

    return viewer


def _may(principal: Principal, permission: Permission) -> bool:
    return any(permission in ROLES[role] for role in principal.roles)
