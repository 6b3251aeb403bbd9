"""What a private record says to whom: numbers are opened for those who must call at once, and else stay shut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from dashboard.callers.numbers import tail_of
from dashboard.callers.sealing import Sealer, WrongKey

log = structlog.get_logger(__name__)

CASE = "case:"


def opened(sealer: Sealer | None, subject: str, stored: Mapping[str, Any]) -> str:
    """The number of a stored record, empty without one. Raises WrongKey, also where there is no key at all."""
    phone = str(stored.get("phone") or "")
    if phone and sealer is None:
        raise WrongKey("this process was given no key")
    return sealer.open(subject, phone) if sealer else phone


def told(sealer: Sealer | None, subject: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """A private record as people may read it.

    Of an incident or a call the number is told: somebody may have to call back at once. Of a case only who called
    (opaque) and the last four digits; the number itself is asked for by itself.
    """
    fields = {name: value for name, value in stored.items() if name not in ("phone", "caller", "tail")}
    try:
        phone = opened(sealer, subject, stored)
    except WrongKey as error:
        log.warning("a number cannot be opened", subject=subject, reason=str(error))
        phone = ""
    if not subject.startswith(CASE):
        return fields | ({"phone": phone} if phone else {})
    if caller := stored.get("caller"):
        fields["caller"] = caller
    if tail := tail_of("".join(filter(str.isdigit, phone))):
        fields["tail"] = tail
    return fields
