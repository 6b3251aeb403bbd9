"""A wall of a real demo with some topics staged: what the engine does not happen to say now, a test says instead."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Error

# Instants are written `now-48`: seconds before or after the city's clock as the page finds it.
RELATIVE = re.compile(r'"now([+-]\d+)"')

HOTLINE = {
    "phone": {
        **{"waiting": 12, "waiting_since": "now-48", "offered": 9120, "answered": 8870, "abandoned": 214},
        **{"short_abandoned": 36, "asa_s": 9.4, "p90_wait_s": 31.0},
        "service_level": {"n": 309, "of": 340, "threshold_s": 15, "goal": 0.95},
        "service_level_today": {"n": 8421, "of": 9084},
        "connect_24h": {"n": 12880, "of": 13210},
    },
    "enterprise": {
        **{"waiting": 0, "waiting_since": None, "offered": 410, "answered": 408, "abandoned": 2, "short_abandoned": 0},
        "service_level": {"n": 26, "of": 26, "threshold_s": 15, "goal": 0.95},
        "connect_24h": {"n": 560, "of": 566},
    },
    "foreign": {
        **{"waiting": 1, "waiting_since": "now-4", "offered": 61, "answered": 60, "abandoned": 1},
        "service_level": {"n": 5, "of": 7, "threshold_s": 15, "goal": 0.95},
        "connect_24h": {"n": 88, "of": 91},
    },
    "sign": {
        **{"waiting": 0, "waiting_since": None, "offered": 3, "answered": 3, "abandoned": 0},
        "service_level": {"n": 0, "of": 0, "threshold_s": 15, "goal": 0.95},
        "connect_24h": {"n": 4, "of": 4},
    },
    "assistant": {
        **{"waiting": 0, "waiting_since": None, "offered": 2210, "answered": 2210, "abandoned": 0},
        "service_level": {"n": 96, "of": 96, "threshold_s": 15, "goal": 0.95},
        "connect_24h": {"n": 3002, "of": 3002},
    },
    "counter": {
        **{"waiting": 3, "waiting_since": "now-9", "offered": 190, "answered": 185, "abandoned": 1},
        "service_level": {"n": 18, "of": 21, "threshold_s": 15, "goal": 0.8},
        "connect_24h": {"n": 230, "of": 236},
    },
}
AGENTS = {"talking": 88, "available": 41, "holding": 3, "wrap_up": 17, "away": 9, "signed_out": 120}
EAST = [[39.96, 116.42], [40.02, 116.42], [40.05, 116.55], [39.98, 116.62], [39.88, 116.56], [39.88, 116.44]]
ALERTS = {
    "met,1": {
        **{"id": "met,1", "event": "Rainstorm", "severity": "Severe", "urgency": "Expected", "certainty": "Likely"},
        "events": {"en": "Rainstorm", "zh-CN": "暴雨", "ar": "عاصفة مطرية"},
        "areas": [{"description": "Chaoyang", "polygons": [EAST], "circles": []}],
        **{"onset_at": "now-2100", "expires_at": "now+10500", "sender_name": "Weather service"},
    },
    "met,2": {
        **{"id": "met,2", "event": "Strong wind", "severity": "Moderate", "urgency": "Expected", "certainty": "Likely"},
        "events": {"en": "Strong wind", "zh-CN": "大风"},
        "areas": [{"description": "Haidian", "polygons": [], "circles": [[39.99, 116.29, 6.0]]}],
        **{"onset_at": None, "expires_at": None, "sender_name": "Weather service"},
    },
}
NOTICES = {
    "n1": {"id": "n1", "kind": "works", "titles": {"en": "Water main works"}, "lat": 39.93, "lng": 116.35},
    "n2": {"id": "n2", "kind": "event", "titles": {"en": "Marathon"}, "lat": 39.99, "lng": 116.39},
}
ATTENTION = {
    "1": {
        **{"kind": "cluster", "since": "now-1980", "owner": "gas", "category": "gas_smell"},
        **{"area": "Chaoyang", "n": 4, "expected": 0.2, "window_m": 30, "cells": []},
    },
    "2": {
        **{"kind": "channel", "since": "now-420", "owner": "12345", "channel": "phone", "waiting": 12},
        **{"waiting_since": "now-48", "service_level": {"n": 309, "of": 340}},
    },
    "3": {
        **{"kind": "unassigned", "since": "now-180", "owner": "119", "priority": 1},
        **{"incident_kind": "structure_fire", "area": "Haidian"},
    },
}
FULL: dict[str, dict[str, Any]] = {
    "channels": HOTLINE,
    "agents": AGENTS,
    "alerts.public": ALERTS,
    "notices": NOTICES,
    "attention": ATTENTION,
}
FIGURES: dict[str, Any] = {
    **{"usual.by_category.noise": "above", "yesterday.by_category.noise": 400, "usual.by_area.Haidian": "below"},
    **{"yesterday.by_area.Haidian": 1502, "yesterday.by_area.Chaoyang": 1511},
    **{"cases.by_channel.web": 1203, "cases.by_channel.app": 2310, "cases.by_channel.wechat": 4120},
    **{"cases.by_channel.phone": 9340, "cases.by_channel.kiosk": 77, "band.low": 500, "band.high": 700},
    **{"band.expected": 600, "cases.received_1h": 810, "yesterday.received_same_time": 10118},
    **{"incidents.by_priority.1": 0, "units.total": 119, "units.busy": 31, "units.by_status.available": 84},
}
CLUSTER_CELLS = "() => hexwatch.map.grid.levels[9].ids.slice(0, 3)"


class Staged:
    """Puts topics of its own into the snapshots and frames that a page gets, in place of the server's.

    `figures` are put over the server's; every other topic is replaced as a whole. What is staged is as old as it was
    when the page first saw it: a second snapshot tells the same instants.
    """

    def __init__(self, page: Any, topics: dict[str, dict[str, Any]] | None = None, **figures: Any) -> None:
        self.topics = dict(FULL if topics is None else topics)
        self.figures = figures
        self.began = ""
        page.route("**/live/snapshot*", self._snapshot)
        page.route_web_socket("**/socket.io/**", self._pass_on)

    def _snapshot(self, route: Any) -> None:
        try:
            body = route.fetch().json()
        except Error:  # the page was closed meanwhile
            return
        self.began = self.began or body["topics"]["clock"]["now"]
        said = dated(self.topics, self.began)
        for name, values in said.items():
            if name in body["topics"]:
                body["topics"][name] = values
        body["topics"].get("figures", {}).update(self.figures)
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    def _pass_on(self, socket: Any) -> None:
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda message: socket.send(self._frame(message)))

    def _frame(self, message: Any) -> Any:
        if not isinstance(message, bytes):
            return message
        frame = json.loads(message)
        for name in self.topics:
            frame["topics"].pop(name, None)
        changed = frame["topics"].get("figures", {})
        for part in (changed.get("set", {}), changed.get("remove", [])):
            for name in self.figures:
                if name in part:
                    part.pop(name) if isinstance(part, dict) else part.remove(name)
        return json.dumps(frame).encode()


def dated(topics: dict[str, Any], now: str) -> dict[str, Any]:
    """The same with every `now-48` as an instant."""

    def instant(found: re.Match[str]) -> str:
        return json.dumps((datetime.fromisoformat(now) + timedelta(seconds=int(found[1]))).isoformat())

    return json.loads(RELATIVE.sub(instant, json.dumps(topics)))


def receive(page: Any, **topics: dict[str, Any]) -> None:
    """Give the page a frame that changes these topics: `{"set": …, "remove": …}` each. Dots are written `__`.

    A snapshot that is on its way was staged before this change and would undo it: the frame waits until it came.
    """
    script = """(topics) => new Promise((resolve) => {
      const give = () => {
        const { live } = hexwatch, { picture } = live;
        const isSettled = !picture.asking && !live.fetching && !live.expectsSocket;
        if (!isSettled) return void setTimeout(give, 20);
        const frame = { epoch: picture.epoch, prev: picture.seq, seq: picture.seq + 1e-6, at: picture.at, topics };
        live.receive(new TextEncoder().encode(JSON.stringify(frame)).buffer);
        requestAnimationFrame(() => requestAnimationFrame(resolve));
      };
      give();
    })"""
    page.evaluate(script, {name.replace("__", "."): change for name, change in topics.items()})
