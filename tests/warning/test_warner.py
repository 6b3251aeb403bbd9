"""The warner in a running city: trees fall, desks are told, people act on it, and nothing is told twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import h3
import msgspec
import pytest
import redis as redis_module

from dashboard.warner.field import NoField, field_of, hour_of, read_seen
from dashboard.warner.learning import Learner, Learnt, every_day, learn_here
from dashboard.warner.past import Past
from dashboard.warner.process import Warner
from dashboard.warner.telling import MOST_CELLS, nearest
from hotline.grave_words import grave_words, said
from hotline.warned import MOST_OUTLINED, Warned, verdicts_of
from hotline.warning_model import Model, PastCase, learn_model
from tests.support.engines import CORNER, NOON
from tests.support.situations import Floor
from tests.support.truth import assert_agrees_with_its_log

CENTRE = h3.latlng_to_cell(*CORNER, 9)
CELLS = sorted(h3.grid_disk(CENTRE, 4))
DAYS = 14
ZONE = "America/New_York"


def quiet_past() -> list[PastCase]:
    """Every cell has a tree a fortnight, at any hour: four a day in 61 cells."""
    begin = NOON.timestamp() - DAYS * 86_400
    step = DAYS * 86_400 / len(CELLS)
    return [PastCase(begin + n * step, cell, "trees", "Roxbury") for n, cell in enumerate(CELLS)]


@pytest.fixture(scope="module")
def model() -> bytes:
    themes = [said(theme) for theme in grave_words().themes]
    return learn_model(quiet_past(), ZONE, NOON, categories=themes).to_bytes()


class Learned(Learner):
    """One that has learnt already."""

    def __init__(self, path: Path, model: bytes) -> None:
        super().__init__(path, partial(learn_here, lambda now, tell: Past([], None, "archive"), ZONE))
        self._fresh = Learnt(Model.from_bytes(model), "archive", [])


@pytest.fixture
def desk(redis: redis_module.Redis) -> Floor:
    return Floor(redis)


@pytest.fixture
def warner(desk: Floor, model: bytes, tmp_path: Path) -> Callable[[], Warner]:
    def made() -> Warner:
        found = Warner(desk.client, desk.keys, tmp_path, Learned(tmp_path / "model", model), {"trees": "parks"})
        found.start(desk.engine.clock.at)
        return found

    return made


def trees_fall(desk: Floor, n: int = 12) -> None:
    for number in range(n):
        place = h3.cell_to_latlng(sorted(h3.grid_disk(CENTRE, 1))[number % 7])
        desk.case(f"t{number}", where=place, category="trees", text="a tree lies on the road")
    desk.turn()


def looked(desk: Floor, warner: Warner) -> dict[str, Any]:
    """What the desks see after the warner took everything and looked."""
    while warner.step():
        pass
    desk.turn()
    desk.turn()
    return desk.view("warnings")


def test_fallen_trees_become_one_warning_that_the_desks_see_and_it_is_told_once(
    desk: Floor, warner: Callable[[], Warner]
) -> None:
    seer = warner()
    trees_fall(desk)
    shown = looked(desk, seer)
    (row,) = [row for row in shown.values() if row["category"] == "trees"]
    assert row["observed"] == 12
    assert row["high"] < 12
    assert CENTRE in row["cells"]
    assert row["owner"] == "parks"
    assert row["case_ids"]
    (public,) = [row for row in desk.view("warnings.public").values() if row["category"] == "trees"]
    assert not {"lat", "case_ids", "acknowledged_by"} & set(public)
    assert set(public["cells"]) == (set(row["cells"]) if len(row["cells"]) <= MOST_OUTLINED else set())
    raised = [e for e in desk.events() if e["type"].startswith("warning.")]
    desk.wall.pass_(minutes=5)
    desk.turn()
    looked(desk, seer)
    again = [e for e in desk.events() if e["type"].startswith("warning.")]
    assert len(again) - len(raised) <= len(shown), "only what changed is told again"
    assert {e["source"] for e in again} == {"warner"}
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


def test_where_two_say_the_same_grave_thing_nearby_it_looks_at_once(desk: Floor, warner: Callable[[], Warner]) -> None:
    seer = warner()
    assert not looked(desk, seer)
    polled = [e["occurred_at"] for e in desk.events() if e["type"] == "feed.polled"]
    assert len(polled) == 1, "it says that it looks"
    desk.wall.pass_(seconds=20)
    said = {"category": "other", "text": "there is a strong smell of gas in our hall"}
    desk.case("g1", where=h3.cell_to_latlng(CELLS[0]), **said)
    desk.turn()
    looked(desk, seer)
    assert len([e for e in desk.events() if e["type"] == "feed.polled"]) == 1, "one alone can wait"
    for number, cell in enumerate(sorted(h3.grid_disk(CENTRE, 1))[:5]):
        desk.case(f"h{number}", where=h3.cell_to_latlng(cell), **said)
    desk.turn()
    shown = looked(desk, seer)
    assert len([e for e in desk.events() if e["type"] == "feed.polled"]) == 2
    assert [(row["said"], row["observed"]) for row in shown.values() if row["said"]] == [("gas", 5)]


def test_a_warner_whose_state_is_lost_closes_what_it_knows_no_more(
    desk: Floor, warner: Callable[[], Warner], tmp_path: Path
) -> None:
    trees_fall(desk)
    before = set(looked(desk, warner()))
    kept = next(tmp_path.glob("*.state"))
    kept.unlink()
    desk.wall.pass_(minutes=10)
    desk.turn()
    after = set(looked(desk, warner()))
    assert before
    assert after
    assert not before & after, "the same trees are warned of under a new id"


def test_a_warner_that_comes_back_goes_on_with_its_warnings(desk: Floor, warner: Callable[[], Warner]) -> None:
    trees_fall(desk)
    before = set(looked(desk, warner()))
    desk.wall.pass_(minutes=5)
    desk.turn()
    assert before
    assert set(looked(desk, warner())) == before


def test_people_acknowledge_open_a_case_and_a_situation_and_the_verdict_counts(
    desk: Floor, warner: Callable[[], Warner]
) -> None:
    seer = warner()
    trees_fall(desk)
    warning_id = next(key for key, row in looked(desk, seer).items() if row["category"] == "trees")
    desk.done("acknowledge_warning", warning_id=warning_id)
    assert "acknowledged" in desk.refused("acknowledge_warning", warning_id=warning_id)["reason"]
    case_id = desk.done("warning_case", warning_id=warning_id, text="look at the elms")["case_id"]
    situation_id = desk.done("warning_situation", warning_id=warning_id)["situation_id"]
    case = desk.document("cases", case_id)
    assert (case["kind"], case["channel"], case["category"]) == ("proactive", "warning", "trees")
    row = desk.view("warnings")[warning_id]
    assert (row["opened_cases"], row["situation_id"]) == ([case_id], situation_id)
    assert desk.view("situations")[situation_id]["n"] >= 3
    observed = row["observed"]
    desk.wall.pass_(minutes=5)
    desk.turn()
    assert looked(desk, seer)[warning_id]["observed"] == observed, "its own case is no further report"
    warned = msgspec.convert(desk.document("warnings", warning_id), Warned)
    assert verdicts_of([warned])["acted"] == 1
    assert "SECRET" not in msgspec.json.encode(desk.view("warnings")).decode()
    assert_agrees_with_its_log(desk.client, desk.keys, desk.city)


def test_a_dismissed_warning_leaves_the_desks_and_keeps_its_reason(desk: Floor, warner: Callable[[], Warner]) -> None:
    trees_fall(desk)
    warning_id = next(key for key, row in looked(desk, warner()).items() if row["category"] == "trees")
    desk.done("dismiss_warning", warning_id=warning_id, reason="announced felling")
    assert warning_id not in desk.view("warnings")
    warned = msgspec.convert(desk.document("warnings", warning_id), Warned)
    told = verdicts_of([warned])
    assert (told["judged"], told["useful"], told["dismissed_for"]) == (1, 0, {"announced felling": 1})
    assert "dismissed" in desk.refused("warning_case", warning_id=warning_id)["reason"]


def test_a_warning_of_the_whole_city_fits_into_one_fact() -> None:
    cells = sorted(h3.grid_disk(CENTRE, 20))
    kept = nearest(cells, *CORNER)
    assert len(cells) > len(kept) == MOST_CELLS
    assert set(h3.grid_disk(CENTRE, 11)) <= set(kept), "those around its middle"
    assert nearest(cells[:9], *CORNER) == tuple(cells[:9])


def test_what_people_say_every_day_is_learnt_from_the_last_one() -> None:
    now_s = NOON.timestamp()
    spoken = [PastCase(now_s - 3_600, CENTRE, said("gas"), "Roxbury")]
    told = every_day(spoken, quiet_past(), NOON)
    assert [round((now_s - case.at_s) / 3_600) for case in told] == [1 + 24 * n for n in range(DAYS)]
    assert every_day(spoken, [], NOON) == []


def test_nobody_outside_says_that_something_begins(desk: Floor) -> None:
    desk.post("warning.raised", source="311", warning_id="w1", category="trees")
    desk.turn()
    assert desk.view("warnings") == {}
    assert b"early warning" in desk.dead()[-1][b"reason"]


def test_the_field_adds_up_to_what_was_counted(desk: Floor, warner: Callable[[], Warner], tmp_path: Path) -> None:
    with pytest.raises(NoField):
        read_seen(tmp_path / "nothing")
    trees_fall(desk)
    looked(desk, warner())
    seen = read_seen(next(tmp_path.glob("*.seen")))
    now = seen.at
    for res in (7, 8, 9):
        assert sum(field_of(seen, "trees", "observed", now, 1, res).values()) == 12
    expected = sum(field_of(seen, "trees", "expected", now, 24, 7).values())
    assert expected == pytest.approx(len(CELLS) / DAYS, rel=0.5)
    residual = field_of(seen, "trees", "residual", now, 24, 7)
    assert sum(residual.values()) == pytest.approx(12 - expected, abs=0.5)
    assert field_of(seen, "trees", "observed", now - timedelta(hours=5), 3, 8) == {}
    assert [hour_of(seen, now - timedelta(hours=h)) for h in (0, 1, 24, 99)] == [23, 22, 0, 0]
    with pytest.raises(NoField, match="not known"):
        field_of(seen, "dragons", "observed", now, 1, 8)
