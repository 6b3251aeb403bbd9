"""`GET /api/v1/forecast/misses` of a real city: cold at first, learnt from the lists' file, never a personal word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from flask import Flask

from dashboard.api import api
from dashboard.forecasting import Forecaster
from dashboard.projection import KINDS, row_of
from hotline.cases import Case
from hotline.forecast.columns import columns
from hotline.forecast.kept import to_bytes
from hotline.forecast.model import DAY_S, learn
from streams.reader_schema import CASES
from tests.api.conftest import Door, open_door
from tests.forecast.test_miss_forecast import BEGAN, NOW, made
from tests.support.engines import CORNER


@pytest.fixture
def door(redis: redis_module.Redis, tmp_path: Path) -> Iterator[Door]:
    made_door = open_door(redis, tmp_path)
    forecaster = Forecaster(made_door.context.reader, tmp_path / "misses.model", "UTC")
    made_door.context = replace(made_door.context, forecaster=forecaster)
    app = Flask("forecast")
    app.secret_key = "secret"
    app.register_blueprint(api(made_door.context))
    made_door.app = app
    yield made_door
    made_door.tail.writer.close()


def file_cases(door: Door, due_h: dict[str, float]) -> datetime:
    now = door.city.wall()
    for number, (case_id, hours) in enumerate(due_h.items()):
        where = (CORNER[0] + number * 0.01, CORNER[1])
        target = (now + timedelta(hours=hours)).isoformat()
        data: dict[str, Any] = {"category": "slow", "grade": "III", "target_at": target, "text": "a word of hers"}
        door.city.case(case_id, where=where, **data)
    door.settle()
    return now


def ask(door: Door, path: str = "/forecast/misses?hours=4") -> dict[str, Any]:
    answer = door.get(path)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_a_cold_start_says_so_and_answers_the_rule(door: Door) -> None:
    file_cases(door, {"soon": 1.0, "later": 3.5, "tomorrow": 24.0})
    said = ask(door)
    assert "cold start" in said["model"]["honest"]
    assert [row["case_id"] for row in said["rows"]] == ["soon", "later"]
    assert all(row["chance"] == row["by_rule"] for row in said["rows"])
    assert sum(said["cells"].values()) == pytest.approx(said["expected"], abs=1e-3)
    assert {row["case_id"] for row in ask(door, "/forecast/misses?hours=48")["rows"]} == {"soon", "later", "tomorrow"}


def test_a_learnt_model_answers_with_its_scores_and_reasons(door: Door) -> None:
    file_cases(door, {"soon": 0.5, "later": 3.9})
    forecaster = door.context.forecaster
    assert forecaster is not None
    learnt = learn(columns(made()), BEGAN, NOW, "UTC")
    assert learnt is not None
    forecaster.path.write_bytes(to_bytes(learnt))
    said = ask(door)
    assert said["model"]["n"] == learnt.n
    assert said["model"]["brier"] < said["model"]["baseline_brier"]
    assert {"time_left", "worked_time_left", "age"} <= {why["reason"] for why in said["rows"][0]["why"]}
    chances = [row["chance"] for row in said["rows"]]
    assert chances == sorted(chances, reverse=True)
    assert all(0 <= chance <= 1 for chance in chances)


def test_a_standing_clock_is_no_danger(door: Door) -> None:
    file_cases(door, {"stands": 2.0, "runs": 3.0})
    until = (door.city.wall() + timedelta(minutes=30)).isoformat()
    door.city.ask("pause_case", case_id="stands", reason="caller_away", until=until, role="hotline")
    door.settle()
    said = ask(door)
    assert said["paused"] == 1
    assert [row["case_id"] for row in said["rows"]] == ["runs"]


def test_nothing_personal_and_nothing_for_outsiders(door: Door) -> None:
    file_cases(door, {"soon": 1.0})
    assert "a word of hers" not in door.get("/forecast/misses").get_data(as_text=True)
    assert door.get("/forecast/misses", None).status_code == 401
    assert door.get("/forecast/misses", "kiosk").status_code == 403
    assert door.get("/forecast/misses?hours=0").status_code == 400
    assert door.get("/forecast/misses?limit=0").get_json()["rows"] == []


def test_a_day_of_the_lists_file_is_enough_to_learn_from_once(door: Door) -> None:
    """Six hundred cases of two weeks in the file of a real reader, most of them closed."""
    now = file_cases(door, {"soon": 1.0})
    shift = timedelta(seconds=now.timestamp() - NOW)
    rows = [(None, row_of(KINDS["case"], case)) for case in handled(shift)]
    with door.tail.writer.transaction():
        door.tail.writer.save(CASES, rows)
    forecaster = door.context.forecaster
    assert forecaster is not None
    assert forecaster.learn_due(now)
    assert not forecaster.learn_due(now + timedelta(hours=1))
    assert ask(door)["model"]["n"] > 500
    assert "soon" in {row["case_id"] for row in ask(door, "/forecast/misses?hours=4&limit=1000")["rows"]}


def handled(shift: timedelta) -> Iterator[Case]:
    for case in made(2_400):
        if case.closed < NOW - 14 * DAY_S or case.received > NOW:
            continue
        received, target, closed = (
            datetime.fromtimestamp(at, UTC) + shift for at in (case.received, case.target, min(case.closed, NOW))
        )
        ended = closed if case.closed <= NOW else None
        yield Case(
            case_id=case.case_id, category=case.category, received_at=received, target_at=target, closed_at=ended, seq=1
        )


def test_learning_waits_for_enough_and_begins_anew_each_day(door: Door) -> None:
    file_cases(door, {"soon": 1.0})
    forecaster = door.context.forecaster
    assert forecaster is not None
    assert not forecaster.learn_due(door.city.wall())
    learnt = learn(columns(made()), BEGAN, NOW, "UTC")
    assert learnt is not None
    forecaster.path.write_bytes(to_bytes(learnt))
    assert not forecaster.learn_due(datetime.fromtimestamp(NOW, UTC) + timedelta(hours=23))
    forecaster.path.write_bytes(b"damaged")
    assert forecaster.model() is None
