"""Simulated case workers: they review what owners ask to give back, close an old case now and then, reopen one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis

from hotline.cases import Case
from hotline.dispatching import Catalogue, load_dispatching, suggest
from streams.keys import Keys
from streams.sim.incidents import drawn

SAMPLE = 40
OLD = timedelta(hours=4)
CLOSED_LATELY = timedelta(hours=12)
CLOSED_A_MINUTE = 3
REOPENED_EVERY_MINUTES = 10
ROLE = "hotline"
ACTOR = "simulated case worker"
RETURNED = b'"case.returned"'
READ_AT_ONCE = 2_000
REVIEWED_AFTER_S = (60, 240)
REFUSED = 0.2  # of the returns that the dispatch catalogue speaks against
MOST_WAITING = 200
_decode = msgspec.json.Decoder(Case).decode

Ask = Callable[[str, str, str, str, dict[str, Any], int | None], None]


class _Returned(msgspec.Struct):
    subject: str


class CaseWorkers:
    """A few requests a minute: about returns as the log tells them, about others that a blind draw brings up.

    Returns asked for while nobody ran this are left to people, or to the simulated hotline, which sends them on later.
    """

    def __init__(self, client: redis.Redis, keys: Keys, seed: str, catalogue: Catalogue | None = None):
        """`catalogue` of dispatching, that of the city when None."""
        self._client: Any = client
        self._keys, self._seed = keys, seed
        self._minute = ""
        self._read_to: bytes = b""
        self._returns: dict[str, None] = {}  # cases that were asked back, the oldest first
        self._catalogue: Catalogue = catalogue or load_dispatching(keys.city)

    def turn(self, now: datetime, ask: Ask) -> int:
        """Review what was asked back; ask for the rest once a minute of city time. Returns how many requests.

        A refusal is the end of it.
        """
        asked = self._review(now, ask)
        minute = now.isoformat()[:16]
        if minute == self._minute:
            return asked
        began, self._minute = not self._minute, minute
        if began:  # the first minute is somebody else's, who may have been this process before a restart
            return asked
        drawn_cases = self._client.hrandfield(self._keys.cases, SAMPLE, withvalues=True) or []
        cases = [_decode(raw) for raw in drawn_cases[1::2]]
        asked += self._close(cases, now, ask)
        if int(minute[-2:]) % REOPENED_EVERY_MINUTES == 0:
            asked += self._reopen(cases, now, ask)
        return asked

    def _review(self, now: datetime, ask: Ask) -> int:
        self._listen()
        if not self._returns:
            return 0
        found = self._client.hmget(self._keys.cases, list(self._returns))
        asked = 0
        for case_id, raw in zip(list(self._returns), found, strict=True):
            case = _decode(raw) if raw else None
            if case is None or case.return_asked_at is None:
                del self._returns[case_id]
            elif self._is_time(case, now):
                del self._returns[case_id]
                request_id = f"colleague:{case_id}:review:{case.returned}"
                ask(request_id, "review_return", ACTOR, ROLE, self.verdict(case), case.seq)
                asked += 1
        return asked

    def _listen(self) -> None:
        """What the log says since the last look; from now on at the first."""
        if not self._read_to:
            last = self._client.xrevrange(self._keys.events, count=1)
            self._read_to = last[0][0] if last else b"0-0"
            return
        entries = self._client.xrange(self._keys.events, b"(" + self._read_to, count=READ_AT_ONCE)
        for entry_id, fields in entries:
            self._read_to = entry_id
            if RETURNED in fields[b"e"]:
                told = msgspec.json.decode(fields[b"e"], type=_Returned)
                self._returns[told.subject.partition(":")[2]] = None
        while len(self._returns) > MOST_WAITING:
            del self._returns[next(iter(self._returns))]

    def _is_time(self, case: Case, now: datetime) -> bool:
        assert case.return_asked_at is not None
        after_s = drawn(self._seed, "review", f"{case.case_id}:{case.returned}").uniform(*REVIEWED_AFTER_S)
        return now - case.return_asked_at >= timedelta(seconds=after_s)

    def verdict(self, case: Case) -> dict[str, Any]:
        """By the dispatch catalogue: to whom it says, or to the backstop when just that body asks."""
        named = suggest(case, self._catalogue)
        is_theirs = named.lead == case.owner
        if is_theirs and drawn(self._seed, "verdict", f"{case.case_id}:{case.returned}").random() < REFUSED:
            return {"case_id": case.case_id, "granted": False, "reason": named.reasons[0]}
        others = (named.lead, named.backstop, case.area, self._catalogue.backstop.otherwise)
        owner = next((name for name in others if name and name != case.owner), "")
        reason = named.reasons[0] if owner == named.lead else self._catalogue.backstop.reason
        return {"case_id": case.case_id, "granted": True, "reason": reason, "owner": owner}

    def _close(self, cases: list[Case], now: datetime, ask: Ask) -> int:
        old = [
            case
            for case in cases
            if case.is_open
            and case.return_asked_at is None
            and case.received_at is not None
            and now - case.received_at > OLD
        ]
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
