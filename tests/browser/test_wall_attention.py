"""The strip's sentences: what, where, since when, who owns it; and what a press on one does to the map."""

from __future__ import annotations

from typing import Any

import pytest

from layouts.texts import LANGUAGES
from layouts.wall.words import words_for_scripts
from tests.browser.scripts import load_scripts
from tests.browser.staged import FULL, Staged, receive
from tests.browser.test_wall_live import PLACE, open_wall, wait_for_frames

pytestmark = pytest.mark.browser

NOW = "2026-11-23T09:48:00Z"  # 17:48 in Beijing
CLUSTER = {
    **{"kind": "cluster", "since": "2026-11-23T09:32:00Z", "owner": "gas", "category": "gas_smell", "area": "Chaoyang"},
    **{"n": 4, "expected": 0.2, "window_m": 30, "cells": ["8931aa42827ffff"]},
}
WARNING = {
    **{"kind": "warning", "since": "2026-11-23T09:32:00Z", "owner": "gas", "warning_id": "w7", "category": "gas_smell"},
    **{"said": "gas", "area": "Chaoyang", "n": 4, "expected": 0.2, "window_h": 1, "cells": ["8931aa42827ffff"]},
}
NAMES = {
    "en": {"categories": {"gas_smell": "Gas smell"}, "agencies": {"gas": "Gas utility", "12345": "12345 hotline"}},
    "zh_CN": {
        "categories": {"gas_smell": "燃气异味"},
        "areas": {"Chaoyang": "朝阳区"},
        "agencies": {"gas": "燃气集团"},
    },
}
SITUATION = {"en": "; situation opened", "zh_CN": "；已建立态势"}
SAY = """([words, tag, names, topics, visitor]) => {
  const picture = new hexwatch.Picture(Object.keys(topics));
  picture.take({ epoch: 1, seq: 1, at: topics.clock.now, topics });
  const speech = new hexwatch.Speech(words, tag, "Asia/Shanghai", names);
  speech.visitor = visitor;
  return hexwatch.sentences(new hexwatch.Moment(picture), speech).map((s) => s.text.replace(/[\u2066-\u2069]/g, ""));
}"""


def said(page: Any, *items: dict[str, Any], lang: str = "en", visitor: bool = False, **topics: Any) -> list[str]:
    language = LANGUAGES[lang]
    attention = {str(place): item for place, item in enumerate(items, 1)}
    picture = {"figures": {"cases.open": 1}, "sources": {}, "clock": {"now": NOW}, "attention": attention} | topics
    given = [words_for_scripts(language), language.tag, NAMES.get(lang, {}), picture, visitor]
    return load_scripts(page).evaluate(SAY, given)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "Gas smell, Chaoyang: 4 calls where 0.2 expected, since 17:32, owner: Gas utility"),
        ("zh_CN", "朝阳区燃气异味：4 次来电，预期 0.2，自 17:32 起，负责：燃气集团"),
    ],
)
def test_a_cluster_says_what_where_how_many_since_when_and_who(page: Any, lang: str, sentence: str) -> None:
    assert said(page, CLUSTER, lang=lang) == [sentence]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "Gas smell, Chaoyang: 4 calls in 1 h where 0.2 expected, since 17:32, owner: Gas utility"),
        ("zh_CN", "朝阳区燃气异味：1 小时内 4 次来电，预期 0.2，自 17:32 起，负责：燃气集团"),
    ],
)
def test_a_warning_says_in_how_many_hours_and_visitors_only_that_there_is_something(
    page: Any, lang: str, sentence: str
) -> None:
    assert said(page, WARNING, lang=lang) == [sentence]
    assert said(page, WARNING, visitor=True) == ["1 matter needs a decision"]
    opened = WARNING | {"situation_at": "2026-11-23T09:47:00Z"}
    assert said(page, opened, lang=lang) == [f"{sentence}{SITUATION[lang]}"]
    assert said(page, opened, visitor=True) == ["Nothing needs a decision"]


def test_what_is_not_known_is_left_out_of_the_sentence(page: Any) -> None:
    bare = CLUSTER | {"owner": "", "area": "", "n": 1, "category": "odd_noise"}
    assert said(page, bare) == ["Odd noise: 1 call where 0.2 expected, since 17:32"]


def test_a_sensitive_incident_is_told_without_its_kind(page: Any) -> None:
    item = {"kind": "unassigned", "since": "2026-11-23T09:45:00Z", "owner": "", "priority": 1, "area": "Haidian"}
    assert said(page, item | {"incident_kind": ""}) == ["Incident, Haidian: priority 1 without a unit, since 17:45"]
    kind = item | {"incident_kind": "structure_fire"}
    assert said(page, kind) == ["Structure fire, Haidian: priority 1 without a unit, since 17:45"]


@pytest.mark.parametrize(("n", "of", "level"), [(300, 400, "75% of 400"), (14, 19, "14 of 19"), (15, 20, "75% of 20")])
def test_a_channel_in_trouble_has_a_percentage_only_from_twenty_on(page: Any, n: int, of: int, level: str) -> None:
    item = {
        **{"kind": "channel", "since": "2026-11-23T09:40:00Z", "owner": "12345", "channel": "phone", "waiting": 12},
        **{"waiting_since": "2026-11-23T09:46:30Z", "service_level": {"n": n, "of": of}},
    }
    sentence = f"Phone: 12 waiting, longest 1 min, service level {level}, since 17:40, owner: 12345 hotline"
    assert said(page, item) == [sentence]


