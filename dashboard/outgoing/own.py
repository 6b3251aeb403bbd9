"""Which alerts and notices this city published itself, and how it names them.

Names are made from the city's time and the request's id: the same request always gives the same name, and CAP forbids
blanks, commas, `<` and `&` in them.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.engine.own_names import DESK
from emergency.alerts import Alert
from hotline.notices import Notice

NOTICE_PREFIX = "desk-"


def own_sender(city_id: str) -> str:
    """The CAP sender of alerts that people at this city's desks publish."""
    return f"hexwatch@{city_id}"


def alert_id_of(city_id: str, identifier: str) -> str:
    return f"{own_sender(city_id)},{identifier}"


def identifier_of(request_id: str, now: datetime) -> str:
    """A name for what a request publishes; a request id that was used long ago gives another one today."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._:-") else "-" for c in request_id)
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{safe[:100]}"


def is_own_alert(alert: Alert, city_id: str) -> bool:
    """Whether people of this city published it: under our name, and not in a file of somebody who uses our name."""
    return alert.source == DESK and alert.sender == own_sender(city_id)


def is_own_notice(notice: Notice) -> bool:
    return notice.source == DESK
