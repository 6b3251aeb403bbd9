"""Twenty dispatchers want the same units at once, through the web, while the engine dies under them."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec

from dashboard.engine.own_names import DESK
from streams.codec import payload_of
from streams.events import UnitAssignment, UnitCleared, UnitDispatched, UnitDiverted, UnitRecalled
from tests.support.processes import KEY, START_S, System, running
from tests.support.truth import log_of

CLIENTS, EACH = 20, 10
INCIDENTS, UNITS = [f"i{n}" for n in range(6)], [f"E{n}" for n in range(8)]
VERBS = ("dispatch", "dispatch", "dispatch", "divert", "clear_unit", "stack", "stand_down")
VALID = timedelta(seconds=10)
LEAVING = (UnitCleared, UnitRecalled, UnitDiverted)


@dataclass
class Asked:
    """One request as its client saw it. `status` 0: no answer, because a connection broke."""

    body: dict[str, Any]
    sent_at: datetime
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)


class Dispatcher:
    """A client that asks for one thing after the other and asks again, with the same id, when the line broke."""

    def __init__(self, system: System, number: int):
        self.system, self.number = system, number
        self.draw = random.Random(number)
        self.asked: list[Asked] = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        with httpx.Client(base_url=self.system.base, headers={"X-API-Key": KEY}, timeout=40) as http:
            for n in range(EACH):
                verb, unit = self.draw.choice(VERBS), self.draw.choice(UNITS)
                who = {"unit_ids": [unit]} if verb == "dispatch" else {"unit_id": unit}
                body = {"verb": verb, "request_id": f"r-{self.number}-{n}", "incident_id": self.draw.choice(INCIDENTS)}
                one = Asked(body | who, datetime.now(UTC))
                self.asked.append(one)
                send(http, one)


def send(http: httpx.Client, one: Asked) -> None:
    try:
        answer = http.post("/api/v1/requests", json=one.body)
    except httpx.TransportError:
        return
    one.status, one.answer = answer.status_code, answer.json()


def prepare(system: System) -> None:
    """Incidents and units that everybody wants."""
    facts = [("incident.received", {"incident_id": i, "kind": "Fire", "priority": 1}) for i in INCIDENTS]
    facts += [("unit.listed", {"unit_id": u, "kind": "engine"}) for u in UNITS]
    for n, (type_, data) in enumerate(facts):
        event = {"source": "cad", "id": f"e{n}", "type": type_, "occurred_at": datetime.now(UTC), "data": data}
        system.client.xadd(system.keys.inbox, {"e": msgspec.json.encode(event)})


def test_two_hundred_conflicting_requests_through_the_web_while_the_engine_dies(tmp_path: Path) -> None:
    with running(tmp_path) as system:
        engine = system.add_engine("engine", "--take-over", keep=True)
        system.add("web", "serve", keep=True)
        system.until(system.web_answers, START_S, "the web answers")
        prepare(system)
        system.until(system.is_drained, START_S, "units and incidents are known", engine)
        clients = [Dispatcher(system, number) for number in range(CLIENTS)]
        for least in (30, 90):  # in the middle of it, twice
            system.until(partial(has_answers, clients, least), START_S, f"{least} answers")
            engine.kill()
        system.until(lambda: not any(c.thread.is_alive() for c in clients), START_S, "everybody was answered")
        asked = [one for client in clients for one in client.asked]
        with httpx.Client(base_url=system.base, headers={"X-API-Key": KEY}, timeout=40) as http:
            again = {one.body["request_id"]: http.post("/api/v1/requests", json=one.body) for one in asked}
        assert engine.starts == 3
        facts = [f for f in log_of(system.client, system.keys) if f.envelope.source == DESK]
    done_once = Counter(fact.envelope.id.rpartition(":")[0] for fact in facts)
    check_answers(asked, again, done_once)
    check_times({one.body["request_id"]: one.sent_at for one in asked if one.status in (200, 504)}, facts)
    check_units(facts)


def has_answers(clients: list[Dispatcher], least: int) -> bool:
    return sum(bool(one.status) for client in clients for one in client.asked) >= least


def check_answers(asked: list[Asked], again: dict[str, httpx.Response], done: Counter[str]) -> None:
    """Each request has one answer however often it is asked, and what is in the log is what was answered."""
    assert len(asked) == CLIENTS * EACH
    outcomes = Counter(answer.status_code for answer in again.values())
    assert outcomes[200] > 10
    assert outcomes[409] > 50
    for one in asked:
        request_id = one.body["request_id"]
        last = again[request_id]
        if one.status in (200, 409):
            assert (last.status_code, last.json()) == (one.status, one.answer)
        if last.status_code == 409:
            assert last.json()["reason"]
        expected = 0 if last.status_code != 200 else 2 if one.body["verb"] == "divert" else 1
        assert done[request_id] == expected, (request_id, last.json())


def check_times(sent_at: dict[str, datetime], facts: list[Any]) -> None:
    """Nothing was carried out after its time."""
    for fact in facts:
        sent = sent_at.get(fact.envelope.id.rpartition(":")[0])
        assert sent is None or fact.envelope.recorded_at <= sent + VALID + timedelta(seconds=1)


def check_units(facts: list[Any]) -> None:
    """Told in the order of the log, no unit is sent while it is on another incident: a diversion leaves first."""
    on: dict[str, str] = {}
    for fact in facts:
        payload = payload_of(fact.envelope)
        if isinstance(payload, LEAVING):
            assert on.pop(payload.unit_id, None) == payload.incident_id
        elif isinstance(payload, UnitDispatched):
            assert payload.unit_id not in on
            on[payload.unit_id] = payload.incident_id
        else:
            assert not isinstance(payload, UnitAssignment)