def test_an_alert_speaks_the_language_of_the_page_or_any(page: Any) -> None:
    item = {
        **{"kind": "alert", "since": "2026-11-23T09:30:00Z", "owner": "", "alert_id": "a", "severity": "Severe"},
        **{"events": {"zh-CN": "暴雨", "en-GB": "Rainstorm"}, "expires_at": "2026-11-23T13:00:00Z"},
    }
    assert said(page, item) == ["Rainstorm (Severe) in force until 21:00"]
    assert said(page, item, lang="zh_CN") == ["暴雨（Severe）生效至 21:00"]
    assert said(page, item | {"events": {"ko": "호우"}}, lang="zh_CN")[0].startswith("호우")


def test_there_are_never_more_than_three_sentences_and_decisions_come_first(page: Any) -> None:
    late = {"last_event_at": "2026-11-23T09:00:00Z", "stale": True, "dead": 3}
    surge = {"kind": "surge", "since": "2026-11-23T09:40:00Z", "owner": "", "n": 99, "low": 31.2, "high": 52.4}
    sentences = said(page, CLUSTER, surge, sources={"cap": late, "open311": late})
    assert [sentence.split()[0] for sentence in sentences] == ["Gas", "99", "cap"]


def test_a_source_that_stands_still_is_said_once(page: Any) -> None:
    late = {"last_event_at": "2026-11-23T09:40:00Z", "stale": True, "dead": 0}
    stalled = {"kind": "stalled", "since": "2026-11-23T09:40:00Z", "owner": "", "name": "cap"}
    assert said(page, stalled, sources={"cap": late}) == ["cap sends nothing, since 17:40"]


def test_an_item_of_a_kind_unknown_to_this_page_is_left_out(page: Any) -> None:
    assert said(page, {"kind": "eclipse", "since": NOW, "owner": ""}) == ["Nothing needs a decision"]


def test_visitors_read_how_many_matters_there_are_and_no_more(page: Any) -> None:
    silent = {"last_event_at": "2026-11-23T09:00:00Z", "stale": True, "dead": 3}
    sentences = said(page, CLUSTER, visitor=True, sources={"119": silent})
    assert sentences == ["1 matter needs a decision"]


def test_pressing_a_sentence_outlines_its_cells_and_only_a_second_button_moves_the_map(
    page: Any, live_demo: str
) -> None:
    staged = Staged(page, FULL | {"attention": {}})
    open_wall(page, live_demo)
    cells = page.evaluate("() => hexwatch.map.grid.levels[9].ids.slice(0, 3)")
    staged.topics["attention"] = {"1": CLUSTER | {"cells": cells}}  # for a snapshot, should one be taken
    receive(page, attention={"set": staged.topics["attention"]})
    home = page.evaluate(PLACE)
    page.locator(".strip button.sentence").click()
    assert page.evaluate("() => hexwatch.map.focus.sides().length") >= 6
    assert page.locator(".strip button.sentence").get_attribute("aria-pressed") == "true"
    wait_for_frames(page, 2)
    assert page.evaluate(PLACE) == home
    page.locator(".strip button.go").click()
    moved = page.evaluate(PLACE)
    assert moved[2] > home[2]
    staged.topics["attention"] = {}
    receive(page, attention={"remove": ["1"]})
    assert page.evaluate("() => hexwatch.map.focus.cells.length") == 0
    assert page.evaluate(PLACE) == moved


def test_warnings_are_outlined_on_the_map_and_lead_to_their_evidence_and_visitors_see_neither(
    page: Any, live_demo: str
) -> None:
    staged = Staged(page, FULL | {"attention": {}, "warnings.public": {}})
    open_wall(page, live_demo)
    cells = page.evaluate("() => hexwatch.map.grid.levels[9].ids.slice(0, 3)")
    rows = {"w7": {"id": "w7", "cells": cells}, "w8": {"id": "w8", "cells": cells}, "w9": {"id": "w9", "cells": []}}
    staged.topics |= {"attention": {"1": WARNING | {"cells": cells}}, "warnings.public": rows}
    receive(page, attention={"set": staged.topics["attention"]}, warnings__public={"set": rows})
    assert page.evaluate("() => hexwatch.map.begins.sides().length") >= 6, "two of one place do not cancel out"
    link = page.locator(".strip a.go")
    assert link.get_attribute("href") == "/warning?lang=en&warning=w7"
    page.keyboard.press("v")
    assert page.evaluate("() => hexwatch.map.begins.cells.length") == 0
    assert not link.is_visible()
    page.keyboard.press("v")
    staged.topics["warnings.public"] = {}
    receive(page, warnings__public={"remove": list(rows)})
    assert page.evaluate("() => hexwatch.map.begins.cells.length") == 0


def test_the_outline_of_neighbouring_cells_has_no_side_between_them(page: Any) -> None:
    import h3

    from tests.browser.scripts import grid_answer

    middle = h3.latlng_to_cell(39.93, 116.45, 9)
    cells = list(h3.grid_disk(middle, 1))
    script = """([answer, cells]) => {
      const grid = new hexwatch.Grid();
      grid.add(answer);
      return [cells.slice(0, 1), cells].map((some) => hexwatch.outlineOf(grid.levels[9], some).length);
    }"""
    assert load_scripts(page).evaluate(script, [grid_answer(cells), [middle, *cells]]) == [6, 24]
