"""The partner's reports: the same at once after a restart as minute by minute, and polled over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from streams.sim.open311_server import PublishedReport
from streams.sim.partner import Partner
from streams.sim.scenes import load_scene
from streams.sim.texts import Words
from tests.sim.hotline_world import beijing, laws

EVENING = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)


def partner() -> Partner:
    return Partner(laws(), Words.load(beijing().load_catalogue()), 0, now=lambda: EVENING)


def published(told: Partner) -> dict[str, PublishedReport]:
    return dict(told._published)


def test_a_restart_publishes_what_was_published_before() -> None:
    steadily, at_once = partner(), partner()
    for minute in range(0, 40, 5):
        steadily.advance(EVENING + timedelta(minutes=minute))
    at_once.advance(EVENING + timedelta(minutes=35))
    late = published(at_once)
    assert len(late) > 500
    assert {name: report for name, report in published(steadily).items() if name in late} == late


def test_a_scene_is_told_through_the_server_when_its_time_has_come() -> None:
    told = partner()
    told.advance(EVENING)
    told.start()
    try:
        told.advance(EVENING + timedelta(seconds=10), load_scene("gas"), "gas", EVENING)
        assert "gas_smell" not in _codes_of_scene(told.url)
        told.advance(EVENING + timedelta(seconds=30), load_scene("gas"), "gas", EVENING)
        assert _codes_of_scene(told.url) == ["gas_smell"]
    finally:
        told.stop()


def _codes_of_scene(url: str) -> list[str]:
    reports = httpx.get(f"{url}/requests.json", timeout=30).json()
    return [report["service_code"] for report in reports if report["service_request_id"].startswith("Pgas-")]
