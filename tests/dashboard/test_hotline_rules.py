"""A folder of the hotline's own rules reaches whoever goes by them: page, past and simulated colleagues."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis as redis_module

from dashboard.caseworkers import CaseWorkers
from dashboard.engine.state import State
from dashboard.engine_process import load_own_rules
from dashboard.hotline_files import hotline_files
from dashboard.seeding import Past
from dashboard.settings import Settings, read_settings
from dashboard.web import page_context
from geo.cities import load_city
from hotline.calls import Call
from hotline.case_rules import RULES
from hotline.cases import Case
from hotline.channel_rules import load_channel_rules
from layouts.context import Viewer
from layouts.pages.dispatch import desk_options
from layouts.pages.hotline import setup
from streams.events import CaseClosed, CaseReceived
from streams.keys import Keys
from streams.sim.lives import Step
from tests.api.conftest import open_door

NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings that name a folder in which three words were changed."""
    folder = tmp_path / "rules"
    shutil.copytree(RULES, folder)

    def change(name: str, *changes: tuple[str, str]) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (folder / name).write_text(text, encoding="utf-8")

    change("cases.toml", ('"not_ours"', '"not_here"'), ("complaint = 72", "complaint = 5"))
    change(
        "dispatching_beijing.toml",
        ("parks = {", 'zoo = { en = "Zoo", ar = "حديقة الحيوان" }\nparks = {'),
        ('lead = "parks"', 'lead = "zoo"'),
    )
    change("channels.toml", ("threshold_s = 15", "threshold_s = 40"), ('"removed"', '"offered"'))
    plain = {"HEXWATCH_CITY": "beijing", "HEXWATCH_DATA": str(tmp_path), "HEXWATCH_HOTLINE_RULES": str(folder)}
    return read_settings(plain)


def test_the_page_offers_its_reasons_and_names_its_bodies(
    own: Settings, redis: redis_module.Redis, tmp_path: Path
) -> None:
    city, door = load_city("beijing"), open_door(redis, tmp_path)
    files = hotline_files(own.hotline_rules, city, None)
    context = page_context(own, city, replace(door.context, hotline=files), None)
    door.tail.writer.close()
    for search, zoo, parks in (("", "Zoo", "Parks administration"), ("?lang=ar", "حديقة الحيوان", "إدارة الحدائق")):
        told = setup(context, *desk_options(search), Viewer())
        assert "not_here" in told["rules"]["returns"]
        assert "not_ours" not in told["rules"]["returns"]
        assert (told["names"]["agencies"]["zoo"], told["names"]["agencies"]["parks"]) == (zoo, parks)


def test_the_past_of_a_simulated_city_is_told_by_them(own: Settings) -> None:
    city, rules = load_city("beijing"), load_own_rules(own)
    assert rules is not None
    past = Past(city, None, rules)
    past.take(Step(at=NOON, name="received", payload=CaseReceived(case_id="c1", kind="complaint", grade="III")))
    past.take(Step(at=NOON + timedelta(hours=1), name="closed", payload=CaseClosed(case_id="c1")))
    assert past.cases["c1"].follow_up_due_at == NOON + timedelta(hours=6)


def test_simulated_colleagues_dispatch_by_them(own: Settings, redis: redis_module.Redis) -> None:
    catalogue = hotline_files(own.hotline_rules, load_city("beijing"), None).catalogue
    asked_back = Case(case_id="c1", category="parks", area="Chaoyang", owner="Chaoyang", returned=1, seq=1)
    workers = CaseWorkers(redis, Keys("beijing-sim"), "seed", catalogue)
    assert workers.verdict(asked_back)["owner"] == "zoo"


def test_channels_are_judged_by_them_and_by_ours_where_a_folder_says_nothing(own: Settings, tmp_path: Path) -> None:
    rules = load_own_rules(own)
    state = State(load_city("beijing"), NOON)
    state.use_rules(rules)
    state.call_room.load({})  # as an engine does that starts
    phone = Call(call_id="K1", offered_at=NOON, answered_at=NOON + timedelta(seconds=39), seq=1)
    state.call_room.floor.move(None, phone)
    level = state.call_room.floor.board(NOON + timedelta(minutes=1), NOON)["phone"]["service_level"]
    assert level == {"n": 1, "of": 1, "threshold_s": 40, "goal": 0.95, "variant": "offered"}
    (tmp_path / "rules" / "channels.toml").unlink()
    plain = load_own_rules(own)
    assert plain is not None
    assert plain.channels == load_channel_rules()
