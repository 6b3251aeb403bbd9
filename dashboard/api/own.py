"""What the people of a body see, to which cases are dispatched: the cases that it leads, and of them what is to do."""

from __future__ import annotations

from typing import Any

from dashboard.api.answers import Problem
from dashboard.roles import Permission, Principal
from hotline.cases import Case
from hotline.worklists import Clauses

# Without these nobody could handle a case. Who called, and from which number, is for the hotline.
TASK = frozenset({"text", "address", "answer"})


def leading(principal: Principal) -> Clauses:
    """That one of the asker's bodies leads a case; nothing for those who see every case. Raises Problem 403 for an
    account, or a key, of no body."""
    if principal.scope is None:
        return ()
    if not principal.scope:
        raise Problem(403, "no_body", "no body is named for this account: `user role NAME --role agency --body ID`")
    return (tuple(("owner", "=", body) for body in principal.scope),)


def sees(principal: Principal, case: Case) -> bool:
    """Whether the asker, who may read cases, may know of this one."""
    return principal.scope is None or case.owner in principal.scope


def has_task(principal: Principal, document: object) -> bool:
    """Whether it is a case that the asker's own body leads, and so must handle."""
    return (
        isinstance(document, Case) and principal.may(Permission.REQUEST_OWN_CASE) and document.owner in principal.bodies
    )


def of_task(principal: Principal, fields: dict[str, Any]) -> dict[str, Any]:
    """Personal fields as far as they are for the asker: all for those who may see them, else what the body must do."""
    if principal.may(Permission.READ_PRIVATE):
        return fields
    return {name: said for name, said in fields.items() if name in TASK}
