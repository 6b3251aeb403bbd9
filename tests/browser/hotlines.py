"""Hotline supervisors at their desks, for stories in a browser; and a staged server for what a demo lacks now."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx

from tests.browser.desks import pass_the_door, people
from tests.browser.staged import AGENTS, HOTLINE, RELATIVE, Staged
from tests.support.demo import KEY, Demo

READY = "() => window.hexwatch?.stats?.seq >= 0 && window.hexwatch.desk?.grid?.api && window.hexwatch.desk.map"
OWN_READY = "() => window.hexwatch?.stats?.seq >= 0 && window.hexwatch.desk?.grid?.api && window.hexwatch.desk.case"
ROW = '.worklist-grid [role=row][row-id="{}"]'
BLOCK = 100
TOTAL = 500_000
LATEST = 1 << 40  # no frame knows of a later commit, so nothing is asked for again
CATEGORIES = ("noise", "heating", "gas_smell", "water_supply", "flooding", "parking")
AREAS = ("Chaoyang", "Haidian", "Dongcheng", "Fengtai", "")
STAGES = ("received", "dispatched", "accepted", "return_asked", "contacted", "handled")
CLUSTER = {
    **{"id": "k1", "case_ids": ["C-000000", "C-000006", "C-000012"], "n": 3, "category": "gas_smell"},
    **{"area": "Chaoyang", "lat": 39.93, "lng": 116.45, "since": "now-1980", "cells": [], "status": "open"},
}
SITUATIONS = {
    "s1": {
        **{"id": "s1", "title": "Gas smell, Chaoyang", "category": "gas_smell", "area": "Chaoyang", "state": "open"},
        **{"lat": 39.94, "lng": 116.46, "cells": [], "n": 4, "since": "now-2400", "case_ids": ["C-000000"]},
        **{"incident_id": "", "by": "hotline", "offered_at": None, "version": 7},
        "parts": [{"id": "s0", "title": "Gas smell, metro exit B"}],
    },
    "s2": {
        **{"id": "s2", "title": "Flooded underpass", "category": "flooding", "area": "Fengtai", "state": "offered"},
        **{"lat": 39.85, "lng": 116.28, "cells": [], "n": 11, "since": "now-5400", "case_ids": ["C-000004"]},
        **{"incident_id": "", "by": "hotline", "offered_at": "now-300", "version": 9},
    },
}
SCRIPTS = {"zh": "朝阳区部分区域供暖抢修，预计今晚恢复。", "en": "Heating is being repaired in parts of Chaoyang."}
MATTERS = {
    "m1": {
        **{"id": "m1", "what": "Heating repair", "category": "heating", "areas": ["Chaoyang"], "until": "now+14400"},
        **{"scripts": SCRIPTS, "matched": 17, "version": 5},
    }
}
LISTS = {
    **{"unassigned": 1204, "overdue": 1074, "due_soon": 312, "returns": 12, "follow_ups": 44},
    **{"similar": 23, "repeat": 9, "foreign": 4, "enterprise": 2, "open": TOTAL},
}
RATE = {"value": 0.934, "n": 318, "of": 340, "low": 0.9, "high": 0.96}
RANKING = {
    "rule": {
        "version": "2026.1",
        "dated": "2026-01-01",
        "weights": {"response": 0.2, "resolution": 0.4, "satisfaction": 0.4},
        "label": "illustrative",
    },
    "rows": [
        {
            **{
                "unit": area,
                "dispatched": 400 - 90 * n,
                "contacted_n": 300,
                "followed_up_n": 280,
                "score": {"value": 91.2 - 3 * n, "low": 88.0 - 3 * n, "high": 94.0 - 3 * n},
            },
            **{"response": RATE, "resolution": RATE, "satisfaction": None if n == 2 else RATE, "rank": [n + 1, n + 2]},
        }
        for n, area in enumerate(AREAS[:3])
    ],
    "excluded": {"merged": 12},
    "waiting": 31,
}


def sign_in(page: Any, demo: Demo, role: str = "hotline", query: str = "") -> Any:
    """A hotline desk that is up, as one of the people whom the demo printed."""
    [who, *_more] = people(demo, role)
    pass_the_door(page, demo.url, who, "/hotline")
    if query:
        page.goto(f"{demo.url}/hotline{query}")
    page.wait_for_function(OWN_READY if role == "agency" else READY)
    return page


def now_of(base: str) -> str:
    """The city's clock."""
    return httpx.get(f"{base}/api/v1/picture", headers={"X-API-Key": KEY}, timeout=30).json()["clock"]["now"]


def post_case(base: str, case_id: str, **fields: Any) -> None:
    """A case from outside, as an entry of the API."""
    plain = {"kind": "complaint", "category": "noise", "channel": "web", "grade": "III", "lat": 39.92, "lng": 116.44}
    data = plain | {"case_id": case_id, "text": "the neighbours drill at night"} | fields
    event = {
        "source": "portal",
        "id": f"{case_id}:1",
        "type": "case.received",
        "occurred_at": now_of(base),
        "data": data,
    }
    answer = httpx.post(f"{base}/api/v1/events", json=event, headers={"X-API-Key": KEY}, timeout=30)
    assert answer.status_code == 202, answer.text


