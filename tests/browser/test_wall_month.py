"""A screen that runs for a month: when it takes a fresh page, and that its memory stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.scripts import load_scripts
from tests.browser.test_wall_live import Line, open_wall

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

QUIET: dict[str, Any] = {
    "minuteOfDay": 4 * 60,
    "jitter": 0.25,
    "ageMs": 24 * 3_600_000,
    "state": "live",
    "urgent": False,
}
DUE = "(moment) => hexwatch.isTimeToReload(moment)"


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ({}, True),
        ({"urgent": True}, False),
        ({"state": "cut"}, False),
        ({"ageMs": 3_600_000}, False),
        ({"minuteOfDay": 3 * 60 + 29}, False),
        ({"minuteOfDay": 3 * 60 + 30}, True),
        ({"minuteOfDay": 5 * 60}, False),
        ({"minuteOfDay": 12 * 60}, False),
    ],
)
def test_a_fresh_page_is_taken_at_a_quiet_minute_of_the_night_only(
    page: Any, moment: dict[str, Any], due: bool
) -> None:
    assert load_scripts(page).evaluate(DUE, QUIET | moment) is due


def test_screens_do_not_reload_in_the_same_minute(page: Any) -> None:
    load_scripts(page)
    first = [
        next(m for m in range(1440) if page.evaluate(DUE, QUIET | {"minuteOfDay": m, "jitter": jitter / 10}))
        for jitter in range(10)
    ]
    assert len(set(first)) == 10
    assert (min(first), max(first)) == (180, 288)


def test_ten_thousand_frames_of_every_topic_leave_the_page_no_larger(page: Any, live_demo: str) -> None:
    line = Line(page)
    open_wall(page, live_demo)
    line.is_cut = True
    session = page.context.new_cdp_session(page)

    def heap_bytes() -> int:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"]

    feed = """async (count) => {
      const { live } = hexwatch, picture = live.picture, encoder = new TextEncoder();
      const turn = (name, i) => ({ set: { [`${name}${i % 9}`]: 0 }, remove: [`${name}${(i + 4) % 9}`] });
      for (let i = 0; i < count; i++) {
        const at = new Date(i * 1000).toISOString(), id = `x${i % 9}`, old = `x${(i + 4) % 9}`;
        const one = (value) => ({ set: { [id]: value }, remove: [old] });
        const lat = 39.9 + (i % 90) / 1000, lng = 116.4 + (i % 70) / 1000;
        const service_level = { n: i % 30, of: 30, threshold_s: 15, goal: 0.9 };
        const channel = { waiting: i % 5, waiting_since: at, service_level };
        const cluster = { kind: "cluster", since: at, owner: "gas", category: "smoke", n: i, expected: 0.5, cells: [] };
        const ring = [[lat, lng], [lat + 0.1, lng], [lat, lng + 0.1]];
        const topics = {
          figures: { set: { "cases.open": i, [`cases.by_area.a${i % 9}`]: i, [`cases.by_channel.c${i % 9}`]: i } },
          clock: { set: { now: at } }, channels: one(channel), agents: { set: { talking: i % 40 } },
          attention: i % 3 ? { set: { 1: cluster } } : { remove: ["1"] },
          "alerts.public": one({ id, severity: "Severe", events: { en: "Wind" }, areas: [{ polygons: [ring] }] }),
          notices: one({ id, lat, lng }),
          units: one({ id, kind: "engine", status: "on-scene", lat, lng, position_at: at, incidents: ["a"] }),
          "incidents.public": one({ id, kind: "smoke", priority: 1 + (i % 3), lat, lng, received_at: at, units: 1 }),
        };
        const frame = { epoch: picture.epoch, prev: picture.seq, seq: picture.seq + 1, at: "", topics };
        live.receive(encoder.encode(JSON.stringify(frame)).buffer);
        if (i % 50 === 0) await new Promise(requestAnimationFrame);
      }
    }"""
    page.evaluate(feed, 12_000)  # past every ring and cache
    before = heap_bytes()
    page.evaluate(feed, 10_000)
    assert heap_bytes() < before * 1.05 + 500_000
