"""What the API says of rankings, of whose a case is, and of what happened to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import Door
from tests.support.engines import NOON

WORDS = "mind the dog of Ms. Somebody"


def lived(door: Door, case_id: str, area: str, *, good: bool = True, follow_up: bool = True, **data: Any) -> None:
    """A case of February, told after the fact by its source."""
    due = NOON - timedelta(days=12)
    door.city.case(case_id, area=area, target_at=due, **data)
    said: list[tuple[str, dict[str, Any]]] = [("dispatched", {"owner": area}), ("contacted", {}), ("closed", {})]
    if follow_up:
        said.append(("followed_up", {"contacted": True, "resolved": good, "satisfied": 5 if good else 1}))
    for what, fields in said:
        door.city.post(f"case.{what}", case_id=case_id, **fields)


def february(door: Door) -> None:
    for n in range(25):
        lived(door, f"a{n}", "Roxbury")
        lived(door, f"b{n}", "Mattapan", good=n % 2 == 0)
    for n in range(5):
        lived(door, f"few{n}", "Allston")
    lived(door, "praise", "Roxbury", kind="praise")
    lived(door, "nobody", "")
    door.settle()


def ranking(door: Door, query: str = "period=2026-02") -> dict[str, Any]:
    answer = door.get(f"/rankings?{query}")
    assert answer.status_code == 200, answer.get_json()
    body: dict[str, Any] = answer.get_json()
    return body


def test_a_ranking_prints_its_rule_and_everything_that_its_rates_rest_on(door: Door) -> None:
    february(door)
    body = ranking(door)
    assert (body["rule"]["version"], body["rule"]["label"]) == ("2026-01-01", "illustrative")
    assert [(row["unit"], row["rank"]) for row in body["rows"]] == [
        ("Roxbury", [1, 1]),
        ("Mattapan", [2, 2]),
        ("Allston", None),
    ]
    best, second, few = body["rows"]
    assert best["response"] | {"low": 0, "high": 0} == {"value": 1.0, "n": 25, "of": 25, "low": 0, "high": 0}
    assert second["resolution"]["n"] == 13
    assert second["coverage"] == {"n": 25, "of": 25}
    assert (few["response"], few["score"], few["dispatched"]) == (None, None, 5)
    assert body["excluded"] == {"kind": 1, "merged": 0, "label": 0, "no_unit": 1}
    assert body["total"] == 57 == sum(row["dispatched"] for row in body["rows"]) + 2
    assert ranking(door, "period=2026-01")["rows"] == []


def test_bodies_are_ranked_by_what_they_own_and_a_city_without_parts_says_so(door: Door) -> None:
    february(door)
    assert [row["unit"] for row in ranking(door, "period=2026-02&level=body")["rows"]][:2] == ["Roxbury", "Mattapan"]
    assert door.get("/rankings?level=sub-district&period=2026-02").status_code == 404
    assert door.get("/rankings?period=02-2026").status_code == 400
    assert door.get("/rankings?level=street").status_code == 400
    assert door.get("/rankings", role="kiosk").status_code == 403


def test_callers_who_were_not_asked_yet_are_waited_for(door: Door) -> None:
    for n in range(25):
        lived(door, f"a{n}", "Roxbury", follow_up=n < 10)
    door.settle()
    [row] = ranking(door)["rows"]
    assert (row["waiting"], row["followed_up_n"], row["resolution"], row["score"]) == (15, 10, None, None)
    assert row["response"]["of"] == 25


def test_what_was_ruled_out_of_remit_counts_in_no_rate(door: Door) -> None:
    february(door)
    until = NOON + timedelta(days=9)
    door.city.ask("flag_case", case_id="a0", flag="out_of_remit", reason="another city's road", until=until)
    door.settle()
    body = ranking(door)
    assert (body["excluded"]["label"], body["rows"][0]["dispatched"]) == (1, 24)


def test_the_history_of_a_case_is_attributed_timed_and_without_words(door: Door) -> None:
    door.city.case("c1", area="Roxbury", text=WORDS, phone="617-555-0100")
    door.settle()
    door.city.case("c2", area="Roxbury")
    for verb, args in (
        ("dispatch_case", {"owner": "Roxbury", "reason": "its street"}),
        ("note_case", {"text": WORDS}),
        ("merge_cases", {"case_id": "c2", "into": "c1"}),
        ("close_case", {}),
    ):
        door.city.ask(verb, actor="ann", role="hotline", **({"case_id": "c1"} | args))
        door.settle()
    answer = door.get("/cases/c1/history")
    assert answer.status_code == 200
    body = answer.get_json()
    assert [(f["type"], f["by"], f["kept"]) for f in body["facts"]] == [
        ("case.received", "311", "log"),
        ("case.dispatched", "ann", "log"),
        ("case.noted", "ann", "log"),
        ("case.merged", "ann", "log"),
        ("case.closed", "ann", "log"),
    ]
    assert body["facts"][1]["data"]["owner"] == "Roxbury"
    assert b"Somebody" not in answer.data
    assert b"555" not in answer.data
    assert door.get("/cases/nobody/history").status_code == 404
    assert door.get("/cases/c1/history", role="kiosk").status_code == 403


def test_facts_that_the_log_let_go_leave_their_instants(door: Door) -> None:
    lived(door, "c1", "Roxbury")
    door.settle()
    door.city.client.xtrim(door.city.keys.events, maxlen=0)
    body = door.get("/cases/c1/history").get_json()
    assert {fact["kept"] for fact in body["facts"]} == {"document"}
    told = {fact["type"] for fact in body["facts"]}
    assert told == {f"case.{what}" for what in ("received", "dispatched", "contacted", "closed", "followed_up")}
    assert body["stage"] == "followed_up"


@pytest.mark.parametrize("role", ["viewer", "hotline"])
def test_whose_a_case_is_comes_with_reasons(door: Door, role: str) -> None:
    door.city.case("c1", area="Roxbury", category="Noise")
    door.settle()
    body = door.get("/dispatching?case=c1", role=role).get_json()
    assert (body["lead"], body["is_backstop"], body["label"]) == ("Roxbury", True, "illustrative")
    assert body["reasons"]
    assert door.get("/dispatching?case=nobody").status_code == 404
    assert door.get("/dispatching").status_code == 400
