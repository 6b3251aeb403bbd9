"""Response times by HTTP: every segment from stamps of any window, beside who waits and who never came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.response_clocks import response_times
from emergency.plans import load_plans
from emergency.segments import load_target_file
from streams.codec import encode
from tests.api.conftest import Door
from tests.api.conftest import door as door  # a fixture
from tests.support.engines import CORNER, NOON

LAT, LNG = CORNER
PLANS, TARGETS = load_plans(), load_target_file()
STEPS = ("dispatched", "departed", "arrived", "cleared")


def a_call(door: Door, incident_id: str, answered: float, *units: tuple[Any, ...], **more: Any) -> None:
    """A call that rang at noon and was answered so many seconds later; units with seconds of their steps after noon."""
    at = NOON + timedelta(seconds=answered)
    said = {"kind": "structure_fire", "priority": 3, "lat": LAT, "lng": LNG, "area": "Roxbury", "called_at": NOON}
    door.city.post("incident.received", at=at, incident_id=incident_id, **{**said, **more})
    for unit_id, *seconds in units:
        for step, after in zip(STEPS, seconds, strict=False):
            when = NOON + timedelta(seconds=after)
            door.city.post(f"unit.{step}", at=when, unit_id=unit_id, incident_id=incident_id, kind="engine")


def prepared(door: Door) -> None:
    door.city.wall.pass_(minutes=40)
    a_call(door, "i1", 8, ("E1", 60, 130, 400), ("E2", 70, 150, 500))
    a_call(door, "i2", 30, ("E3", 50, 200, 900, 1200), priority=1, kind="theft")
    a_call(door, "waits", 12, ("E4", 80, 170))
    a_call(door, "gone", 5)
    a_call(door, "played", 5, exercise=True)
    door.city.post("incident.cancelled", incident_id="gone", reason="hoax")
    door.settle()


def times(door: Door, query: str = "") -> dict[str, Any]:
    answer = door.get(f"/response-times{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_every_segment_is_cut_from_the_stamps(door: Door) -> None:
    prepared(door)
    said = times(door)
    segments = said["segments"]
    assert list(segments) == ["answer", "processing", "turnout", "travel", "full_plan"]
    assert segments["answer"]["n"] == 4
    assert [segments["answer"]["percentiles_s"][p] for p in ("p50", "p90")] == [8, 30]
    assert (segments["processing"]["n"], segments["processing"]["never"]["n"]) == (3, 1)
    assert segments["processing"]["percentiles_s"]["p50"] == 52
    assert segments["turnout"]["n"] == 4
    assert segments["travel"]["percentiles_s"]["p50"] == 270
    assert segments["travel"]["waiting"] == 1
    assert segments["full_plan"]["percentiles_s"] == dict.fromkeys(("p50", "p75", "p90", "p95", "p99"), 370)
    assert said["incidents"] == {
        "n": 4,
        "arrived": 2,
        "waiting": 1,
        "oldest_waiting_s": pytest.approx(2400, abs=20),
        "oldest_waiting_id": "waits",
        "never_arrived": {"n": 1, "of": 4, "share": None},
        "cancelled_before_arrival": 1,
        "merged": 0,
    }


def test_targets_stand_with_their_edition_and_no_percentage_of_a_few(door: Door) -> None:
    prepared(door)
    (strict,) = [t for t in times(door)["segments"]["answer"]["targets"] if t["edition"] == "NFPA 1225 (2022)"]
    assert (strict["seconds"], strict["target_share"], strict["within"]) == (10, 0.9, {"n": 2, "of": 4, "share": None})
    assert strict["is_met"] is False
    turnout = times(door)["segments"]["turnout"]["targets"]
    assert {t["applies_to"]: t["within"]["of"] for t in turnout} == {"fire": 4, "ems": 0}


def test_a_window_an_area_a_kind_and_a_priority_narrow_it(door: Door) -> None:
    prepared(door)
    for query, n in (
        ("?kind=theft", 1),
        ("?priority=3", 3),
        ("?area=Roxbury", 4),
        ("?area=Elsewhere", 0),
        (f"?from={NOON:%Y-%m-%dT%H:%M:%SZ}", 4),
        ("?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z", 0),
    ):
        assert times(door, query)["incidents"]["n"] == n, query
    assert times(door, "?area=Elsewhere")["segments"]["travel"]["percentiles_s"] == {}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?from=yesterday", "from: needs an instant with a zone"),
        ("?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "from: needs to lie before to"),
        ("?segment=travel", "unknown parameter 'segment'"),
    ],
)
def test_what_is_not_understood_is_refused(door: Door, query: str, said: str) -> None:
    answer = door.get(f"/response-times{query}")
    assert (answer.status_code, said in answer.get_json()["error"]["message"]) == (400, True)


def test_with_twenty_there_is_a_share() -> None:
    docs = [
        encode({"incident_id": f"i{n}", "occurred_at": NOON, "received_at": NOON, "closed_at": NOON}) for n in range(20)
    ]
    said = response_times(docs, {}, PLANS, TARGETS, NOON)
    assert said["incidents"]["never_arrived"] == {"n": 20, "of": 20, "share": 1.0}
    assert said["segments"]["answer"]["of"] == 0


def test_incidents_that_were_merged_are_told_apart() -> None:
    docs = [encode({"incident_id": "a", "occurred_at": NOON}), encode({"incident_id": "b", "merged_into": "a"})]
    said = response_times(docs, {}, PLANS, TARGETS, NOON)["incidents"]
    assert (said["n"], said["merged"]) == (1, 1)
