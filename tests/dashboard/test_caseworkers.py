"""Simulated case workers review what owners ask to give back, by the same requests as people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import redis as redis_module

from dashboard.caseworkers import ACTOR, CaseWorkers
from streams.sim.steps import AGAIN, Receipt, Stands, fits
from tests.engine.case_desk import CaseDesk
from tests.sim.hotline_world import WEDNESDAY, laws


class Office:
    """Workers whose requests go to the desk's engine."""

    def __init__(self, desk: CaseDesk, seed: str = "s") -> None:
        self.desk, self.workers = desk, CaseWorkers(desk.client, desk.keys, seed)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def _ask(self, request_id: str, verb: str, actor: str, role: str, args: dict[str, Any], seen: int | None) -> None:
        self.asked.append((verb, args))
        self.desk.ask(verb, request_id, actor=actor, role=role, **args)

    def turn(self, after: timedelta = timedelta(0)) -> None:
        self.desk.wall.pass_(seconds=after.total_seconds())
        self.desk.turn()
        at: datetime = self.desk.engine.clock.at
        self.workers.turn(at, self._ask)
        self.desk.turn()


def returned(redis: redis_module.Redis, **data: Any) -> Office:
    desk = CaseDesk(redis)
    office = Office(desk)
    office.turn()
    desk.received("c1", **data)
    desk.told("dispatched", "c1", owner="Chaoyang")
    desk.told("returned", "c1", code="not_ours")
    return office


def test_what_is_asked_back_is_reviewed_within_minutes_and_goes_to_whom_the_catalogue_names(
    redis: redis_module.Redis,
) -> None:
    office = returned(redis, category="roads")
    office.turn(timedelta(seconds=20))
    assert office.asked == []
    office.turn(timedelta(minutes=5))
    case = office.desk.of("c1")
    assert (case.stage, case.owner) == ("dispatched", "urban")
    [reviewed] = [event for event in office.desk.events() if event["type"] == "case.return_reviewed"]
    assert (reviewed["actor"], reviewed["data"]["granted"]) == (ACTOR, True)
    office.turn(timedelta(minutes=5))
    assert [verb for verb, _ in office.asked] == ["review_return"]


def test_what_a_person_reviewed_before_is_left_alone(redis: redis_module.Redis) -> None:
    office = returned(redis, category="roads")
    office.turn(timedelta(seconds=20))
    office.desk.done("review_return", "c1", granted=False, reason="it is yours")
    office.turn(timedelta(minutes=9))
    assert office.asked == []


def test_the_simulated_hotline_sends_on_only_what_nobody_reviewed() -> None:
    lives = laws().lives
    receipts = [Receipt(f"S260114-1000-{n:03d}", WEDNESDAY, "complaint", "noise", "IV", "Chaoyang") for n in range(400)]
    again = [step for plan in lives.plans(receipts) for step in plan if step.name == AGAIN]
    assert again
    for step in again:
        assert fits(step, *Stands(True, 0, returning=True))
        assert not fits(step, *Stands(True, 0, returning=False))
