"""Everything about people of one city, put together for a program that is given Redis and a data folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import redis

from dashboard.accounts.audit import Audit, heads_path
from dashboard.accounts.handover import HandOvers
from dashboard.accounts.passwords import Passwords
from dashboard.accounts.people import People
from dashboard.accounts.positions import Positions
from dashboard.accounts.sessions import Sessions
from dashboard.accounts.sheet import owns_incidents
from streams.keys import Keys


@dataclass(frozen=True)
class Accounts:
    audit: Audit
    sessions: Sessions
    people: People
    positions: Positions
    hand_overs: HandOvers


def open_accounts(
    client: redis.Redis,
    keys: Keys,
    data: Path | None = None,
    is_needed: Callable[[str], bool] | None = None,
    passwords: Passwords | None = None,
) -> Accounts:
    """`data`: the folder in which the audit's heads are noted; `is_needed(name)`: whose sessions never run out, as a
    rule those of people who own incidents."""
    audit = Audit(client, keys, heads_path(data, keys.city) if data else None)
    sessions = Sessions(audit, is_needed or partial(owns_incidents, client, keys))
    positions = Positions(sessions)
    return Accounts(audit, sessions, People(sessions, passwords), positions, HandOvers(positions))
