"""What desks hear and ask beside a steady city: calls, agents, situations, matters, warnings, alerts, notices, beds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis

from geo.cells import point_to_cell
from streams.keys import Keys

CORNER = (42.3301, -71.0899)
VALID = timedelta(hours=1)
AGENTS = ("a1", "a2", "a3")
CHANNELS = ("phone", "foreign", "119")
STATES = ("talking", "ready", "break")
Said = tuple[str, str, dict[str, Any]]  # source, type, data


class BusyFloor:
    """Appends a few of everything to inbox and requests; some requests make no sense and are refused."""

    def __init__(self, client: redis.Redis, keys: Keys, seed: int) -> None:
        self.client, self.keys = client, keys
        self.draw = random.Random(f"floor {seed}")
        self.numbers = itertools.count(1)
        self.cases: list[str] = []
        self.warnings: list[str] = []

    def step(self, now: datetime) -> None:
        """What happens just before `now`."""
        told = [*self._calls(), *self._cases(), *self._warnings(), *self._notices(now)]
        with self.client.pipeline(transaction=False) as pipe:
            for source, type_, data in told:
                event = {
                    "source": source,
                    "id": f"f{next(self.numbers)}",
                    "type": type_,
                    "occurred_at": now,
                    "data": data,
                }
                pipe.xadd(self.keys.inbox, {"e": msgspec.json.encode(event)})
            for verb, args in self._requests(now):
                asked: dict[str, Any] = {
                    "request_id": f"q{next(self.numbers)}",
                    "verb": verb,
                    "actor": "ann",
                    "role": "admin",
                }
                asked |= {"valid_until": now + VALID, "args": args}
                pipe.xadd(self.keys.requests, {"e": msgspec.json.encode(asked)})
            pipe.execute()

    def _calls(self) -> Iterator[Said]:
        draw, call = self.draw, {"call_id": f"k{next(self.numbers)}"}
        yield "phones", "call.offered", call | {"channel": draw.choice(CHANNELS), "language": "ru"}
        yield "phones", "agent.changed", {"agent_id": draw.choice(AGENTS), "state": draw.choice(STATES)}
        end = draw.random()
        if end < 0.3:
            return
        if end < 0.5:
            yield "phones", "call.abandoned", call
            return
        yield "phones", "call.answered", call | {"agent_id": draw.choice(AGENTS)}
        yield "phones", "call.said", call | {"lang": "ru", "text": "gas", "line": "1", "speaker": "caller"}
        if end < 0.8:
            yield "phones", "call.ended", call

    def _cases(self) -> Iterator[Said]:
        case_id = f"g{next(self.numbers)}"
        self.cases.append(case_id)
        lat, lng = CORNER[0] + self.draw.randrange(4) * 0.0005, CORNER[1]
        about = {
            "category": "gas_smell",
            "channel": "foreign",
            "language": "ar",
            "grade": self.draw.choice(("", "I", "II")),
        }
        yield "12345", "case.received", {"case_id": case_id, "lat": lat, "lng": lng, **about}
        yield "beds", "hospital.reported", {"hospital": "General", "t1": self.draw.randrange(4), "t2": 6, "t3": 20}

    def _warnings(self) -> Iterator[Said]:
        if self.warnings and self.draw.random() < 0.4:
            yield "warner", "warning.closed", {"warning_id": self.warnings.pop(0)}
        warning_id = self.draw.choice([*self.warnings, f"w{next(self.numbers)}"])
        kind = "updated" if warning_id in self.warnings else "raised"
        if kind == "raised":
            self.warnings.append(warning_id)
        seen = {"observed": self.draw.randrange(5, 9), "expected": 0.4, "high": 2.0, "case_ids": self.cases[-2:]}
        where = {"lat": CORNER[0], "lng": CORNER[1], "cells": [point_to_cell(*CORNER)], "radius_km": 0.5}
        yield "warner", f"warning.{kind}", {"warning_id": warning_id, "category": "Trees", **where, **seen}

    def _notices(self, now: datetime) -> Iterator[Said]:
        n = next(self.numbers)
        info: dict[str, Any] = {
            "event": "Rain",
            "language": "en",
            "severity": "Severe",
            "urgency": "Expected",
            "certainty": "Likely",
        }
        info |= {
            "expires_at": now + timedelta(hours=2),
            "headline": "Rain",
            "areas": [{"description": "x", "circles": [[*CORNER, 3.0]]}],
        }
        sent = {"sender": "weather@example.org", "identifier": f"{n}", "sent_at": now}
        yield "cap", "alert.issued", {"alert_id": f"weather@example.org,{n}", **sent, "infos": [info]}
        during = {"starts_at": now, "ends_at": now + timedelta(hours=3)}
        yield "notices", "notice.issued", {"notice_id": f"n{n}", "kind": "works", "titles": {"en": "Works"}, **during}

    def _requests(self, now: datetime) -> list[tuple[str, dict[str, Any]]]:
        draw, n = self.draw, next(self.numbers)
        on = {"situation_id": f"s{n - draw.randrange(60)}"}
        some = self.cases[-4:-1]
        possible: list[tuple[str, dict[str, Any]]] = [
            ("open_situation", {"situation_id": f"s{n}", "title": "Gas", "category": "gas_smell", "case_ids": some}),
            ("offer_situation", on),
            ("promote_situation", on | {"kind": "gas_leak", "priority": 1}),
            ("publish_matter", {"what": "No gas", "category": "gas_smell", "until": now + timedelta(hours=1)}),
            ("dispatch_case", {"case_id": draw.choice(self.cases), "owner": "Roxbury"}),
            ("close_case", {"case_id": draw.choice(self.cases), "reason": "done"}),
        ]
        return [possible[0], *draw.sample(possible[1:], 3)]
