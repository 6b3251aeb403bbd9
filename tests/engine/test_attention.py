"""Alerts, notices and the strip: what the engine commits for every screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import pytest
import redis as redis_module

from dashboard.engine.clock import Mode
from tests.support.engines import TestCity

EVENING = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
WANGJING = (40.0013, 116.4702)


@pytest.fixture
def beijing(redis: redis_module.Redis) -> TestCity:
    return TestCity(redis, city="beijing", at=EVENING)


def tell(city: TestCity, alert_id: str, lasts_h: float = 3, status: str = "Actual", scope: str = "Public") -> None:
    info = {
        "event": "Rainstorm",
        "language": "en",
        "severity": "Severe",
        "expires_at": (city.wall.at + timedelta(hours=lasts_h)).isoformat(),
        "areas": [{"description": "North", "circles": [[40.0, 116.4, 5.0]]}],
    }
    city.post(
        "alert.issued",
        source="cap",
        alert_id=alert_id,
        sender="w",
        identifier=alert_id,
        sent_at=city.wall.at.isoformat(),
        status=status,
        scope=scope,
        infos=[info],
    )


def test_an_alert_is_shown_while_in_force_and_its_end_is_a_fact(beijing: TestCity) -> None:
    tell(beijing, "w,1")
    tell(beijing, "w,2", status="Exercise")
    tell(beijing, "w,3", scope="Restricted")
    beijing.turn()
    beijing.turn()
    assert set(beijing.view("alerts")) == {"w,1", "w,3"}
    assert set(beijing.view("alerts.public")) == {"w,1"}
    beijing.wall.pass_(hours=4)
    beijing.turn()
    beijing.turn()
    assert beijing.view("alerts") == {}
    expired = [e["data"]["alert_id"] for e in beijing.events() if e["type"] == "alert.expired"]
    assert sorted(expired) == ["w,1", "w,2", "w,3"]
    beijing.engine = beijing.new_engine()
    beijing.wall.pass_(days=8)
    beijing.turn()
    beijing.turn()
    assert beijing.client.hlen(beijing.keys.alerts) == 0
    assert sum(e["type"] == "alert.expired" for e in beijing.events()) == 3


def test_a_notice_is_shown_from_the_day_before_until_its_end(beijing: TestCity) -> None:
    begins = beijing.wall.at + timedelta(hours=30)
    beijing.post(
        "notice.issued",
        notice_id="n1",
        kind="works",
        starts_at=begins.isoformat(),
        ends_at=(begins + timedelta(hours=5)).isoformat(),
        titles={"en": "Water main"},
    )
    shown = []
    for _ in range(4):
        beijing.turn()
        beijing.turn()
        shown.append(list(beijing.view("notices")))
        beijing.wall.pass_(hours=12)
    assert shown == [[], ["n1"], ["n1"], []]


def history(city: TestCity, days: int = 15) -> None:
    """Every earlier day had a gas smell somewhere at this hour, and many other cases all over the city."""
    state = city.engine.state
    for back in range(1, days + 1):
        for category in ("gas_smell", "noise", "noise", "trees"):
            state.splits.add(category, "Chaoyang", city.wall.at - timedelta(days=back, minutes=17))
    state.splits.add("noise", "Chaoyang", city.wall.at - timedelta(days=days + 1))


def elsewhere(city: TestCity) -> None:
    """A day's cases all over the city, so that a neighbourhood is a small part of it."""
    for number in range(400):
        city.case(f"n{number}", (39.85 + 0.005 * (number // 20), 116.25 + 0.01 * (number % 20)), category="noise")


def smell(city: TestCity, number: int, **data: Any) -> None:
    lat, lng = WANGJING[0] + number * 0.0004, WANGJING[1] - number * 0.0004
    city.case(f"g{number}", (lat, lng), category="gas_smell", area="Chaoyang", **data)


def test_four_people_who_smell_gas_need_attention_and_the_strip_says_where_since_when_and_whose(
    beijing: TestCity,
) -> None:
    elsewhere(beijing)
    beijing.turn()
    history(beijing)
    for number in range(4):
        smell(beijing, number)
        beijing.wall.pass_(seconds=20)
        beijing.turn()
    beijing.turn()
    item = beijing.view("attention")["1"]
    assert (item["kind"], item["category"], item["area"], item["n"]) == ("cluster", "gas_smell", "Chaoyang", 4)
    assert item["owner"] == "gas"
    assert item["expected"] < 0.5
    since = item["since"]
    beijing.engine = beijing.new_engine()
    history(beijing)
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    beijing.turn()
    assert beijing.view("attention")["1"]["since"] == since
    made_one = {"title": "Gas", "category": "gas_smell", "case_ids": [f"g{number}" for number in range(4)]}
    beijing.ask("open_situation", role="hotline", situation_id="S1", **made_one)
    for waits_s, is_said in ((2, True), (660, False)):
        beijing.wall.pass_(seconds=waits_s)
        beijing.turn()
        beijing.turn()
        assert [item["situation_at"] > since for item in beijing.view("attention").values()] == [True] * is_said


def test_where_early_warning_is_at_work_its_word_counts_and_the_simple_rule_is_silent(beijing: TestCity) -> None:
    elsewhere(beijing)
    beijing.post("feed.polled", source="warner", feed="warner")
    beijing.turn()
    history(beijing)
    for number in range(4):
        smell(beijing, number)
    beijing.turn()
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    assert beijing.view("attention") == {}
    cell = h3.latlng_to_cell(*WANGJING, 9)
    said = {"category": "said:gas", "said": "gas", "area": "Chaoyang", "cells": [cell], "observed": 4, "expected": 0.03}
    beijing.post("warning.raised", source="warner", warning_id="w1", **said)
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    beijing.turn()
    item = beijing.view("attention")["1"]
    assert (item["kind"], item["category"], item["n"], item["cells"]) == ("warning", "gas_smell", 4, [cell])
    assert (item["owner"], item["expected"]) == ("gas", 0.03)
    beijing.ask("acknowledge_warning", role="hotline", warning_id="w1")
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    beijing.turn()
    assert beijing.view("attention") == {}


def test_an_early_warning_that_died_is_a_source_that_stalled_and_the_simple_rule_stands_in(beijing: TestCity) -> None:
    elsewhere(beijing)
    beijing.post("feed.polled", source="warner", feed="warner")
    beijing.turn()
    beijing.wall.pass_(minutes=11)
    beijing.turn()
    history(beijing)
    for number in range(4):
        smell(beijing, number)
    beijing.turn()
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    beijing.turn()
    assert beijing.view("sources")["warner"]["stale"]
    assert beijing.view("attention")["1"]["kind"] == "cluster"


def test_those_who_say_that_there_is_no_smell_do_not_count(beijing: TestCity) -> None:
    elsewhere(beijing)
    beijing.turn()
    history(beijing)
    for number in range(4):
        smell(beijing, number, kind="enquiry")
    beijing.turn()
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    assert beijing.view("attention") == {}


def test_one_caller_who_calls_four_times_is_no_cluster(beijing: TestCity) -> None:
    elsewhere(beijing)
    beijing.turn()
    history(beijing)
    for number in range(4):
        smell(beijing, number, phone="010-5550-1234")
    beijing.turn()
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    assert beijing.view("attention") == {}


def test_a_grave_incident_that_nobody_was_sent_to_is_said_without_its_kind_when_that_is_sensitive(
    beijing: TestCity,
) -> None:
    beijing.post("unit.listed", unit_id="A1", kind="ambulance")
    beijing.post("incident.received", incident_id="i1", kind="medical_cardiac", priority=1, area="Chaoyang")
    beijing.turn()
    beijing.wall.pass_(seconds=70)
    beijing.turn()
    beijing.turn()
    item = beijing.view("attention")["1"]
    assert (item["kind"], item["incident_kind"], item["area"]) == ("unassigned", "", "Chaoyang")
    beijing.ask("dispatch", incident_id="i1", unit_ids=["A1"])
    beijing.wall.pass_(seconds=2)
    beijing.turn()
    beijing.turn()
    assert beijing.view("attention") == {}


def test_a_replay_of_a_city_without_a_catalogue_watches_nothing(redis: redis_module.Redis) -> None:
    city = TestCity(redis, mode=Mode.REPLAY)
    for number in range(4):
        city.post("case.received", at=EVENING, case_id=f"c{number}", category="gas_smell", lat=42.33, lng=-71.09)
    city.turn()
    city.turn()
    assert city.view("attention") == {}
