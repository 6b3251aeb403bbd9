"""Simulated case workers: now and then they close an old case, and take one up again that was closed too soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis

from hotline.cases import Case
from streams.keys import Keys
from streams.sim.incidents import drawn

SAMPLE = 40
OLD = timedelta(hours=4)
CLOSED_LATELY = timedelta(hours=12)
CLOSED_A_MINUTE = 3
REOPENED_EVERY_MINUTES = 10
ROLE = "hotline"
ACTOR = "simulated case worker"

Ask = Callable[[str, str, str, str, dict[str, Any], int | None], None]


class CaseWorkers:
    """A few requests a minute about cases that a blind draw from the documents brings up."""

    def __init__(self, client: redis.Redis, keys: Keys, seed: str):
        self._client: Any = client
        self._keys, self._seed = keys, seed
        self._minute = ""

    def turn(self, now: datetime, ask: Ask) -> int:
        """Ask once a minute of city time; returns how many requests. A refusal is the end of it."""
        minute = now.isoformat()[:16]
        if minute == self._minute:
            return 0
        began, self._minute = not self._minute, minute
        if began:  # the first minute is somebody else's, who may have been this process before a restart
            return 0
        drawn_cases = self._client.hrandfield(self._keys.cases, SAMPLE, withvalues=True) or []
        cases = [msgspec.json.decode(raw, type=Case) for raw in drawn_cases[1::2]]
        asked = self._close(cases, now, ask)
        if int(minute[-2:]) % REOPENED_EVERY_MINUTES == 0:
            asked += self._reopen(cases, now, ask)
        return asked

    def _close(self, cases: list[Case], now: datetime, ask: Ask) -> int:
        old = [case for case in cases if case.is_open and case.received_at and now - case.received_at > OLD]
        n = drawn(self._seed, "close", self._minute).randint(0, CLOSED_A_MINUTE)
        for case in sorted(old, key=lambda case: (case.received_at, case.case_id))[:n]:
            args = {"case_id": case.case_id, "reason": "handled"}
            ask(f"colleague:{case.case_id}:close:{case.seq}", "close_case", ACTOR, ROLE, args, case.seq)
        return min(n, len(old))

    def _reopen(self, cases: list[Case], now: datetime, ask: Ask) -> int:
        lately = [
            case for case in cases if case.closed_at and case.received_at and now - case.closed_at < CLOSED_LATELY
        ]
        for case in lately[:1]:
            args = {"case_id": case.case_id, "reason": "the caller says that nothing has changed"}
            ask(f"colleague:{case.case_id}:reopen:{case.seq}", "reopen_case", ACTOR, ROLE, args, case.seq)
        return len(lately[:1])
