"""Which emergencies arrive: the same for whoever asks, as many as a day has, where people live."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.sim.fleet import load_fleet
from streams.sim.incidents import FILE, Arrivals, load_incidents
from tests.support.emergency import places

ZONE = "Asia/Shanghai"
MIDNIGHT = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SETTING = load_incidents()
VOCABULARY = {
    *("structure_fire", "vehicle_fire", "outside_fire", "smoke", "gas_leak", "alarm", "flooding", "tree_down"),
    *("rescue", "elevator_rescue", "water_rescue", "power_line", "hazmat", "disturbance", "domestic", "crisis"),
    *("medical_cardiac", "medical_breathing", "medical_trauma", "medical_stroke", "medical_other"),
    *("traffic_collision", "traffic_hazard"),
}


def somewhere(rng: Random) -> tuple[float, float, str]:
    return 39.9 + rng.random() / 10, 116.3 + rng.random() / 10, "Haidian"


def arrivals(seed: str = "a", surge: float = 1.0) -> Arrivals:
    return Arrivals(SETTING, seed, somewhere, ZONE, surge)


def test_a_minute_brings_the_same_incidents_whoever_asks_and_when() -> None:
    minutes = [MIDNIGHT + timedelta(minutes=n) for n in range(600, 720)]
    forwards = {minute: arrivals().of(minute) for minute in minutes}
    one = arrivals()
    assert {minute: one.of(minute) for minute in reversed(minutes)} == forwards
    assert {minute: arrivals("b").of(minute) for minute in minutes} != forwards


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 7_200_000), min_size=3, max_size=3))
def test_time_may_be_cut_anywhere(cuts_ms: list[int]) -> None:
    first, second, third = (MIDNIGHT + timedelta(milliseconds=ms) for ms in sorted(cuts_ms))
    one = arrivals()
    assert one.between(first, second) + one.between(second, third) == one.between(first, third)


def test_a_day_has_about_1500_incidents_most_of_them_medical_and_one_in_eight_grave() -> None:
    day = arrivals().between(MIDNIGHT, MIDNIGHT + DAY)
    assert len(day) == pytest.approx(SETTING.per_day, rel=0.1)
    kinds = Counter(arrival.kind for arrival in day)
    assert set(kinds) <= set(SETTING.kinds) == VOCABULARY
    medical = sum(n for kind, n in kinds.items() if kind.startswith("medical_"))
    assert 0.5 < medical / len(day) < 0.65
    assert 0.09 < sum(arrival.priority == 1 for arrival in day) / len(day) < 0.15
    assert len({arrival.incident_id for arrival in day}) == len(day)


def test_the_hours_of_ten_days_follow_the_profile() -> None:
    received = arrivals().between(MIDNIGHT, MIDNIGHT + 10 * DAY)
    by_hour = Counter((arrival.received_at + timedelta(hours=8)).hour for arrival in received)
    for hour in range(24):
        assert by_hour[hour] == pytest.approx(10 * 60 * SETTING.per_minute(hour), rel=0.25)


def test_collisions_come_at_rush_hour_and_quarrels_in_the_evening() -> None:
    received = arrivals().between(MIDNIGHT, MIDNIGHT + 10 * DAY)
    hours = {
        kind: Counter((a.received_at + timedelta(hours=8)).hour for a in received if a.kind == kind)
        for kind in ("traffic_collision", "disturbance")
    }
    assert hours["traffic_collision"][8] > 2 * hours["traffic_collision"][22]
    assert hours["disturbance"][21] > 2 * hours["disturbance"][8]


def test_a_surge_only_adds() -> None:
    usual = arrivals().between(MIDNIGHT, MIDNIGHT + DAY / 4)
    surge = {arrival.incident_id: arrival for arrival in arrivals(surge=3).between(MIDNIGHT, MIDNIGHT + DAY / 4)}
    assert all(surge[arrival.incident_id] == arrival for arrival in usual)
    assert len(surge) == pytest.approx(3 * len(usual), rel=0.25)


def test_districts_get_their_share_by_residents() -> None:
    day = Arrivals(SETTING, "a", places().place, ZONE).between(MIDNIGHT, MIDNIGHT + DAY)
    by_area = Counter(arrival.area for arrival in day)
    assert by_area["Chaoyang"] == pytest.approx(len(day) * 3452460 / 21893095, rel=0.25)
    assert len(by_area) == 16


def test_a_caller_is_invented() -> None:
    arrival = arrivals().between(MIDNIGHT, MIDNIGHT + DAY / 12)[0]
    assert arrival.phone.startswith("100 0000 ")
    assert "示例" in arrival.address
    assert arrival.text in SETTING.kinds[arrival.kind].texts
    assert arrival.payload.incident_id == arrival.incident_id


def test_every_need_can_be_met_by_the_fleet() -> None:
    units = load_fleet().units
    for kind in SETTING.kinds.values():
        for needs in kind.needs.values():
            assert all(n <= units[name].number for name, n in needs.items())
    assert SETTING.needs("never heard of", 9) == {"police_car": 1}


def test_graver_incidents_need_no_less() -> None:
    for name in SETTING.kinds:
        numbers = [sum(SETTING.needs(name, priority).values()) for priority in (1, 2, 3)]
        assert numbers == sorted(numbers, reverse=True), name


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("per_day = 0", "per_day"),
        ('profile = "lunch"', "lunch"),
        ("transport = 3", "transport"),
        ("wait = 3", "wait"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(tmp_path: Path, broken: str, says: str) -> None:
    key = broken.partition(" ")[0]
    lines = FILE.read_text(encoding="utf-8").splitlines()
    at = next((n for n, line in enumerate(lines) if line.startswith(f"{key} =")), None)
    if at is None:
        lines.append(broken)
    else:
        lines[at] = broken
    path = tmp_path / "incidents.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        load_incidents(path)
