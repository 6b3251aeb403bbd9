"""Who may do what: roles, their permissions, and the one who asks in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dashboard.accounts.audit import Actor


class Role(StrEnum):
    ADMIN = "admin"
    LEADER = "leader"
    DISPATCHER = "dispatcher"
    HOTLINE = "hotline"
    AGENCY = "agency"
    VIEWER = "viewer"
    KIOSK = "kiosk"
    REPORTER = "reporter"


class Permission(StrEnum):
    READ_PICTURE = "read_picture"
    READ_CELLS = "read_cells"
    READ_CASES = "read_cases"
    READ_OWN_CASES = "read_own_cases"
    READ_PRIVATE = "read_private"
    READ_INCIDENTS = "read_incidents"
    READ_UNITS = "read_units"
    READ_DEAD = "read_dead"
    WRITE_EVENTS = "write_events"
    REQUEST_DISPATCH = "request_dispatch"
    REQUEST_CASE = "request_case"
    REQUEST_OWN_CASE = "request_own_case"
    HAND_OVER = "hand_over"
    PUBLISH = "publish"
    MANAGE = "manage"
    FILE_REPORTS = "file_reports"


_WALL = {Permission.READ_PICTURE, Permission.READ_CELLS}
_LISTS = _WALL | {
    *(Permission.READ_CASES, Permission.READ_OWN_CASES),
    *(Permission.READ_INCIDENTS, Permission.READ_UNITS),
}
_DESK = _LISTS | {Permission.READ_PRIVATE, Permission.WRITE_EVENTS}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.LEADER: frozenset(_LISTS | {Permission.PUBLISH}),
    Role.DISPATCHER: frozenset(_DESK | {Permission.REQUEST_DISPATCH, Permission.HAND_OVER}),
    Role.HOTLINE: frozenset(_DESK | {Permission.REQUEST_CASE, Permission.HAND_OVER, Permission.FILE_REPORTS}),
    # The people of a body that cases are dispatched to: nothing but the cases that it leads.
    Role.AGENCY: frozenset(_WALL | {Permission.READ_OWN_CASES, Permission.REQUEST_OWN_CASE}),
    Role.VIEWER: frozenset(_LISTS),
    Role.KIOSK: frozenset(_WALL),
    Role.REPORTER: frozenset({Permission.FILE_REPORTS}),
}
# Roles of screens and of other programs: they come with keys, no person has one.
KEY_ROLES = frozenset({Role.KIOSK, Role.REPORTER})
# Of which entities a role with `write_events` may report facts.
WRITES: dict[Role, frozenset[str]] = {
    Role.ADMIN: frozenset({"case", "incident", "unit", "call", "agent", "alert", "notice", "hospital"}),
    Role.DISPATCHER: frozenset({"incident", "unit", "hospital"}),
    Role.HOTLINE: frozenset({"case", "call", "agent"}),
}


# What a locked desk still shows: figures, and that an alarm sounds; no texts, no acts.
LOCKED = frozenset(_WALL)


@dataclass(frozen=True)
class Principal:
    """Who asks, a person or a key's holder, and the role; for people also further roles, the session's mark, and the
    bodies (agencies, areas) whose people they are."""

    name: str
    role: Role
    others: tuple[Role, ...] = ()
    session: str = ""
    is_locked: bool = False
    bodies: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[Role, ...]:
        return (self.role, *self.others)

    def may(self, permission: Permission) -> bool:
        if self.is_locked and permission not in LOCKED:
            return False
        return any(permission in ROLES[role] for role in self.roles)

    @property
    def scope(self) -> tuple[str, ...] | None:
        """The bodies whose cases they see, and no other cases; None: all cases, as far as they may see any."""
        return None if any(Permission.READ_CASES in ROLES[role] for role in self.roles) else self.bodies

    def acting(self, *permissions: Permission) -> Role:
        """The role in which somebody does what needs one of these: the earlier one tells, where several fit."""
        fitting = (role for permission in permissions for role in self.roles if permission in ROLES[role])
        return next(fitting, self.role)

    def writes(self) -> frozenset[str]:
        """Of which entities facts may be reported."""
        return frozenset().union(*(WRITES.get(role, frozenset()) for role in self.roles))

    def actor(self, peer: str) -> Actor:
        """The same for the audit."""
        return Actor(self.name, str(self.role), peer, self.session)


KIOSK = Principal("wall", Role.KIOSK)
ADMIN = Principal("admin", Role.ADMIN)