def staged_case(n: int, now: datetime) -> dict[str, Any]:
    """One of very many cases, the same each time."""

    def at(minutes: float) -> str:
        return (now + timedelta(minutes=minutes)).isoformat()

    stage = STAGES[n % len(STAGES)]
    owned = stage != "received"
    return {
        **{"case_id": f"C-{n:06d}", "kind": "enquiry" if n % 9 == 0 else "complaint", "stage": stage, "status": "open"},
        **{
            "category": CATEGORIES[n % 6],
            "area": AREAS[n % 5],
            "channel": "phone",
            "language": "en" if n % 7 else "ar",
        },
        **{"grade": ("I", "II", "III", "IV")[n % 4], "owner": ("gas", "heating", "12345")[n % 3] if owned else ""},
        **{"received_at": at(-40 - n % 900), "target_at": at(n % 700 - 90), "closed_at": None, "returned": n % 11 == 3},
        **{"dispatch_due_at": at(20 - n % 60), "dispatched_at": at(-30) if owned else None, "version": n, "members": 0},
        **{"lat": 39.92, "lng": 116.44, "reopened": 0, "supporters": [], "return_code": "not_ours" if owned else ""},
    }


class StagedHotline(Staged):
    """A hotline with half a million open cases and everything else that a desk may show, in place of the server's."""

    def __init__(self, page: Any, now: str, without: tuple[str, ...] = (), **figures: Any) -> None:
        topics: dict[str, dict[str, Any]] = {
            "channels": HOTLINE,
            "agents": AGENTS,
            "situations": SITUATIONS,
            "matters": MATTERS,
        }
        plain = {"cases.open": TOTAL, "cases.overdue": 1074, "cases.due_4h": 312, "calls.waiting": 16}
        named = {f"cases.{name.replace('__', '.')}": value for name, value in figures.items()}
        super().__init__(page, topics, **plain, **named)
        self.now, self.without = datetime.fromisoformat(now), without
        self.asked: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.outcome: tuple[int, dict[str, Any]] = (200, {"outcome": "done", "seq": 1, "detail": {}})
        page.route("**/api/v1/**", self._api)

    def _api(self, route: Any) -> None:
        asked = urlparse(route.request.url)
        path, query = asked.path.removeprefix("/api/v1/"), {k: v[-1] for k, v in parse_qs(asked.query).items()}
        if any(path.startswith(one) for one in self.without):
            return route.fulfill(status=404, json={"error": {"code": "not_found", "message": "no such address"}})
        body = self._answer(path, query, route)
        if body is None:
            return route.continue_()
        status, said = body if isinstance(body, tuple) else (200, body)
        text = RELATIVE.sub(
            lambda found: json.dumps((self.now + timedelta(seconds=int(found[1]))).isoformat()), json.dumps(said)
        )
        return route.fulfill(status=status, content_type="application/json", body=text)

    def _answer(self, path: str, query: dict[str, str], route: Any) -> Any:
        if path == "requests":
            self.sent.append(json.loads(route.request.post_data))
            return self.outcome
        if path == "worklists":
            lists = [{"name": k, "n": v, "oldest_at": "now-90000", "next_due_at": "now+60"} for k, v in LISTS.items()]
            return {"lists": lists, "seq": LATEST}
        if path == "cases/rows":
            return self._rows(query)
        if path == "similar/clusters":
            return {"clusters": [CLUSTER]}
        if path == "dispatching":
            return {
                "lead": "gas",
                "supporters": ["Chaoyang"],
                "reasons": ["pipes are the gas utility's"],
                "why": [{"code": "entry", "value": "pipes are the gas utility's"}],
                "version": "1",
            }
        if path == "rankings":
            return RANKING
        if path == "search":
            results = [
                {**staged_case(n, self.now), "why": why, "score": 1, "caller": "c9"}
                for n, why in ((3, "tail"), (9, "text"))
            ]
            return {"results": results}
        if path.startswith("callers/"):
            flag = {
                "reason": "hoax calls",
                "until": "now+86400",
                "by": "hotline",
                "seconded_by": "chief",
                "in_force": True,
            }
            return {
                "cases": [staged_case(n, self.now) for n in (3, 20)],
                "n": 2,
                "languages": {"ar": 2},
                "caller": "c9",
                "flag": flag,
                "promises": [],
            }
        found = re.fullmatch(r"cases/C-(\d{6})(/\w+)?", path)
        return self._case(int(found[1]), found[2] or "", query) if found else None

    def _rows(self, query: dict[str, str]) -> dict[str, Any]:
        self.asked.append(query)
        start, end = int(query["start"]), int(query["end"])
        total = 37 if query.get("cell") or query.get("area") else LISTS[query["list"]]
        rows = [staged_case(n, self.now) for n in range(start, min(end, total))]
        return {"rows": rows, "total": total, "seq": LATEST}

    def _case(self, n: int, what: str, query: dict[str, str]) -> Any:
        if what == "/history":
            facts = [
                {"type": "case.received", "at": "now-7200", "by": "12345", "data": {}},
                {"type": "case.dispatched", "at": "now-5400", "by": "hotline", "data": {"owner": "gas"}},
                {
                    "type": "case.returned",
                    "at": "now-3000",
                    "by": "gas",
                    "data": {"code": "not_ours", "reason": "water"},
                },
            ]
            return {"history": facts}
        if what == "/similar":
            near = {"case_id": "C-000006", "score": 0.91, "distance_m": 42, "minutes": 12, "text_similarity": 0.83}
            guarded = {
                "case_id": "C-000012",
                "score": 0.4,
                "distance_m": 1300,
                "minutes": -200,
                "text_similarity": 0.97,
            }
            near |= {"why": ["same_place", "same_words"], "stage": "dispatched", "category": "gas_smell", "guard": ""}
            guarded |= {"why": ["similar_words"], "stage": "closed", "category": "gas_smell", "guard": "opposite"}
            return {"similar": [near], "held_back": [guarded], "cluster": None}
        private = {"name": "王芳", "phone": "13900001234", "address": "建国路 8 号", "text": "楼道有煤气味"}
        return staged_case(n, self.now) | ({"private": private} if query.get("private") == "1" else {})
