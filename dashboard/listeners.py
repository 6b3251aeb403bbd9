"""Simulated colleagues at alarms: they acknowledge those of sectors where nobody sits, and see to what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import redis

from emergency.alarms import AlarmState
from streams.keys import Keys
from streams.sim.incidents import drawn

ROLE = "dispatcher"
HEARD_S = (4, 15)  # from the alarm to its acknowledgement

Ask = Callable[[str, str, str, str, dict[str, Any], int | None], None]
Patience = Callable[[str], timedelta | None]  # sector -> how much longer to leave its alarms alone; None: for good


class Row(msgspec.Struct, frozen=True):
    """What is read of an alarm as it is shown."""

    id: str
    kind: str
    subject: str
    owner: str
    state: str
    at: datetime
    version: int


class Deed(NamedTuple):
    """What a colleague does about an alarm, how many seconds after it began, about what, and with what else to say."""

    verb: str
    after_s: tuple[float, float]
    also: dict[str, str]
    field: str = "unit_id"


DEEDS = {
    "check-in": Deed("check_in", (25, 70), {}),
    "distress": Deed("end_unit_emergency", (150, 260), {"reason": "crew out and well"}),
    # Long enough that whoever sits at a desk finds one to call back.
    "call-back": Deed("call_back", (240, 900), {"result": "resolved"}, "task_id"),
}


class Listeners:
    """Nothing is remembered: a request's id names the alarm as it was, so that nobody asks twice."""

    def __init__(self, client: redis.Redis, keys: Keys, seed: str, actor: str):
        self._client: Any = client
        self._keys, self._seed, self._actor = keys, seed, actor
        self._asked: set[str] = set()

    def turn(self, now: datetime, ask: Ask, patience: Patience) -> int:
        """Acknowledge what has sounded for a while, and see to it; returns how many requests. A refusal is the end."""
        shown = self._client.hvals(self._keys.view("alarms"))
        wanted: dict[str, tuple[str, dict[str, Any], Row]] = {}
        for row in (msgspec.json.decode(raw, type=Row) for raw in shown):
            wait = patience(row.owner)
            if wait is not None:
                wanted |= self._due(row, now - wait)
        new = {request_id: what for request_id, what in wanted.items() if request_id not in self._asked}
        self._asked = set(wanted)
        for request_id, (verb, args, row) in new.items():
            ask(request_id, verb, f"{self._actor} {row.owner}".strip(), ROLE, args, None)
        return len(new)

    def _due(self, row: Row, now: datetime) -> dict[str, tuple[str, dict[str, Any], Row]]:
        found: dict[str, tuple[str, dict[str, Any], Row]] = {}
        if row.state == AlarmState.SOUNDING and self._is_time(row, "heard", HEARD_S, now):
            found[f"colleague:{row.id}:ack:{row.version}"] = ("ack_alarm", {"alarm_id": row.id}, row)
        deed = DEEDS.get(row.kind)
        if deed is not None and row.state == AlarmState.ACKNOWLEDGED and self._is_time(row, "done", deed.after_s, now):
            args = {deed.field: row.subject.partition(":")[2], **deed.also}
            found[f"colleague:{row.id}:{deed.verb}"] = (deed.verb, args, row)
        return found

    def _is_time(self, row: Row, what: str, after_s: tuple[float, float], now: datetime) -> bool:
        return now >= row.at + timedelta(seconds=drawn(self._seed, what, row.id).uniform(*after_s))
